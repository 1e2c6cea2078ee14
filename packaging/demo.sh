#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The main job on a real model, start to end: installs and builds what is missing, converts SmolLM2-135M, prints how good the copy
# is, exports it, and opens the window on the run where there is a display.
#   --quick      20 + 20 steps instead of 100 + 100
#   --window     open the window first, on the sample's plan, and let you press Start
#   --out DIR    where run and export go (else the window's own folder of runs)
set -euo pipefail
. "$(dirname "$0")/common.sh"

STEPS=100
WINDOW_FIRST=no
OUT=$DATA/runs
while [ $# -gt 0 ]; do
    case $1 in
    --quick) STEPS=20 ;;
    --window) WINDOW_FIRST=yes ;;
    --out)
        [ $# -ge 2 ] || stop "--out needs a folder."
        OUT=$2
        shift
        ;;
    *) stop "demo.sh does not know “$1”; it takes --quick, --window and --out DIR." ;;
    esac
    shift
done

has_display() { [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; }

bash "$TOP/packaging/build.sh" --without-tests
bash "$TOP/packaging/fetch-sample.sh"
BIN=$TOP/build/release/bin

if [ "$WINDOW_FIRST" = yes ]; then
    has_display || stop "there is no display to open a window on. Leave --window out."
    exec "$BIN/lolcats-workbench" --sample
fi

mkdir -p "$OUT"
NAME=smollm2-demo
NUMBER=1
while [ -e "$OUT/$NAME.lolcats" ] || [ -e "$OUT/$NAME-export" ]; do
    NUMBER=$((NUMBER + 1))
    NAME=smollm2-demo-$NUMBER
done
RUN=$OUT/$NAME.lolcats

say ""
say "Converting SmolLM2-135M: $STEPS + $STEPS steps of 512 tokens. Ctrl+C stops it with a checkpoint; go on with"
say "  $BIN/lolcats resume $RUN"
"$BIN/lolcats" convert "$SAMPLE/model.gguf" --preset default --data "$SAMPLE/train" --heldout "$SAMPLE/heldout" \
    --transfer-steps "$STEPS" --finetune-steps "$STEPS" --run "$RUN"
say ""
"$BIN/lolcats" export "$RUN" --format huggingface --to "$OUT/$NAME-export"
say ""
say "Run:    $RUN"
say "Export: $OUT/$NAME-export"
if has_display; then
    say "Opening the window on this run."
    exec "$BIN/lolcats-workbench" "$RUN"
fi
say "There is no display, so the window stays closed. Where there is one: $BIN/lolcats-workbench $RUN"

#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# For a person: clang-tidy over the sources that changed since BASE (the first argument; HEAD when left out). Slow for sources that
# include torch.
set -euo pipefail
. "$(dirname "$0")/common.sh"
cd "$TOP"
install_packages clang-tidy
[ -e build/release/compile_commands.json ] || bash packaging/build.sh
mapfile -t CHANGED < <(git diff --name-only --diff-filter=d "${1:-HEAD}" -- '*.cpp' | grep -E '^(core|kernels|cli|app|ui)/' || true)
[ ${#CHANGED[@]} = 0 ] && { say "No source changed since ${1:-HEAD}."; exit 0; }
clang-tidy -p build/release --quiet "${CHANGED[@]}"

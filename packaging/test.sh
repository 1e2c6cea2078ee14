#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing, builds, and runs every test: the release build, the format check, and the sanitizers over what has no
# torch. Prints the time of each phase.
set -euo pipefail
. "$(dirname "$0")/common.sh"
cd "$TOP"

check_format() {
    git ls-files '*.h' '*.cpp' '*.cu' | xargs clang-format --dry-run -Werror
}

run_tests() { # BUILD-FOLDER [CTEST-OPTION …]
    local folder=$1
    shift
    ctest --test-dir "$folder" --output-on-failure --no-tests=error -j2 "$@"
}

sanitized() { # PRESET [CTEST-OPTION …]
    local preset=$1
    shift
    cmake --preset "$preset" >/dev/null && cmake --build "build/$preset" && run_tests "build/$preset" "$@"
}

phase "packages" install_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
phase "build" bash packaging/build.sh
phase "sample" bash packaging/fetch-sample.sh
export LOLCATS_SAMPLE=$SAMPLE
phase "format" check_format
phase "address and undefined-behaviour sanitizers" sanitized asan
phase "thread sanitizer" sanitized tsan -R 'test_(run|event)'
phase "tests" run_tests build/release
print_phases

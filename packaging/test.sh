#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing, builds, and runs every test: the release build, the format check, the sanitizers over what has no
# torch, and exports in transformers. Prints the time of each phase.
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

sanitized() { # PRESET [TARGET …]: builds these tests, or all that the preset has, and runs them
    local preset=$1 names=
    shift
    cmake --preset "$preset" >/dev/null || return 1
    if [ $# -gt 0 ]; then
        names=$(printf '|%s' "$@")
        cmake --build "build/$preset" --target "$@" && run_tests "build/$preset" -R "^(${names#|})\$"
    else
        cmake --build "build/$preset" && run_tests "build/$preset"
    fi
}

# Exports, loaded and run by each transformers; the second one finds the students that the first made.
run_interchange() {
    local python exports failed=0
    exports=$(mktemp -d)
    for python in "${PYTHONS[@]}"; do
        say "-- $("$python" -c 'import transformers; print("transformers", transformers.__version__)')"
        HF_HUB_OFFLINE=1 HF_HOME=$exports/hf timeout 900 "$python" -m pytest -q -rs -p no:cacheprovider tests/interchange \
            --exports "$exports/students" || failed=1
    done
    rm -rf "$exports"
    return $failed
}

phase "packages" install_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
phase "build" bash packaging/build.sh
phase "sample" bash packaging/fetch-sample.sh
export LOLCATS_SAMPLE=$SAMPLE
phase "tokenizers" bash packaging/fetch-tokenizers.sh
export LOLCATS_TOKENIZERS=$CACHE/tokenizers
phase "format" check_format
phase "address and undefined-behaviour sanitizers" sanitized asan
# Qt is not instrumented, so what its own threads do looks like races.
export TSAN_OPTIONS=ignore_noninstrumented_modules=1
phase "thread sanitizer" sanitized tsan test_run_store test_run_recorder test_event_queue
phase "tests" run_tests build/release
if install_pythons; then
    phase "exports in transformers" run_interchange
else
    say "!! SKIPPED: exports in transformers. torch, transformers or peft cannot be had as Python packages here."
fi
print_phases

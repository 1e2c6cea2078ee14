#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing and builds the preset `release` into build/release; the programs lie in build/release/bin.
# --without-tests leaves the tests out.
set -euo pipefail
. "$(dirname "$0")/common.sh"

TESTS=ON
for word in "$@"; do
    case $word in
    --without-tests) TESTS=OFF ;;
    *) stop "build.sh does not know “$word”; it takes --without-tests." ;;
    esac
done

install_packages "${BUILD_PACKAGES[@]}"
install_libtorch
cd "$TOP"
# Tests that were built once stay up to date; a build for the demo does not ask for them anew.
if [ "$TESTS" = OFF ] && grep -qs '^LOLCATS_TESTS:BOOL=ON' build/release/CMakeCache.txt; then
    TESTS=ON
fi
cmake --preset release -DLIBTORCH_ROOT="$LIBTORCH_ROOT" -DLOLCATS_TESTS=$TESTS >build-configure.log 2>&1 ||
    { cat build-configure.log; rm -f build-configure.log; stop "configuring the build failed."; }
rm -f build-configure.log
cmake --build build/release

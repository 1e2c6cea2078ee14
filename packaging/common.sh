# SPDX-License-Identifier: GPL-3.0-or-later
# Sourced by the other scripts: where things lie, and how what is missing is installed. Says what it installs before it does.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/lolcats
DATA=${XDG_DATA_HOME:-$HOME/.local/share}/lolcats
SAMPLE=${LOLCATS_SAMPLE:-$DATA/sample}
TORCH_VERSION=2.13.0
TRANSFORMERS_VERSIONS=(4.57.6 5.23.0) # that an export is tested with
LM_EVAL_VERSION=0.4.12                # lm-evaluation-harness, in each of them

say() { printf '%s\n' "$*"; }
stop() {
    printf 'stopped: %s\n' "$*" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        stop "installing Debian packages needs root, and there is no sudo. As root: apt-get install -y ${MISSING[*]:-}"
    fi
}

BUILD_PACKAGES=(ca-certificates g++ cmake ninja-build ccache pkg-config python3-pip qt6-base-dev qt6-base-dev-tools qt6-svg-dev
    libqt6svg6 libqcustomplot-dev libqcustomplot2.1-qt6 libsqlite3-dev nlohmann-json3-dev libcli11-dev libspdlog-dev libpcre2-dev
    libutf8proc-dev libssl-dev libgl1-mesa-dev fonts-dejavu-core)
TEST_PACKAGES=(xvfb clang-format sqlite3 git python3-venv)

install_packages() { # NAME …: those that are missing
    MISSING=()
    local name
    for name in "$@"; do
        [ "$(dpkg-query -W -f='${Status}' "$name" 2>/dev/null)" = "install ok installed" ] || MISSING+=("$name")
    done
    [ ${#MISSING[@]} = 0 ] && return 0
    command -v apt-get >/dev/null || stop "this system has no apt-get. Install by hand what corresponds to: ${MISSING[*]}"
    say "Installing Debian packages: ${MISSING[*]}"
    as_root apt-get update -qq || stop "the package lists cannot be had. Check the network and try again."
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${MISSING[@]}" >/dev/null ||
        stop "these packages cannot be installed: ${MISSING[*]}"
}

unpack() { # ARCHIVE FOLDER PATTERN …: what of a wheel matches
    python3 - "$@" <<'PYTHON'
import fnmatch, sys, zipfile
archive, folder, patterns = sys.argv[1], sys.argv[2], sys.argv[3:]
with zipfile.ZipFile(archive) as wheel:
    for name in wheel.namelist():
        if any(fnmatch.fnmatch(name, pattern) for pattern in patterns):
            wheel.extract(name, folder)
PYTHON
}

install_libtorch() { # sets LIBTORCH_ROOT
    LIBTORCH_ROOT=${LIBTORCH_ROOT:-$CACHE/libtorch/torch}
    export LIBTORCH_ROOT
    if [ -e "$LIBTORCH_ROOT/lib/libtorch_cpu.so" ]; then
        return 0
    fi
    [ "$LIBTORCH_ROOT" = "$CACHE/libtorch/torch" ] || stop "LIBTORCH_ROOT is set, but $LIBTORCH_ROOT/lib holds no libtorch_cpu.so."
    say "Fetching libtorch: the C++ half of the Python package torch $TORCH_VERSION, into $CACHE/libtorch (0.5 GB)"
    local fetched
    fetched=$(mktemp -d)
    python3 -m pip download -q --no-deps --only-binary :all: -d "$fetched" "torch==$TORCH_VERSION+cpu" 2>/dev/null ||
        python3 -m pip download -q --no-deps --only-binary :all: -d "$fetched" "torch==$TORCH_VERSION" ||
        stop "the package torch $TORCH_VERSION cannot be had. Set LIBTORCH_ROOT to the folder of a libtorch that is here already."
    say "took $(basename "$fetched"/torch-*.whl)"
    mkdir -p "$CACHE/libtorch"
    unpack "$fetched"/torch-*.whl "$CACHE/libtorch.new" 'torch/include/*' 'torch/lib/*' torch/version.py
    rm -rf "$CACHE/libtorch" "$fetched"
    mv "$CACHE/libtorch.new" "$CACHE/libtorch"
}

# One Python with torch, and one a version of transformers that borrows it. Sets PYTHONS to those that run tests/interchange.
# Fails where Python packages cannot be had.
install_pythons() {
    local base=$CACHE/python/torch-$TORCH_VERSION version folder
    PYTHONS=()
    if [ ! -e "$base/complete" ]; then
        say "Making a Python for the tests of exports: torch $TORCH_VERSION for the CPU and pytest, into $base (1 GB)"
        rm -rf "$base"
        python3 -m venv "$base" || return 1
        "$base/bin/pip" install -q "torch==$TORCH_VERSION+cpu" 2>/dev/null ||
            "$base/bin/pip" install -q "torch==$TORCH_VERSION" || return 1
        "$base/bin/pip" install -q numpy safetensors accelerate pytest || return 1
        touch "$base/complete"
    fi
    for version in "${TRANSFORMERS_VERSIONS[@]}"; do
        folder=$CACHE/python/transformers-$version
        if [ ! -e "$folder/complete" ]; then
            say "Adding transformers $version and peft, into $folder"
            rm -rf "$folder"
            python3 -m venv "$folder" || return 1
            "$base/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
                >"$("$folder/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/torch.pth" || return 1
            "$folder/bin/pip" install -q "transformers==$version" peft || return 1
            touch "$folder/complete"
        fi
        if [ ! -e "$folder/lm-eval-$LM_EVAL_VERSION" ]; then
            say "Adding lm-evaluation-harness $LM_EVAL_VERSION, into $folder"
            if "$folder/bin/pip" install -q "transformers==$version" "lm-eval==$LM_EVAL_VERSION"; then
                touch "$folder/lm-eval-$LM_EVAL_VERSION"
            else
                say "NOT CHECKED: the package lm-eval cannot be had; its scores of an export are not compared."
            fi
        fi
        PYTHONS+=("$folder/bin/python")
    done
}

PHASES=()
phase() { # NAME COMMAND …: runs it and remembers how long it took
    local name=$1 start=$SECONDS
    shift
    say "== $name"
    "$@" || stop "$name failed."
    PHASES+=("$(printf '%6d s  %s' $((SECONDS - start)) "$name")")
}
print_phases() {
    say "== time of each phase"
    printf '%s\n' "${PHASES[@]}"
}

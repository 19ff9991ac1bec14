#!/bin/sh
# Everything of `make install` that is more than a line. Quiet when there is nothing to do.
#
#   tools/bootstrap.sh venv        .venv/ from uv.lock, with a pinned uv in .bootstrap/
#   tools/bootstrap.sh demo        the same and what the demo needs
#   tools/bootstrap.sh libraries   libgcrypt, which the suite "sm" needs
#   tools/bootstrap.sh tools       what the tests call: strace, openssl, setpriv, node, ffmpeg, mpv, chromium
#   tools/bootstrap.sh models      the networks of the manifest
set -eu

UV_VERSION=0.13.9
FALLBACK_PYTHON=3.12
LOG=.bootstrap/log

cd "$(dirname "$0")/.."
mkdir -p .bootstrap

note() { printf '  %s\n' "$*"; }

stop() {
    printf 'make: %s\n' "$*" >&2
    exit 1
}

# Runs a command with its output in the log; shows the log's end only when it fails.
quietly() {
    if ! "$@" >"$LOG" 2>&1 </dev/null; then
        tail -n 20 "$LOG" >&2
        return 1
    fi
}

is_root() { [ "$(id -u)" -eq 0 ]; }

has() { command -v "$1" >/dev/null 2>&1; }

apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    note "installing $* with apt"
    quietly apt-get install -y --no-install-recommends "$@" && return 0
    quietly apt-get update && quietly apt-get install -y --no-install-recommends "$@"
}

# apt_or_name PACKAGE WHAT-FOR: installs it where root may, else names it in one line.
apt_or_name() {
    if is_root && has apt-get; then
        apt_install "$1" || note "could not install $1 ($2); run: apt-get install $1"
    else
        note "missing: $2; run: sudo apt-get install $1"
    fi
}

# --- uv ---------------------------------------------------------------------------------------

bootstrap_venv() {
    has python3 || stop "python3 is missing; run: sudo apt-get install python3 python3-venv"
    python3 -c 'import ensurepip, venv' 2>/dev/null && python3 -m venv .bootstrap/venv && return 0
    rm -rf .bootstrap/venv
    { is_root && has apt-get; } ||
        stop "python3 lacks venv; run: sudo apt-get install python3-venv"
    apt_install python3-venv || stop "python3-venv could not be installed"
    python3 -m venv .bootstrap/venv
}

# Prints the path of a uv of the pinned version, installing it when it is not there yet.
uv_path() {
    uv=.bootstrap/venv/bin/uv
    if [ ! -x "$uv" ] || [ "$("$uv" --version | cut -d ' ' -f 2)" != "$UV_VERSION" ]; then
        note "getting uv $UV_VERSION" >&2
        bootstrap_venv >&2
        quietly .bootstrap/venv/bin/python -m pip install --quiet --disable-pip-version-check \
            "uv==$UV_VERSION" || stop "uv $UV_VERSION could not be had from PyPI (log: $LOG)"
    fi
    printf '%s\n' "$uv"
}

# Prints the Python to use: the system's where it fits, else another that is there, else one that
# uv or apt brings.
python_path() {
    if python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; then
        python3 -c 'import sys; print(getattr(sys, "_base_executable", sys.executable))'
        return 0
    fi
    "$1" python find '>=3.11,<3.14' 2>/dev/null && return 0
    note "no Python 3.11 to 3.13 here; getting $FALLBACK_PYTHON" >&2
    if quietly "$1" python install "$FALLBACK_PYTHON"; then
        printf '%s\n' "$FALLBACK_PYTHON"
    elif is_root && has apt-get && apt_install "python$FALLBACK_PYTHON" >&2; then
        command -v "python$FALLBACK_PYTHON"
    else
        stop "Python 3.11 to 3.13 is needed; run: sudo apt-get install python$FALLBACK_PYTHON"
    fi
}

# --- .venv ------------------------------------------------------------------------------------

# What .venv/ was made from; another answer means that it must be made again.
stamp_of() {
    printf '%s %s ' "$1" "$PWD"
    cat uv.lock pyproject.toml tools/package_data.py tools/bootstrap.sh | cksum
}

sync() {
    stamp=.venv/.yingbi-$1
    wanted=$(stamp_of "$1")
    if [ -x .venv/bin/yingbi ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
        return 0
    fi
    uv=$(uv_path)
    python=$(python_path "$uv")
    note "making .venv/ from uv.lock (the first time takes a minute or two)"
    shift
    # --inexact: what the demo brought stays when the rest is made again.
    # Compiled here, since who runs the program may not be able to write here, or may not want to:
    # compiling at each start took a third of its processor time.
    quietly "$uv" sync --frozen --inexact --compile-bytecode --python "$python" \
        --extra convert --extra fast --extra heic --extra notify "$@" ||
        stop "the environment could not be made (log: $LOG)"
    quietly .venv/bin/python -m compileall -q src || note "src/ could not be compiled (log: $LOG)"
    printf '%s\n' "$wanted" >"$stamp"
}

# --- what lies outside Python -----------------------------------------------------------------

gcrypt_there() {
    ldconfig=$(command -v ldconfig || echo /sbin/ldconfig)
    "$ldconfig" -p 2>/dev/null | grep -q 'libgcrypt\.so\.20'
}

libraries() {
    [ "$(uname -s)" = Linux ] || return 0
    gcrypt_there || apt_or_name libgcrypt20 "libgcrypt 1.10 for the suite 'sm' ('intl' works without)"
}

test_tools() {
    has strace || apt_or_name strace "strace, with which tests watch what is written"
    has openssl || apt_or_name openssl "openssl, against which tests check the suite 'sm'"
    has node || apt_or_name nodejs "node 18.4, in which a second reader of the sealed format is written"
    has setpriv || apt_or_name util-linux "setpriv, with which tests become an ordinary user"
    has ffmpeg || apt_or_name ffmpeg "ffmpeg, with which tests read what was written"
    has mpv || apt_or_name mpv "mpv, with which tests play what was written"
    has chromium || apt_or_name chromium "chromium, in which tests play what was written"
    [ -n "$(fc-list :lang=zh 2>/dev/null)" ] ||
        apt_or_name fonts-wqy-microhei "a font with Chinese letters, in which tests see the pages"
}

models() {
    .venv/bin/yingbi models verify >/dev/null 2>&1 && return 0
    note "networks: fetching what is not there yet (about 40 MB once)"
    .venv/bin/yingbi models install || stop "networks are missing; run: .venv/bin/yingbi models install"
}

all_models() {
    note "networks that only some commands need, with which tests look"
    .venv/bin/yingbi models install --all || stop "networks are missing; run: .venv/bin/yingbi models install --all"
}

case "${1:-}" in
venv) sync venv ;;
demo) sync demo --group demo ;;
libraries) libraries ;;
tools) test_tools ;;
models) models ;;
all-models) all_models ;;
*) stop "usage: tools/bootstrap.sh venv|demo|libraries|tools|models|all-models" ;;
esac

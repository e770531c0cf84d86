#!/usr/bin/env bash
# Installs the system packages that are missing for `run`, `test`, `bench` or `soak`, or says which ones to install.
#
# usage: install-packages.sh run|test|bench|soak
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

readonly log=".build/install-packages.log"
missing=()

# Looks for a C header where distributions put them; no compiler or pkg-config needed.
has_header() {
    local folder
    for folder in /usr/include /usr/include/*-linux-* /usr/local/include; do
        [[ -e "$folder/$1" ]] && return 0
    done
    return 1
}

need() {
    local package=$1
    shift
    "$@" || missing+=("$package")
}

find_missing() {
    if [[ "$(uname)" == Linux ]]; then
        need zlib1g-dev has_header zlib.h
        need libssl-dev has_header openssl/ssl.h
    fi
    if [[ "$1" == test ]]; then
        need chromium command -v chromium >/dev/null
    fi
    if [[ "$1" != run ]]; then
        find_python >/dev/null || missing+=(python3 python3-venv)
    fi
}

can_install() {
    [[ -e /etc/debian_version && "$(id -u)" == 0 ]] && command -v apt-get >/dev/null
}

# Another package manager may be at work (unattended upgrades are): wait for its lock instead of failing.
apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -y "$@" </dev/null >>"$log" 2>&1
}

install_missing() {
    echo "Installing missing Debian packages: ${missing[*]} (log: $log)"
    mkdir -p .build
    : >"$log"
    if ! { apt update && apt install --no-install-recommends "${missing[@]}"; }; then
        tail -n 20 "$log" >&2
        fail "could not install ${missing[*]}; the end of $log is above"
    fi
}

advise() {
    if [[ "$(uname)" == Darwin ]]; then
        fail "missing: ${missing[*]}; install them first: brew install python@3.13 && brew install --cask chromium"
    elif [[ -e /etc/debian_version ]]; then
        fail "missing packages; install them as root first: apt-get install ${missing[*]}"
    fi
    fail "missing what Debian calls ${missing[*]}; install your system's packages of that kind first"
}

case "${1:-}" in
    run | test | bench | soak) ;;
    *) fail "usage: install-packages.sh run|test|bench|soak" ;;
esac
command -v swift >/dev/null || fail "swift is not on the PATH; install Swift 6.3 or newer: https://www.swift.org/install"
find_missing "$1"
[[ ${#missing[@]} -eq 0 ]] && exit 0
can_install || advise
install_missing
missing=()
find_missing "$1"
[[ ${#missing[@]} -eq 0 ]] || fail "still missing after the installation: ${missing[*]}"

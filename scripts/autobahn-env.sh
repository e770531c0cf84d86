#!/usr/bin/env bash
# Keeps a Python 2.7 with the Autobahn test suite in .build/autobahn; does nothing when it is up to date.
#
# The suite runs under no newer Python. It takes $PYTHON27, else a python2.7 on the PATH or among pyenv's, else the
# packages of the last Debian that had one, unpacked into the folder and installed nowhere.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

readonly requirements=Tests/Autobahn/requirements.txt
readonly env=$PWD/.build/autobahn
readonly last_debian=bullseye
readonly debian_packages=(
    python2.7 python2.7-minimal libpython2.7-minimal libpython2.7-stdlib libpython2.7-dev libssl1.1 libffi7
)
# The last versions that know Python 2.7.
readonly installers=(pip==20.3.4 setuptools==44.1.1 wheel==0.37.1)

# Whether a command is a Python 2.7 with what the suite and its installation need; pyenv leaves commands that are none.
works() {
    "$1" -c 'import sys, ssl, zlib, ctypes; sys.exit(sys.version_info[:2] != (2, 7))' >/dev/null 2>&1
}

find_python27() {
    local candidate
    for candidate in ${PYTHON27:+"$PYTHON27"} python2.7 "${PYENV_ROOT:-${HOME:-/}/.pyenv}"/versions/2.7*/bin/python2.7; do
        if works "$candidate"; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

# Runs an apt command that knows one archive and the old release, and has its state in the folder.
old_apt() { # <archive> <command…>
    local state=$env/apt keys=/usr/share/keyrings/debian-archive-keyring.gpg
    mkdir -p "$state"/lists/partial "$state"/archives/partial
    : >"$state/status"
    echo "deb [signed-by=$keys] $1 $last_debian main" >"$state/sources.list"
    shift
    apt-get -qq \
        -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=- \
        -o Dir::State::lists="$state/lists" -o Dir::State::status="$state/status" -o Dir::Cache="$state" \
        -o Acquire::Languages=none -o APT::Sandbox::User= "$@"
}

# Unpacks Debian's Python 2.7 from whichever archive of this machine's still has it, and prints its command.
unpack_python27() {
    local archive package root=$env/debian
    command -v apt-get >/dev/null || return 1
    while read -r archive; do
        # Not each archive has the old release.
        old_apt "$archive" update 2>>"$env/apt.log" || continue
        mkdir -p "$env/packages" "$root"
        (cd "$env/packages" && old_apt "$archive" download "${debian_packages[@]}" 2>>"$env/apt.log") || continue
        for package in "$env"/packages/*.deb; do
            dpkg -x "$package" "$root"
        done
        echo "$root/usr/bin/python2.7"
        return 0
    done < <(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sort -u)
    return 1
}

# Writes the command that runs the suite's Python: its packages and libraries are found whatever the caller's settings.
write_command() { # <python2.7>
    mkdir -p "$env/bin" "$env/site"
    # A folder on PYTHONPATH is no site folder by itself: namespace packages would not be found.
    echo 'import os, site; site.addsitedir(os.path.dirname(os.path.abspath(__file__)))' >"$env/site/sitecustomize.py"
    {
        echo '#!/bin/sh'
        echo "export PYTHONPATH='$env/site' PYTHONWARNINGS=ignore"
        echo "export LD_LIBRARY_PATH='$(echo "$env"/debian/usr/lib/*-linux-gnu)'"
        echo "exec '$1' \"\$@\""
    } >"$env/bin/python"
    chmod +x "$env/bin/python"
}

install_suite() {
    local compiler
    compiler=$(command -v cc || command -v gcc || command -v clang) || fail "no C compiler for the suite's fast parts"
    "$python3" -m venv "$env/installer"
    "$env/installer/bin/pip" download --quiet --disable-pip-version-check --no-input --no-deps \
        --only-binary :all: --python-version 2.7 --implementation cp --abi none --dest "$env/wheels" "${installers[@]}"
    # Wheels are archives that Python can run from.
    for wheel in "$env"/wheels/*.whl; do
        "$env/bin/python" -m zipfile -e "$wheel" "$env/site"
    done
    CC=$compiler LDSHARED="$compiler -shared" \
        CPATH="$(echo "$env"/debian/usr/include/python2.7):$env/debian/usr/include" \
        "$env/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --no-deps \
        --target "$env/site" --requirement "$requirements" 2>"$env/install.log" ||
        { tail -n 20 "$env/install.log" >&2 && fail "the suite could not be installed; the end of the log is above"; }
}

stamp=$(cat "$requirements" scripts/autobahn-env.sh)
if [[ -e "$env/stamp" && "$(<"$env/stamp")" == "$stamp" ]] && works "$env/bin/python"; then
    exit 0
fi
echo "Making the environment of the Autobahn suite, $env"
rm -rf "$env"
mkdir -p "$env"
python3=$(find_python) || fail "no python3 of version 3.11 or newer with venv; run scripts/install-packages.sh test"
python27=$(find_python27 || unpack_python27) ||
    fail "no Python 2.7 found, and none in this machine's package archives; name one with PYTHON27"
echo "Python 2.7: $python27"
write_command "$python27"
works "$env/bin/python" || fail "$python27 does not start"
install_suite
"$env/bin/python" -c 'import autobahntestsuite, wsaccel'
# Written last, so that an interrupted installation is done again.
echo "$stamp" >"$env/stamp"

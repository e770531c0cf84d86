#!/usr/bin/env bash
# Keeps a Python environment equal to pinned requirements; does nothing when they have not changed.
#
# usage: python-env.sh [tests|socketio2|bench]
#        tests: .build/python (default), socketio2: .build/python-socketio2, bench: .build/python-bench
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

case "${1:-tests}" in
    tests)
        readonly env=.build/python
        readonly requirements=(
            compat-fixtures/reference/requirements.txt
            Tests/Browser/requirements.txt
            Tests/Clients/requirements.txt
        )
        ;;
    socketio2)
        readonly env=.build/python-socketio2
        readonly requirements=(Tests/Clients/socketio2/requirements.txt)
        ;;
    bench)
        readonly env=.build/python-bench
        readonly requirements=(Benchmarks/peers/requirements.txt)
        ;;
    *) fail "usage: python-env.sh [tests|socketio2|bench]" ;;
esac

python=$(find_python) || fail "no python3 of version 3.11 or newer with venv; run scripts/install-packages.sh test"
stamp=$("$python" --version; cat "${requirements[@]}")

if [[ -e "$env/stamp" && "$(<"$env/stamp")" == "$stamp" ]]; then
    exit 0
fi
echo "Making the Python environment $env"
rm -rf "$env"
mkdir -p .build
"$python" -m venv "$env"
"$env/bin/pip" install --quiet --disable-pip-version-check --no-input "${requirements[@]/#/--requirement=}"
"$env/bin/pip" check
# Written last, so that an interrupted installation is done again.
echo "$stamp" >"$env/stamp"

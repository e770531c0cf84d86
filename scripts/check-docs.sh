#!/usr/bin/env bash
# Builds the documentation of both libraries into .build/docs and fails at the first fault. Needs a debug build.
#
# Faults are: a public symbol without a documentation comment, a link that leads nowhere, a type that no topic of its
# module's page lists, an option that no table lists, a test or a scenario in the table of features that is not there.
# The linter's rule finds most missing comments, but looks neither at enum cases, protocol requirements nor `open`
# declarations; the compiler's symbol graph has them all.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

readonly graphs=.build/symbol-graphs docs=.build/docs
python=$(find_python) || fail "no python3 of version 3.11 or newer with venv; run scripts/install-packages.sh test"

extract() { # <module>
    mkdir -p "$graphs/$1"
    swift symbolgraph-extract -module-name "$1" -target "$target" "${modules[@]}" \
        -minimum-access-level public -skip-synthesized-members -output-dir "$graphs/$1"
}

convert() { # <module> <option>…
    local module=$1
    shift
    docc convert "Sources/$module/Documentation.docc" --additional-symbol-graph-dir "$graphs/$module" \
        --fallback-display-name "$module" --fallback-bundle-identifier "$module" --fallback-default-module-kind Library \
        --enable-experimental-external-link-support --warnings-as-errors --output-dir "$docs/$module.doccarchive" "$@"
}

target=$(swiftc -print-target-info | "$python" -c 'import json, sys; print(json.load(sys.stdin)["target"]["triple"])')
find_modules
rm -rf "$graphs" "$docs"
mkdir -p "$docs"
for module in EngineIO SocketIO SocketIOSettings SocketIOTesting; do
    extract "$module"
done
"$python" scripts/undocumented.py "$graphs"
"$python" scripts/feature-table.py --self-test
"$python" scripts/feature-table.py
convert EngineIO
convert SocketIO --dependency "$docs/EngineIO.doccarchive"
"$python" scripts/unlisted.py "$docs" "$graphs"
docc merge "$docs/EngineIO.doccarchive" "$docs/SocketIO.doccarchive" --output-path "$docs/site" \
    --synthesized-landing-page-name "Socket.IO for Swift"
echo "documentation: $docs/site (serve the folder with: python3 -m http.server --directory $docs/site)"

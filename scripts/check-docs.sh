#!/usr/bin/env bash
# Fails when a public symbol of the libraries has no documentation comment. Needs a debug build.
#
# The linter's rule says the same of most declarations, but looks neither at enum cases, protocol requirements nor
# `open` declarations; the compiler's symbol graph has them all.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

readonly graphs=.build/symbol-graphs
python=$(find_python) || fail "no python3 of version 3.11 or newer with venv; run scripts/install-packages.sh test"
products=$(swift build --show-bin-path)

# The folders with the modules of C targets, whose module maps are written by hand or generated.
c_modules() {
    find .build/checkouts -path '*/include/module.modulemap' -exec dirname {} +
    find "$products" -maxdepth 2 -path '*.build/module.modulemap' -exec dirname {} +
    find Sources -name module.modulemap -exec dirname {} +
}

extract() { # <module>
    swift symbolgraph-extract -module-name "$1" -target "$target" "${search[@]}" \
        -minimum-access-level public -skip-synthesized-members -output-dir "$graphs"
}

target=$(swiftc -print-target-info | "$python" -c 'import json, sys; print(json.load(sys.stdin)["target"]["triple"])')
search=(-I "$products/Modules")
while read -r folder; do
    search+=(-I "$folder")
done < <(c_modules)
rm -rf "$graphs"
mkdir -p "$graphs"
for module in EngineIO SocketIO; do
    extract "$module"
done
"$python" scripts/undocumented.py "$graphs"

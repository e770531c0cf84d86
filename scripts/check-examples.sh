#!/usr/bin/env bash
# Compiles the Swift examples of all documentation, warnings being errors. Needs a debug build.
#
# usage: check-examples.sh              the examples of this project
#        check-examples.sh --self-test  shows that a wrong example fails, and where
#
# scripts/doc-examples.py tells how an example says what it is given.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

python=$(find_python) || fail "no python3 of version 3.11 or newer with venv; run scripts/install-packages.sh test"
find_modules
# As in a package of a user who turns nothing on but Swift 6.
readonly options=(-swift-version 6 -warnings-as-errors -Onone "${modules[@]}")

# Silent but for errors; a `sil` file is what is left when all diagnostics have been given.
compile() { # <module> <file>…
    local module=$1
    shift
    swiftc "${options[@]}" -module-name "$module" -emit-sil -o /dev/null "$@"
}

check() { # <project> <folder for sources>
    local sources=$2 program manifest failed=0
    rm -rf "$sources"
    "$python" scripts/doc-examples.py "$1" "$sources"
    if [[ -d "$sources/examples" ]]; then
        compile Examples -parse-as-library -whole-module-optimization "$sources"/examples/*.swift || failed=1
    fi
    for program in "$sources"/programs/*/main.swift; do
        [[ ! -e "$program" ]] || compile Program "$program" || failed=1
    done
    for manifest in "$sources"/manifests/*; do
        [[ ! -e "$manifest" ]] || swift package --package-path "$manifest" dump-package >/dev/null || failed=1
    done
    return "$failed"
}

self_test() {
    local project=.build/example-self-test expected
    mkdir -p "$project/Sources"
    printf '%s\n' '<!-- example: given socket -->' '```swift' 'socket.join("a")' 'socket.jion("b")' '```' \
        >"$project/wrong.md"
    printf '%s\n' '/// ```swift' '/// let unused: Int = ""' '/// ```' >"$project/Sources/Wrong.swift"
    ! check "$project" "$project/generated" >"$project/output" 2>&1 || fail "a wrong example was accepted"
    for expected in 'wrong.md:4:' 'Sources/Wrong.swift:2:'; do
        grep -q "^$expected.*error" "$project/output" || fail "no error at $expected, but: $(cat "$project/output")"
    done
    printf '%s\n' '```swift' 'let answer = 42' '```' >"$project/wrong.md"
    rm "$project/Sources/Wrong.swift"
    check "$project" "$project/generated"
    rm -r "$project"
}

case "${1:-}" in
    --self-test) self_test ;;
    *) check . .build/documentation-examples ;;
esac

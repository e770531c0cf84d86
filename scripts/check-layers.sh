#!/usr/bin/env bash
# Checks that the sources keep their layers: the pure folders stay pure, lower layers never name higher ones.
#
# usage: check-layers.sh [folder]     checks folder/Sources (default: this project)
#        check-layers.sh --self-test  shows that every rule fires on a tree that breaks it
set -euo pipefail

readonly network="NIOPosix|NIOHTTP1|NIOWebSocket|NIOHTTPTypesHTTP1|NIOHTTPCompression|NIOExtras|NIOSSL|NIOTLS"
readonly pure_imports="NIOCore|HTTPTypes|OrderedCollections|DequeModule|FoundationEssentials"
readonly unsafe='@unchecked Sendable|nonisolated\(unsafe\)|\<try!|\<fatalError\('
readonly modifiers='((@[A-Za-z_]+(\([^)]*\))?|public|package|internal|fileprivate|private)[ \t]+)*'
readonly kinds='((struct|class|enum|protocol|typealias|func|let|var)[ \t]+)?'
readonly import="^[ \t]*${modifiers}import[ \t]+${kinds}"
findings=0

report() { # <file> <line> <rule>
    echo "$1:$2: $3"
    findings=$((findings + 1))
}

swift_files() { # <path pattern of find>…: the Swift files below Sources whose path matches one of them
    local pattern
    for pattern; do
        find Sources -name '*.swift' -path "$pattern"
    done | sort
}

pure_files() {
    swift_files 'Sources/*/Protocol/*' 'Sources/*/StateMachines/*' 'Sources/EngineIO/WebSocket/*'
}

# The file without its comments, lines kept. A `//` inside a string ends the line too, which hides nothing we look for.
code() {
    sed -E 's#//.*$##' "$1"
}

forbid() { # <rule> <pattern>, files on standard input: reports each line of code that matches
    local rule=$1 pattern=$2 file line
    while read -r file; do
        while IFS=: read -r line _; do
            report "$file" "$line" "$rule"
        done < <(code "$file" | grep -nE "$pattern")
    done
}

forbid_imports() { # <rule> <modules>, files on standard input
    forbid "$1" "$import($2)([^A-Za-z0-9_]|\$)"
}

forbid_other_imports() { # <rule> <modules>, files on standard input: anything but these modules
    local rule=$1 modules=$2 file line
    while read -r file; do
        while IFS=: read -r line _; do
            report "$file" "$line" "$rule"
        done < <(code "$file" | grep -nE "$import" | grep -vE "^[0-9]+:${import#^}($modules)([^A-Za-z0-9_]|\$)")
    done
}

check_pure_folders() {
    forbid_other_imports "pure code imports only ${pure_imports//|/, }" "$pure_imports" < <(pure_files)
    forbid "pure code has no concurrency, clock or output" \
        '\<(async|await|Task|Mutex)\>|\.now\>|\<print\(' < <(pure_files)
}

check_direction() {
    local file line
    while read -r file; do
        while IFS=: read -r line _; do
            report "$file" "$line" "EngineIO never names SocketIO"
        done < <(grep -n 'SocketIO' "$file")
    done < <(swift_files 'Sources/EngineIO/*')
    forbid_imports "only EngineIO/Transport imports the network" "$network" \
        < <(swift_files 'Sources/EngineIO/*' | grep -v '^Sources/EngineIO/Transport/')
    forbid_imports "SocketIO does not import the network" "$network" < <(swift_files 'Sources/SocketIO/*')
}

# A test that moves the time by hand has to reach every timer: TimeSource and LoopContext alone read a clock or sleep.
check_time() {
    forbid "time comes from a LoopContext or the TimeSource" \
        '(NIODeadline|[^A-Za-z0-9_)?])\.now\>|\<(ContinuousClock|SuspendingClock)\>|\<Task\.sleep\>|\.schedule(Task|Callback)\>' \
        < <(swift_files 'Sources/EngineIO/*' 'Sources/SocketIO/*' |
            grep -vE '^Sources/EngineIO/(Time/.*|Session/LoopContext\.swift)$')
}

# Foundation may stand only where FoundationEssentials is no module of its own: as the #else of that question.
check_foundation() {
    local file line library
    while read -r file; do
        while IFS=: read -r line _; do
            report "$file" "$line" "libraries do not import Foundation"
        done < <(code "$file" | awk -v import="${import}Foundation([^A-Za-z0-9_]|\$)" \
            '$0 ~ import && previous !~ /^#else/ { print NR ":" } { previous = $0 }')
    done < <(swift_files 'Sources/EngineIO/*' 'Sources/SocketIO/*')
    for library in EngineIO SocketIO; do
        while read -r file; do
            report "$file" 1 "$library imports FoundationEssentials in one file only"
        done < <(importers FoundationEssentials "Sources/$library/*" | tail -n +2)
    done
}

importers() { # <module> <path pattern>: the files that import the module
    local file
    while read -r file; do
        if code "$file" | grep -qE "$import$1([^A-Za-z0-9_]|\$)"; then
            echo "$file"
        fi
    done < <(swift_files "$2")
}

check_escape_hatches() {
    local file line
    while read -r file; do
        while IFS=: read -r line _; do
            if [[ "$line" == 1 ]] || ! sed -n "$((line - 1))p" "$file" | grep -qE '^[ \t]*// reason: .'; then
                report "$file" "$line" "needs a '// reason:' comment on the line above"
            fi
        done < <(code "$file" | grep -nE "$unsafe")
    done < <(swift_files '*')
}

check() { # <folder>
    cd "$1"
    check_pure_folders
    check_direction
    check_time
    check_foundation
    check_escape_hatches
    if [[ "$findings" -gt 0 ]]; then
        echo "$findings findings"
        return 1
    fi
}

case "${1:-}" in
    --self-test) exec "$(dirname "${BASH_SOURCE[0]}")/check-layers-self-test.sh" ;;
    *) check "${1:-$(dirname "${BASH_SOURCE[0]}")/..}" ;;
esac

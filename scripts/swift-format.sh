#!/usr/bin/env bash
# Checks (lint) or rewrites (format) every Swift file of the project by .swift-format; any finding fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

swift_files() {
    find . -name '.build*' -prune -o -name '*.swift' -print0
}

case "${1:-}" in
    lint) swift_files | xargs -0 swift format lint --strict --parallel ;;
    format) swift_files | xargs -0 swift format --in-place --parallel ;;
    *)
        echo "usage: swift-format.sh lint|format" >&2
        exit 2
        ;;
esac

#!/usr/bin/env bash
# Shows that each rule of check-layers.sh fires on a file that breaks it, and stays silent on one that does not.
set -euo pipefail

checker="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/check-layers.sh"
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
passed=0
failed=0

# One file in an otherwise empty tree, then what the checker says about it.
findings() { # <path> <text>
    rm -rf "$tree/Sources"
    mkdir -p "$(dirname "$tree/Sources/$1")"
    printf '%b' "$2" >"$tree/Sources/$1"
    "$checker" "$tree" || true
}

verdict() { # <true|false> <what>
    if "$1"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $2"
    fi
}

fires() { # <part of the finding, with its line> <path> <text>
    local said
    said=$(findings "$2" "$3")
    grep -qF "Sources/$2:$1" <<<"$said" && verdict true || verdict false "$2 [$3] should give: $1; got: ${said:-nothing}"
}

silent() { # <path> <text>
    local said
    said=$(findings "$1" "$2")
    [[ -z "$said" ]] && verdict true || verdict false "$1 [$2] should give nothing; got: $said"
}

imports="pure code imports only"
for folder in EngineIO/Protocol SocketIO/Protocol/Value EngineIO/StateMachines SocketIO/StateMachines EngineIO/WebSocket; do
    fires "2: $imports" "$folder/A.swift" 'import NIOCore\nimport Logging\n'
done
fires "1: $imports" SocketIO/Protocol/A.swift 'internal import struct Synchronization.Mutex\n'
fires "1: $imports" SocketIO/Protocol/A.swift '@preconcurrency import NIOCoreExtras\n'
silent SocketIO/Protocol/A.swift 'public import NIOCore\nimport struct HTTPTypes.HTTPFields\nimport DequeModule\n'
silent SocketIO/Server/A.swift 'import Logging\n'

impure="pure code has no concurrency, clock or output"
for word in 'func a() async {}' 'await a()' 'Task { a() }' 'let m: Mutex<Int>' 'NIODeadline.now()' 'let t = clock.now' 'print(1)'; do
    fires "2: $impure" EngineIO/StateMachines/A.swift "struct A {}\n$word\n"
done
silent EngineIO/StateMachines/A.swift '// await the print( of a Task\nlet TaskID = blueprint(1).nowhere\n'
silent EngineIO/Session/A.swift 'func a() async { await b() }\n'

fires "1: EngineIO never names SocketIO" EngineIO/Session/A.swift 'import SocketIO\n'
fires "2: EngineIO never names SocketIO" EngineIO/Protocol/A.swift 'let a = 1\n/// As SocketIOServer does.\n'
silent SocketIO/Server/A.swift 'import EngineIO\n'

for module in NIOPosix NIOHTTP1 NIOWebSocket NIOHTTPTypesHTTP1; do
    fires "1: only EngineIO/Transport imports the network" EngineIO/Session/A.swift "import $module\n"
    fires "1: SocketIO does not import the network" SocketIO/Server/A.swift "internal import $module\n"
    silent EngineIO/Transport/A.swift "import $module\n"
done
silent SocketIO/Server/A.swift 'import NIOHTTP1Thing\n'

time="time comes from a LoopContext or the TimeSource"
for text in 'let a = NIODeadline.now()' 'a(at: .now)' 'b = .now() + c' 'ContinuousClock.now' 'try await Task.sleep(for: a)' \
    'loop.scheduleTask(in: a) {}'; do
    fires "2: $time" SocketIO/Server/A.swift "struct A {}\n$text\n"
    silent EngineIO/Session/LoopContext.swift "$text\n"
    silent ChatApp/A.swift "$text\n"
done
silent EngineIO/Session/A.swift 'self.home.now + WallClock.now()\n/// Not NIODeadline.now().\n'

fires "1: libraries do not import Foundation" EngineIO/Session/A.swift 'import Foundation\n'
fires "1: libraries do not import Foundation" SocketIO/Server/A.swift 'import struct Foundation.Data\n'
silent SocketIO/Server/A.swift \
    '#if canImport(FoundationEssentials)\nimport FoundationEssentials\n#else\nimport Foundation\n#endif\n'
silent ChatApp/A.swift 'import Foundation\n'
bridges() { # two files, so that the second is one too many
    findings SocketIO/A.swift 'import FoundationEssentials\n' >/dev/null
    printf 'import FoundationEssentials\n' >"$tree/Sources/SocketIO/B.swift"
    "$checker" "$tree" || true
}
said=$(bridges)
grep -q 'B.swift:1: SocketIO imports FoundationEssentials in one file only' <<<"$said" &&
    verdict true || verdict false "a second file that imports FoundationEssentials"

hatch="needs a '// reason:' comment on the line above"
for text in 'extension A: @unchecked Sendable {}' 'nonisolated(unsafe) var a = 1' 'let a = try! b()' 'fatalError("x")'; do
    fires "1: $hatch" ChatApp/A.swift "$text\n"
    fires "3: $hatch" SocketIO/Server/A.swift "// reason: elsewhere\n\n$text\n"
    fires "2: $hatch" SocketIO/Server/A.swift "// reason:\n$text\n"
    silent SocketIO/Server/A.swift "// reason: only our own bug gets here\n$text\n"
done
silent EngineIO/Session/A.swift '// never try! or fatalError(\nlet retry = true\n'

echo "$passed passed, $failed failed"
[[ "$failed" == 0 ]]

#!/usr/bin/env bash
# Runs every check and test of the project in order, cheapest first, and stops at the first that fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

readonly logs=.build/test-logs
readonly python=.build/python/bin/python
readonly chat=".build/debug/ChatApp --host 127.0.0.1 --port {port} --log-file $logs/chat.log"
readonly echo_server="Benchmarks/.build/debug/EchoServer --port {port} --threads 2"
readonly websocket_echo=".build/debug/WebSocketEchoServer --port {port}"
readonly features=".build/debug/ClientTestServer --port {port}"
# Suites in which threads meet; what the others test has one thread.
readonly concurrent=(Live Concurrency Conne Leav Release Harness Recovery Broadcast Drain ServerLife Process Waiting)
readonly soak_server=".build/debug/SoakServer --port {port} --recovery-seconds 10"
passed=0

# stage <name> <command…>: runs the command, shows its output and keeps it in a log named after the stage.
# The command's status decides, also when it is a function: `set -e` does not hold inside a condition.
stage() {
    local name=$1 began=$SECONDS
    local log="$logs/${name// /-}.log"
    shift
    echo "==> $name"
    if "$@" 2>&1 | tee "$log"; then
        passed=$((passed + 1))
        echo "==> $name: passed in $((SECONDS - began)) s"
    else
        echo "==> $name: FAILED after $((SECONDS - began)) s (log: $log)"
        echo "$passed passed, 1 failed"
        exit 1
    fi
}

# A run that finds no tests would pass without having tested anything. What failed is said again at the end, where it
# is found.
unit_tests() {
    local log="$logs/swift-test-output.log"
    swift test --skip-build --disable-xctest 2>&1 | tee "$log" &&
        grep -Eq 'Test run with [1-9][0-9]* test' "$log" && return
    grep -aF '✘' "$log" | tail -n 40
    return 1
}

autobahn() {
    local run=("$python" Tests/Autobahn/run.py)
    "$python" -m unittest discover -s Tests/Autobahn &&
        "${run[@]}" --server "$websocket_echo --maximum-message-bytes 1000" \
            --expect-failures "1.1.6 1.1.7 1.1.8" '1.1.*' &&
        "${run[@]}" --server "$websocket_echo" '1.*' '2.*' '3.*' '4.*' '5.*' '6.*' '7.*' '9.*' '10.*' &&
        "${run[@]}" --server "$websocket_echo --deflate" --messages 100 '12.*' '13.*'
}

# Clients have the same plans each time. Debug builds are slow, and other work makes them slower: here only stalls count
# that are no accident.
soak() {
    local found="messages lost,messages doubled,messages reordered,sockets in memory left behind"
    local faults="--lose-every 37 --double-every 41 --swap-every 11 --leak-every 100 --block-every 100"
    "$python" -m unittest discover -s Tests/Soak &&
        "$python" Tests/Soak/run.py --server "$soak_server $faults" --seed 1 --clients 60 --seconds 12 \
            --settle-seconds 5 --messages-per-second 120 \
            --expect-failures "$found,the same without waiting for processors" &&
        "$python" Tests/Soak/run.py --server "$soak_server" --seed 1 --clients 500 --seconds 30 --stall-ms 500
}

sanitizers_fire() {
    scripts/sanitize.sh thread --self-test && scripts/sanitize.sh address --self-test
}

rm -rf "$logs"
mkdir -p "$logs"
stage "system packages" scripts/install-packages.sh test
stage "python environment" scripts/python-env.sh
stage "python environment of socketio 2" scripts/python-env.sh socketio2
stage "autobahn environment" scripts/autobahn-env.sh
stage "format and documentation" scripts/swift-format.sh lint
stage "layer check fires" scripts/check-layers.sh --self-test
stage "layers" scripts/check-layers.sh
stage "build" swift build --build-tests -Xswiftc -warnings-as-errors
stage "documentation" scripts/check-docs.sh
stage "example check fires" scripts/check-examples.sh --self-test
stage "documentation examples" scripts/check-examples.sh
stage "unit tests" unit_tests
stage "autobahn" autobahn
renew_manifests
stage "build benchmarks" swift build --package-path Benchmarks -Xswiftc -warnings-as-errors
# The same inputs each time, so that a change is blamed for what it did. `make fuzz` tries others.
stage "fuzz" scripts/fuzz.sh --seconds 60 --seed 1
stage "load generator" "$python" Benchmarks/Tests/selftest.py
stage "benchmarks run" scripts/bench-smoke.sh Benchmarks/.build/debug
stage "allocation budgets" scripts/micro.sh --check Benchmarks/allocations.json
stage "replay runner" "$python" -m unittest discover -s compat-fixtures/tests
stage "replay of the recordings" "$python" compat-fixtures/replay.py --server "$chat"
stage "python clients" "$python" Tests/Clients/run.py --chat "$chat" --echo "$echo_server" --features "$features"
stage "sanitizers fire" sanitizers_fire
stage "thread sanitizer" scripts/sanitize.sh thread "${concurrent[@]}"
stage "soak under the thread sanitizer" scripts/sanitize.sh soak --seed 1
stage "address sanitizer" scripts/sanitize.sh address
stage "leak sanitizer" scripts/sanitize.sh leaks
stage "python clients of socketio 2" .build/python-socketio2/bin/python Tests/Clients/socketio2/run.py --features "$features"
stage "soak" soak
stage "browser" "$python" Tests/Browser/run.py --server "$chat"
stage "example programs" "$python" Tests/Browser/examples.py --programs .build/debug
stage "browser features" "$python" Tests/Browser/features.py --features "$features"
stage "browser features of socketio 2" "$python" Tests/Browser/features.py --socketio2 --features "$features"
echo "$passed passed, 0 failed in $((SECONDS / 60)) min $((SECONDS % 60)) s"

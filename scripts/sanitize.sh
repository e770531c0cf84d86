#!/usr/bin/env bash
# Builds with a sanitizer of the compiler, and runs what it is to watch. A report is a failure.
#
# usage: sanitize.sh thread|address [filter…]       the Swift tests, or those of them that match a filter
#        sanitize.sh thread|address --product NAME  builds an executable and prints its path
#        sanitize.sh thread|address --self-test     shows that faults are reported, and what only looks like one is not
#        sanitize.sh leaks                          servers used by the stock clients, who must leave nothing behind
#        sanitize.sh soak [options of run.py]       a short soak (Tests/Soak) under the thread sanitizer
#
# Builds and reports stay in .build/thread and .build/address; those of `leaks` in the latter, those of `soak` in the former.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

readonly usage="usage: sanitize.sh thread|address [filter…] | thread|address --product NAME | thread|address --self-test \
    | leaks | soak [options]"
# Backtraces of a crash come from the sanitizer; Swift's own would take minutes.
export SWIFT_BACKTRACE=enable=no

sanitizer=${1:-}
case $sanitizer in
    leaks) kind=address ;;
    soak) kind=thread ;;
    *) kind=$sanitizer ;;
esac
[[ "$kind" == thread || "$kind" == address ]] || fail "$usage"
shift
readonly kind work=$PWD/.build/$kind
readonly reports=$work/reports
# The status of a program of tests that has none to run.
readonly no_tests_found=69
mkdir -p "$work"

# What is linked into all programs, and how; see Tests/Sanitizers.
linked=()
if [[ "$(uname -s)" == Linux ]]; then
    clang -O1 -Wall -Werror -c "Tests/Sanitizers/$kind.c" -o "$work/$kind.o.new"
    # The same object as before needs no new linking.
    cmp -s "$work/$kind.o.new" "$work/$kind.o" || mv "$work/$kind.o.new" "$work/$kind.o"
    linked=(-Xswiftc -use-ld=lld -Xlinker "$work/$kind.o")
    if [[ "$kind" == thread ]]; then
        for function in 9_lockSlowyys6UInt32VF 11_unlockSlowyyF 12_tryLockSlowSbyF; do
            linked+=(-Xlinker "--wrap=\$s15Synchronization12_MutexHandleV$function")
        done
    fi
fi
readonly build_flags=(--scratch-path "$work" --sanitize "$kind" -Xswiftc -gline-tables-only "${linked[@]}")

# The same for the compiler, without the package manager.
linked_plain=()
for flag in "${linked[@]}"; do
    [[ "$flag" == -Xswiftc ]] || linked_plain+=("$flag")
done

# Sends the reports of a command, and of what it starts, to files.
watched() { # <options for this run> <command…>
    local options="log_path=$reports/report:$1"
    shift
    rm -rf "$reports"
    mkdir -p "$reports"
    TSAN_OPTIONS=$options ASAN_OPTIONS=$options "$@"
}

# Fails when there are reports, or the command has failed.
judge() { # <status>
    local found
    found=$(find "$reports" -type f | wc -l)
    if [[ "$found" != 0 ]]; then
        find "$reports" -type f -exec cat {} + | head -n 400
        fail "$found reports of the $kind sanitizer in ${reports#"$PWD/"}"
    fi
    [[ "$1" == 0 ]] || fail "failed with status $1 under the $kind sanitizer, without a report"
}

self_test() {
    local program=$work/Faults
    # Not a target of the package: it is no good without a sanitizer.
    swiftc -parse-as-library -swift-version 6 -Onone -gline-tables-only "-sanitize=$kind" \
        "${linked_plain[@]}" -module-cache-path "$work/modules" Tests/Sanitizers/Faults.swift -o "$program"
    case "$kind" in
        thread)
            expect_report "$program" race "ThreadSanitizer: .*race .*Counter.*increment"
            expect_none "$program" locked
            ;;
        address)
            expect_report "$program" freed "AddressSanitizer: heap-use-after-free"
            expect_report "$program" outside "AddressSanitizer: heap-buffer-overflow"
            [[ "$(uname -s)" != Linux ]] || expect_report "$program" leaked "LeakSanitizer: detected memory leaks"
            expect_none "$program" locked
            ;;
    esac
}

expect_report() { # <program> <fault> <pattern>
    local output
    if output=$("$1" "$2" 2>&1); then fail "$2 was not reported: $output"; fi
    grep -q "$3" <<<"$output" || fail "$2 was reported as something else: $output"
    echo "$2: reported"
}

expect_none() { # <program> <fault>
    local output
    output=$("$1" "$2" 2>&1) || fail "$2 is no fault, but was reported: $output"
    echo "$2: not reported"
}

run_tests() { # [filter…]
    local filters=() filter half status=0
    for filter; do filters+=(--filter "$filter"); done
    swift build --build-tests "${build_flags[@]}"
    watched detect_leaks=0 run_halves "${filters[@]}" || status=$?
    [[ "$status" == 0 ]] || grep -ahF '✘' "$work"/tests-*.log | tail -n 40
    judge "$status"
    if [[ $# == 0 ]]; then
        for half in 1 2; do ran_tests "$work/tests-$half.log" || fail "no test ran in half $half"; done
    else
        ran_tests "$work"/tests-*.log || fail "no test ran"
    fi
    for filter; do grep -Eqh "$filter" "$work"/tests-*.log || fail "no test of $filter ran"; done
}

ran_tests() { # <log…>
    grep -Eqh 'Test run with [1-9][0-9]* test' "$@"
}

# One test after the other, since all at once they are too slow for their own patience; but two at a time, of different
# modules, since they wait more than they compute.
run_halves() { # [options]
    local program first status=0
    # The tests' own program: two package managers at once get into each other's way.
    program=$(swift build --show-bin-path "${build_flags[@]}") || return
    program+=/swift-socket-ioPackageTests.xctest
    [[ -f "$program" ]] || fail "no program of the tests at $program: elsewhere than on Linux it is something else"
    # Groups of their own, so that they end when the script is stopped.
    set -m
    trap 'for job in $(jobs -p); do kill -- "-$job" 2>/dev/null || true; done' EXIT
    run_half 1 "$program" --skip '^EngineIOTests' "$@" &
    first=$!
    run_half 2 "$program" --skip '^(ChatApp|SocketIO)[A-Za-z]*Tests' "$@" &
    wait $! || status=$?
    wait "$first" || status=$?
    return "$status"
}

run_half() { # <number> <program> [options]
    local number=$1 program=$2 status=0
    shift 2
    NO_COLOR=1 "$program" --testing-library swift-testing --no-parallel "$@" 2>&1 |
        tee "$work/tests-$number.log" || status=$?
    # Filters may leave nothing to one half.
    [[ "$status" == "$no_tests_found" ]] || return "$status"
}

product() { # <name>
    # A command substitution goes on after what fails in it.
    swift build --product "$1" "${build_flags[@]}" >&2 || return
    echo "$(swift build --show-bin-path "${build_flags[@]}")/$1"
}

leaks() {
    local status=0 chat features
    scripts/python-env.sh
    scripts/python-env.sh socketio2
    chat=$(product ChatApp)
    features=$(product ClientTestServer)
    watched detect_leaks=1 .build/python/bin/python Tests/Clients/run.py --features "$features --port {port}" \
        --chat "$chat --host 127.0.0.1 --port {port} --log-file $work/chat.log" || status=$?
    judge "$status"
    watched detect_leaks=1 .build/python-socketio2/bin/python Tests/Clients/socketio2/run.py \
        --features "$features --port {port}" || status=$?
    judge "$status"
}

# The sanitizer keeps memory of its own, and makes everything slower than any bound on a stall.
soak() { # [options]
    local status=0 server
    scripts/python-env.sh
    server=$(product SoakServer)
    watched "" .build/python/bin/python Tests/Soak/run.py --server "$server --port {port} --recovery-seconds 10" \
        --clients 100 --seconds 20 --no-memory --stall-ms 0 "$@" || status=$?
    judge "$status"
}

case $sanitizer in
    leaks)
        [[ $# == 0 ]] || fail "$usage"
        leaks
        exit
        ;;
    soak)
        soak "$@"
        exit
        ;;
esac
case "${1:-}" in
    --self-test)
        [[ $# == 1 ]] || fail "$usage"
        self_test
        ;;
    --product)
        [[ $# == 2 ]] || fail "$usage"
        product "$2"
        ;;
    --*) fail "$usage" ;;
    *) run_tests "$@" ;;
esac

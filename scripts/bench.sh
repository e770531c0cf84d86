#!/usr/bin/env bash
# Measures our server and the Python servers one after the other, and prints one table of processor time and memory.
#
# usage: bench.sh [--output FILE] [--seconds N] [--rounds N] [--only WORD]
#
#   --output FILE   also write the table to a file
#   --seconds N     how long each measurement lasts (default: 3)
#   --rounds N      how often everything is measured, the median counts (default: 1)
#   --only WORD     only the operations whose name has the word in it
#
# Exits with 1 when a server gave a wrong answer, or none. Ends every process it started, however it ends.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

readonly work=.build/bench
readonly results="$work/results.jsonl"
# Measuring stops here, so that with the builds it is ten minutes; what is missing then counts as failed.
readonly limit=360
readonly idle_clients=10000
readonly load=Benchmarks/.build/release/Load
readonly servers=(ours flask uvicorn)
# <name of the operation>|<arguments of the load generator>
readonly operations=(
    "echo, 50 clients, 1 outstanding|echo -c 50"
    "echo, 50 clients, 16 outstanding|echo -c 50 -w 16"
    "the same, asynchronous handler|echo -c 50 -w 16 --event async"
    "echo of five fields, raw, 16 outstanding|echo -c 50 -w 16 --object"
    "the same, decoded and encoded|echo -c 50 -w 16 --object --event typed"
    "broadcast, 200 receivers, 8 outstanding, per delivery|broadcast -c 200 --outstanding 8 --spin"
    "broadcast, 200 receivers, 32 outstanding, per delivery|broadcast -c 200 --outstanding 32 --spin"
    "chat, 200 receivers, 8 outstanding, per delivery|chat -c 200 --outstanding 8 --spin"
    "chat, 2000 receivers, 8 outstanding, per delivery|chat -c 2000 --outstanding 8 --spin"
    "polling echo, 50 clients|polling -c 50"
    "connection, WebSocket only|connect -c 16 --via direct"
    "connection with upgrade|connect -c 16 --via upgrade --verify"
    "idle, $idle_clients clients|idle -c $idle_clients --warmup 0"
)
output=""
seconds=3
rounds=1
only=""
server_pid=""
load_pid=""
failures=0

usage() {
    sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2
    exit 2
}

while [[ $# -gt 0 ]]; do
    [[ $# -ge 2 ]] || usage
    case "$1" in
        --output) output=$2 ;;
        --seconds) seconds=$2 ;;
        --rounds) rounds=$2 ;;
        --only) only=$2 ;;
        *) usage ;;
    esac
    shift 2
done
[[ "$seconds" =~ ^[1-9][0-9]*$ && "$rounds" =~ ^[1-9][0-9]*$ ]] || usage

# Ends a process of ours and waits until it has gone; one that does not obey is killed.
end() { # <pid>
    local deadline=$((SECONDS + 5))
    kill "$1" || return 0
    while kill -0 "$1"; do
        if [[ $SECONDS -ge $deadline ]]; then
            kill -KILL "$1" || true
        fi
        sleep 0.05
    done
    wait "$1" || true
} 2>/dev/null # the shell's own remarks on who was killed

end_all() {
    [[ -z "$load_pid" ]] || end "$load_pid"
    [[ -z "$server_pid" ]] || end "$server_pid"
    load_pid=""
    server_pid=""
}
trap end_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

build() {
    echo "Building (log: $work/build.log)" >&2
    renew_manifests
    if ! {
        swift build -c release "${release_flags[@]}" --package-path Benchmarks --product EchoServer &&
            swift build -c release "${release_flags[@]}" --package-path Benchmarks --product Load &&
            swift build -c release "${release_flags[@]}" --product ChatApp
    } >"$work/build.log" 2>&1; then
        tail -n 20 "$work/build.log" >&2
        fail "the build failed"
    fi
    chat="$(swift build -c release --show-bin-path)/ChatApp"
}

# Server and generator each get a core of those this shell may use; with one core they have to share it.
choose_cores() {
    local cores
    read -ra cores < <("$python" -c 'import os; print(*sorted(os.sched_getaffinity(0)))')
    pin=()
    pin_load=()
    if [[ ${#cores[@]} -lt 2 ]]; then
        echo "Only one core: server and generator share it, which makes everything slower." >&2
    elif ! command -v taskset >/dev/null; then
        echo "No taskset: server and generator run on any core." >&2
    else
        pin=(taskset -c "${cores[0]}")
        pin_load=(--cpu "${cores[1]}")
    fi
}

command_line() { # <server> <mode> <port>: into the array `command`
    case "$1:$2" in
        ours:chat)
            command=("$chat" --host 127.0.0.1 --port "$3" --threads 1 --log-level warning --log-file /dev/null)
            ;;
        ours:*) command=(Benchmarks/.build/release/EchoServer --port "$3" --threads 1) ;;
        *) command=("$python" "Benchmarks/peers/$1_server.py" "$3") ;;
    esac
}

accepts() { # <port>
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# Starts a server on a free port and waits until it accepts connections.
start() { # <server> <mode>
    local deadline=$((SECONDS + 20)) command
    port=$("$python" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
    command_line "$1" "$2" "$port"
    ${pin[@]+"${pin[@]}"} "${command[@]}" >"$work/$1.log" 2>&1 </dev/null &
    server_pid=$!
    until accepts "$port"; do
        if ! kill -0 "$server_pid" 2>/dev/null || [[ $SECONDS -ge $deadline ]]; then
            tail -n 5 "$work/$1.log" >&2
            return 1
        fi
        sleep 0.05
    done
}

# Runs the generator once; its line of JSON is the output. It may take no longer than the time that is left.
measure() { # <arguments>
    local status=0
    "$load" "$@" --port "$port" --server-pid "$server_pid" ${pin_load[@]+"${pin_load[@]}"} --json \
        --timeout $((limit - SECONDS + measuring_began)) >"$work/line.json" 2>"$work/load.log" </dev/null &
    load_pid=$!
    wait "$load_pid" || status=$?
    load_pid=""
    [[ "$status" == 0 ]] || tail -n 3 "$work/load.log" >&2
    return "$status"
}

# One cell of the table: a fresh server, one run, one line of results.
cell() { # <server> <name of the operation> <arguments>
    local server=$1 name=$2 duration=$seconds reason=""
    shift 2
    # Every client is to be pinged once, after 25 seconds.
    [[ "$1" != idle ]] || duration=26
    printf '%-56s %-8s' "$name" "$server" >&2
    if [[ $((SECONDS - measuring_began + duration)) -ge $limit ]]; then
        reason="out of time"
    elif ! start "$server" "$1"; then
        reason="did not start"
    elif ! measure "$@" --seconds "$duration"; then
        reason="failed: $(head -n 1 "$work/load.log")"
    fi
    end_all
    if [[ -n "$reason" ]]; then
        failures=$((failures + 1))
        echo "$reason" >&2
    fi
    "$python" scripts/bench-table.py add "$results" "$server" "$name" "$reason" "$work/line.json" >&2
}

mkdir -p "$work"
: >"$results"
python=$(find_python) || fail "no python3 of version 3.11 or newer with venv; run scripts/install-packages.sh test"
scripts/python-env.sh bench >&2
python=.build/python-bench/bin/python
build
choose_cores
# Ten thousand clients are more than many systems allow at first.
ulimit -n "$(ulimit -Hn)"
measuring_began=$SECONDS
for ((round = 1; round <= rounds; round++)); do
    for operation in "${operations[@]}"; do
        [[ "${operation%%|*}" == *"$only"* ]] || continue
        read -ra arguments <<<"${operation#*|}"
        for server in "${servers[@]}"; do
            cell "$server" "${operation%%|*}" "${arguments[@]}"
        done
    done
done
table=$("$python" scripts/bench-table.py print "$results")
echo "$table"
[[ -z "$output" ]] || echo "$table" >"$output"
echo "Measured in $((SECONDS - measuring_began)) s; $failures failures" >&2
[[ "$failures" == 0 ]]

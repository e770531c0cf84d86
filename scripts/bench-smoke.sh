#!/usr/bin/env bash
# Runs each mode of the load generator against the benchmarks' server for a moment: every answer must be right.
#
# usage: bench-smoke.sh <folder with EchoServer and Load>
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

[[ $# == 1 ]] || fail "usage: bench-smoke.sh <folder with EchoServer and Load>"
readonly programs=$1
python=$(find_python) || fail "no python3 of version 3.11 or newer"
port=$("$python" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$programs/EchoServer" --port "$port" --threads 2 >/dev/null &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true' EXIT
for _ in $(seq 200); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        break
    fi
    kill -0 "$server" || fail "the server did not start"
    sleep 0.05
done

for mode in "echo -c 10 -w 4" "echo -c 5 --event async" "echo -c 5 --object --event typed" "polling -c 5" \
    "polling -c 5 --dual" "broadcast -c 20 --outstanding 4" "connect -c 4 --via direct" \
    "connect -c 4 --via upgrade --verify" "connect -c 4 --via polling" "idle -c 100 --warmup 0"; do
    read -ra arguments <<<"$mode"
    echo "$mode"
    "$programs/Load" "${arguments[@]}" --port "$port" --server-pid "$server" --seconds 1 >/dev/null ||
        fail "wrong answers in: $mode"
done

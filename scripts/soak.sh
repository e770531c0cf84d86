#!/usr/bin/env bash
# Builds the soak server and lets a crowd of clients loose on it: 5,000 for 15 minutes, unless told otherwise.
#
# usage: soak.sh [options of Tests/Soak/run.py]
#
#   --seed N        decides who does what; printed, and random when left out
#   --clients N     how many there are at a time (default: 5000)
#   --seconds N     how long, the warm-up included (default: 900)
#   --server CMD    another server instead of a release build, with {port} for its port
#
# Exits with 1 when a message was lost, doubled or reordered, when anything was left behind, or a limit did not hold.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

scripts/python-env.sh
server=()
if [[ " $* " != *" --server"[\ =]* ]]; then
    swift build -c release "${release_flags[@]}" --product SoakServer
    server=(--server "$(swift build -c release --show-bin-path)/SoakServer --port {port} --recovery-seconds 20")
fi
exec .build/python/bin/python Tests/Soak/run.py ${server[@]+"${server[@]}"} "$@"

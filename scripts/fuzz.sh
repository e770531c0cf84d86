#!/usr/bin/env bash
# Builds the fuzzers with libFuzzer and the address sanitizer, and runs each target for a time.
#
# usage: fuzz.sh [--seconds N] [target…]    N seconds for each target (default: 60), all targets by default
#
# Corpora and what was found stay in .build/fuzz. Exits with 1 when a target found something.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

readonly work=.build/fuzz
seconds=60
if [[ "${1:-}" == --seconds ]]; then
    [[ "${2:-}" =~ ^[1-9][0-9]*$ ]] || fail "usage: fuzz.sh [--seconds N] [target…]"
    seconds=$2
    shift 2
fi
python=$(find_python) || fail "no python3 of version 3.11 or newer"

# A sanitizer's own linker: the default one does not take what the sanitizers add.
flags=(-c release --product Fuzz --sanitize address)
for flag in -sanitize=fuzzer -use-ld=lld -enable-testing -assert-config Debug; do
    flags+=(-Xswiftc "$flag")
done
touch Package.swift Fuzz/Package.swift
swift build --package-path Fuzz "${flags[@]}"
program=$(swift build --package-path Fuzz "${flags[@]}" --show-bin-path)/Fuzz
mkdir -p "$work"
"$python" Fuzz/seeds.py "$work/seeds"
# Without it a crash waits for somebody at the terminal.
export SWIFT_BACKTRACE=enable=no
targets=("$@")
if [[ ${#targets[@]} == 0 ]]; then
    mapfile -t targets < <("$program" 2>&1 | grep -E '^ *[a-z-]+$' | tr -d ' ')
fi
[[ ${#targets[@]} -gt 0 ]] || fail "the program names no targets"
failed=()
for target in "${targets[@]}"; do
    corpus="$work/corpus/$target"
    mkdir -p "$corpus" "$work/found/$target"
    folders=("$corpus")
    for folder in "$work/seeds/$target" "Fuzz/Cases/$target"; do
        [[ -d "$folder" ]] && folders+=("$folder")
    done
    log="$work/$target.log"
    if "$program" "$target" "-max_total_time=$seconds" -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=256 \
        -max_len=4096 -print_final_stats=1 "-artifact_prefix=$work/found/$target/" "${folders[@]}" >"$log" 2>&1; then
        executions=$(awk '/stat::number_of_executed_units/ { print $2 }' "$log")
        covered=$(grep -oE 'cov: [0-9]+ ft: [0-9]+' "$log" | tail -n 1)
        echo "$target: $executions executions, ${covered:-no coverage}"
    else
        failed+=("$target")
        echo "$target: FAILED (log: $log)"
    fi
done
[[ ${#failed[@]} == 0 ]] || fail "found something in: ${failed[*]}"

#!/usr/bin/env bash
# Builds the fuzzers with libFuzzer and the address sanitizer, and runs each target for a time.
#
# usage: fuzz.sh [--seconds N] [--jobs N] [--seed N] [target…]
#        fuzz.sh --replay [target…]
#
# N seconds for each target (default: 60), so many targets at a time (default: as many as there are processors), all
# targets by default. With a seed one program tries the same inputs each time, as many as there is time for, where the
# system lets addresses be fixed; by default each run tries others. What is done with one input is the same each time.
# What was found before, in Fuzz/Cases, is tried first; --replay tries nothing else.
#
# Corpora and what was found stay in .build/fuzz. Exits with 1 when a target found something.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

readonly work=.build/fuzz
readonly usage="usage: fuzz.sh [--seconds N] [--jobs N] [--seed N] [target…], or fuzz.sh --replay [target…]"
seconds=60
seed=random
jobs=$(nproc)
replays_only=false
while [[ "${1:-}" == --* ]]; do
    case $1 in
    --seconds | --jobs | --seed)
        [[ "${2:-}" =~ ^[1-9][0-9]*$ ]] || fail "$usage"
        printf -v "${1#--}" %s "$2"
        shift 2
        ;;
    --replay)
        replays_only=true
        shift
        ;;
    *) fail "$usage" ;;
    esac
done
python=$(find_python) || fail "no python3 of version 3.11 or newer"

# A sanitizer's own linker: the default one does not take what the sanitizers add.
flags=(-c release --product Fuzz --sanitize address)
for flag in -sanitize=fuzzer -use-ld=lld -enable-testing -assert-config Debug; do
    flags+=(-Xswiftc "$flag")
done
touch Package.swift Fuzz/Package.swift
swift build --package-path Fuzz "${flags[@]}"
program=$(swift build --package-path Fuzz "${flags[@]}" --show-bin-path)/Fuzz
# Without it a crash waits for somebody at the terminal.
export SWIFT_BACKTRACE=enable=no
# The order of a set or dictionary is the same in each run.
export SWIFT_DETERMINISTIC_HASHING=1
mapfile -t known < <("$program" | grep -E '^[a-z0-9-]+$')
[[ ${#known[@]} -gt 0 ]] || fail "the program names no targets"
targets=("$@")
if [[ ${#targets[@]} == 0 ]]; then targets=("${known[@]}"); fi
for target in "${targets[@]}"; do
    [[ " ${known[*]} " == *" $target "* ]] || fail "no such target: $target; there are: ${known[*]}"
done

# Generous, since other processes may have the processors: these are for inputs that never end or eat all memory.
readonly limits=(-timeout=25 -rss_limit_mb=2048 -malloc_limit_mb=256)

# With a seed: a corpus that begins anew, and no order that depends on an address. What is compared guides the choice of
# inputs no more, since some of it differs from process to process.
corpora=$work/corpus
choice=(-seed=0)
fixed=()
if [[ $seed != random ]]; then
    corpora=$work/corpus-of-seed
    rm -rf "$corpora"
    choice=("-seed=$seed" -use_cmp=0 -reload=0)
    if setarch -R true 2>/dev/null; then
        fixed=(setarch -R)
    else
        echo "warning: addresses cannot be fixed here: the inputs will be others each time" >&2
    fi
fi
readonly corpora choice fixed

# replay <target>: tries what was found before.
replay() {
    local folder="Fuzz/Cases/$1" log="$work/$1.replay.log"
    [[ -d "$folder" ]] || return 0
    if "$program" "$1" "${limits[@]}" "$folder"/* >"$log" 2>&1; then
        echo "$1: replayed $(find "$folder" -type f | wc -l)"
    else
        tail -n 20 "$log"
        fail "$1: a known case fails again (log: $log)"
    fi
}

# fuzz <target>: looks for something new, and leaves a file behind when it finds it.
fuzz() {
    local target=$1 corpus="$corpora/$1" found="$work/found/$1" log="$work/$1.log" inputs="$work/$1.inputs" executions covered
    mkdir -p "$corpus" "$found"
    # By names: the order in a folder is the file system's. A newline at the end would belong to the last name.
    find "$work/seeds/$target" "Fuzz/Cases/$target" -type f 2>/dev/null | LC_ALL=C sort | paste -sd, |
        tr -d '\n' >"$inputs" || true
    if "${fixed[@]}" "$program" "$target" "${limits[@]}" "-max_total_time=$seconds" -max_len=4096 "${choice[@]}" \
        -print_final_stats=1 "-dict=$work/seeds/dictionary" "-artifact_prefix=$found/" "-seed_inputs=@$inputs" \
        "$corpus" >"$log" 2>&1; then
        executions=$(awk '/stat::number_of_executed_units/ { print $2 }' "$log")
        covered=$(grep -oE 'cov: [0-9]+ ft: [0-9]+' "$log" | tail -n 1) || true
        if [[ "${executions:-0}" == 0 || -z "$covered" ]]; then
            echo "$target: FAILED, nothing was executed (log: $log)"
            return
        fi
        echo "$target: $executions executions, $covered"
        touch "$work/passed/$target"
    else
        grep -E 'Fatal error|ERROR|SUMMARY|Test unit written|Base64' "$log" || tail -n 20 "$log"
        echo "$target: FAILED (log: $log)"
    fi
}

# Each job is a process group, so that the fuzzer in it ends as well when the script is stopped.
set -m
trap 'for job in $(jobs -p); do kill -- "-$job" 2>/dev/null || true; done' EXIT
rm -rf "$work/passed" "$work/seeds"
mkdir -p "$work/passed"
"$python" Fuzz/seeds.py "$work/seeds"
for target in "${targets[@]}"; do
    replay "$target" &
    wait $!
done
if [[ $replays_only == true ]]; then exit 0; fi
for target in "${targets[@]}"; do
    while [[ $(jobs -rp | wc -l) -ge $jobs ]]; do wait -n || true; done
    fuzz "$target" &
done
wait
failed=()
for target in "${targets[@]}"; do
    [[ -e "$work/passed/$target" ]] || failed+=("$target")
done
[[ ${#failed[@]} == 0 ]] || fail "not passed: ${failed[*]}"

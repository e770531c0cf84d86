#!/usr/bin/env bash
# Builds the micro-benchmarks and runs them.
#
# usage: micro.sh [options of the program]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/common.sh

# Allocations are those of optimized code; the parts that are measured are not public. A folder of its own, since other
# benchmarks are built without these flags.
renew_manifests
swift build -c release --package-path Benchmarks --scratch-path .build/micro --product Micro \
    -Xswiftc -enable-testing -Xswiftc -warnings-as-errors
exec .build/micro/release/Micro "$@"

#!/usr/bin/env bash
# Builds for measuring and runs one measurement of bench/: ./dev bench memory [--connections N]
set -euo pipefail
source "$(dirname "$0")/environment.sh"

# Said before minutes of building.
names='fanout compress requests long-polling latency loops connect client browser memory topics herd refusal'
if [[ " $names " != *" ${1:-} "* ]]; then
  echo "usage: ./dev bench ${names// /|} [options]" >&2
  exit 2
fi
scripts/setup.sh build
[ "$1" != browser ] || scripts/wasm.sh
step "build the server and the measurements" compile build-release release freshet freshet_bench
build-release/freshet-bench "$@"

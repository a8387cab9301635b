#!/usr/bin/env bash
# Builds the server at build/freshet, the tests' binaries, and the npm package at wasm/npm.
set -euo pipefail
source "$(dirname "$0")/environment.sh"

step "set-up" scripts/setup.sh build
source scripts/environment.sh # setup may have brought a newer Node
step "build the server, the SDK and their tests" compile build dev
scripts/wasm.sh

#!/usr/bin/env bash
# Builds and runs the tests.
set -euo pipefail
source "$(dirname "$0")/environment.sh"

scripts/setup.sh build
step "build" compile build dev
step "run the tests" ctest --test-dir build --output-on-failure

#!/usr/bin/env bash
# Builds and runs the tests: those of C++ with those of the npm package beside them, then the browsers'; the first layer
# that fails ends it.
#   ./dev test                               everything
#   ./dev test --sanitize=address|thread     unit, simulation and integration tests in a sanitizer build
set -euo pipefail
source "$(dirname "$0")/environment.sh"

usage() { echo "usage: ./dev test [--sanitize=address|thread]" >&2; exit 2; }

# run_layer FOLDER REGEX [ctest options]: the tests of one layer by name. How long each may run is in tests/CMakeLists.txt.
run_layer() {
  local folder=$1 pattern=$2
  shift 2
  ctest --test-dir "$folder" --tests-regex "$pattern" --output-on-failure --no-tests=error "$@"
}

# bounded SECONDS command...: ends a command that hangs, with all it started, and says so.
bounded() {
  local seconds=$1
  shift
  timeout --kill-after=10 "$seconds" "$@" || {
    local code=$?
    [ "$code" != 124 ] || echo "still not done after $seconds s: ended" >&2
    return "$code"
  }
}

run_cpp_layers() {
  local folder=$1 suffix=$2
  step "unit tests$suffix" run_layer "$folder" '^unit_' --parallel "$jobs"
  # Integration tests wait more than they work: simulations run meanwhile.
  step "simulation and integration tests$suffix" run_layer "$folder" '^(sim|integration)_' --parallel "$jobs"
}

run_npm_layers() {
  scripts/wasm.sh --tests
  step "unit tests as wasm in Node" bounded 120 node build/wasm/unit_sdk_tests.js --colour-mode none
  step "the npm package's own tests" bounded 300 npm --prefix wasm test
  scripts/npm.sh web
  step "the demo pages: tests and build" bounded 300 bash -c 'npm --prefix web test && npm --prefix web run --silent build'
  bounded 600 scripts/e2e.sh --packaging
}

test_sanitized() {
  local preset=$1 name=$2
  step "build with the $name sanitizer" compile "build-$preset" "$preset"
  export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1
  export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
  export FRESHET_SIM_COUNT=${FRESHET_SIM_COUNT:-3} # seeds for each scenario: the plain build runs the many
  run_cpp_layers "build-$preset" " ($name sanitizer)"
}

test_everything() {
  step "build the server, the SDK and their tests" compile build dev
  beside "the npm package and the demo pages" run_npm_layers
  run_cpp_layers build ""
  step "rules of the tree" run_layer build '^tidy_' --parallel "$jobs"
  step "the installed CMake package" run_layer build '^package_'
  join_beside
  bounded 1200 scripts/e2e.sh
}

began=$SECONDS
[ $# -le 1 ] || usage
case ${1:-} in
  "") action=(test_everything) ;;
  --sanitize=address) action=(test_sanitized asan address) ;;
  --sanitize=thread) action=(test_sanitized tsan thread) ;;
  *) usage ;;
esac
step "set-up" scripts/setup.sh test
source scripts/environment.sh # setup may have brought a newer Node
"${action[@]}"
echo "== all of it passed in $((SECONDS - began)) s"

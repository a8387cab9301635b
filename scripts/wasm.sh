#!/usr/bin/env bash
# Builds the npm package at wasm/npm: the core with Emscripten, then its TypeScript; and the demo's herd model,
# build/wasm/herd.wasm. With --tests also the unit tests for Node, at build/wasm/unit_sdk_tests.js.
set -euo pipefail
source "$(dirname "$0")/environment.sh"

compile_wasm() {
  local emscripten said
  if [ ! -e build/wasm/build.ninja ]; then
    emscripten=$(scripts/setup/emscripten.sh) || return
    said=$(cmake -S wasm -B build/wasm -G Ninja \
      -DCMAKE_TOOLCHAIN_FILE="$emscripten/cmake/Modules/Platform/Emscripten.cmake" 2>&1) || { echo "$said" >&2; return 1; }
  fi
  # The linker warns of library functions that return differently, of which the module has none.
  said=$(cmake --build build/wasm --parallel "$jobs" --target "$@" -- --quiet 2>&1) || { echo "$said" >&2; return 1; }
}

targets=(freshet_module freshet_sse_module herd_module)
[ "${1:-}" != --tests ] || targets+=(unit_sdk_tests)
step "build the core and the herd model as wasm" compile_wasm "${targets[@]}"
scripts/npm.sh wasm
step "build the npm package" npm --prefix wasm run --silent build

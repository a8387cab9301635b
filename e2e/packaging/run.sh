#!/usr/bin/env bash
# Packs wasm/npm and tries the tarball in linters, bundlers and runtimes, against a real server. Needs ./dev build.
set -euo pipefail
cd "$(dirname "$0")"
exec timeout 240 node run.mjs

#!/usr/bin/env bash
# Runs the browser tests against the built server and package: Chromium and Firefox by Playwright, WebKit by WebDriver.
#   ./dev e2e [ARGUMENTS]      for Playwright, such as --grep sse
#   ./dev e2e --packaging      instead the packed npm tarball in bundlers and runtimes
set -euo pipefail
source "$(dirname "$0")/environment.sh"

if [ ! -x build/freshet ] || [ ! -d wasm/npm/dist ]; then
  echo "build/freshet or the npm package is missing: run ./dev build" >&2
  exit 1
fi
scripts/setup.sh test
if [ "${1:-}" = --packaging ]; then
  scripts/npm.sh e2e/packaging
  step "the packed npm package in bundlers and runtimes" npm --prefix e2e/packaging test
else
  scripts/npm.sh web
  step "build the demo pages" npm --prefix web run --silent build
  scripts/npm.sh e2e
  step "browser tests" npm --prefix e2e test -- "$@"
fi

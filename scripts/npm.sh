#!/usr/bin/env bash
# scripts/npm.sh FOLDER: installs the packages that FOLDER's lockfile names; quick when they are there.
set -euo pipefail
source "$(dirname "$0")/environment.sh"

folder=$1
stamp=$folder/node_modules/.freshet
wanted=$(sha256sum < "$folder/package-lock.json")
if [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$wanted" ]; then
  step "install the npm packages of $folder" npm --prefix "$folder" ci --no-audit --no-fund --loglevel=error
  echo "$wanted" > "$stamp"
fi

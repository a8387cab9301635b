#!/usr/bin/env bash
# Puts Node 22 and its npm into the cache folder and prints the folder of `node`; a Node >= 20 with npm on the PATH
# wins. Debian 12 has Node 18, whose npm is good enough to fetch the newer one.
set -euo pipefail
source "$(dirname "$0")/debian.sh"

version=22.22.3
npm_version=10.9.4
folder=$cache/node-$version

major() { node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/'; }

found=$(major) || true
if [ "${found:-0}" -ge 20 ] && command -v npm >/dev/null; then
  dirname "$(command -v node)"
  exit 0
fi
if [ ! -x "$folder/bin/node" ]; then
  echo "fetching Node $version" >&2
  install_packages nodejs npm
  case $(uname -m) in
    x86_64) platform=linux-x64 ;;
    aarch64) platform=linux-arm64 ;;
    *) echo "no ready-made Node for $(uname -m): install Node 20 or newer yourself" >&2; exit 1 ;;
  esac
  make_scratch
  npm install --prefix "$scratch/out" --no-audit --no-fund --silent "node-$platform@$version" "npm@$npm_version" >&2
  mkdir "$scratch/out/bin"
  ln -s "../node_modules/node-$platform/bin/node" "$scratch/out/bin/node"
  ln -s ../node_modules/npm/bin/npm-cli.js "$scratch/out/bin/npm"
  ln -s ../node_modules/npm/bin/npx-cli.js "$scratch/out/bin/npx"
  rm -rf "$folder"
  mv "$scratch/out" "$folder"
fi
echo "$folder/bin"

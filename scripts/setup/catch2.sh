#!/usr/bin/env bash
# Puts Catch2 into the cache folder and prints where; quick when it is there:
#   usr/       Debian's compiled library and headers, for the native tests
#   extras/    catch_amalgamated.{hpp,cpp}, which the wasm tests compile with em++
set -euo pipefail
source "$(dirname "$0")/debian.sh"

version=3.7.1
package=3.7.1-0.4~bpo12+1
folder=$cache/catch2-$version

if [ ! -e "$folder/.ok" ]; then
  echo "fetching Catch2 $version" >&2
  install_packages xz-utils
  make_scratch
  use_suite deb bookworm-backports
  (cd "$scratch/deb" && suite_apt download "libcatch2-dev=$package" >&2)
  dpkg-deb --fsys-tarfile "$scratch"/deb/libcatch2-dev_*.deb | tar -x -C "$scratch/out" --no-same-owner
  use_suite deb-src bookworm-backports
  (cd "$scratch" && suite_apt source --download-only --tar-only "catch2=$package" >&2)
  tar -xf "$scratch"/catch2_*.orig.tar.* -C "$scratch/out" --strip-components=1 --wildcards '*/extras/catch_amalgamated.*'
  rm -rf "$folder" "$scratch/out/partial"
  mv "$scratch/out" "$folder"
  touch "$folder/.ok"
fi
echo "$folder"

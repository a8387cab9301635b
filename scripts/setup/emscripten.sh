#!/usr/bin/env bash
# Puts Emscripten 3.1.69 into the cache folder and prints the folder of emcc; quick when it is there. An emcc on the
# PATH of that version or newer wins. Debian 12's own Emscripten is too old (its ES modules fail in Node 20), so the
# scripts and Binaryen come from trixie, on bookworm's own clang-19. Binaryen runs on trixie's ld.so and libc, which
# are unpacked beside it: nothing of the machine's libc is touched.
set -euo pipefail
source "$(dirname "$0")/debian.sh"

version=3.1.69
package=3.1.69+dfsg-3
sha256=d2ac788b952c56ab6736b4db2ac0825aa63cfb4c08b8abaefe19e324779d1b2d
binaryen=120-4
llvm=19
folder=$cache/emscripten-$version
root=$folder/usr/share/emscripten

if own=$(command -v emcc); then
  own=$(dirname "$(readlink -f "$own")")
  own_version=$("$own/emcc" -dumpversion 2>/dev/null) || own_version=0
  if [ -f "$own/cmake/Modules/Platform/Emscripten.cmake" ] &&
    [ "$(printf '%s\n' "$version" "$own_version" | sort -V | head -n 1)" = "$version" ]; then
    echo "$own"
    exit 0
  fi
fi

if [ ! -e "$folder/.ok" ] || [ ! -x "/usr/lib/llvm-$llvm/bin/wasm-ld" ]; then
  echo "fetching Emscripten $version (320 MB)" >&2
  install_packages clang-$llvm lld-$llvm llvm-$llvm python3 xz-utils
  command -v node >/dev/null || install_packages nodejs
  make_scratch
  use_suite deb trixie
  (cd "$scratch/deb" && suite_apt download "emscripten=$package" "binaryen=$binaryen" libc6 libstdc++6 libgcc-s1 \
    node-acorn >&2)
  echo "$sha256  $(echo "$scratch"/deb/emscripten_*.deb)" | sha256sum --quiet -c - >&2

  # Of the 1.6 GB of ready-made libraries, keep the variants this project links.
  skip=(--exclude=./usr/share/doc --exclude=./usr/share/man
    --exclude=./usr/share/emscripten/test --exclude=./usr/share/emscripten/docs)
  for variant in /pic /lto-pic /thinlto '-mt[.-]' -ww GL-*emu GL-*ofb GL-*es3 libGL.a libGL-webgl2 asan lsan ubsan \
    san_ wasmfs mimalloc -tracing -memvalidate; do
    skip+=(--exclude="*/cache/sysroot/lib/*$variant*")
  done
  out=$scratch/out
  for archive in "$scratch"/deb/*.deb; do
    dpkg-deb --fsys-tarfile "$archive" | tar -x -C "$out" --no-same-owner "${skip[@]}"
  done
  rm -rf "$out/partial"

  ln -sfn nodejs "$out/usr/share/node_modules" # Debian keeps acorn in /usr/share/nodejs
  loader=$(cd "$out" && echo usr/lib/*-linux-gnu/ld-linux-*.so.*)
  mkdir -p "$out/binaryen/bin"
  for tool in "$out"/usr/bin/wasm*; do
    tool=${tool##*/}
    printf '#!/bin/sh\nexec %q/%s --library-path %q/%s %q/usr/bin/%s "$@"\n' \
      "$folder" "$loader" "$folder" "${loader%/*}" "$folder" "$tool" > "$out/binaryen/bin/$tool"
  done
  chmod +x "$out"/binaryen/bin/*
  mkdir -p "$out/usr/share/emscripten/cache"
  cat > "$out/usr/share/emscripten/.emscripten" <<CONFIG
LLVM_ROOT = '/usr/lib/llvm-$llvm/bin'
BINARYEN_ROOT = '$folder/binaryen'
NODE_JS = '$(command -v node)'
CACHE = '$root/cache'
CLOSURE_COMPILER = ['google-closure-compiler']
CONFIG
  rm -rf "$folder"
  mv "$out" "$folder"
  "$root/emcc" --version >&2
  touch "$folder/.ok"
fi
echo "$root"

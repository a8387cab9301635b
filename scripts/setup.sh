#!/usr/bin/env bash
# Installs what is missing on this Debian machine, as root or through sudo, and says what. Quick when nothing is.
#   scripts/setup.sh build    compilers, libraries, Emscripten: enough for ./dev build
#   scripts/setup.sh test     and sanitizers, browsers, proxies: enough for ./dev test
#   scripts/setup.sh          the same as test
set -euo pipefail
folder=$(dirname "$0")/setup
source "$folder/debian.sh"

build=(cmake ninja-build ccache g++ clang-19 lld-19 llvm-19 python3 xz-utils curl ca-certificates
  nlohmann-json3-dev libcli11-dev libspdlog-dev libcurl4-openssl-dev libssl-dev zlib1g-dev
  liburing-dev)
# WebKit's MiniBrowser comes with its driver's library; Xvfb gives it a display.
test=(libclang-rt-19-dev clang-format-19 chromium firefox-esr webkit2gtk-driver xvfb xauth brotli openssl procps
  php-cli)
proxies=(nginx-light haproxy)

purpose=${1:-test}
case $purpose in
  build) packages=("${build[@]}") proxies=() ;;
  test | all) packages=("${build[@]}" "${test[@]}") ;;
  *) echo "usage: scripts/setup.sh [build|test]" >&2; exit 2 ;;
esac
if ! command -v apt-get >/dev/null; then
  echo "this is not Debian: install what scripts/setup.sh lists, cpp-httplib 0.41 and Catch2 3 yourself" >&2
  exit 1
fi

install_packages "${packages[@]}"
[ ${#proxies[@]} = 0 ] || install_without_service "${proxies[@]}"
node_major=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/') || node_major=0
if [ "${node_major:-0}" -lt 20 ] || ! command -v npm >/dev/null; then
  "$folder/node.sh" >/dev/null
fi
"$folder/httplib.sh" >/dev/null
"$folder/catch2.sh" >/dev/null
"$folder/emscripten.sh" >/dev/null

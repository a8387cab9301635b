#!/usr/bin/env bash
# Builds the server, the npm package and the demo pages, starts it with the pages and the feeds that fill them, and prints
# the address.
#   ./dev run [--port N]       8080 by default, 0 for any that is free; Ctrl-C ends it all
set -euo pipefail
source "$(dirname "$0")/environment.sh"

port=8080
case ${1:-} in
  "") ;;
  --port) port=${2:?--port needs a number} ;;
  *) echo "usage: ./dev run [--port N]" >&2; exit 2 ;;
esac

# The server would say so as well, but only after minutes of building.
if [ "$port" != 0 ] && (exec 3<> "/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
  echo "port $port is in use: end what listens there, or try ./dev run --port $((port + 1))" >&2
  exit 1
fi

step "set-up" scripts/setup.sh build
source scripts/environment.sh # setup may have brought a newer Node
step "build the server" compile build dev freshet
scripts/wasm.sh
scripts/npm.sh web
step "build the demo pages" npm --prefix web run --silent build

server='' feeds=''
trap 'trap - EXIT; kill $feeds $server 2>/dev/null || true; wait' EXIT
trap 'exit 0' INT TERM

# The server's first line comes once it listens, and holds the address.
exec 3< <(exec build/freshet demo --port "$port" --pages build/pages)
server=$!
if ! read -r listening <&3; then
  wait "$server"
  exit 1
fi
url=${listening##* }
web/feeds.sh "$url" &
feeds=$!
printf '\n== the demo is at %s/ (Ctrl-C ends it)\n' "$url"
wait "$server"

#!/usr/bin/env bash
# Builds everything, starts the server with the demo pages and the feeds that fill them, and prints the address.
#   ./dev run [--port N]       8080 by default; Ctrl-C ends it all
set -euo pipefail
source "$(dirname "$0")/environment.sh"

port=8080
case ${1:-} in
  "") ;;
  --port) port=${2:?--port needs a number} ;;
  *) echo "usage: ./dev run [--port N]" >&2; exit 2 ;;
esac

scripts/build.sh
source scripts/environment.sh
scripts/npm.sh web
step "build the demo pages" npm --prefix web run --silent build

build/freshet serve --listen "127.0.0.1:$port" --demo=build/pages &
server=$!
feeds=
trap 'kill $feeds $server 2>/dev/null || true; wait' EXIT
trap 'exit 0' INT TERM

url=http://127.0.0.1:$port
until curl -fs -o /dev/null "$url/readyz"; do
  kill -0 "$server" 2>/dev/null || { wait "$server"; exit 1; }
  sleep 0.1
done
if [ -x web/feeds.sh ]; then
  web/feeds.sh "$url" &
  feeds=$!
fi
echo "== the demo is at $url/"
wait "$server"

#!/usr/bin/env bash
# Fills the demo's topics by the command line program, as a user would. Ends with its parent, with the server, or by
# SIGTERM, and takes everything it started with it.
#   web/feeds.sh [URL]     a running server, http://127.0.0.1:8080 by default
#   FRESHET_DEMO_LOG=FILE  the log file whose lines become notifications; by default the one that changed last
set -euo pipefail
cd "$(dirname "$0")/.."

url=${1:-http://127.0.0.1:8080}
freshet=build/freshet
stocks=web/node_modules/vega-datasets/data/stocks.csv
scratch=$(mktemp -d)
parent=$PPID

finish() {
  trap - EXIT INT TERM
  # shellcheck disable=SC2046 # One word per process.
  kill $(jobs -p) 2>/dev/null || true
  rm -rf "$scratch"
  exit 0
}
trap finish EXIT INT TERM

# Even a kill -9 of this script leaves nothing running.
ends_with_us() { exec setpriv --pdeathsig TERM -- "$@"; }

# The file goes through one symbol after the other; a market quotes them all, day by day.
by_day() {
  local months=JanFebMarAprMayJunJulAugSepOctNovDec
  head -n 1 "$1"
  tail -n +2 "$1" | awk -F, -v months="$months" '{
    split($2, day, " ")
    printf "%04d-%02d-%02d,%s\n", day[3], (index(months, day[1]) + 2) / 3, day[2], $0
  }' | sort -s -t, -k1,2 | cut -d, -f2-
}

# The newest log that can be read and says something; a quiet machine may have nothing but dpkg's.
newest_log() {
  local file newest=
  for file in /var/log/{syslog,messages,auth.log,kern.log,daemon.log,dpkg.log}; do
    [ -r "$file" ] && [ -s "$file" ] || continue
    [ -n "$newest" ] && ! [ "$file" -nt "$newest" ] || newest=$file
  done
  echo "$newest"
}

by_day "$stocks" > "$scratch/stocks.csv"
prices=("$scratch/stocks.csv" --topic 'prices.{symbol}' --url "$url")
# Once through all years as fast as it goes: the charts are full at once. Then at a pace for people.
"$freshet" replay "${prices[@]}" --rate 2000
ends_with_us "$freshet" replay "${prices[@]}" --rate 20 --loop &

log=${FRESHET_DEMO_LOG:-$(newest_log)}
if [ -n "$log" ]; then
  # tail ends with us, and the publisher at the end of its input.
  tail -n 30 -F --pid="$$" "$log" 2> /dev/null | "$freshet" pub notifications.log --lines --url "$url" > /dev/null &
fi

"$freshet" pub chat.lobby --url "$url" > /dev/null <<JSON
{"name":"freshet","text":"Welcome to the lobby. Open this page in a second tab, or write from a terminal: build/freshet pub chat.lobby '\\"hi\\"' --url $url"}
JSON

# Outlives neither the one who started it nor the server, which may be away for a while: the herd lab kills it.
answers() { curl -fs -o /dev/null --max-time 5 --retry 10 --retry-delay 1 --retry-connrefused "$url/healthz"; }
while kill -0 "$parent" 2>/dev/null && answers; do
  sleep 2 &
  wait $! || true
done

#!/usr/bin/env bash
# Runs the Autobahn test suite, all of its cases, against /v1/echo of build/freshet, and fails when one fails.
#   scripts/autobahn.sh                 12 minutes
#   scripts/autobahn.sh '7.*' '13.1.*'  some cases only
# `wstest` must be on the PATH or named by WSTEST: `pip install autobahntestsuite`, which wants Python 2.7. It is not
# part of ./dev test for that reason; tests/unit/wire and tests/cli hold the same categories.
set -euo pipefail
source "$(dirname "$0")/environment.sh"

wstest=${WSTEST:-$(command -v wstest || true)}
[ -n "$wstest" ] || { echo "no wstest on the PATH (WSTEST=… names it): see the head of $0" >&2; exit 1; }
[ -x build/freshet ] || { echo "build/freshet is missing: ./dev build" >&2; exit 1; }

folder=build/autobahn
rm -rf "$folder" && mkdir -p "$folder"
build/freshet serve --port 0 --echo > "$folder/server.log" 2>&1 &
server=$!
trap 'kill "$server"' EXIT
until url=$(sed -n 's|.*listening on http://||p' "$folder/server.log") && [ -n "$url" ]; do
  kill -0 "$server" || { cat "$folder/server.log" >&2; exit 1; }
  sleep 0.1
done

python3 - "$folder" "ws://$url/v1/echo" "$@" > "$folder/spec.json" <<'PYTHON'
import json, sys
folder, url, *cases = sys.argv[1:]
print(json.dumps({"outdir": folder, "servers": [{"agent": "freshet", "url": url}], "cases": cases or ["*"],
                  "exclude-cases": [], "exclude-agent-cases": {}}))
PYTHON
step "Autobahn test suite" "$wstest" -m fuzzingclient -s "$folder/spec.json"

python3 - "$folder/index.json" <<'PYTHON'
import collections, json, sys
cases = json.load(open(sys.argv[1]))["freshet"]
count = collections.Counter(case["behavior"] for case in cases.values())
failed = [name for name, case in sorted(cases.items())
          if not {case["behavior"], case["behaviorClose"]} <= {"OK", "NON-STRICT", "INFORMATIONAL"}]
print(f"{len(cases)} cases:", ", ".join(f"{n} {behavior}" for behavior, n in count.most_common()))
sys.exit(f"failed: {' '.join(failed)}" if failed else 0)
PYTHON

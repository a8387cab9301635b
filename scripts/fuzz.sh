#!/usr/bin/env bash
# Runs every fuzz program of tests/fuzz for a while, from the seeds in tests/fuzz/corpus.
#   scripts/fuzz.sh                   200,000 inputs or 30 s for each
#   scripts/fuzz.sh SECONDS [NAME]    longer, or one alone (control, deflate_offer, framer, inflate, …)
# An input that breaks one is kept in build-fuzz/findings; what was learned on the way stays in build-fuzz/corpus.
set -euo pipefail
source "$(dirname "$0")/environment.sh"

fuzz() {
  local name=$1 seconds=$2 runs=$3 options=()
  [ ! -e "tests/fuzz/$name.dict" ] || options=("-dict=tests/fuzz/$name.dict")
  mkdir -p "build-fuzz/corpus/$name" build-fuzz/findings
  # libFuzzer talks a lot; what it says matters when it has found something.
  if ! "build-fuzz/fuzz/${name}_fuzz" -runs="$runs" -max_total_time="$seconds" -max_len=2048 -timeout=10 -verbosity=0 \
    -print_final_stats=0 "-artifact_prefix=build-fuzz/findings/$name-" "${options[@]}" \
    "build-fuzz/corpus/$name" "tests/fuzz/corpus/$name" > "build-fuzz/$name.log" 2>&1; then
    cat "build-fuzz/$name.log" >&2
    return 1
  fi
}

seconds=${1:-30}
runs=200000
[ $# -eq 0 ] || runs=-1
step "build the fuzz programs" compile build-fuzz fuzz
for program in build-fuzz/fuzz/*_fuzz; do
  name=$(basename "$program" _fuzz)
  [ $# -lt 2 ] || [ "$2" = "$name" ] || continue
  step "fuzz $name" fuzz "$name" "$seconds" "$runs"
done

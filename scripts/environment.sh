# Sourced by every script here: goes to the top of the checkout, finds the tools that setup put into the cache folder,
# and offers `step`, which says what a long step does and how long it took, and `beside`, for steps that run side by side.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
export FRESHET_CACHE=${FRESHET_CACHE:-$HOME/.cache/freshet}
jobs=$(nproc)

for tools in "$FRESHET_CACHE"/node-*/bin; do
  if [ -x "$tools/node" ] && ! [[ $(node --version 2>/dev/null) =~ ^v([2-9][0-9])\. ]]; then
    export PATH="$tools:$PATH"
  fi
done

# step "what it does" command...: its output goes through; a failure ends the script with what failed.
step() {
  local name=$1 began=$SECONDS
  shift
  echo "== $name"
  if "$@"; then
    echo "== $name: $((SECONDS - began)) s"
  else
    local code=$?
    echo "== $name FAILED after $((SECONDS - began)) s: $*" >&2
    exit "$code"
  fi
}

# beside "what it does" command...: runs it while the script goes on. `join_beside` waits for it, shows what it printed, and
# ends the script if it failed. A script that ends before takes it along. One at a time.
beside() {
  beside_name=$1
  shift
  beside_said=$(mktemp)
  echo "== beside what follows: $beside_name"
  "$@" > "$beside_said" 2>&1 < /dev/null &
  beside_id=$!
  trap 'end_tree "$beside_id"; cat "$beside_said"; rm -f "$beside_said"' EXIT
}

join_beside() {
  local code=0
  echo "== what ran beside: $beside_name"
  wait "$beside_id" || code=$?
  trap - EXIT
  cat "$beside_said"
  rm -f "$beside_said"
  [ "$code" = 0 ] || exit "$code"
}

# end_tree ID: ends a process with all it started.
end_tree() {
  local child
  for child in $(pgrep -P "$1"); do end_tree "$child"; done
  kill "$1" 2>/dev/null || true
}

# compile FOLDER PRESET [targets and ninja options]: configures once; later changes are picked up by the build itself.
compile() {
  local folder=$1 preset=$2 said
  shift 2
  if [ ! -e "$folder/build.ninja" ]; then
    said=$(cmake --preset "$preset" 2>&1) || { echo "$said" >&2; return 1; }
  fi
  cmake --build "$folder" --parallel "$jobs" -- --quiet "$@"
}

# Sourced by every script here: goes to the top of the checkout, finds the tools that setup put into the cache folder,
# and offers `step`, which says what a long step does and how long it took.

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

# compile FOLDER PRESET [targets and ninja options]: configures once; later changes are picked up by the build itself.
compile() {
  local folder=$1 preset=$2 said
  shift 2
  if [ ! -e "$folder/build.ninja" ]; then
    said=$(cmake --preset "$preset" 2>&1) || { echo "$said" >&2; return 1; }
  fi
  cmake --build "$folder" --parallel "$jobs" -- --quiet "$@"
}

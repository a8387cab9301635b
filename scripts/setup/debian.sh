# Sourced by the scripts beside it. Two needs of theirs: install what the machine's own Debian has, and take
# single packages out of a newer suite into the cache folder without adding that suite to the machine.

cache=${FRESHET_CACHE:-$HOME/.cache/freshet}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# Prints those of the named packages that are not installed.
missing_packages() {
  local have
  have=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null | sed -n 's/ installed$//p') || true
  printf '%s\n' "$@" | grep -vxF -e "$have" || true
}

# Installs those of the named packages that are missing; says so only when there is something to do.
install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "installing ${missing[*]}" >&2
  # An index that is absent or out of date is the usual reason for a first failure.
  apt_install "${missing[@]}" 2>/dev/null || { as_root apt-get update -qq >&2; apt_install "${missing[@]}"; }
}

# The same for server programs that tests start by themselves: they become no service of this machine.
install_without_service() {
  local missing guard=/usr/sbin/policy-rc.d code=0
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ -e "$guard" ]; then
    install_packages "$@"
    return
  fi
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$guard" > /dev/null
  as_root chmod +x "$guard"
  install_packages "$@" || code=$?
  as_root rm -f "$guard"
  if [ -d /run/systemd/system ]; then as_root systemctl disable --quiet nginx haproxy || true; fi
  return $code
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends "$@" >&2
}

# Makes a scratch folder in the cache (so that a final mv is atomic) that goes when the script ends.
make_scratch() {
  mkdir -p "$cache"
  scratch=$(mktemp -d "$cache/tmp.XXXXXX")
  trap 'rm -rf "$scratch"' EXIT
  mkdir -p "$scratch"/{lists,archives,deb,out}/partial
}

# use_suite deb|deb-src SUITE: points `suite_apt` at that suite on the mirror the machine already uses.
use_suite() {
  local uri
  uri=$(machine_mirror)
  [ -n "$uri" ] || { as_root apt-get update -qq >&2; uri=$(machine_mirror); }
  [ -n "$uri" ] || { echo "this machine's apt sources name no Debian bookworm" >&2; return 1; }
  echo "$1 [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $2 main" > "$scratch/sources.list"
  suite_apt update >&2
}

machine_mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Release: bookworm' | head -n 1
}

suite_apt() {
  apt-get -qq -o Dir::Etc::SourceList="$scratch/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::Etc::PreferencesParts=/dev/null -o Dir::State::Lists="$scratch/lists" -o Dir::Cache="$scratch" \
    -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none -o APT::Sandbox::User=root "$@"
}

#!/usr/bin/env bash
# Puts cpp-httplib's single header into the cache folder and prints where; quick when it is there.
# Debian's -dev package has the split header that needs its shared library; the source package has the full one.
set -euo pipefail
source "$(dirname "$0")/debian.sh"

version=0.41.0
sha256=e9112546cbae828180f72c2ae6da4bfd8d15ae38138bd99b898e5e30128acc28
folder=$cache/httplib-$version

is_right() { [ -f "$1" ] && echo "$sha256  $1" | sha256sum --quiet -c - 2>/dev/null; }

if ! is_right "$folder/httplib.h"; then
  echo "fetching cpp-httplib $version" >&2
  install_packages xz-utils
  make_scratch
  # A suite moves on without notice; any of the three that still has this version will do.
  for place in forky=0.41.0+ds-3 sid=0.41.0+ds-3 trixie-backports=0.41.0+ds-3~bpo13+1; do
    use_suite deb-src "${place%%=*}" || continue
    (cd "$scratch" && suite_apt source --download-only --tar-only "cpp-httplib=${place#*=}" >&2) && break
  done
  archive=$(find "$scratch" -maxdepth 1 -name 'cpp-httplib_*.orig.tar.xz')
  if [ -z "$archive" ]; then
    echo "no Debian suite has cpp-httplib $version any more: pin a newer version in $0" >&2
    exit 1
  fi
  tar -xJf "$archive" -C "$scratch" --strip-components=1 --wildcards '*/httplib.h' '*/LICENSE'
  is_right "$scratch/httplib.h" || { echo "httplib.h: wrong sha256 $(sha256sum < "$scratch/httplib.h")" >&2; exit 1; }
  mkdir -p "$folder"
  mv "$scratch/httplib.h" "$scratch/LICENSE" "$folder/"
fi
echo "$folder"

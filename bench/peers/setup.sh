#!/usr/bin/env bash
# Installs the servers that `./dev bench fanout` measures beside ours; the product needs none of them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source "$here/../../scripts/setup/debian.sh"
peers=$cache/peers

install_without_service libnginx-mod-nchan nats-server mosquitto
mkdir -p "$peers"
if [ ! -d "$peers/node_modules/centrifuge" ]; then
  npm install --prefix "$peers" --no-audit --no-fund --silent ws@8 socket.io@4 centrifuge@5
fi
# Centrifugo's engine, where there is Go.
if [ ! -x "$peers/centrifuge-server" ] && command -v go >/dev/null; then
  (cd "$here/centrifuge" && go build -o "$peers/centrifuge-server" .) ||
    echo "centrifuge could not be built; it is left out" >&2
fi

#!/usr/bin/env bash
# Formats every C++ file of the project in place; with --check only says which ones differ.
set -euo pipefail
source "$(dirname "$0")/environment.sh"

command -v clang-format-19 >/dev/null || { echo "clang-format-19 is missing: run ./dev setup" >&2; exit 1; }
mapfile -t files < <(git ls-files --cached --others --exclude-standard -- '*.cpp' '*.h')
case ${1:-} in
  "") clang-format-19 -i "${files[@]}" ;;
  --check) clang-format-19 --dry-run --Werror "${files[@]}" ;;
  *) echo "usage: ./dev format [--check]" >&2; exit 2 ;;
esac

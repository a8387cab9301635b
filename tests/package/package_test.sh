#!/usr/bin/env bash
# Run by ctest (see CMakeLists.txt beside it): package_test.sh SOURCE_DIR BUILD_DIR CMAKE COMPILER
set -euo pipefail
source=$1 build=$2 cmake=$3 compiler=$4
work=$build/package-test

rm -rf "$work"
mkdir -p "$work/user"
"$cmake" --install "$build" --prefix "$work/prefix" > /dev/null

# The installed server, which the programs then find under the address that the pages show.
exec 3< <(exec "$work/prefix/bin/freshet" serve --port 0 --log-level warn)
server=$!
trap 'kill "$server"' EXIT
read -r listening <&3
url=${listening##* }

# A page's first C++ block with a main is its program; whatever else it shows is a fragment.
program_of() {
  awk '/^```cpp$/ { inside = 1; block = ""; next }
       /^```$/ && inside { inside = 0; if (block ~ /int main\(/) { printf "%s", block; exit } }
       inside { block = block $0 "\n" }' "$source/$1" | sed "s|http://127.0.0.1:8080|$url|" > "$work/user/$2.cpp"
  grep -qF "$url" "$work/user/$2.cpp" || { echo "$1 has no complete C++ program" >&2; exit 1; }
}
program_of README.md subscriber
program_of docs/publishing.md publisher

cat > "$work/user/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.20)
project(user LANGUAGES CXX)
find_package(freshet 0.1 REQUIRED)
foreach(name IN ITEMS subscriber publisher)
  add_executable(${name} ${name}.cpp)
  target_link_libraries(${name} PRIVATE freshet::client)
endforeach()
CMAKE
"$cmake" -S "$work/user" -B "$work/user/build" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_CXX_COMPILER="$compiler"
"$cmake" --build "$work/user/build"

# equal WHAT ACTUAL EXPECTED
equal() { [ "$2" = "$3" ] || { echo "$1: expected '$3', but got '$2'" >&2; exit 1; }; }

equal "docs/publishing.md's program" "$(timeout 30 "$work/user/build/publisher")" 1
"$work/prefix/bin/freshet" pub prices.AAPL '{"bid":187.2}' --url "$url" > /dev/null
coproc subscriber { exec stdbuf -oL "$work/user/build/subscriber"; } # Else a pipe is told when it is full.
read -r -t 30 printed <&"${subscriber[0]}"
equal "README.md's program" "$printed" 'prices.AAPL {"bid":187.2}'
id=$subscriber_PID
echo >&"${subscriber[1]}" # Enter ends it.
wait "$id"

#!/usr/bin/env bash
# Run by ctest (see CMakeLists.txt beside it): package_test.sh SOURCE_DIR BUILD_DIR CMAKE COMPILER
set -euo pipefail
source=$1 build=$2 cmake=$3 compiler=$4
work=$build/package-test

rm -rf "$work"
mkdir -p "$work/user"
"$cmake" --install "$build" --prefix "$work/prefix" > /dev/null

# A page's first C++ block with a main is its program; whatever else it shows is a fragment.
program_of() {
  awk '/^```cpp$/ { inside = 1; block = ""; next }
       /^```$/ && inside { inside = 0; if (block ~ /int main\(/) { printf "%s", block; exit } }
       inside { block = block $0 "\n" }' "$source/$1" > "$work/user/$2.cpp"
  [ -s "$work/user/$2.cpp" ] || { echo "$1 has no complete C++ program" >&2; exit 1; }
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

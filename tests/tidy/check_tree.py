#!/usr/bin/env python3
"""Holds what DESIGN-level rules say about the tree: who may include whom, which archives stay pure, that every
source has its test and every test is built, that links lead somewhere. Run by ctest:

    check_tree.py SOURCE_DIR COMPILE_COMMANDS ARCHIVE...

Prints one line per breach and exits 1 if there is any. check_tree_test.py shows that each rule can fail.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

# What the files of a folder may include, by the first part of the include's path. A folder may always include itself.
MAY_INCLUDE = {
    "sdk/include/freshet": {"freshet"},
    "sdk/wire": {"freshet"},
    "sdk/core": {"freshet", "wire"},
    "sdk/native": {"freshet", "wire", "core"},
    "wasm/bindings": {"freshet", "wire", "core"},
    "server/log": {"freshet", "wire"},
    "server/hub": {"freshet", "wire", "log"},
    "server/admission": {"freshet", "wire", "log"},
    "server/herd": {"freshet", "wire", "core", "log", "hub", "admission"},
    "server/park": set(),
    "server/compress": {"freshet"},
    "server/guard": {"freshet", "wire"},
    "server/observe": {"freshet", "wire"},
    "server/http": {"freshet", "wire", "log", "guard", "observe", "park", "compress"},
    "server/transport": {
        "freshet", "wire", "log", "hub", "park", "http", "admission", "guard", "observe", "compress"},
}

# Folders whose every source has a test file of the same path itself, and which include nothing that waits, asks or
# draws.
PURE_FOLDERS = ["sdk/wire", "sdk/core", "server/log", "server/hub", "server/admission", "server/herd"]
IMPURE_HEADERS = re.compile(
    r"thread|condition_variable|future|random|filesystem|fstream|iostream|ctime|time\.h|unistd\.h|"
    r"(sys|netinet|arpa|curl|spdlog|openssl)/.*")

# The other folders' sources that have their test elsewhere: parts that mean something only together, or to a peer at
# the other end of a socket. Without a test of the same path a source must stand here.
TESTED_ELSEWHERE = {
    "sdk/native/client_connection.cpp": "tests/unit/native/client_test.cpp",
    "sdk/native/client_driver.cpp": "tests/unit/native/client_test.cpp",
    "sdk/native/curl_multi.cpp": "tests/unit/native/http_stream_test.cpp",
    "sdk/native/curl_request.cpp": "tests/unit/native/http_stream_test.cpp",
    "sdk/native/entropy.cpp": "tests/unit/native/websocket_stream_test.cpp",
    "sdk/native/line.cpp": "tests/unit/native/websocket_stream_test.cpp",
    "sdk/native/native_platform.cpp": "tests/unit/native/client_test.cpp",
    "sdk/native/publish_post.cpp": "tests/unit/native/client_test.cpp",
    "server/park/connection.cpp": "tests/unit/park/parked_test.cpp",
    "server/park/flush_send.cpp": "tests/unit/park/flush_test.cpp",
    "server/park/flush_uring.cpp": "tests/unit/park/flush_test.cpp",
    "server/park/loops.cpp": "tests/unit/park/loop_test.cpp",
    "server/park/request_handler.cpp": "tests/unit/park/loop_test.cpp",
    "server/transport/live_loop.cpp": "tests/integration/server_websocket_test.cpp",
}

# The program itself: tests/cli and tests/integration run it as its users do, by flags, output and exit codes.
TESTED_AS_A_WHOLE = ["server/app"]

# The engine and the one other file that needs cpp-httplib: each costs 12 s of compilation, 72 s under a sanitizer.
HTTPLIB_FILES_MAX = 2

IMPURE_SYMBOLS = re.compile(
    r"^(pthread_create|socket|connect|bind|accept4?|send(to|msg)?|recv(from|msg)?|poll|ppoll|select|epoll_\w+|"
    r"getaddrinfo|gethostby\w+|open(64)?|fopen(64)?|getenv|clock|clock_gettime|gettimeofday|time|nanosleep|usleep|"
    r"sleep|clock_nanosleep|s?rand(om)?|rand_r|getrandom|getentropy|arc4random\w*)(@|$)"
    r"|std::thread|std::this_thread|std::random_device|std::chrono::_V2::\w+_clock::now|std::condition_variable")

# A path that only one machine has; the pattern is written so that it does not find itself.
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:root|home/[a-z]\w*|Users/\w+)/")

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)
SOURCE_SUFFIXES = {".h", ".cpp"}


def includes(path):
    """Returns (quoted, name) of every include of a file."""
    return [(mark == '"', name) for mark, name in INCLUDE.findall(path.read_text())]


def sources(root, folder):
    return sorted(p for p in (root / folder).rglob("*") if p.suffix in SOURCE_SUFFIXES)


def check_include_direction(root):
    for folder, allowed in MAY_INCLUDE.items():
        own = Path(folder).name
        for path in sources(root, folder):
            for quoted, name in includes(path):
                if not quoted:
                    continue
                target = name.split("/")[0]
                if "/" not in name:
                    yield f"{path.relative_to(root)} includes \"{name}\": write it from the source root"
                elif target != own and target not in allowed:
                    yield f"{path.relative_to(root)} includes \"{name}\": {folder} may not use {target}"


def check_pure_headers(root):
    for folder in PURE_FOLDERS:
        for path in sources(root, folder):
            for quoted, name in includes(path):
                if not quoted and IMPURE_HEADERS.fullmatch(name):
                    yield f"{path.relative_to(root)} includes <{name}>: {folder} is pure"


def check_httplib_stays_rare(root):
    users = [str(path.relative_to(root)) for top in ("sdk", "server", "tests", "bench")
             for path in sources(root, top) if any(name == "httplib.h" for _, name in includes(path))]
    if len(users) > HTTPLIB_FILES_MAX:
        yield f"{len(users)} files include httplib.h, {HTTPLIB_FILES_MAX} may: {', '.join(users)}"


def check_sources_have_tests(root):
    for folder in ["sdk", "server"]:
        for path in sources(root, folder):
            if path.suffix != ".cpp":
                continue
            name = str(path.relative_to(root))
            if str(Path(name).parent) in TESTED_AS_A_WHOLE:
                continue
            below = path.relative_to(root / folder)
            test = Path("tests/unit") / below.with_name(below.stem + "_test.cpp")
            elsewhere = TESTED_ELSEWHERE.get(name)
            if (root / test).exists():
                if elsewhere:
                    yield f"{name} has {test} now: take it out of TESTED_ELSEWHERE"
            elif not elsewhere:
                yield f"{name} has no {test}"
            elif str(Path(name).parent) in PURE_FOLDERS:
                yield f"{name} is pure: its test is {test}"
            elif not (root / elsewhere).exists():
                yield f"{name} has no {test}, nor is there {elsewhere}"


def check_tests_are_built(root, compiled):
    for path in sorted((root / "tests").rglob("*_test.cpp")):
        if path.resolve() not in compiled:
            yield f"{path.relative_to(root)} is not built: its folder is in no binary of tests/CMakeLists.txt"


def check_machine_paths(root, files):
    for name in files:
        try:
            lines = (root / name).read_text().splitlines()
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue
        for number, line in enumerate(lines, 1):
            if MACHINE_PATH.search(line) or str(root) in line:
                yield f"{name}:{number} names a path of one machine: {line.strip()[:100]}"


def anchors(text):
    """The fragments of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def check_links(root, files):
    """Relative links of the pages lead to files that are there, and to headings that they have."""
    for name in files:
        if not name.endswith(".md") or not (root / name).exists():
            continue
        for link in re.findall(r"\]\(([^)\s]+)\)", (root / name).read_text()):
            path, _, fragment = link.partition("#")
            if re.match(r"[a-z]+:", link):
                continue
            target = (root / name).parent / path if path else root / name
            if not target.exists():
                yield f"{name} links to {link}, which is not there"
            elif fragment and target.suffix == ".md" and fragment not in anchors(target.read_text()):
                yield f"{name} links to {link}, which has no such heading"


def check_lockfiles(root, files):
    for name in files:
        if Path(name).name == "package-lock.json" and '"resolved": "http' in (root / name).read_text():
            yield f"{name} names the registry it was made with: set omit-lockfile-registry-resolved=true in .npmrc"


def check_pure_archive(archive, symbols):
    for symbol in symbols:
        if IMPURE_SYMBOLS.search(symbol):
            yield f"{archive} needs {symbol}: it is pure"


def undefined_symbols(archive):
    """Returns the demangled names an archive needs from elsewhere."""
    lines = subprocess.run(["nm", "-u", "-C", archive], check=True, capture_output=True, text=True).stdout.splitlines()
    return sorted({line.strip()[2:] for line in lines if re.match(r"\s+[Uw] ", line)})


def tracked_files(root):
    listed = subprocess.run(["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
                            check=True, capture_output=True, text=True).stdout
    return [name for name in listed.split("\0") if name]


def main(root, compile_commands, archives):
    root = Path(root).resolve()
    compiled = {Path(entry["file"]).resolve() for entry in json.loads(Path(compile_commands).read_text())}
    files = tracked_files(root)
    breaches = [
        *check_include_direction(root),
        *check_pure_headers(root),
        *check_httplib_stays_rare(root),
        *check_sources_have_tests(root),
        *check_tests_are_built(root, compiled),
        *check_machine_paths(root, files),
        *check_links(root, files),
        *check_lockfiles(root, files),
    ]
    for archive in archives:
        breaches += check_pure_archive(Path(archive).name, undefined_symbols(archive))
    for breach in breaches:
        print(breach)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], sys.argv[3:]))

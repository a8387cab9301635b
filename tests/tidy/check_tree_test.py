#!/usr/bin/env python3
"""Shows for each rule of check_tree.py that it can fail, on small made-up trees. Run by ctest."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.dont_write_bytecode = True
import check_tree  # noqa: E402


class CheckTreeTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = Path(scratch.name)

    def write(self, name, text=""):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return name

    def test_an_include_against_the_direction_is_told(self):
        self.write("sdk/core/client.cpp", '#include "wire/frame.h"\n#include "core/client.h"\n')
        self.assertEqual(list(check_tree.check_include_direction(self.root)), [])
        self.write("sdk/wire/frame.cpp", '#include "core/client.h"\n')
        self.write("server/hub/hub.cpp", '  # include "park/loop.h"\n#include "near.h"\n')
        self.assertEqual(len(list(check_tree.check_include_direction(self.root))), 3)

    def test_a_pure_folder_with_a_thread_is_told(self):
        self.write("sdk/core/timers.h", "#include <map>\n#include <chrono>\n")
        self.assertEqual(list(check_tree.check_pure_headers(self.root)), [])
        self.write("sdk/core/client.cpp", "#include <thread>\n#include <sys/socket.h>\n")
        self.assertEqual(len(list(check_tree.check_pure_headers(self.root))), 2)

    def test_a_third_file_with_httplib_is_told(self):
        for name in ("a", "b"):
            self.write(f"server/http/{name}.cpp", "#include <httplib.h>\n")
        self.assertEqual(list(check_tree.check_httplib_stays_rare(self.root)), [])
        self.write("tests/unit/http/c_test.cpp", "#include <httplib.h>\n")
        self.assertEqual(len(list(check_tree.check_httplib_stays_rare(self.root))), 1)

    def test_a_source_without_its_test_is_told(self):
        self.write("sdk/core/transport/sse.cpp")
        self.assertEqual(len(list(check_tree.check_sources_have_tests(self.root))), 1)
        self.write("tests/unit/core/transport/sse_test.cpp")
        self.assertEqual(list(check_tree.check_sources_have_tests(self.root)), [])

    def test_a_source_that_is_tested_elsewhere_names_a_test_that_exists(self):
        self.write("server/park/connection.cpp")
        self.assertEqual(len(list(check_tree.check_sources_have_tests(self.root))), 1)
        self.write("tests/unit/park/parked_test.cpp")
        self.assertEqual(list(check_tree.check_sources_have_tests(self.root)), [])
        self.write("tests/unit/park/connection_test.cpp")
        self.assertEqual(len(list(check_tree.check_sources_have_tests(self.root))), 1)

    def test_a_test_that_no_binary_builds_is_told(self):
        built = self.root / self.write("tests/unit/wire/topic_test.cpp")
        self.write("tests/unit/elsewhere/topic_test.cpp")
        breaches = list(check_tree.check_tests_are_built(self.root, {built.resolve()}))
        self.assertEqual(len(breaches), 1)
        self.assertIn("elsewhere", breaches[0])

    def test_a_path_of_one_machine_is_told(self):
        clean = self.write("a.md", "see $HOME/root/x, https://example.com/home/page/ and /usr/bin/chromium\n")
        self.assertEqual(list(check_tree.check_machine_paths(self.root, [clean])), [])
        dirty = self.write("b.md", "cd /" + "home/ann/freshet\ncd /" + "root/x\n" + f"cd {self.root}\n")
        self.assertEqual(len(list(check_tree.check_machine_paths(self.root, [dirty]))), 3)

    def test_a_link_to_nowhere_is_told(self):
        page = self.write("docs/a.md", "# One heading\n[b](b.md) [self](#one-heading) [far](https://example.com/x)\n")
        self.write("docs/b.md", "## Order, replay, gaps\n")
        self.assertEqual(list(check_tree.check_links(self.root, [page])), [])
        bad = self.write("docs/c.md", "[x](nowhere.md) [y](b.md#order) [z](#two) [fine](b.md#order-replay-gaps)\n")
        self.assertEqual(len(list(check_tree.check_links(self.root, [bad]))), 3)

    def test_a_lockfile_that_names_a_registry_is_told(self):
        clean = self.write("wasm/package-lock.json", '{"packages": {"a": {"resolved": "npm", "link": true}}}')
        dirty = self.write("e2e/package-lock.json", '{"resolved": "https://example.com/a.tgz"}')
        self.assertEqual(len(list(check_tree.check_lockfiles(self.root, [clean, dirty]))), 1)

    def test_an_impure_symbol_is_told(self):
        pure = ["malloc", "memcpy", "std::__throw_length_error(char const*)", "freshet::core::time(int)", "sendfile"]
        self.assertEqual(list(check_tree.check_pure_archive("libcore.a", pure)), [])
        impure = ["clock_gettime@GLIBC_2.17", "std::chrono::_V2::steady_clock::now()", "socket", "getrandom",
                  "std::random_device::_M_getval()", "pthread_create", "epoll_wait", "getenv"]
        self.assertEqual(len(list(check_tree.check_pure_archive("libcore.a", impure))), len(impure))


if __name__ == "__main__":
    unittest.main()

#include "http/static_files.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "http/http_engine.h"
#include "unit/http/engine_driver.h"
#include "unit/park/loopback.h"

namespace freshet::server {
namespace {

namespace fs = std::filesystem;

// A folder of its own, with a secret beside the root.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "freshet_static_XXXXXX").string();
    base_ = ::mkdtemp(name.data());
    fs::create_directories(root() / "sub");
    write("index.html", "<h1>home</h1>");
    write("app.js", "export {};");
    write("core.wasm", "\0asm");
    write("sub/index.html", "<h1>sub</h1>");
    write("../secret.txt", "secret");
    fs::create_symlink(base_ / "secret.txt", root() / "leak.txt");
  }
  ~Folder() { fs::remove_all(base_); }

  fs::path root() const { return base_ / "www"; }
  void write(const std::string& name, std::string_view content) const {
    std::ofstream(root() / name, std::ios::binary) << content;
  }

 private:
  fs::path base_;
};

void add_files(HttpEngine& engine, const Folder& folder) {
  engine.fallback(
      [files = StaticFiles({.root = folder.root()})](const Request& request, Response& response) {
        if (!files.serve(request, request.path(), response)) {
          set_problem(response, {.status = 404, .code = "not_found", .detail = "no such file"});
        }
      });
}

TEST_CASE("files are served with their types, folders by their index", "[http][static]") {
  const Folder folder;
  HttpEngine engine;
  add_files(engine, folder);
  struct Row {
    std::string path, type, begin;
  };
  const auto row = GENERATE(values<Row>({{"/", "text/html; charset=utf-8", "<h1>home"},
                                         {"/index.html", "text/html; charset=utf-8", "<h1>home"},
                                         {"/sub/", "text/html; charset=utf-8", "<h1>sub"},
                                         {"/app.js", "text/javascript; charset=utf-8", "export"},
                                         {"/core.wasm", "application/wasm", ""}}));
  const auto answered = ask(engine, get_request(row.path));
  REQUIRE(answered.status() == 200);
  REQUIRE(answered.header("Content-Type") == row.type);
  REQUIRE(answered.body().starts_with(row.begin));
  REQUIRE(answered.has_header("ETag"));
  REQUIRE(answered.has_header("Last-Modified"));
}

TEST_CASE("no path leads out of the folder", "[http][static]") {
  const Folder folder;
  HttpEngine engine;
  add_files(engine, folder);
  const std::string path =
      GENERATE("/../secret.txt", "/sub/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt",
               "/leak.txt", "//../secret.txt", "/secret.txt", "/index.html%00", "/nothing",
               "/index.html/", "/app.js/x");
  const auto answered = ask(engine, get_request(path));
  INFO(answered.bytes);
  REQUIRE(answered.status() == 404);
  REQUIRE(answered.bytes.find("secret\"") == std::string::npos);
}

TEST_CASE("a file that the client has is not sent again", "[http][static]") {
  const Folder folder;
  HttpEngine engine;
  add_files(engine, folder);
  const auto first = ask(engine, get_request("/app.js"));
  const std::string tag(first.header("ETag"));
  const std::string date(first.header("Last-Modified"));
  const auto status = [&](const std::string& headers) {
    return ask(engine, get_request("/app.js", headers)).status();
  };
  REQUIRE(status("If-None-Match: " + tag + "\r\n") == 304);
  REQUIRE(status("If-None-Match: \"other\", W/" + tag + "\r\n") == 304);
  REQUIRE(status("If-None-Match: *\r\n") == 304);
  REQUIRE(status("If-None-Match: \"other\"\r\n") == 200);
  REQUIRE(status("If-Modified-Since: " + date + "\r\n") == 304);
  // RFC 9110 §13.1.3: ignored when If-None-Match is there.
  REQUIRE(status("If-None-Match: \"other\"\r\nIf-Modified-Since: " + date + "\r\n") == 200);
  const auto unchanged = ask(engine, get_request("/app.js", "If-None-Match: " + tag + "\r\n"));
  REQUIRE(unchanged.body().empty());
  REQUIRE(unchanged.header("ETag") == tag);
  folder.write("app.js", "export const changed = 1;");
  REQUIRE(status("If-None-Match: " + tag + "\r\n") == 200);
}

TEST_CASE("HEAD of a file, small or large, tells its length", "[http][static]") {
  const Folder folder;
  folder.write("large.bin", std::string(1'000'000, 'x'));
  HttpEngine engine;
  add_files(engine, folder);
  const auto small = ask(engine, "HEAD /app.js HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(small.header("Content-Length") == "10");
  const auto large = ask(engine, "HEAD /large.bin HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(large.header("Content-Length") == "1000000");
  REQUIRE(large.body().empty());
  REQUIRE(large.parked == nullptr);
}

TEST_CASE("trap 14: large files of any size leave in pieces, on a connection that goes on",
          "[http][static]") {
  const Folder folder;
  // Around the piece size and the low mark, where the last piece is small or exact.
  const std::size_t size =
      GENERATE(as<std::size_t>{}, 262'145, 262'144 + 131'072, 262'144 + 1'000, 5'000'000, 16 << 20);
  std::string content(size, 'x');
  for (std::size_t i = 0; i < size; i += 1'000) content[i] = static_cast<char>('a' + i % 26);
  folder.write("large.bin", content);
  park::Loops loops;
  REQUIRE(loops
              .start(park::one_loop(),
                     [&](park::Loop&) {
                       auto engine = std::make_unique<HttpEngine>();
                       add_files(*engine, folder);
                       return engine;
                     })
              .empty());
  park::LoopbackClient client(loops.port());
  client.send(park::get("/large.bin"));
  // A reader that has not begun delays nobody.
  park::LoopbackClient other(loops.port());
  other.send(park::get("/app.js"));
  REQUIRE(other.read_answer().ends_with("export {};"));
  const auto answer = client.read_answer();
  REQUIRE(answer.substr(answer.find("\r\n\r\n") + 4) == content);
  client.send(park::get("/app.js"));
  REQUIRE(client.read_answer().ends_with("export {};"));
  loops.stop();
}

}  // namespace
}  // namespace freshet::server

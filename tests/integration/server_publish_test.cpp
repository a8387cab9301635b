// Publishing over HTTP, against a real server on raw sockets.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "integration/server_fixture.h"

namespace freshet::tests {
namespace {

using namespace std::string_view_literals;

TEST_CASE("a publish is answered with its id and cursor once the log has it", "[server][publish]") {
  TestServer server;
  const std::string answer = server.post("/v1/topics/chat.lobby", R"({"text":"hi"})");
  CHECK(answer.starts_with("HTTP/1.1 200 "));
  CHECK(answer.ends_with("\r\n\r\n{\"id\":1,\"cursor\":\"" + server.cursor(1) + "\"}"));
  CHECK(server.server().log().head() == 1);
}

TEST_CASE("what is not a message is refused and never reaches the log", "[server][publish]") {
  TestServer server;
  struct Case {
    std::string_view topic;
    std::string_view body;
    std::string_view status;
    std::string_view code;
  };
  const std::vector<Case> cases{
      {"a..b", "1", "400", "invalid_topic"},
      {"a.*", "1", "400", "invalid_topic"},
      {"a.%00b", "1", "400", "invalid_topic"},
      {"a%0D%0Ab", "1", "400", "invalid_topic"},
      {"$sys.load", "1", "403", "forbidden"},
      {"a.$b", "1", "403", "forbidden"},
      {"a", "", "400", "invalid_json"},
      {"a", "{", "400", "invalid_json"},
      {"a", "hello", "400", "invalid_json"},
      {"a", "1 2", "400", "invalid_json"},
      {"a", "{\"a\":1}}", "400", "invalid_json"},
      {"a", "\"line\nbreak\"", "400", "invalid_json"},
      {"a", "\"\xC0\xAF\"", "400", "invalid_json"},
      {"a", "\"\xED\xA0\x80\"", "400", "invalid_json"},
      {"a",
       "\xEF\xBB\xBF"
       "1",
       "400", "invalid_json"},
      {"a", "1\0garbage"sv, "400", "invalid_json"},
      {"a", "NaN", "400", "invalid_json"},
  };
  for (const Case& one : cases) {
    INFO(one.topic << " " << one.body);
    const std::string answer = server.post("/v1/topics/" + std::string(one.topic), one.body);
    CHECK(answer.starts_with("HTTP/1.1 " + std::string(one.status) + " "));
    CHECK(answer.find("application/problem+json") != std::string::npos);
    CHECK(between(answer, "\"code\":\"", "\"") == one.code);
  }
  CHECK(server.server().log().head() == 0);
  CHECK(server.counts().publishes_http.refused.value() == static_cast<std::int64_t>(cases.size()));
}

TEST_CASE("line breaks between tokens become spaces, and data stays as it is otherwise",
          "[server][publish]") {
  TestServer server;
  server.publish("a", "{\r\n\"b\" : [1,\n 2.50]}");
  const std::string answer = server.get("/v1/poll?pattern=a&cursor=earliest");
  CHECK(answer.find("\"data\":{  \"b\" : [1,  2.50]}}\n") != std::string::npos);
}

TEST_CASE("a message over the limit is refused with 413, at the limit it is taken",
          "[server][publish][limits]") {
  app::ServerOptions options;
  options.limits.message_bytes_max = 1000;
  TestServer server(options);
  const std::string fits = '"' + std::string(998, 'x') + '"';
  CHECK(server.publish("a", fits) == 1);
  for (const std::size_t more : {1u, 1'000'000u}) {
    const std::string answer =
        server.post("/v1/topics/a", '"' + std::string(998 + more, 'x') + '"');
    CHECK(answer.starts_with("HTTP/1.1 413 "));
  }
  CHECK(server.server().log().head() == 1);
}

TEST_CASE("a repeated Idempotency-Key answers with the first id", "[server][publish]") {
  TestServer server;
  const auto publish = [&] {
    return between(server.post("/v1/topics/a", "1", "Idempotency-Key: order-4711\r\n"),
                   "{\"id\":", ",");
  };
  CHECK(publish() == "1");
  CHECK(publish() == "1");
  CHECK(server.server().log().head() == 1);
  CHECK(server.post("/v1/topics/a", "1", "Idempotency-Key: " + std::string(129, 'k') + "\r\n")
            .starts_with("HTTP/1.1 400 "));
}

TEST_CASE("of many lines each is answered for itself, in order", "[server][publish]") {
  TestServer server;
  const std::string answer =
      server.post("/v1/publish",
                  "{\"topic\":\"a.b\",\"data\":1}\n"
                  "nonsense\n"
                  "\n"
                  "{\"data\":{\"x\":[1,2]},\"key\":\"k\",\"topic\":\"a\"}\r\n"
                  "{\"topic\":\"a*\",\"data\":1}\n"
                  "{\"topic\":\"a\",\"data\":01}\n"
                  "{\"topic\":\"a\"}\n"
                  "{\"topic\":\"a\",\"data\":null,\"key\":\"k\"}");
  CHECK(answer.starts_with("HTTP/1.1 200 "));
  const std::string body = answer.substr(answer.find("\r\n\r\n") + 4);
  CHECK(count_of(body, "\n") == 7);
  CHECK(body.starts_with("{\"op\":\"ack\",\"ref\":0,\"id\":1}\n{\"op\":\"error\",\"ref\":1,"));
  CHECK(body.find("{\"op\":\"ack\",\"ref\":2,\"id\":2}\n") != std::string::npos);
  CHECK(body.find("{\"op\":\"error\",\"ref\":3,\"code\":\"invalid_topic\"") != std::string::npos);
  CHECK(body.find("{\"op\":\"error\",\"ref\":4,\"code\":\"invalid_json\"") != std::string::npos);
  CHECK(body.find("{\"op\":\"error\",\"ref\":5,\"code\":\"invalid_json\"") != std::string::npos);
  CHECK(body.find("{\"op\":\"ack\",\"ref\":6,\"id\":2}\n") != std::string::npos);
  CHECK(server.server().log().head() == 2);
}

TEST_CASE("a batch without lines or with too many is refused whole", "[server][publish][limits]") {
  app::ServerOptions options;
  options.limits.publish_lines_max = 3;
  TestServer server(options);
  CHECK(server.post("/v1/publish", "\n\r\n").starts_with("HTTP/1.1 400 "));
  std::string lines;
  for (int i = 0; i < 4; ++i) lines += "{\"topic\":\"a\",\"data\":1}\n";
  const std::string answer = server.post("/v1/publish", lines);
  CHECK(answer.starts_with("HTTP/1.1 400 "));
  CHECK(between(answer, "\"code\":\"", "\"") == "too_many");
  CHECK(server.server().log().head() == 0);
}

TEST_CASE("with a publish key only its holder publishes, and everybody subscribes",
          "[server][publish][guard]") {
  app::ServerOptions options;
  options.publish_key = "secret";
  TestServer server(options);
  for (const char* header :
       {"", "Authorization: Bearer wrong\r\n", "Authorization: Basic eA==\r\n"}) {
    for (const char* path : {"/v1/topics/a", "/v1/publish"}) {
      const std::string answer = server.post(path, "{\"topic\":\"a\",\"data\":1}", header);
      CHECK(answer.starts_with("HTTP/1.1 401 "));
      CHECK(answer.find("WWW-Authenticate: Bearer") != std::string::npos);
    }
  }
  CHECK(server.server().log().head() == 0);
  CHECK(server.post("/v1/topics/a", "1", "Authorization: Bearer secret\r\n")
            .starts_with("HTTP/1.1 200 "));
  CHECK(server.get("/v1/poll?pattern=a&cursor=earliest").find("\"data\":1}") != std::string::npos);
}

TEST_CASE("a repeat that names another epoch is not published", "[server][publish]") {
  TestServer server;
  CHECK(server.post("/v1/publish?epoch=other", "{\"topic\":\"a\",\"data\":1}")
            .starts_with("HTTP/1.1 412 "));
  CHECK(server.server().log().head() == 0);
  CHECK(server
            .post("/v1/publish?epoch=" + server.server().log().epoch(),
                  "{\"topic\":\"a\",\"data\":1}")
            .starts_with("HTTP/1.1 200 "));
}

TEST_CASE("history gives the newest messages of a topic before an id", "[server][publish]") {
  TestServer server;
  for (int i = 1; i <= 5; ++i) server.publish(i == 3 ? "b" : "a", std::to_string(i));
  const std::string newest = server.get("/v1/topics/a/messages?limit=2");
  CHECK(newest.find("{\"messages\":[{\"id\":4,") != std::string::npos);
  CHECK(newest.find(",{\"id\":5,") != std::string::npos);
  CHECK(newest.ends_with("],\"cursor\":\"" + server.cursor(5) + "\"}"));
  const std::string older = server.get("/v1/topics/a/messages?before=" + server.cursor(4));
  CHECK(count_of(older, "\"id\":") == 2);
  CHECK(server.get("/v1/topics/none/messages").find("{\"messages\":[],") != std::string::npos);
  for (const char* query : {"limit=0", "limit=1001", "limit=x", "before=0", "before=-1"}) {
    CHECK(server.get("/v1/topics/a/messages?" + std::string(query)).starts_with("HTTP/1.1 400 "));
  }
  CHECK(server.get("/v1/topics/a*/messages").starts_with("HTTP/1.1 400 "));
}

}  // namespace
}  // namespace freshet::tests

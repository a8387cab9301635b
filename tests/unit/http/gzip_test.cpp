#include "http/gzip.h"

#include <zlib.h>

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "unit/http/engine_driver.h"

namespace freshet::server {
namespace {

std::string gunzipped(std::string_view bytes) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 16 + 15) == Z_OK);
  std::string plain(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  CHECK(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  plain.resize(stream.total_out);
  inflateEnd(&stream);
  return plain;
}

const std::string long_json = '"' + std::string(2000, 'x') + '"';
const std::string wish = "Accept-Encoding: gzip, deflate, br\r\n";

struct Counts {
  GzipCounts gzip;
  LimitCounts limits;
};

Answered answered(const Answer& answer, const std::string& request, GzipOptions gzip = {},
                  Counts* counts = nullptr) {
  EngineOptions options;
  options.gzip = gzip;
  if (counts) {
    options.gzip_counts = &counts->gzip;
    options.limit_counts = &counts->limits;
  }
  HttpEngine engine(std::move(options));
  engine.get("/a",
             [&](const Request&, Response& response) { static_cast<Answer&>(response) = answer; });
  return ask(engine, request);
}

const std::string asks = get_request("/a", wish);
const std::string does_not_ask = get_request("/a");

TEST_CASE("gzip is for who asks for it", "[http][gzip]") {
  for (const std::string_view value :
       {"gzip", "GZIP", "br, gzip", "deflate, gzip;q=1.0, *;q=0.5", "*", "gzip;q=0.001", "x-gzip",
        " gzip ; q=0.5", "identity;q=0, *", "identity;q=0.5, gzip;q=0.8",
        "gzip;q=0.5, identity;q=0.5", "gzip;level=1;q=0.3"}) {
    CAPTURE(value);
    CHECK(accepts_gzip(value));
  }
  for (const std::string_view value :
       {"", "br", "identity", "gzip;q=0", "gzip; Q=0.000", "*;q=0", "*, gzip;q=0", "gzipped", ",,",
        ";q=1", "identity, gzip;q=0.9", "gzip;q=", "gzip;q=0.", "gzip;q=x", "gzip;q=0.x5",
        "gzip;q=-1"}) {
    CAPTURE(value);
    CHECK_FALSE(accepts_gzip(value));
  }
}

TEST_CASE("an answer over the minimum is compressed", "[http][gzip]") {
  const Answer answer{
      .content_type = "application/json", .headers = {{"ETag", "\"7\""}}, .body = long_json};
  const Answered plain = answered(answer, does_not_ask);
  CHECK(plain.body() == long_json);
  CHECK(plain.header("Vary") == "Accept-Encoding");
  CHECK_FALSE(plain.has_header("Content-Encoding"));
  CHECK(plain.header("ETag") == "\"7\"");

  const Answered zipped = answered(answer, asks);
  CHECK(zipped.header("Content-Encoding") == "gzip");
  CHECK(zipped.header("Vary") == "Accept-Encoding");
  CHECK(zipped.header("ETag") == "W/\"7\"");
  CHECK(zipped.header("Content-Length") == std::to_string(zipped.body().size()));
  CHECK(gunzipped(zipped.body()) == long_json);
}

TEST_CASE("small, failed and already compressed answers are left alone", "[http][gzip]") {
  for (const Answer& answer :
       {Answer{.content_type = "application/json", .body = "1"},
        Answer{.status = 404, .content_type = "application/json", .body = long_json},
        Answer{.content_type = "image/png", .body = long_json},
        Answer{.content_type = "text/event-stream", .body = long_json},
        Answer{.content_type = "text/plain",
               .headers = {{"Content-Encoding", "br"}},
               .body = long_json}}) {
    const Answered same = answered(answer, asks);
    CHECK(same.body() == answer.body);
    CHECK_FALSE(same.has_header("Vary"));
  }
}

TEST_CASE("nothing is compressed when that is off", "[http][gzip]") {
  const Answer answer{.content_type = "application/json", .headers = {}, .body = long_json};
  const Answered plain = answered(answer, asks, {.on = false});
  CHECK(plain.body() == long_json);
  CHECK_FALSE(plain.has_header("Vary"));
}

TEST_CASE("the sizes between which bodies are compressed hold to the byte", "[http][gzip]") {
  Counts counts;
  const auto is_compressed = [&](std::size_t bytes) {
    const Answer answer{
        .content_type = "text/plain", .headers = {}, .body = std::string(bytes, 'x')};
    return answered(answer, asks, {.bytes_min = 100, .bytes_max = 1000}, &counts)
        .has_header("Content-Encoding");
  };
  CHECK_FALSE(is_compressed(99));
  CHECK(is_compressed(100));
  CHECK(is_compressed(1000));
  CHECK(counts.limits.of(LimitName::gzip_bytes).value() == 0);
  CHECK_FALSE(is_compressed(1001));
  CHECK(counts.limits.of(LimitName::gzip_bytes).value() == 1);
  CHECK(counts.gzip.answers.value() == 2);
  CHECK(counts.gzip.bytes_in.value() == 1100);
  CHECK(counts.gzip.bytes_out.value() < 200);
}

TEST_CASE("HEAD tells the length that GET would have, and sends no body", "[http][gzip]") {
  const Answer answer{.content_type = "application/json", .headers = {}, .body = long_json};
  const Answered get = answered(answer, asks);
  const Answered head = answered(answer, "HEAD" + asks.substr(3));
  CHECK(head.header("Content-Encoding") == "gzip");
  CHECK(head.header("Content-Length") == get.header("Content-Length"));
  CHECK(head.body().empty());
}

TEST_CASE("a late answer is compressed too", "[http][gzip]") {
  HttpEngine engine;
  std::string late;
  engine.get("/a", [&](const Request&, Response& response) {
    late = response.late_answer().encode(
        {.content_type = "application/x-ndjson", .headers = {}, .body = long_json});
  });
  ask(engine, get_request("/a", wish));
  CHECK(late.find("\r\nContent-Encoding: gzip\r\n") != std::string::npos);
  CHECK(gunzipped(late.substr(late.find("\r\n\r\n") + 4)) == long_json);
  ask(engine, get_request("/a"));
  CHECK(late.find("\r\nContent-Encoding") == std::string::npos);
  CHECK(late.ends_with(long_json));
}

}  // namespace
}  // namespace freshet::server

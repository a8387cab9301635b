#include "park/outbox.h"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <string>

namespace freshet::park {
namespace {

std::string gathered(const Outbox& outbox) {
  std::array<iovec, 64> parts;
  std::string bytes;
  const std::size_t count = outbox.gather(parts);
  for (std::size_t i = 0; i < count; ++i) {
    bytes.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  }
  return bytes;
}

TEST_CASE("an outbox gives its bytes in the order they were pushed", "[park][outbox]") {
  Outbox outbox;
  outbox.push(make_blob("one,"));
  outbox.push(make_blob("two,"));
  outbox.push(make_blob("three"));
  REQUIRE(gathered(outbox) == "one,two,three");
  REQUIRE(outbox.bytes() == 13);
  REQUIRE(outbox.blob_count() == 3);
}

TEST_CASE("an outbox goes on after a short send, wherever it was cut", "[park][outbox]") {
  const auto step = GENERATE(range<std::size_t>(1, 14));
  Outbox outbox;
  outbox.push(make_blob("one,"));
  outbox.push(make_blob("two,"));
  outbox.push(make_blob("three"));
  std::string sent;
  while (!outbox.empty()) {
    const auto waiting = gathered(outbox);
    REQUIRE(waiting.size() == outbox.bytes());
    const auto count = std::min(step, waiting.size());
    sent += waiting.substr(0, count);
    outbox.consume(count);
  }
  REQUIRE(sent == "one,two,three");
  REQUIRE(outbox.blob_count() == 0);
}

TEST_CASE("one blob in many outboxes is one string", "[park][outbox]") {
  const Blob blob = make_blob("shared");
  std::array<Outbox, 10> outboxes;
  for (auto& outbox : outboxes) outbox.push(blob);
  REQUIRE(blob.use_count() == 11);
  for (auto& outbox : outboxes) outbox.consume(6);
  REQUIRE(blob.use_count() == 1);
}

TEST_CASE("a blob is let go as soon as its last byte is sent", "[park][outbox]") {
  const Blob first = make_blob("first");
  Outbox outbox;
  outbox.push(first);
  outbox.push(make_blob("second"));
  outbox.consume(4);
  REQUIRE(first.use_count() == 2);
  outbox.consume(1);
  REQUIRE(first.use_count() == 1);
}

TEST_CASE("empty and missing blobs change nothing", "[park][outbox]") {
  Outbox outbox;
  outbox.push(nullptr);
  outbox.push(make_blob(""));
  REQUIRE(outbox.empty());
  REQUIRE(gathered(outbox).empty());
}

TEST_CASE("dropping the unsent keeps the blob in progress whole", "[park][outbox]") {
  Outbox outbox;
  outbox.push(make_blob("begun"));
  outbox.push(make_blob("waiting"));
  outbox.push(make_blob("also waiting"));
  outbox.consume(2);
  REQUIRE(outbox.drop_unsent() == 19);
  outbox.push(make_blob("|close"));
  REQUIRE(gathered(outbox) == "gun|close");
  REQUIRE(outbox.bytes() == 9);
}

TEST_CASE("dropping the unsent empties an outbox that has sent nothing", "[park][outbox]") {
  Outbox outbox;
  outbox.push(make_blob("waiting"));
  REQUIRE(outbox.drop_unsent() == 7);
  REQUIRE(outbox.empty());
  REQUIRE(outbox.drop_unsent() == 0);
}

TEST_CASE("the unsent blobs may be replaced, the one in progress stays", "[park][outbox]") {
  const std::size_t begun = GENERATE(0, 2);
  Outbox outbox;
  for (const char* text : {"one,", "two,", "three,", "four,"}) outbox.push(make_blob(text));
  outbox.consume(begun);
  REQUIRE(outbox.unsent_count() == (begun == 0 ? 4 : 3));
  REQUIRE(*outbox.unsent(0) == (begun == 0 ? "one," : "two,"));
  const std::array<Blob, 1> joined{make_blob("joined,")};
  outbox.replace_unsent(2, joined);
  REQUIRE(gathered(outbox) == (begun == 0 ? "joined,three,four," : "e,joined,four,"));
  REQUIRE(outbox.bytes() == gathered(outbox).size());
  REQUIRE(outbox.unsent_count() == (begun == 0 ? 3 : 2));
  outbox.replace_unsent(outbox.unsent_count(), joined);
  REQUIRE(gathered(outbox) == (begun == 0 ? "joined," : "e,joined,"));
  REQUIRE(outbox.bytes() == gathered(outbox).size());
}

TEST_CASE("more blobs than one call can take are gathered in turn", "[park][outbox]") {
  Outbox outbox;
  std::string all;
  for (int i = 0; i < 500; ++i) {
    const auto text = std::to_string(i) + ",";
    all += text;
    outbox.push(make_blob(text));
  }
  std::string sent;
  while (!outbox.empty()) {
    const auto some = gathered(outbox);
    sent += some;
    outbox.consume(some.size());
    if (sent.size() < 200) {
      outbox.push(make_blob("more,"));
      all += "more,";
    }
  }
  REQUIRE(sent == all);
}

}  // namespace
}  // namespace freshet::park

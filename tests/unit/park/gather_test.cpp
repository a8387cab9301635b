#include "park/gather.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

namespace freshet::park {
namespace {

Outbox outbox_of(const std::vector<Blob>& blobs) {
  Outbox outbox;
  for (const Blob& blob : blobs) outbox.push(blob);
  return outbox;
}

std::string text_of(std::span<const iovec> parts) {
  std::string text;
  for (const iovec& part : parts) {
    text.append(static_cast<const char*>(part.iov_base), part.iov_len);
  }
  return text;
}

TEST_CASE("one blob is sent from where it lies", "[park][gather]") {
  Gather gather;
  const Blob blob = make_blob("here");
  const Outbox outbox = outbox_of({blob});
  const auto parts = gather.add(outbox);
  REQUIRE(parts.size() == 1);
  CHECK(parts[0].iov_base == blob->data());
  CHECK(parts[0].iov_len == 4);
}

TEST_CASE("short blobs are copied together, once for all who wait for the same", "[park][gather]") {
  Gather gather;
  const Blob one = make_blob("one,");
  const Blob two = make_blob("two,");
  const Outbox first = outbox_of({one, two});
  const Outbox second = outbox_of({one, two});
  Outbox begun = outbox_of({one, two});
  begun.consume(1);
  const Outbox other = outbox_of({two, one});
  const auto of_first = gather.add(first);
  const auto of_second = gather.add(second);
  const auto of_begun = gather.add(begun);
  const auto of_other = gather.add(other);
  CHECK(text_of(of_first) == "one,two,");
  CHECK(text_of(of_begun) == "ne,two,");
  CHECK(text_of(of_other) == "two,one,");
  for (const auto& parts : {of_first, of_second, of_begun, of_other}) CHECK(parts.size() == 1);
  CHECK(of_first[0].iov_base == of_second[0].iov_base);
  CHECK(of_first[0].iov_base != of_begun[0].iov_base);
}

TEST_CASE("long blobs are not copied, and a send takes only so many", "[park][gather]") {
  Gather gather;
  const Blob large = make_blob(std::string(Gather::joined_bytes_max, 'x'));
  const Blob brief = make_blob("brief");
  const Outbox long_one = outbox_of({large, brief});
  const auto parts = gather.add(long_one);
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].iov_base == large->data());
  CHECK(parts[1].iov_base == brief->data());
  const Outbox many = outbox_of(std::vector<Blob>(Gather::blobs_max + 10, brief));
  CHECK(text_of(gather.add(many)).size() == Gather::blobs_max * brief->size());
}

TEST_CASE("when there is no room left nothing is added until it is cleared", "[park][gather]") {
  Gather gather;
  // Each different, so that none is shared and the copies fill up first, then the parts.
  std::vector<Outbox> outboxes;
  for (int i = 0; i < 200; ++i) {
    const std::string text(Gather::joined_bytes_max / Gather::blobs_max - 3, 'x');
    std::vector<Blob> blobs;
    for (std::size_t blob = 0; blob < Gather::blobs_max; ++blob) {
      blobs.push_back(make_blob(std::to_string(i % 10) + text));
    }
    outboxes.push_back(outbox_of(blobs));
  }
  std::size_t added = 0;
  std::vector<std::span<iovec>> parts;
  while (added < outboxes.size()) {
    const auto some = gather.add(outboxes[added]);
    if (some.empty()) break;
    parts.push_back(some);
    ++added;
  }
  CHECK(added > 20);
  REQUIRE(added < outboxes.size());
  for (std::size_t i = 0; i < added; ++i) {
    const std::string text = text_of(parts[i]);
    REQUIRE(text.size() == outboxes[i].bytes());
    REQUIRE(text.front() == static_cast<char>('0' + i % 10));
  }
  gather.clear();
  CHECK(text_of(gather.add(outboxes[added])).size() == outboxes[added].bytes());
}

}  // namespace
}  // namespace freshet::park

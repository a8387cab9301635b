#include "park/joiner.h"

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <string>
#include <vector>

#include "unit/park/counted_form.h"

namespace freshet::park {
namespace {

const CountedForm form;

Blob blob_of(std::string_view body) { return make_blob(form.head_of(body.size()).append(body)); }

Outbox outbox_of(const std::vector<Blob>& blobs) {
  Outbox outbox;
  for (const Blob& blob : blobs) outbox.push(blob);
  return outbox;
}

std::vector<std::string> texts_of(const Outbox& outbox) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < outbox.unsent_count(); ++i) texts.push_back(*outbox.unsent(i));
  return texts;
}

std::string take_all(Outbox& outbox, std::size_t step) {
  std::string sent;
  while (!outbox.empty()) {
    iovec next;
    outbox.gather({&next, 1});
    const std::size_t count = std::min(step, next.iov_len);
    sent.append(static_cast<const char*>(next.iov_base), count);
    outbox.consume(count);
  }
  return sent;
}

TEST_CASE("what waits is joined, and what has no body stays in its place", "[park][joiner]") {
  Joiner joiner;
  Outbox outbox = outbox_of({blob_of("one"), blob_of("two"), make_blob("pong"), blob_of("three"),
                             make_blob("close"), blob_of("four"), blob_of("five")});
  joiner.join(outbox, form);
  CHECK(texts_of(outbox) == std::vector<std::string>{"len=7:one\ntwo", "pong", "len=5:three",
                                                     "close", "len=9:four\nfive"});
  CHECK(outbox.bytes() == 13 + 4 + 11 + 5 + 15);
}

TEST_CASE("all who wait for the same share what was joined", "[park][joiner]") {
  Joiner joiner;
  const Blob one = blob_of("one");
  const Blob two = blob_of("two");
  std::vector<Outbox> outboxes;
  for (int i = 0; i < 10; ++i) outboxes.push_back(outbox_of({one, two}));
  Outbox other = outbox_of({two, one});
  Outbox longer = outbox_of({one, two, one});
  for (Outbox& outbox : outboxes) joiner.join(outbox, form);
  CHECK(outboxes[0].unsent(0).use_count() == 11);
  CHECK(one.use_count() == 1 + 3 + 1);  // Ours, of the two others, the joiner's.
  for (const Outbox& outbox : outboxes) {
    CHECK(texts_of(outbox) == std::vector<std::string>{"len=7:one\ntwo"});
  }
  joiner.join(other, form);
  joiner.join(longer, form);
  CHECK(texts_of(other) == std::vector<std::string>{"len=7:two\none"});
  CHECK(texts_of(longer) == std::vector<std::string>{"len=11:one\ntwo\none"});
  joiner.clear();
  CHECK(one.use_count() == 1);
  CHECK(outboxes[0].unsent(0).use_count() == 10);
}

TEST_CASE("a blob that is partly sent is left alone, and no byte is lost behind it",
          "[park][joiner]") {
  const auto begun = GENERATE(range<std::size_t>(0, 13));
  const auto step = GENERATE(range<std::size_t>(1, 8));
  Joiner joiner;
  Outbox outbox = outbox_of({blob_of("one"), blob_of("two"), blob_of("three")});
  std::string expected = "len=3:onelen=3:twolen=5:three";
  iovec next;
  std::string sent;
  for (std::size_t left = begun; left > 0;) {
    outbox.gather({&next, 1});
    const std::size_t count = std::min(left, next.iov_len);
    sent.append(static_cast<const char*>(next.iov_base), count);
    outbox.consume(count);
    left -= count;
  }
  joiner.join(outbox, form);
  if (begun == 0) expected = "len=13:one\ntwo\nthree";
  if (begun > 0 && begun <= 9) expected = "len=3:onelen=9:two\nthree";
  if (begun > 9) expected = "len=3:onelen=3:twolen=5:three";
  const std::size_t waiting = outbox.bytes();
  const std::string rest = take_all(outbox, step);
  CHECK(rest.size() == waiting);
  CHECK(sent + rest == expected);
}

TEST_CASE("what was joined is joined again with what came behind it", "[park][joiner]") {
  Joiner joiner;
  Outbox outbox = outbox_of({blob_of("one"), blob_of("two")});
  joiner.join(outbox, form);
  outbox.push(blob_of("three"));
  joiner.clear();
  joiner.join(outbox, form);
  CHECK(texts_of(outbox) == std::vector<std::string>{"len=13:one\ntwo\nthree"});
}

TEST_CASE("a joined blob has its limit, and a longer one stays alone", "[park][joiner]") {
  Joiner joiner;
  const std::string half(Joiner::joined_bytes_max / 2, 'x');
  const std::string large(Joiner::joined_bytes_max + 1, 'y');
  Outbox outbox = outbox_of({blob_of(half), blob_of(half), blob_of(half.substr(1)), blob_of(large),
                             blob_of("one"), blob_of("two")});
  joiner.join(outbox, form);
  REQUIRE(outbox.unsent_count() == 4);
  CHECK(form.body_of(*outbox.unsent(0)) == half);
  CHECK(form.body_of(*outbox.unsent(1)) == half + "\n" + half.substr(1));
  CHECK(form.body_of(*outbox.unsent(2)) == large);
  CHECK(form.body_of(*outbox.unsent(3)) == "one\ntwo");
}

TEST_CASE("of an outbox with much in it only the first is joined, its rest unchanged",
          "[park][joiner]") {
  Joiner joiner;
  std::vector<Blob> blobs;
  std::string bodies;
  for (int i = 0; i < 8000; ++i) {
    const std::string body = std::to_string(i) + std::string(60, 'x');
    blobs.push_back(blob_of(body));
    bodies += body + '\n';
  }
  Outbox outbox = outbox_of(blobs);
  Outbox same = outbox_of(blobs);
  same.push(blob_of("more"));
  joiner.join(outbox, form);
  joiner.join(same, form);
  CHECK(outbox.unsent(0) == same.unsent(0));
  CHECK(outbox.unsent_count() < 5000);
  CHECK(outbox.unsent_count() > 3000);
  CHECK(*outbox.unsent(outbox.unsent_count() - 1) == *blobs.back());
  std::string joined;
  std::size_t bytes = 0;
  for (const std::string& text : texts_of(outbox)) {
    joined.append(form.body_of(text)) += '\n';
    bytes += text.size();
  }
  CHECK(joined == bodies);
  CHECK(outbox.bytes() == bytes);
}

}  // namespace
}  // namespace freshet::park

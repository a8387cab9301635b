#include "native/answer_reader.h"

#include <catch2/catch_test_macros.hpp>
#include <vector>

namespace freshet::native {

TEST_CASE("lines come out of any cut, empty ones are skipped", "[native][http]") {
  const std::string text = "one\n\ntwo\nthree is cut";
  for (std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{5}, text.size()}) {
    LineReader reader;
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      CHECK(reader.feed(std::string_view(text).substr(at, piece), [&](std::string_view line) {
        lines.emplace_back(line);
        return true;
      }));
    }
    CHECK(lines == std::vector<std::string>{"one", "two"});
  }
}

TEST_CASE("a line that is whole in its piece is not copied", "[native][http]") {
  LineReader reader;
  const std::string piece = "one\ntwo\n";
  std::vector<const char*> places;
  reader.feed(piece, [&](std::string_view line) {
    places.push_back(line.data());
    return true;
  });
  CHECK(places == std::vector<const char*>{piece.data(), piece.data() + 4});
}

TEST_CASE("a cut line is forgotten by reset", "[native][http]") {
  LineReader reader;
  std::string seen;
  const auto take = [&](std::string_view line) {
    seen = line;
    return true;
  };
  reader.feed("half", take);
  reader.reset();
  reader.feed("whole\n", take);
  CHECK(seen == "whole");
}

TEST_CASE("a line over the limit is refused before it is held", "[native][http]") {
  LineReader reader;
  const std::string large(LineReader::line_bytes_max, 'x');
  const auto take = [](std::string_view) { return true; };
  CHECK(reader.feed(large, take));
  CHECK_FALSE(reader.feed("x", take));
}

TEST_CASE("reading stops when the taker has enough", "[native][http]") {
  LineReader reader;
  int lines = 0;
  CHECK_FALSE(reader.feed("a\nb\nc\n", [&](std::string_view) { return ++lines < 2; }));
  CHECK(lines == 2);
}

}  // namespace freshet::native

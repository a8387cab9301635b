// What stands in URLs and frames: topics, patterns, cursors, base URLs, JSON values. The input is
// two texts, cut at the first line end.
#include <cstdint>
#include <string>

#include "fuzz/require.h"
#include "wire/cursor.h"
#include "wire/endpoints.h"
#include "wire/json.h"
#include "wire/topic.h"
#include "wire/utf8.h"

namespace {

using namespace freshet::wire;

// The same by definition rather than by speed.
bool matches_slowly(const std::string& pattern, const std::string& topic) {
  const auto head = [](const std::string& text) { return text.substr(0, text.find('.')); };
  const auto rest = [](const std::string& text) {
    const auto dot = text.find('.');
    return dot == std::string::npos ? std::string() : text.substr(dot + 1);
  };
  if (pattern.empty() || topic.empty()) return pattern.empty() && topic.empty();
  const bool ours = head(topic)[0] == '$';
  if (pattern == ">") return !ours && (rest(topic).empty() || matches_slowly(">", rest(topic)));
  const bool one = head(pattern) == "*" ? !ours : head(pattern) == head(topic);
  return one && matches_slowly(rest(pattern), rest(topic));
}

void check_names(const std::string& first, const std::string& second) {
  const bool topic = static_cast<bool>(check_topic(second));
  const auto pattern = check_pattern(first);
  if (!pattern) FUZZ_REQUIRE(is_utf8(pattern.error().message));
  if (check_topic(first)) FUZZ_REQUIRE(pattern && is_exact(first) && matches(first, first));
  if (pattern && is_exact(first)) FUZZ_REQUIRE(check_topic(first));
  if (pattern && topic) FUZZ_REQUIRE(matches(first, second) == matches_slowly(first, second));
}

void check_cursor(const std::string& text) {
  if (const auto start = parse_start(text)) {
    FUZZ_REQUIRE(to_string(*start) == (text.empty() ? "latest" : text));
    FUZZ_REQUIRE((start->cursor() != nullptr) == static_cast<bool>(parse_cursor(text)));
  } else {
    FUZZ_REQUIRE(!parse_cursor(text));
    FUZZ_REQUIRE(is_utf8(start.error().message));
  }
}

void check_url(const std::string& text) {
  const auto url = parse_base_url(text);
  if (!url) return;
  const auto again = parse_base_url(url->origin() + url->prefix);
  FUZZ_REQUIRE(again);
  FUZZ_REQUIRE(again->origin() == url->origin() && again->prefix == url->prefix);
  FUZZ_REQUIRE((url->origin() + url->prefix).find_first_of("\r\n ?#[]\\", url->origin().size()) ==
               std::string::npos);
}

void check_json(const std::string& text) {
  std::string written;
  append_json_string(written, text);
  FUZZ_REQUIRE(json_string(written) == text);
  if (const auto read = json_string(text)) {
    written.clear();
    append_json_string(written, *read);
    FUZZ_REQUIRE(json_string(written) == *read);
    FUZZ_REQUIRE(is_utf8(*read) || !is_utf8(text));
  }
  JsonReader reader{text};
  while (const auto member = reader.next()) {
    FUZZ_REQUIRE(member->value.data() == text.data() + member->value_offset);
    FUZZ_REQUIRE(!member->value.empty());
  }
  if (reader.complete()) FUZZ_REQUIRE(!reader.cut());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = freshet::fuzz::as_text(data, size);
  const std::size_t cut = std::min(input.find('\n'), input.size());
  const std::string first{input.substr(0, cut)};
  const std::string second{input.substr(std::min(cut + 1, input.size()))};
  check_names(first, second);
  check_cursor(first);
  check_url(first);
  check_json(std::string(input));
  return 0;
}

// The little JSON of the wire: walking one object in place, decoding and writing scalars (RFC
// 8259).
#include "wire/json.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace freshet::wire {
namespace {

constexpr std::size_t npos = std::string_view::npos;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && is_space(text[at])) ++at;
  return at;
}

// How a scan for the end of a value came out.
enum class Scan { done, cut, bad };

// Moves `at` from a string's opening quote to behind its closing one.
Scan skip_string(std::string_view text, std::size_t& at) {
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') {
      at = i + 1;
      return Scan::done;
    }
    if (c == '\\') {
      ++i;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      return Scan::bad;
    }
  }
  return Scan::cut;
}

// The same for an object or array. Brackets are counted, not paired: what is inside is read by
// whoever wants it.
Scan skip_nested(std::string_view text, std::size_t& at) {
  std::size_t depth = 0;
  for (std::size_t i = at; i < text.size();) {
    const char c = text[i];
    if (c == '"') {
      if (const Scan scan = skip_string(text, i); scan != Scan::done) return scan;
      continue;
    }
    ++i;
    if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      at = i;
      return Scan::done;
    }
  }
  return Scan::cut;
}

// Whether `raw` is a number by the grammar of RFC 8259 §6.
bool is_number(std::string_view raw) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < raw.size() && is_digit(raw[at])) ++at;
    return at - begin;
  };
  const auto take = [&](char c) { return at < raw.size() && raw[at] == c && ++at != 0; };
  take('-');
  const bool zero = at < raw.size() && raw[at] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (take('.') && digits() == 0) return false;
  if (take('e') || take('E')) {
    if (!take('+')) take('-');
    if (digits() == 0) return false;
  }
  return at == raw.size();
}

// The same for a number, true, false or null. One that reaches the end of the text is cut: an
// object always has its brace behind it.
Scan skip_word(std::string_view text, std::size_t& at) {
  std::size_t end = at;
  while (end < text.size() && text[end] != ',' && text[end] != '}' && text[end] != ']' &&
         !is_space(text[end])) {
    ++end;
  }
  if (end == text.size()) return Scan::cut;
  const std::string_view word = text.substr(at, end - at);
  at = end;
  const bool known = word == "true" || word == "false" || word == "null" || is_number(word);
  return known ? Scan::done : Scan::bad;
}

Scan skip_value(std::string_view text, std::size_t& at) {
  if (at == text.size()) return Scan::cut;
  switch (text[at]) {
    case '"':
      return skip_string(text, at);
    case '{':
    case '[':
      return skip_nested(text, at);
    default:
      return skip_word(text, at);
  }
}

// The four hexadecimal digits at `at`.
std::optional<std::uint32_t> hex4(std::string_view text, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    if (i >= text.size()) return std::nullopt;
    const char c = text[i];
    const char letter = static_cast<char>(c | 0x20);
    if (is_digit(c)) {
      value = value << 4 | static_cast<std::uint32_t>(c - '0');
    } else if (letter >= 'a' && letter <= 'f') {
      value = value << 4 | static_cast<std::uint32_t>(letter - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

void append_utf8(Text& out, std::uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  const unsigned continuations = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  // The lead begins with as many ones as the character has bytes.
  out += static_cast<char>(0xFF00 >> (continuations + 1) | code >> (6 * continuations));
  for (unsigned i = continuations; i-- > 0;) {
    out += static_cast<char>(0x80 | (code >> (6 * i) & 0x3F));
  }
}

// Decodes the escape whose backslash stands at `at`, and moves `at` behind it.
bool take_escape(std::string_view text, std::size_t& at, Text& out) {
  if (at + 1 >= text.size()) return false;
  constexpr std::string_view letters = "\"\\/bfnrt";
  constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  const char c = text[at + 1];
  at += 2;
  if (const std::size_t i = letters.find(c); i != npos) {
    out += meanings[i];
    return true;
  }
  if (c != 'u') return false;
  auto code = hex4(text, at);
  if (!code) return false;
  at += 4;
  if (*code >= 0xD800 && *code < 0xE000) {
    // Half of a surrogate pair names no character, so a string that holds one has no UTF-8.
    if (*code >= 0xDC00 || text.substr(at, 2) != "\\u") return false;
    const auto low = hex4(text, at + 2);
    if (!low || *low < 0xDC00 || *low > 0xDFFF) return false;
    at += 6;
    code = 0x10000 + ((*code - 0xD800) << 10) + (*low - 0xDC00);
  }
  append_utf8(out, *code);
  return true;
}

}  // namespace

void append_json_string(Text& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out += text.substr(begin, i - begin);
    begin = i + 1;
    out += '\\';
    if (c >= 0x20) {
      out += text[i];
    } else if (const std::size_t short_form = std::string_view("\b\f\n\r\t").find(text[i]);
               short_form != npos) {
      out += std::string_view("bfnrt")[short_form];
    } else {
      out += "u00";
      out += hex[c >> 4];
      out += hex[c & 15];
    }
  }
  out += text.substr(begin);
  out += '"';
}

void append_number(Text& out, std::uint64_t value) {
  char digits[20];
  char* begin = std::end(digits);
  do {
    *--begin = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value > 0);
  out += std::string_view(begin, static_cast<std::size_t>(std::end(digits) - begin));
}

JsonReader::JsonReader(std::string_view text) : text_(text) {
  at_ = skip_space(text_, 0);
  if (at_ == text_.size() || text_[at_] != '{') {
    ended_ = true;
  } else {
    ++at_;
  }
}

std::optional<JsonMember> JsonReader::next() {
  if (ended_) return std::nullopt;
  ended_ = true;  // Until a whole member was read.
  at_ = skip_space(text_, at_);
  if (at_ == text_.size()) return std::nullopt;
  if (text_[at_] == '}') {
    complete_ = skip_space(text_, at_ + 1) == text_.size();
    return std::nullopt;
  }
  if (!first_) {
    if (text_[at_] != ',') return std::nullopt;
    at_ = skip_space(text_, at_ + 1);
  }
  first_ = false;
  const std::size_t name_begin = at_;
  if (at_ == text_.size() || text_[at_] != '"' || skip_string(text_, at_) != Scan::done) {
    return std::nullopt;
  }
  JsonMember member;
  member.name = text_.substr(name_begin + 1, at_ - name_begin - 2);
  at_ = skip_space(text_, at_);
  if (at_ == text_.size() || text_[at_] != ':') return std::nullopt;
  at_ = skip_space(text_, at_ + 1);
  member.value_offset = at_;
  const Scan scan = skip_value(text_, at_);
  member.value =
      text_.substr(member.value_offset, scan == Scan::done ? at_ - member.value_offset : npos);
  if (scan == Scan::cut) cut_ = member;
  if (scan != Scan::done) return std::nullopt;
  ended_ = false;
  return member;
}

std::optional<Text> json_string(std::string_view raw) {
  if (raw.size() < 2 || raw.front() != '"' || raw.back() != '"') return std::nullopt;
  const std::string_view text = raw.substr(1, raw.size() - 2);
  Text out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '"' || static_cast<unsigned char>(c) < 0x20) return std::nullopt;
    if (c != '\\') {
      out += c;
      ++at;
    } else if (!take_escape(text, at, out)) {
      return std::nullopt;
    }
  }
  return out;
}

std::optional<List<Text>> json_strings(std::string_view raw) {
  std::size_t at = 0;
  if (raw.empty() || raw[at++] != '[') return std::nullopt;
  List<Text> out;
  at = skip_space(raw, at);
  if (raw.substr(at) == "]") return out;
  while (at < raw.size() && raw[at] == '"') {
    const std::size_t begin = at;
    if (skip_string(raw, at) != Scan::done) return std::nullopt;
    auto text = json_string(raw.substr(begin, at - begin));
    if (!text) return std::nullopt;
    out.push_back(*std::move(text));
    at = skip_space(raw, at);
    if (raw.substr(at) == "]") return out;
    if (at == raw.size() || raw[at] != ',') return std::nullopt;
    at = skip_space(raw, at + 1);
  }
  return std::nullopt;
}

OptionalNumber json_number(std::string_view raw) {
  constexpr std::uint64_t value_max = (std::uint64_t{1} << 53) - 1;
  if (raw.size() > 1 && raw.front() == '0') return std::nullopt;
  const OptionalNumber value = clamped_number(raw, value_max + 1);
  return value.value_or(0) <= value_max ? value : std::nullopt;
}

OptionalNumber clamped_number(std::string_view digits, std::uint64_t max) {
  if (digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return std::nullopt;
    value = std::min(value * 10 + static_cast<std::uint64_t>(c - '0'), max);
  }
  return value;
}

std::optional<bool> json_bool(std::string_view raw) {
  if (raw == "true") return true;
  if (raw == "false") return false;
  return std::nullopt;
}

}  // namespace freshet::wire

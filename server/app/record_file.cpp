#include "app/record_file.h"

#include <cctype>
#include <utility>

#include "wire/topic.h"

namespace freshet::app {
namespace {

using nlohmann::ordered_json;

// Takes one row off `text`: fields end at a comma, the row at a line end outside quotes.
std::vector<std::string> take_row(std::string_view& text) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted) {
      if (c != '"') {
        fields.back() += c;
      } else if (at + 1 < text.size() && text[at + 1] == '"') {
        fields.back() += text[++at];
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      fields.emplace_back();
    } else if (c == '\n') {
      ++at;
      break;
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  text.remove_prefix(at);
  return fields;
}

ordered_json value_of(std::string field) {
  if (field.empty()) return nullptr;
  const char first = field.front();
  if (first == '-' || std::isdigit(static_cast<unsigned char>(first)) != 0) {
    auto number = ordered_json::parse(field, nullptr, false);
    if (number.is_number()) return number;
  }
  return field;
}

Error at_line(ErrorCode code, std::size_t line, std::string_view what) {
  return {code, "line " + std::to_string(line) + ": " + std::string(what)};
}

Result<std::vector<ordered_json>> read_csv(std::string_view text) {
  const std::vector<std::string> names = take_row(text);
  std::vector<ordered_json> records;
  for (std::size_t line = 2; !text.empty(); ++line) {
    std::vector<std::string> fields = take_row(text);
    if (fields.size() == 1 && fields[0].empty()) continue;
    if (fields.size() != names.size()) {
      return at_line(ErrorCode::malformed, line,
                     std::to_string(fields.size()) + " fields where the header has " +
                         std::to_string(names.size()));
    }
    ordered_json record = ordered_json::object();
    for (std::size_t i = 0; i < names.size(); ++i)
      record[names[i]] = value_of(std::move(fields[i]));
    records.push_back(std::move(record));
  }
  return records;
}

Result<std::vector<ordered_json>> read_lines(std::string_view text) {
  std::vector<ordered_json> records;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::string_view row = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), row.size() + 1));
    if (row.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto record = ordered_json::parse(row, nullptr, false);
    if (!record.is_object()) return at_line(ErrorCode::invalid_json, line, "not a JSON object");
    records.push_back(std::move(record));
  }
  return records;
}

std::string as_segment(const ordered_json& value) {
  std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  for (char& c : text) {
    const bool allowed = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
    if (!allowed) c = '_';
  }
  return text;
}

}  // namespace

Result<std::vector<ordered_json>> read_records(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool is_json = first != std::string_view::npos && text[first] == '{';
  return is_json ? read_lines(text) : read_csv(text);
}

Result<std::string> fill_topic(std::string_view pattern, const ordered_json& record) {
  std::string topic;
  while (!pattern.empty()) {
    const std::size_t open = pattern.find('{');
    topic += pattern.substr(0, open);
    if (open == std::string_view::npos) break;
    const std::size_t close = pattern.find('}', open);
    const std::string name(pattern.substr(open + 1, close - open - 1));
    if (close == std::string_view::npos || !record.contains(name)) {
      return Error{ErrorCode::invalid_topic, "the records have no member '" + name + "'"};
    }
    topic += as_segment(record[name]);
    pattern.remove_prefix(close + 1);
  }
  if (const auto valid = wire::check_topic(topic); !valid) return valid.error();
  return topic;
}

}  // namespace freshet::app

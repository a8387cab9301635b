#include "observe/metrics.h"

#include <charconv>

namespace freshet::server {
namespace {

template <typename Number>
void append_value(std::string& out, Number value) {
  char digits[32];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

}  // namespace

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
  text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void MetricsText::sample(std::int64_t value, std::initializer_list<Label> labels) {
  begin_sample(labels);
  append_value(text_, value);
  text_ += '\n';
}

void MetricsText::sample(double value, std::initializer_list<Label> labels) {
  begin_sample(labels);
  append_value(text_, value);
  text_ += '\n';
}

void MetricsText::begin_sample(std::initializer_list<Label> labels) {
  text_ += name_;
  char before = '{';
  for (const Label& label : labels) {
    text_ += before;
    text_.append(label.name).append("=\"");
    for (const char c : label.value) {
      if (c == '\\' || c == '"') text_ += '\\';
      if (c == '\n') {
        text_ += "\\n";
      } else {
        text_ += c;
      }
    }
    text_ += '"';
    before = ',';
  }
  text_ += labels.size() > 0 ? "} " : " ";
}

}  // namespace freshet::server

// Requests as flat text, JSON and queries; see request.h.
#include "wire/request.h"

#include "wire/endpoints.h"
#include "wire/json.h"

namespace freshet::wire {
namespace {

constexpr char text_type = '"';
constexpr char number_type = '#';
constexpr char item_type = '[';

void begin_member(Text& flat, std::string_view name, char type) {
  flat += name;
  flat += '\0';
  flat += type;
}

void append_member(Text& flat, std::string_view name, char type, std::string_view value) {
  begin_member(flat, name, type);
  flat += value;
  flat += '\0';
}

struct Member {
  std::string_view name;
  char type = text_type;
  std::string_view value;
};

// Takes the first member off `flat`, which is not empty.
Member take_member(std::string_view& flat) {
  Member member;
  member.name = flat.substr(0, flat.find('\0'));
  flat.remove_prefix(member.name.size() + 1);
  member.type = flat.front();
  member.value = flat.substr(1, flat.find('\0') - 1);
  flat.remove_prefix(member.value.size() + 2);
  return member;
}

}  // namespace

void append_text_member(Text& flat, std::string_view name, std::string_view value) {
  if (!value.empty()) append_member(flat, name, text_type, value);
}

void append_number_member(Text& flat, std::string_view name, std::uint64_t value) {
  begin_member(flat, name, number_type);
  append_number(flat, value);
  flat += '\0';
}

void append_item_member(Text& flat, std::string_view name, std::string_view value) {
  append_member(flat, name, item_type, value);
}

Text json_of(std::string_view flat) {
  Text out = "{";
  std::string_view list;  // The name of the one that is open.
  while (!flat.empty()) {
    const Member member = take_member(flat);
    const bool item = member.type == item_type;
    if (!list.empty() && list != member.name) out += ']';
    if (out.size() > 1) out += ',';
    if (!item || list != member.name) {
      append_json_string(out, member.name);
      out += item ? ":[" : ":";
    }
    list = item ? member.name : std::string_view{};
    if (member.type == number_type) {
      out += member.value;
    } else {
      append_json_string(out, member.value);
    }
  }
  out += list.empty() ? "}" : "]}";
  return out;
}

Text query_of(std::string_view flat) {
  Text out;
  while (!flat.empty()) {
    const Member member = take_member(flat);
    append_parameter(out, member.name, member.value);
  }
  return out;
}

}  // namespace freshet::wire

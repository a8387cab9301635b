// Texts of actions; see request.h.
#include "core/request.h"

#include <utility>

#include "wire/json.h"
#include "wire/request.h"

namespace freshet::core {

Request request_of(const Action& action) {
  Request request{action.text, {}};
  request.target += wire::query_of(action.members);
  if (action.kind == ActionKind::poll && request.target.size() > poll_target_bytes_max) {
    request = {action.text, wire::json_of(action.members)};
  }
  return request;
}

Text frame_of(const Action& action) { return wire::json_of(action.members); }

Text frame_of(const Action& action, std::string_view payload) {
  Text out = wire::json_of(action.members);
  out.resize(out.size() - 1);
  if (!action.text.empty()) {
    out += ",\"key\":";
    wire::append_json_string(out, action.text);
  }
  out += ",\"data\":";
  out += payload;
  out += '}';
  return out;
}

}  // namespace freshet::core

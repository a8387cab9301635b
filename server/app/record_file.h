// Reads what `freshet replay` replays: CSV with a header line (RFC 4180), or one JSON object a
// line.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/result.h"

namespace freshet::app {

// One object for each row. In CSV a field that reads as a JSON number is one, an empty field is
// null, everything else a string. JSON is what begins with '{'. Fails with invalid_json or
// malformed and the number of the line.
Result<std::vector<nlohmann::ordered_json>> read_records(std::string_view text);

// "prices.{symbol}" with a record's members put in; what a segment may not hold becomes '_'.
// Fails with invalid_topic: no such member, or no topic results.
Result<std::string> fill_topic(std::string_view pattern, const nlohmann::ordered_json& record);

}  // namespace freshet::app

// Errors over HTTP: RFC 9457 problem documents with a stable code of ours.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/response.h"

namespace freshet::server {

// {"type":"urn:freshet:problem:invalid_topic","title":"Bad Request","status":400,
//  "code":"invalid_topic","detail":"…"}
struct Problem {
  int status = 500;
  std::string code;    // Stable, for programs: "invalid_topic".
  std::string detail;  // For people: what, why and what next.
  // Further members; each value is a string.
  std::vector<HeaderField> members;
};

inline constexpr std::string_view problem_content_type = "application/problem+json";

std::string to_json(const Problem& problem);

// A complete answer; add headers such as Retry-After to it.
Answer problem_answer(const Problem& problem);

// Makes `response` this problem, whatever it was before; headers set before stay.
void set_problem(Response& response, const Problem& problem);

// The code for an error that has only a status: "not_found" for 404.
std::string_view problem_code(int status);

}  // namespace freshet::server

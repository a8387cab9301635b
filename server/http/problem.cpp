#include "http/problem.h"

#include <nlohmann/json.hpp>

namespace freshet::server {

std::string to_json(const Problem& problem) {
  nlohmann::ordered_json json{{"type", "urn:freshet:problem:" + problem.code},
                              {"title", reason_phrase(problem.status)},
                              {"status", problem.status},
                              {"code", problem.code},
                              {"detail", problem.detail}};
  for (const auto& [name, value] : problem.members) json[name] = value;
  // A detail may quote what the peer sent, and that need not be UTF-8.
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Answer problem_answer(const Problem& problem) {
  return {.status = problem.status,
          .content_type = std::string(problem_content_type),
          .headers = {},
          .body = to_json(problem)};
}

void set_problem(Response& response, const Problem& problem) {
  response.status = problem.status;
  response.content_type = problem_content_type;
  response.body = to_json(problem);
}

std::string_view problem_code(int status) {
  switch (status) {
    case 400:
      return "malformed";
    case 401:
      return "unauthorized";
    case 403:
      return "forbidden";
    case 404:
      return "not_found";
    case 405:
      return "method_not_allowed";
    case 408:
      return "timeout";
    case 413:
      return "too_large";
    case 414:
      return "too_large";
    case 417:
      return "unsupported";
    case 426:
      return "unsupported";
    case 429:
      return "busy";
    case 431:
      return "too_large";
    case 501:
      return "unsupported";
    case 503:
      return "busy";
    case 505:
      return "unsupported";
    default:
      return status >= 500 ? "internal" : "malformed";
  }
}

}  // namespace freshet::server

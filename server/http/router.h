// Finds the route of a path. Literal paths and ":name" segments only: a regular-expression route
// of cpp-httplib 0.41 recurses once per character, and it makes one of every literal path too.
// Pure; used by HttpEngine.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/request.h"

namespace freshet::server {

struct RouteMatch {
  std::size_t index = 0;  // As add() returned it.
  std::vector<PathParameter> parameters;
};

class Router {
 public:
  // `pattern` begins with '/'; a segment that begins with ':' matches one that is not empty.
  // Returns 0, 1, 2, … in the order of the calls.
  std::size_t add(std::string method, std::string_view pattern);

  // The first route added that matches both; HEAD is looked up as GET.
  // `raw_path` is split at its slashes before it is decoded, so "%2F" belongs to a segment.
  std::optional<RouteMatch> find(std::string_view method, std::string_view raw_path) const;

  // The methods that a path has routes for, "GET, HEAD, POST", OPTIONS added; empty if it has none.
  std::string methods(std::string_view raw_path) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;
  };

  std::vector<Route> routes_;
};

}  // namespace freshet::server

#include "http/router.h"

#include <algorithm>
#include <cassert>

namespace freshet::server {
namespace {

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> segments;
  segments.reserve(6);
  if (path.empty() || path.front() != '/') return segments;
  path.remove_prefix(1);
  while (true) {
    const auto slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool is_parameter(std::string_view segment) { return segment.starts_with(':'); }

bool segment_matches(const std::string& pattern, std::string_view raw) {
  if (is_parameter(pattern)) return !raw.empty();
  if (raw.find('%') == std::string_view::npos) return raw == pattern;
  return percent_decode(raw, false) == pattern;
}

bool segments_match(const std::vector<std::string>& pattern,
                    const std::vector<std::string_view>& raw) {
  return std::equal(pattern.begin(), pattern.end(), raw.begin(), raw.end(), segment_matches);
}

}  // namespace

std::size_t Router::add(std::string method, std::string_view pattern) {
  assert(pattern.starts_with('/'));
  Route route{std::move(method), {}};
  for (const auto segment : split_path(pattern)) route.segments.emplace_back(segment);
  routes_.push_back(std::move(route));
  return routes_.size() - 1;
}

std::optional<RouteMatch> Router::find(std::string_view method, std::string_view raw_path) const {
  if (method == "HEAD") method = "GET";
  const auto segments = split_path(raw_path);
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    const Route& route = routes_[i];
    if (route.method != method || !segments_match(route.segments, segments)) continue;
    RouteMatch match{i, {}};
    for (std::size_t s = 0; s < segments.size(); ++s) {
      if (!is_parameter(route.segments[s])) continue;
      match.parameters.push_back(
          {std::string_view(route.segments[s]).substr(1), percent_decode(segments[s], false)});
    }
    return match;
  }
  return std::nullopt;
}

std::string Router::methods(std::string_view raw_path) const {
  const auto segments = split_path(raw_path);
  std::vector<std::string_view> found;
  const auto note = [&found](std::string_view method) {
    if (std::find(found.begin(), found.end(), method) == found.end()) found.push_back(method);
  };
  for (const Route& route : routes_) {
    if (!segments_match(route.segments, segments)) continue;
    note(route.method);
    if (route.method == "GET") note("HEAD");
  }
  if (found.empty()) return {};
  note("OPTIONS");
  std::string list;
  for (const auto method : found) {
    if (!list.empty()) list += ", ";
    list += method;
  }
  return list;
}

}  // namespace freshet::server

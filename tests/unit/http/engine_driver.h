// Runs the HTTP engine over bytes, as a loop would, but without a socket.
#pragma once

#include <string>
#include <string_view>

#include "http/http_engine.h"

namespace freshet::server {

// One answer, taken apart.
struct Answered {
  std::string bytes;
  bool keep_alive = false;
  std::unique_ptr<park::Parked> parked;
  park::ParkMode mode = park::ParkMode::http;

  int status() const;
  std::string_view head() const;
  std::string_view body() const;
  // The first header of that name, empty if there is none.
  std::string_view header(std::string_view name) const;
  bool has_header(std::string_view name) const;
  // True if what the head says of the connection is what happens to it.
  bool tells_the_truth() const;
};

// Frames `input`, which must be exactly one request, and has `engine` answer it.
Answered ask(HttpEngine& engine, std::string input);

// "GET target HTTP/1.1" with Host and `headers`, each with CRLF.
std::string get_request(std::string_view target, std::string_view headers = {});
std::string post_request(std::string_view target, std::string_view body,
                         std::string_view headers = {});

// Runs `see` on the request that the engine makes of `input`; the handler answers 200.
void with_request(std::string_view pattern, const std::string& input,
                  const std::function<void(const Request&)>& see);

}  // namespace freshet::server

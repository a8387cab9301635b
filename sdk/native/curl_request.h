// What requests and WebSockets have in common for libcurl: options going in, failures coming out.
#pragma once

#include <curl/curl.h>

#include <string_view>

#include "freshet/platform.h"

namespace freshet::native {

// Sets address, TLS and buffers. Proxies are libcurl's own matter: it reads the environment.
void apply_request(CURL* easy, const HttpRequest& request);

// How libcurl's failure looks to a client; `answered`: a status line had come.
ConnectionEnd end_of(CURLcode code, bool answered, std::string_view reason);

}  // namespace freshet::native

// cpp-httplib as a function: whole request bytes in, answer bytes or "park me" out.
// http_engine.cpp is the only file that includes httplib.h; nothing of it shows here.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compress/compression.h"
#include "guard/origin.h"
#include "http/gzip.h"
#include "http/problem.h"
#include "http/request.h"
#include "http/response.h"
#include "park/request_handler.h"

namespace freshet::server {

using Handler = std::function<void(const Request& request, Response& response)>;

struct EngineOptions {
  // Who may call from a browser page; judged before any route, for every method and for the
  // WebSocket upgrade. The default refuses every cross-origin page.
  OriginPolicy origins;
  // Added to every answer.
  std::vector<HeaderField> default_headers;
  // For clients that ask for it. Streams are never compressed: an event would wait in the
  // compressor.
  GzipOptions gzip;
  // Set, from any thread, when the server is to end: each answer then ends its connection, so that
  // its client comes back to another one. May be null, as those below; else they outlive the engine
  // and its late answers.
  const std::atomic<bool>* draining = nullptr;
  GzipCounts* gzip_counts = nullptr;
  LimitCounts* limit_counts = nullptr;
  // Called after each answer or parking, on the loop's thread: the access log.
  std::function<void(const Request& request, int status)> on_answered;
  // Called with the text of an exception that a handler threw; the client is only told 500.
  std::function<void(const Request& request, std::string_view what)> on_exception;
};

// One per loop, or one for all: after the routes are set it is immutable and thread-safe. Handlers
// run on the loop's thread, so they must not block; an exception out of a handler answers 500.
//
// Routes are literal paths or have ":name" segments ("/v1/topics/:topic/messages"); the first
// registered that matches wins. HEAD is answered by the GET route, without its body. A known path
// with a wrong method gets 405 and Allow; everything unknown 404. All errors are problem documents.
class HttpEngine final : public park::RequestHandler {
 public:
  explicit HttpEngine(EngineOptions options = {});
  ~HttpEngine() override;

  void get(std::string pattern, Handler handler);
  void post(std::string pattern, Handler handler);
  void put(std::string pattern, Handler handler);
  void remove(std::string pattern, Handler handler);  // DELETE

  // Answers GET and HEAD that no route matches, before 404: static files.
  void fallback(Handler handler);

  park::Reply handle_request(park::Connection& connection,
                             const park::RequestBytes& request) override;
  std::string handle_refusal(park::Connection& connection, const park::Refusal& refusal) override;

  // The same without a connection, for tests and fuzzers.
  park::Reply process(const park::RequestBytes& request,
                      park::Connection* connection = nullptr) const;

 private:
  class Core;  // The httplib::Server, the routes and the options.

  void add(std::string_view method, std::string pattern, Handler handler);

  std::unique_ptr<Core> core_;
};

}  // namespace freshet::server

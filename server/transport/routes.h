// Which handler answers which path: the server's whole HTTP surface in one place.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "http/http_engine.h"
#include "park/loop.h"
#include "park/request_handler.h"
#include "transport/live_loop.h"
#include "transport/server_context.h"

namespace freshet::server {

// Adds every route of the protocol, health and metrics.
void add_routes(HttpEngine& engine, LiveLoop& live);

// What answers on one loop: its hub and its engine.
class LoopHandler final : public park::RequestHandler {
 public:
  // `fallback` serves what no route does, such as files; may be empty.
  LoopHandler(park::Loop& loop, ServerContext& context, EngineOptions options,
              Handler fallback = {});

  park::Reply handle_request(park::Connection& connection,
                             const park::RequestBytes& request) override;
  std::string handle_refusal(park::Connection& connection, const park::Refusal& refusal) override;

  LiveLoop& live() { return live_; }

 private:
  LiveLoop live_;
  HttpEngine engine_;
};

// The text of /metrics.
std::string metrics_text(const ServerContext& context);

}  // namespace freshet::server

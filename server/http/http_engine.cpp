#include "http/http_engine.h"

#include <httplib.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

#include "http/router.h"

namespace freshet::server {
namespace {

// cpp-httplib reads a request from it and writes an answer to it. There is no socket.
class MemoryStream final : public httplib::Stream {
 public:
  explicit MemoryStream(std::string_view input) : input_(input) {}

  std::string take_output() { return std::move(output_); }

  bool is_readable() const override { return !input_.empty(); }
  bool wait_readable() const override { return !input_.empty(); }
  bool wait_writable() const override { return true; }
  bool is_peer_alive() const override { return true; }
  ssize_t read(char* into, std::size_t size) override {
    const std::size_t count = std::min(size, input_.size());
    std::memcpy(into, input_.data(), count);
    input_.remove_prefix(count);
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* bytes, std::size_t size) override {
    output_.append(bytes, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override { ip.clear(), port = 0; }
  void get_local_ip_and_port(std::string& ip, int& port) const override { ip.clear(), port = 0; }
  socket_t socket() const override { return INVALID_SOCKET; }
  time_t duration() const override { return 0; }

 private:
  std::string_view input_;
  std::string output_;
};

// What cpp-httplib shall not act upon, because the framer has: it measured and decoded the body and
// answered Expect. Upgrade would start cpp-httplib's own WebSocket, which takes a thread; Range
// would make it cut answers that have no ranges.
constexpr std::string_view hidden_headers[] = {"Content-Length", "Transfer-Encoding", "Expect",
                                               "Upgrade", "Range"};

bool is_hidden(std::string_view line) {
  const std::string_view name = line.substr(0, line.find(':'));
  return std::any_of(std::begin(hidden_headers), std::end(hidden_headers),
                     [&](std::string_view hidden) { return equals_ignoring_case(name, hidden); });
}

std::string visible_head(std::string_view head) {
  std::string visible;
  visible.reserve(head.size());
  bool is_request_line = true;
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    if (is_request_line || !is_hidden(line)) visible.append(line).append("\r\n");
    is_request_line = false;
    head.remove_prefix(std::min(head.size(), end + 2));
  }
  return visible;
}

// RFC 9112 §9.3: HTTP/1.0 connections end after the answer here, whatever the client asked for.
bool wants_keep_alive(const park::RequestBytes& request) {
  return request.keep_alive && !request.is_http_1_0;
}

constexpr std::string_view preflight_headers =
    "Authorization, Content-Type, Idempotency-Key, Last-Event-ID";
constexpr std::string_view exposed_headers =
    "Retry-After, Freshet-Retry-After-Ms, Freshet-Ticket, ETag";

// The one request that process_request works on, on this thread: handlers of cpp-httplib get
// nothing of ours passed through.
struct Exchange {
  Request& request;
  OriginVerdict verdict;
  Response response = {};
  LateAnswer late = {};
};
thread_local Exchange* current_exchange = nullptr;

}  // namespace

class HttpEngine::Core final : public httplib::Server {
 public:
  explicit Core(EngineOptions the_options) : options(std::move(the_options)) {
    for (const auto& [name, value] : options.default_headers) defaults_.emplace(name, value);
    set_default_headers(defaults_);
    // Told to clients in Keep-Alive; the loop's keep_alive_max is what counts.
    set_keep_alive_timeout(75);
    set_keep_alive_max_count(1'000'000);
    set_pre_routing_handler([this](const httplib::Request&, httplib::Response& out) {
      answer(*current_exchange, out);
      return HandlerResponse::Handled;
    });
    // What cpp-httplib itself refuses has no body yet.
    set_error_handler([](const httplib::Request&, httplib::Response& out) {
      if (!out.body.empty()) return HandlerResponse::Unhandled;
      const int status = out.status;
      out.set_content(to_json({.status = status,
                               .code = std::string(problem_code(status)),
                               .detail = "the request is malformed",
                               .members = {}}),
                      std::string(problem_content_type));
      return HandlerResponse::Handled;
    });
  }

  // Runs cpp-httplib over the request and returns the bytes it answers.
  std::string run(const park::RequestBytes& bytes, const park::Peer& peer, bool keep_alive) {
    const std::string head = visible_head(bytes.head);
    MemoryStream stream(head);
    bool closed = false;
    process_request(stream, peer.ip(), peer.port, {}, 0, !keep_alive, closed, nullptr, nullptr);
    return stream.take_output();
  }

  std::string cors_headers(const Exchange& exchange) const {
    if (exchange.verdict != OriginVerdict::allowed) return {};
    return "Access-Control-Allow-Origin: " + std::string(exchange.request.header("Origin")) +
           "\r\nVary: Origin\r\nAccess-Control-Expose-Headers: " + std::string(exposed_headers) +
           "\r\n";
  }

  EngineOptions options;
  Router router;
  std::vector<server::Handler> handlers;
  server::Handler fallback;

 private:
  // What the handler says, in cpp-httplib's words.
  void answer(Exchange& exchange, httplib::Response& out) {
    Response& response = exchange.response;
    try {
      dispatch(exchange);
    } catch (const std::exception& error) {
      response = {};
      set_problem(response, {.status = 500,
                             .code = "internal",
                             .detail = std::string("the handler failed: ") + error.what(),
                             .members = {}});
    } catch (...) {
      response = {};
      set_problem(
          response,
          {.status = 500, .code = "internal", .detail = "the handler failed", .members = {}});
    }
    if (response.status >= 400 || exchange.request.is_head()) {
      response.parking_ = Response::Parking::none;
      response.parked_.reset();
    }
    out.status = response.status;
    for (const auto& [name, value] : response.headers) out.set_header(name, value);
    if (exchange.verdict == OriginVerdict::allowed) {
      out.set_header("Access-Control-Allow-Origin", std::string(exchange.request.header("Origin")));
      out.set_header("Vary", "Origin");
      out.set_header("Access-Control-Expose-Headers", std::string(exposed_headers));
    }
    if (response.parking_ == Response::Parking::stream) {
      // The head is written, then the provider stops at once; the loop goes on from there.
      const auto stop = [](std::size_t, httplib::DataSink&) { return false; };
      if (exchange.request.is_http_1_0()) {
        out.set_content_provider(response.content_type, stop);
      } else {
        out.set_chunked_content_provider(response.content_type, stop);
      }
    } else if (!response.body.empty() || !response.content_type.empty()) {
      out.set_content(std::move(response.body), response.content_type);
    }
  }

  void dispatch(Exchange& exchange) {
    Request& request = exchange.request;
    Response& response = exchange.response;
    if (exchange.verdict == OriginVerdict::refused) {
      return set_problem(response,
                         {.status = 403,
                          .code = "forbidden",
                          .detail = "cross-origin pages are refused; start the server with "
                                    "--allow-origin " +
                                    std::string(request.header("Origin")),
                          .members = {}});
    }
    const std::string_view path = request.raw_path();
    if (auto match = router.find(request.method(), path)) {
      request.parameters_ = std::move(match->parameters);
      return handlers[match->index](request, response);
    }
    const std::string methods = router.methods(path);
    if (request.method() == "OPTIONS" && (!methods.empty() || path == "*")) {
      response.status = 204;
      response.headers.emplace_back("Allow", methods);
      if (exchange.verdict == OriginVerdict::allowed) {
        response.headers.emplace_back("Access-Control-Allow-Methods", methods);
        response.headers.emplace_back("Access-Control-Allow-Headers", preflight_headers);
        response.headers.emplace_back("Access-Control-Max-Age", "600");
      }
      return;
    }
    if (!methods.empty()) {
      response.headers.emplace_back("Allow", methods);
      return set_problem(response, {.status = 405,
                                    .code = "method_not_allowed",
                                    .detail = "this path takes " + methods,
                                    .members = {}});
    }
    if (fallback && (request.method() == "GET" || request.is_head())) {
      return fallback(request, response);
    }
    set_problem(response, {.status = 404,
                           .code = "not_found",
                           .detail = "there is nothing at " + request.path(),
                           .members = {}});
  }

  httplib::Headers defaults_;
};

HttpEngine::HttpEngine(EngineOptions options) : core_(std::make_unique<Core>(std::move(options))) {}
HttpEngine::~HttpEngine() = default;

void HttpEngine::get(std::string pattern, Handler handler) {
  add("GET", std::move(pattern), std::move(handler));
}
void HttpEngine::post(std::string pattern, Handler handler) {
  add("POST", std::move(pattern), std::move(handler));
}
void HttpEngine::put(std::string pattern, Handler handler) {
  add("PUT", std::move(pattern), std::move(handler));
}
void HttpEngine::remove(std::string pattern, Handler handler) {
  add("DELETE", std::move(pattern), std::move(handler));
}
void HttpEngine::fallback(Handler handler) { core_->fallback = std::move(handler); }

void HttpEngine::add(std::string_view method, std::string pattern, Handler handler) {
  core_->router.add(std::string(method), pattern);
  core_->handlers.push_back(std::move(handler));
}

park::Reply HttpEngine::handle_request(park::Connection& connection,
                                       const park::RequestBytes& request) {
  return process(request, connection.peer(), &connection);
}

std::string HttpEngine::handle_refusal(park::Connection&, const park::Refusal& refusal) {
  LateAnswer late;
  for (const auto& [name, value] : core_->options.default_headers) {
    late.fixed_headers_ += name + ": " + value + "\r\n";
  }
  return late.encode(problem_answer({.status = refusal.status,
                                     .code = std::string(problem_code(refusal.status)),
                                     .detail = std::string(refusal.reason),
                                     .members = {}}));
}

park::Reply HttpEngine::process(const park::RequestBytes& bytes, const park::Peer& peer,
                                park::Connection* connection) const {
  Request request(bytes, peer, connection);
  Exchange exchange{.request = request,
                    .verdict = judge_origin(core_->options.origins, request.header("Origin"),
                                            request.header("Host"))};
  exchange.late.keep_alive_ = wants_keep_alive(bytes);
  for (const auto& [name, value] : core_->options.default_headers) {
    exchange.late.fixed_headers_ += name + ": " + value + "\r\n";
  }
  exchange.late.fixed_headers_ += core_->cors_headers(exchange);
  exchange.response.late_ = &exchange.late;

  Exchange* const outer = std::exchange(current_exchange, &exchange);
  park::Reply reply{.bytes = core_->run(bytes, peer, exchange.late.keep_alive_), .parked = nullptr};
  current_exchange = outer;

  Response& response = exchange.response;
  switch (response.parking_) {
    case Response::Parking::none:
      // cpp-httplib closes after every error; what it refused itself never reached a handler.
      reply.keep_alive = exchange.late.keep_alive_ && response.status < 400 &&
                         reply.bytes.find("\r\nConnection: close\r\n") == std::string::npos;
      break;
    case Response::Parking::stream:
      reply.parked = std::move(response.parked_);
      break;
    case Response::Parking::answer:
      reply.bytes.clear();
      reply.parked = std::move(response.parked_);
      break;
    case Response::Parking::upgraded: {
      reply.bytes = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n" +
                    exchange.late.fixed_headers_;
      for (const auto& [name, value] : response.headers) {
        reply.bytes += name + ": " + value + "\r\n";
      }
      reply.bytes += "\r\n";
      reply.parked = std::move(response.parked_);
      reply.mode = park::ParkMode::upgraded;
      break;
    }
  }
  if (core_->options.on_answered) {
    const bool upgraded = response.parking_ == Response::Parking::upgraded;
    core_->options.on_answered(request, upgraded ? 101 : response.status);
  }
  return reply;
}

}  // namespace freshet::server

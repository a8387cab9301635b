#include "http/http_engine.h"

#include <httplib.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <exception>
#include <utility>

#include "http/gzip.h"
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

// All that cpp-httplib is given of a request. The framer has measured and decoded the body and
// answered Expect; handlers read headers and query from the bytes that came, because cpp-httplib
// 0.41 percent-decodes header values and drops repeated query parameters; Upgrade would start its
// own WebSocket, which takes a thread. It reads byte by byte, so what it does not see costs
// nothing; nor does it route, so of a path it needs only to see that there is one.
std::string short_head(const Request& request) {
  const std::string_view path = request.raw_path();
  std::string head;
  head.append(request.method()).append(" ").append(path.starts_with('/') ? "/" : path);
  return head.append(" HTTP/1.1\r\n\r\n");
}

constexpr std::string_view preflight_headers =
    "Authorization, Content-Type, Idempotency-Key, Last-Event-ID";
constexpr std::string_view exposed_headers =
    "Retry-After, Freshet-Retry-After-Ms, Freshet-Ticket, ETag";

// cpp-httplib has its own words for a status, some of an older RFC ("Payload Too Large"): the
// status line is to say what a problem document's title says. `answer` begins "HTTP/1.1 413 ".
void name_status(std::string& answer) {
  constexpr std::size_t digits = std::string_view("HTTP/1.1 ").size();
  constexpr std::size_t words = digits + std::string_view("413 ").size();
  const std::size_t end = answer.find("\r\n");
  if (end == std::string::npos || end < words) return;
  int status = 0;
  std::from_chars(&answer[digits], &answer[words], status);
  const std::string_view phrase = reason_phrase(status);
  if (answer.compare(words, end - words, phrase) != 0) answer.replace(words, end - words, phrase);
}

// The one request that process_request works on, on this thread: handlers of cpp-httplib get
// nothing of ours passed through.
struct Exchange {
  Request& request;
  OriginVerdict verdict;
  Response response = {};
  LateAnswer late = {};
  bool is_parked = false;  // Its body would come later, so that nobody knows its length.
  bool handled = false;    // By a route; `failure` is what its handler threw.
  std::exception_ptr failure = {};
};
thread_local Exchange* current_exchange = nullptr;

}  // namespace

class HttpEngine::Core final : public httplib::Server {
 public:
  explicit Core(EngineOptions the_options)
      : options(std::move(the_options)),
        gzip(std::make_shared<Gzip>(options.gzip, options.gzip_counts, options.limit_counts)) {
    for (const auto& [name, value] : options.default_headers) {
      default_headers += name + ": " + value + "\r\n";
    }
    // An answer differs by origin wherever one may be named, and caches must know it.
    if (!options.origins.allowed.empty()) default_headers += "Vary: Origin\r\n";
    set_pre_routing_handler([this](const httplib::Request&, httplib::Response& out) {
      answer(*current_exchange, out);
      return HandlerResponse::Handled;
    });
    set_error_handler([](const httplib::Request&, httplib::Response& out) {
      refuse_unrouted(*current_exchange, out);
      return HandlerResponse::Handled;
    });
    set_exception_handler(
        [this](const httplib::Request&, httplib::Response& out, std::exception_ptr error) {
          answer_exception(*current_exchange, out, error);
        });
    set_header_writer([](httplib::Stream& out, httplib::Headers& headers) {
      return write_headers(*current_exchange, out, headers);
    });
  }

  // Runs the route's handler, if there is one, ahead of cpp-httplib: most answers of a handler come
  // later, and theirs needs no head from it.
  void handle_routed(Exchange& exchange) const {
    if (exchange.verdict == OriginVerdict::refused) return;
    Request& request = exchange.request;
    auto match = router.find(request.method(), request.raw_path());
    if (!match) return;
    request.parameters_ = std::move(match->parameters);
    exchange.handled = true;
    try {
      handlers[match->index](request, exchange.response);
    } catch (...) {
      exchange.failure = std::current_exception();
    }
  }

  // Whether the handler's answer comes without cpp-httplib: at once, late, or by another protocol.
  static bool is_apart(const Exchange& exchange) {
    using Parking = Response::Parking;
    const Response& response = exchange.response;
    if (exchange.failure || exchange.request.is_head()) return false;
    if (response.parking_ == Parking::at_once) return true;
    return response.status < 400 &&
           (response.parking_ == Parking::answer || response.parking_ == Parking::upgraded);
  }

  // Runs cpp-httplib over the request and returns the bytes it answers.
  std::string run(Exchange& exchange) {
    const std::string head = short_head(exchange.request);
    MemoryStream stream(head);
    bool closed = false;
    Exchange* const outer = std::exchange(current_exchange, &exchange);
    process_request(stream, {}, 0, {}, 0, false, closed, nullptr, nullptr);
    current_exchange = outer;
    std::string output = stream.take_output();
    name_status(output);
    return output;
  }

  std::string fixed_headers(const Request& request, OriginVerdict verdict) const {
    if (verdict != OriginVerdict::allowed) return default_headers;
    return default_headers +
           "Access-Control-Allow-Origin: " + std::string(request.header("Origin")) +
           "\r\nAccess-Control-Expose-Headers: " + std::string(exposed_headers) + "\r\n";
  }

  EngineOptions options;
  std::shared_ptr<Gzip> gzip;   // A late answer may be the last that holds it.
  std::string default_headers;  // Each line with CRLF.
  Router router;
  std::vector<server::Handler> handlers;
  server::Handler fallback;

 private:
  // What the handler says, in cpp-httplib's words. An exception goes on to cpp-httplib, which
  // comes back with it to answer_exception().
  void answer(Exchange& exchange, httplib::Response& out) {
    Response& response = exchange.response;
    dispatch(exchange);
    if (response.status >= 400 || exchange.request.is_head()) {
      exchange.is_parked = response.parking_ != Response::Parking::none;
      response.parking_ = Response::Parking::none;
      response.parked_.reset();
    }
    if (response.parking_ == Response::Parking::none) {
      gzip->apply(response, exchange.late.accepts_gzip_);
    }
    out.status = response.status;
    for (const auto& [name, value] : response.headers) out.headers.emplace(name, value);
    if (response.parking_ == Response::Parking::stream) {
      exchange.is_parked = true;
      exchange.late.keep_alive_ = false;  // The end of a stream is the end of its connection.
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

  void answer_exception(Exchange& exchange, httplib::Response& out, std::exception_ptr error) {
    // The text is for the log: it may name what a client has no business to know.
    if (options.on_exception) {
      try {
        std::rethrow_exception(error);
      } catch (const std::exception& known) {
        options.on_exception(exchange.request, known.what());
      } catch (...) {
        options.on_exception(exchange.request, "not a std::exception");
      }
    }
    Response& response = exchange.response;
    response.parking_ = Response::Parking::none;
    response.parked_.reset();
    response.headers.clear();
    set_problem(response, {.status = 500,
                           .code = "internal",
                           .detail = "the server failed at this request; its log says why",
                           .members = {}});
    out.status = 500;
    out.headers.clear();
    out.set_content(response.body, response.content_type);
  }

  // Called for every status of 400 and more; fills in those that cpp-httplib made itself, before
  // any handler.
  static void refuse_unrouted(Exchange& exchange, httplib::Response& out) {
    if (!out.body.empty() || exchange.response.status >= 400) return;
    // Its line is well-formed, the framer saw to that: what is left is the method's name.
    out.status = exchange.request.raw_path().empty() ? 400 : 501;
    exchange.late.keep_alive_ = false;
    set_problem(exchange.response, {.status = out.status,
                                    .code = std::string(problem_code(out.status)),
                                    .detail = out.status == 501 ? "this method is not known here"
                                                                : "the target has no path",
                                    .members = {}});
    out.set_content(exchange.response.body, exchange.response.content_type);
  }

  // cpp-httplib adds "Connection: close" to every answer from 400 on, its own "Keep-Alive" to the
  // others, and "Accept-Ranges" to HEAD: here the client is told what the loop does.
  static ssize_t write_headers(const Exchange& exchange, httplib::Stream& out,
                               const httplib::Headers& headers) {
    const int status = exchange.response.status;
    // RFC 9110 §8.6: none with 204; with 304 and HEAD the length would have to be GET's.
    const bool has_length =
        status != 204 && status != 304 && !(exchange.is_parked && exchange.request.is_head());
    std::string text;
    for (const auto& [name, value] : headers) {
      if (equals_ignoring_case(name, "Connection") || equals_ignoring_case(name, "Keep-Alive") ||
          equals_ignoring_case(name, "Accept-Ranges") ||
          (!has_length && equals_ignoring_case(name, "Content-Length") && value == "0")) {
        continue;
      }
      text.append(name).append(": ").append(value).append("\r\n");
    }
    text += exchange.late.fixed_headers_;
    text += exchange.late.connection_header();
    text += "\r\n";
    return out.write(text.data(), text.size());
  }

  void dispatch(Exchange& exchange) {
    if (exchange.failure) std::rethrow_exception(exchange.failure);
    if (exchange.handled) return;
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
    const std::string methods = router.methods(path);
    if (request.method() == "OPTIONS" && (!methods.empty() || path == "*")) {
      return answer_options(exchange, methods);
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

  static void answer_options(Exchange& exchange, const std::string& methods) {
    Response& response = exchange.response;
    response.status = 204;
    if (!methods.empty()) response.headers.emplace_back("Allow", methods);
    if (exchange.verdict != OriginVerdict::allowed) return;
    response.headers.emplace_back("Access-Control-Allow-Methods", methods);
    response.headers.emplace_back("Access-Control-Allow-Headers", preflight_headers);
    response.headers.emplace_back("Access-Control-Max-Age", "600");
  }
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
  return process(request, &connection);
}

std::string HttpEngine::handle_refusal(park::Connection&, const park::Refusal& refusal) {
  LateAnswer late;
  late.fixed_headers_ = core_->default_headers;
  return late.encode(problem_answer({.status = refusal.status,
                                     .code = std::string(problem_code(refusal.status)),
                                     .detail = std::string(refusal.reason),
                                     .members = {}}));
}

park::Reply HttpEngine::process(const park::RequestBytes& bytes,
                                park::Connection* connection) const {
  Request request(bytes, connection);
  Exchange exchange{.request = request,
                    .verdict = judge_origin(core_->options.origins, request.header("Origin"),
                                            request.header("Host"))};
  exchange.late.gzip_ = core_->gzip;
  exchange.late.accepts_gzip_ =
      core_->gzip->on() && accepts_gzip(request.header("Accept-Encoding"));
  exchange.late.draining_ = core_->options.draining;
  exchange.late.keep_alive_ =
      bytes.keep_alive && !(core_->options.draining && core_->options.draining->load());
  exchange.late.is_http_1_0_ = bytes.is_http_1_0;
  exchange.late.fixed_headers_ = core_->fixed_headers(request, exchange.verdict);
  exchange.response.late_ = &exchange.late;

  core_->handle_routed(exchange);
  park::Reply reply;
  if (!Core::is_apart(exchange)) reply.bytes = core_->run(exchange);
  Response& response = exchange.response;
  reply.hang_up = response.parking_ != Response::Parking::none && response.hang_up_;
  if (reply.hang_up) exchange.late.keep_alive_ = false;
  reply.keep_alive = exchange.late.keep_alive();
  reply.parked = std::move(response.parked_);
  int status = response.status;
  switch (response.parking_) {
    case Response::Parking::none:
    case Response::Parking::stream:
      break;
    case Response::Parking::at_once:
      reply.bytes = exchange.late.encode(std::move(response));
      break;
    case Response::Parking::answer:
      reply.bytes.clear();  // The fallback parked: its answer is late, so its head is too.
      break;
    case Response::Parking::upgraded:
      status = 101;
      if (reply.parked != nullptr) reply.mode = park::ParkMode::upgraded;
      reply.bytes = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n" +
                    exchange.late.fixed_headers_;
      for (const auto& [name, value] : response.headers) {
        reply.bytes += name + ": " + value + "\r\n";
      }
      reply.bytes += "\r\n" + response.last_;
      break;
  }
  if (core_->options.on_answered) core_->options.on_answered(request, status);
  return reply;
}

}  // namespace freshet::server

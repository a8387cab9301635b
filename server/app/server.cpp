#include "app/server.h"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>
#include <utility>

#include <spdlog/spdlog.h>

#include "app/arguments.h"
#include "guard/origin.h"
#include "http/problem.h"
#include "http/static_files.h"
#include "transport/routes.h"

namespace freshet::app {
namespace {

using server::Instant;
using server::Request;
using server::Response;

constexpr Duration housekeeping_interval{1'000};
constexpr Duration stop_poll_interval{5};

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) ^ device();
}

// Answers what no route does.
server::Handler fallback(const std::filesystem::path& demo) {
  if (demo.empty()) {
    return [](const Request& request, Response& response) {
      if (request.path() != "/") {
        return set_problem(response, {.status = 404,
                                      .code = "not_found",
                                      .detail = "there is nothing at this path; the protocol's "
                                                "paths begin with /v1/",
                                      .members = {}});
      }
      response.content_type = "text/plain; charset=utf-8";
      response.body = "freshet " FRESHET_VERSION
                      " is running.\n\n"
                      "  curl -N 'http://HOST/v1/sse?pattern=>'\n"
                      "  curl -d '{\"text\":\"hi\"}' http://HOST/v1/topics/chat.lobby\n";
    };
  }
  const auto files =
      std::make_shared<const server::StaticFiles>(server::StaticFilesOptions{.root = demo});
  return [files](const Request& request, Response& response) {
    const std::string path = request.path();
    const std::size_t start = std::min(path.find_first_not_of('/'), path.size());
    if (files->serve(request, std::string_view{path}.substr(start), response)) {
      return;
    }
    set_problem(
        response,
        {.status = 404, .code = "not_found", .detail = "there is no such page", .members = {}});
  };
}

}  // namespace

// One loop's handler. The first one keeps house for the whole server: it trims the log and
// computes the window.
class Server::Handler final : public park::RequestHandler {
 public:
  Handler(Server& owner, park::Loop& loop)
      : owner_(owner),
        loop_(loop),
        routes_(loop, owner.context_, engine_options(owner.options_),
                fallback(owner.options_.demo)) {
    const std::lock_guard lock(owner_.handlers_mutex_);
    owner_.handlers_.push_back(this);
    if (owner_.handlers_.size() == 1) keep_house();
  }
  ~Handler() override {
    loop_.cancel(timer_);
    const std::lock_guard lock(owner_.handlers_mutex_);
    std::erase(owner_.handlers_, this);
  }

  park::Reply handle_request(park::Connection& connection,
                             const park::RequestBytes& request) override {
    return routes_.handle_request(connection, request);
  }
  std::string handle_refusal(park::Connection& connection, const park::Refusal& refusal) override {
    return routes_.handle_refusal(connection, refusal);
  }

  park::Loop& loop() { return loop_; }
  void drain(Duration spread) { routes_.live().drain(spread); }

 private:
  static server::EngineOptions engine_options(const ServerOptions& options) {
    server::EngineOptions engine;
    engine.origins.allowed = options.allowed_origins;
    engine.gzip = options.gzip;
    engine.default_headers = {{"X-Content-Type-Options", "nosniff"}};
    if (spdlog::should_log(spdlog::level::debug)) {
      engine.on_answered = [](const Request& request, int status) {
        spdlog::debug("{} {} {} {}", request.peer().to_string(), request.method(), request.target(),
                      status);
      };
    }
    engine.on_exception = [](const Request& request, std::string_view what) {
      spdlog::error("{} {} failed: {}", request.method(), request.target(), what);
    };
    return engine;
  }

  void keep_house() {
    timer_ = loop_.after(housekeeping_interval, [this] { keep_house(); });
    const Instant now = routes_.live().now();
    server::ServerContext& context = owner_.context_;
    context.log.trim(now);
    count_forgotten();
    context.admission.update(now);
  }

  // Of the log's limits those at which it forgets something early.
  void count_forgotten() {
    const server::SharedLog::Size size = owner_.log_.size();
    server::LimitCounts& limits = owner_.context_.counts.limits;
    limits.of(server::LimitName::idempotency_keys)
        .set(static_cast<std::int64_t>(size.keys_forgotten));
    limits.of(server::LimitName::empty_topics)
        .set(static_cast<std::int64_t>(size.topics_forgotten));
  }

  Server& owner_;
  park::Loop& loop_;
  server::LoopHandler routes_;
  park::TimerId timer_ = 0;
};

Server::Server(ServerOptions options)

    : options_(std::move(options)),
      log_(random_seed(), options_.retention),
      context_(log_, options_.admission, {.low = random_seed(), .high = random_seed()}) {
  context_.guard = server::Guard(options_.publish_key);
  context_.limits = options_.limits;
  context_.overload.set_bytes_max(options_.limits.outbox_total_bytes_max);
  context_.compression = options_.compression;
  context_.hub.ping = options_.ping;
  context_.hub.subscriptions_max = options_.limits.patterns_max;
  context_.hub.rules = options_.rules;
  context_.hub.backlog_bytes_max = options_.limits.outbox_bytes_max;
  context_.echo = options_.echo;
  context_.on_drain = options_.on_drain;
}

Server::~Server() { stop(); }

Result<void> Server::check() const {
  if (!is_loopback(options_.host) && options_.publish_key.empty() && !options_.open) {
    const bool is_ipv6 = options_.host.find(':') != std::string::npos;
    return Error{ErrorCode::invalid_argument,
                 "refusing to listen on " + (is_ipv6 ? "[" + options_.host + "]" : options_.host) +
                     ": anybody who reaches it could publish; add --publish-key KEY so that only "
                     "its holders can, or --open if that is meant"};
  }
  for (const std::string& origin : options_.allowed_origins) {
    if (const std::string fault = server::check_allowed_origin(origin); !fault.empty()) {
      return Error{ErrorCode::invalid_argument, fault};
    }
  }
  if (!options_.demo.empty() && !std::filesystem::is_directory(options_.demo)) {
    return Error{ErrorCode::invalid_argument,
                 "there is no folder " + options_.demo.string() +
                     " to serve; build the demo pages first, or give --demo=DIR"};
  }
  return {};
}

park::LoopsOptions Server::loops_options() const {
  park::LoopsOptions loops;
  loops.loop = options_.connection;
  loops.listen.host = options_.host;
  loops.listen.port = options_.port;
  loops.loop_count = options_.loops;
  const std::size_t message = options_.limits.message_bytes_max;
  // A batch of publishes is as large as one message may be, and what stands around each.
  loops.loop.framer.body_bytes_max = message + 64 * 1024;
  // Must hold one largest message in its largest form, or a poll's answer.
  loops.loop.outbox_bytes_max =
      std::max(options_.limits.outbox_bytes_max,
               std::max(2 * message, options_.limits.poll_bytes_max + message) + 64 * 1024);
  // So that many streams that are only a little slow stay far below the limit of all.
  loops.loop.outbox_low_mark_bytes = std::clamp<std::size_t>(
      options_.limits.outbox_total_bytes_max / 64, 4 * 1024, loops.loop.outbox_low_mark_bytes);
  if (options_.echo) {
    loops.loop.outbox_bytes_max = std::max<std::size_t>(loops.loop.outbox_bytes_max, 40 << 20);
  }
  loops.loop.on_accept_paused = [] {
    spdlog::warn("out of file descriptors: not accepting for now; raise the limit (ulimit -n)");
  };
  loops.loop.on_accept_resumed = [] { spdlog::warn("accepting again"); };
  return loops;
}

Result<void> Server::start() {
  if (const auto valid = check(); !valid) return valid.error();
  const std::string fault = loops_.start(
      loops_options(), [this](park::Loop& loop) { return std::make_unique<Handler>(*this, loop); });
  if (!fault.empty()) return Error{ErrorCode::unreachable, fault};
  return {};
}

void Server::drain(Duration spread, Duration max) {
  if (loops_.size() == 0) return;
  context_.draining = true;
  {
    const std::lock_guard lock(handlers_mutex_);
    for (Handler* handler : handlers_) {
      handler->loop().post([handler, spread = std::min(spread, max)] { handler->drain(spread); });
    }
  }
  // What the clients were told must reach them before their sockets close. Newcomers are refused
  // meanwhile, rather than left to the kernel: a load balancer can read that this server is not
  // ready.
  const auto deadline = std::chrono::steady_clock::now() + max;
  while (anybody_left() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(stop_poll_interval);
  }
  if (const std::int64_t left = context_.counts.open(); left > 0) {
    spdlog::warn("--drain-max is over: {} clients are cut off", left);
  }
  loops_.stop();
}

bool Server::anybody_left() {
  if (context_.counts.open() > 0) return true;
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    if (loops_.loop(i).counters().outbox_bytes.load() > 0) return true;
  }
  return false;
}

}  // namespace freshet::app

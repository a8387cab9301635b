#include "http/publish.h"

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "http/problem.h"
#include "wire/control.h"
#include "wire/json.h"
#include "wire/topic.h"

namespace freshet::server {
namespace {

std::uint64_t wall_milliseconds() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<Duration>(since).count());
}

// Gives an answer that may come while the handler runs or after it has returned.
class PendingAnswer {
 public:
  explicit PendingAnswer(Response& response) : response_(&response) {}

  void answer(Answer answer) {
    if (response_) {
      static_cast<Answer&>(*response_) = std::move(answer);
      answered_ = true;
    } else {
      deferred_->answer(std::move(answer));
    }
  }
  // The handler returns: what is not answered yet will be.
  void handler_returns() {
    if (!answered_) deferred_ = response_->defer();
    response_ = nullptr;
  }

 private:
  Response* response_;
  std::shared_ptr<DeferredAnswer> deferred_;
  bool answered_ = false;
};

Answer answer_of(const Error& error) {
  Answer answer = problem_answer({.status = http_status(error.code),
                                  .code = std::string(to_string(error.code)),
                                  .detail = error.message,
                                  .members = {}});
  if (error.code == ErrorCode::unauthorized) {
    answer.headers.emplace_back("WWW-Authenticate", "Bearer");
  }
  if (error.code == ErrorCode::busy) answer.headers.emplace_back("Retry-After", "1");
  return answer;
}

std::string encode_result(std::uint64_t ref, const Result<Appended>& appended) {
  if (appended) return wire::encode(wire::ServerFrame{wire::Ack{.ref = ref, .id = appended->id}});
  return wire::encode(
      wire::ServerFrame{wire::ErrorFrame{.ref = ref,
                                         .code = std::string(to_string(appended.error().code)),
                                         .message = appended.error().message,
                                         .pattern = {}}});
}

struct Line {
  std::string topic;
  std::string key;
  std::string_view data;
};

Result<Line> parse_line(std::string_view text) {
  Line line;
  wire::JsonReader reader(text);
  while (const auto member = reader.next()) {
    if (member->name == "data") {
      line.data = member->value;
    } else if (member->name == "topic" || member->name == "key") {
      auto value = wire::json_string(member->value);
      if (!value) {
        return Error{ErrorCode::malformed, "'" + std::string(member->name) + "' is not a string"};
      }
      (member->name == "topic" ? line.topic : line.key) = *std::move(value);
    }
  }
  if (!reader.complete()) {
    return Error{ErrorCode::invalid_json, "the line is not one JSON object"};
  }
  if (line.data.empty()) return Error{ErrorCode::invalid_json, "the line has no 'data'"};
  return line;
}

std::vector<std::string_view> split_lines(std::string_view body) {
  std::vector<std::string_view> lines;
  while (!body.empty()) {
    const std::size_t end = body.find('\n');
    std::string_view line = body.substr(0, end);
    body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") != std::string_view::npos) lines.push_back(line);
  }
  return lines;
}

// The answer to a batch: complete when its last line is.
struct Batch {
  Batch(Response& response, std::size_t count) : pending(response), left(count), results(count) {}

  void finish_line(std::size_t number, const Result<Appended>& appended) {
    results[number] = encode_result(number, appended);
    if (!appended && appended.error().code == ErrorCode::busy) ++busy;
    if (--left > 0) return;
    if (busy == results.size()) return pending.answer(answer_of(appended.error()));
    Answer answer;
    answer.content_type = "application/x-ndjson";
    for (const std::string& result : results) answer.body.append(result).append("\n");
    pending.answer(std::move(answer));
  }

  PendingAnswer pending;
  std::size_t left;
  std::size_t busy = 0;
  std::vector<std::string> results;
};

}  // namespace

Publisher::Publisher(Log& log, const Limits& limits, const Overload& overload,
                     PublishCounts& counts, LimitCounts& reached)
    : log_(log), limits_(limits), overload_(overload), counts_(counts), reached_(reached) {}

void Publisher::publish(const PublishRequest& request, const Identity& identity, Instant now,
                        std::function<void(Result<Appended>)> done) const {
  const auto refuse = [&](Error error) {
    counts_.refused.add();
    done(std::move(error));
  };
  if (!identity.may_publish) {
    return refuse({ErrorCode::unauthorized,
                   "publishing needs the server's key: send 'Authorization: Bearer KEY'"});
  }
  if (const auto valid = wire::check_topic(request.topic); !valid) return refuse(valid.error());
  if (wire::is_reserved_topic(request.topic)) {
    return refuse({ErrorCode::forbidden, "'" + std::string(request.topic) +
                                             "' is reserved: only the server publishes to "
                                             "segments that begin with '$'"});
  }
  if (request.data.size() > limits_.message_bytes_max) {
    reached_.of(LimitName::message_bytes).add();
    return refuse({ErrorCode::too_large,
                   "the message has " + std::to_string(request.data.size()) + " bytes; at most " +
                       std::to_string(limits_.message_bytes_max) + " are allowed"});
  }
  if (const auto valid = check_payload(request.data); !valid) return refuse(valid.error());
  if (overload_.refuses(request.topic)) {
    reached_.of(LimitName::outbox_total_bytes).add();
    return refuse({ErrorCode::busy, "messages of '" + std::string(request.topic) +
                                        "' come faster than their readers take them; publish it "
                                        "again later"});
  }
  log_.append({.topic = request.topic,
               .data = request.data,
               .key = request.key,
               .principal = identity.principal,
               .time = wall_milliseconds()},
              now, [&counts = counts_, done = std::move(done)](Result<Appended> appended) {
                if (!appended) {
                  counts.refused.add();
                } else if (appended->repeated) {
                  counts.repeated.add();
                } else {
                  counts.published.add();
                }
                done(std::move(appended));
              });
}

// A repeat that names the epoch of its first try must not be stored again by a log that has
// forgotten its key.
bool Publisher::is_for_other_epoch(const Request& request, Response& response) const {
  const auto epoch = request.query("epoch");
  if (!epoch || *epoch == log_.epoch()) return false;
  set_problem(response,
              {.status = 412,
               .code = "epoch_changed",
               .detail = "the log's epoch is now " + log_.epoch() + "; nothing was published",
               .members = {}});
  return true;
}

void Publisher::handle_one(const Request& request, const Guard& guard, Instant now,
                           Response& response) const {
  const auto identity = guard.identify(request.header("Authorization"));
  if (!identity) return set_error(response, identity.error());
  if (is_for_other_epoch(request, response)) return;
  const auto pending = std::make_shared<PendingAnswer>(response);
  publish({.topic = request.parameter("topic"),
           .data = request.body(),
           .key = request.header("Idempotency-Key")},
          *identity, now, [&log = log_, pending](const Result<Appended>& appended) {
            if (!appended) return pending->answer(answer_of(appended.error()));
            Answer answer;
            answer.content_type = "application/json";
            answer.body = "{\"id\":" + std::to_string(appended->id) + ",\"cursor\":\"" +
                          log.epoch() + ":" + std::to_string(appended->id) + "\"}";
            pending->answer(std::move(answer));
          });
  pending->handler_returns();
}

void Publisher::handle_many(const Request& request, const Guard& guard, Instant now,
                            Response& response) const {
  const auto identity = guard.identify(request.header("Authorization"));
  if (!identity) return set_error(response, identity.error());
  const std::vector<std::string_view> lines = split_lines(request.body());
  if (lines.empty()) {
    return set_error(response, {ErrorCode::invalid_json,
                                "the body has no line; each is {\"topic\":…,\"data\":…}"});
  }
  if (lines.size() > limits_.publish_lines_max) {
    reached_.of(LimitName::publish_lines).add();
    return set_error(
        response,
        {ErrorCode::too_many, "the body has " + std::to_string(lines.size()) + " lines; at most " +
                                  std::to_string(limits_.publish_lines_max) + " are allowed"});
  }
  if (!identity->may_publish) {
    return set_error(response, {ErrorCode::unauthorized,
                                "publishing needs the server's key: send 'Authorization: Bearer "
                                "KEY'"});
  }
  if (is_for_other_epoch(request, response)) return;
  const auto batch = std::make_shared<Batch>(response, lines.size());
  for (std::size_t number = 0; number < lines.size(); ++number) {
    auto line = parse_line(lines[number]);
    if (!line) {
      counts_.refused.add();
      batch->finish_line(number, line.error());
      continue;
    }
    publish({.topic = line->topic, .data = line->data, .key = line->key}, *identity, now,
            [batch, number](const Result<Appended>& appended) {
              batch->finish_line(number, appended);
            });
  }
  batch->pending.handler_returns();
}

Result<void> check_payload(std::string_view data) {
  // The parser takes a NUL for the end of its input and skips a byte order mark; neither may stand
  // in a frame.
  if (data.find('\0') != std::string_view::npos || data.starts_with("\xEF\xBB\xBF") ||
      !nlohmann::json::accept(data)) {
    return Error{ErrorCode::invalid_json,
                 "the message is not one JSON value in UTF-8; text must be \"quoted\""};
  }
  return {};
}

int http_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::unauthorized:
      return 401;
    case ErrorCode::forbidden:
      return 403;
    case ErrorCode::not_found:
      return 404;
    case ErrorCode::timeout:
      return 408;
    case ErrorCode::too_large:
      return 413;
    case ErrorCode::busy:
      return 503;
    case ErrorCode::internal:
      return 500;
    default:
      return 400;
  }
}

void set_error(Response& response, const Error& error) {
  static_cast<Answer&>(response) = answer_of(error);
}

}  // namespace freshet::server

// Result<T>: a value or an Error. Everything that can fail because of the network, a peer or user
// input returns one; nothing throws across a public boundary. Used by every part of the project.
#pragma once

#include <cassert>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "freshet/containers.h"

namespace freshet {

// Stable codes; `to_string` gives the spelling used on the wire, in TypeScript and in logs.
enum class ErrorCode : std::uint8_t {
  invalid_argument,  // An option or value out of its documented range.
  invalid_topic,     // Not a topic (see wire/topic.h).
  invalid_pattern,   // Not a pattern.
  invalid_cursor,    // Not a cursor or cursor word.
  invalid_json,      // Not one JSON value, or not UTF-8.
  invalid_url,       // Not an http(s) address.
  malformed,         // Bytes that break the protocol.
  unauthorized,      // No or bad credentials (HTTP 401, close code 4001).
  forbidden,         // Known, but not allowed (HTTP 403, close code 4003).
  not_found,         // HTTP 404.
  too_large,         // Over a size limit (HTTP 413, close code 1009).
  too_many,          // Over a count limit.
  busy,              // The server is at a limit; try later (HTTP 503 or 429).
  unreachable,       // No connection could be made.
  timeout,           // No answer in time.
  queue_full,        // The publish queue is at its limit.
  closed,            // The client, subscription or server was closed.
  outcome_unknown,   // Sent, but the epoch changed before the answer: it may be in the log.
  unsupported,       // This runtime or server cannot do it.
  internal,          // A fault of ours.
};

const std::string_view& error_code_spelling(ErrorCode code);
inline std::string_view to_string(ErrorCode code) { return error_code_spelling(code); }

// Returns the code spelled `text`, or `internal` when there is none of that name.
ErrorCode error_code_from(std::string_view text);

struct Error {
  ErrorCode code = ErrorCode::internal;
  Text message;  // One sentence for people: what, why, and what next.
};

// Says in `error` why something was refused. Returns false, for functions that return whether it
// was not.
inline bool refuse(Error& error, ErrorCode code, std::string_view message) {
  error.code = code;
  error.message = message;
  return false;
}

// A value of type T, or an Error. Test it, then dereference; dereferencing the wrong side is a
// fault of the caller (asserted).
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}
  Result(Error error) : error_(std::move(error)) {}
  // Makes the value where it stays: for types that are costly to move.
  template <typename... Arguments>
  explicit Result(std::in_place_t in_place, Arguments&&... arguments)
      : value_(in_place, std::forward<Arguments>(arguments)...) {}

  explicit operator bool() const { return value_.has_value(); }

  T& operator*() & {
    assert(value_);
    return *value_;
  }
  const T& operator*() const& {
    assert(value_);
    return *value_;
  }
  T&& operator*() && {
    assert(value_);
    return *std::move(value_);
  }
  T* operator->() {
    assert(value_);
    return &*value_;
  }
  const T* operator->() const {
    assert(value_);
    return &*value_;
  }

  const Error& error() const {
    assert(!value_);
    return error_;
  }

 private:
  std::optional<T> value_;
  Error error_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), failed_(true) {}

  explicit operator bool() const { return !failed_; }
  const Error& error() const {
    assert(failed_);
    return error_;
  }

 private:
  Error error_;
  bool failed_ = false;
};

}  // namespace freshet

// How a request for a stream or a poll is refused: in-band where a browser could not read the
// status, by a problem document everywhere else.
#pragma once

#include "freshet/result.h"
#include "http/request.h"
#include "http/response.h"
#include "transport/come_back.h"

namespace freshet::server {

// A fault of the request: with `sdk=`, SSE answers 200 with one error and one close event; other
// requests get the status.
void refuse_sse(const Request& request, Response& response, const Error& error);

// The server is full, stopping, or at its admission rate. A bare EventSource must not see a status,
// which would end it for good: it gets 200 and a `retry:` field. Polls and curl get 503 with
// Retry-After, and keep their connection if it would still be kept when they are to return.
void refuse_sse_busy(const Request& request, Response& response, const ComeBack& when);
void refuse_poll_busy(const Request& request, Response& response, const ComeBack& when);

// WebSocket with `sdk=`: 101, an error or retry frame, a close frame. Others get the status.
// REQUIRES: the handshake is valid, its answer's headers are in `response`.
void refuse_websocket(const Request& request, Response& response, const Error& error);
void refuse_websocket_busy(const Request& request, Response& response, const ComeBack& when);

// The close code that says an error.
std::uint16_t close_code_of(ErrorCode code);

// Adds Retry-After (whole seconds, rounded up), the exact milliseconds, and the ticket if any.
void add_retry_after(Answer& answer, const ComeBack& when);

}  // namespace freshet::server

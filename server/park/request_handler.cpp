#include "park/request_handler.h"

namespace freshet::park {

std::string RequestHandler::handle_refusal(Connection& connection, const Refusal& refusal) {
  (void)connection;
  const std::string body = std::string(refusal.reason) + "\n";
  return "HTTP/1.1 " + std::to_string(refusal.status) +
         " Refused\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

}  // namespace freshet::park

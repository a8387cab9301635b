// A subscriber that writes down what it is sent, for tests of the hub.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hub/hub.h"

namespace freshet::server {

struct RecordingSubscriber final : Subscriber {
  Sent send(EncodedMessage& message) override {
    ids.push_back(message.id());
    log.push_back(std::to_string(message.id()));
    blobs.push_back(message.websocket());
    return answer;
  }
  void send_control(EncodedMessage& frame, const wire::ServerFrame& what) override {
    log.push_back(*frame.frame());
    frames.push_back(what);
  }
  void close(std::uint16_t code, std::string_view) override { close_code = code; }
  void batch_end() override { ++batches; }

  bool is_replaying() const { return replaying(); }

  // The frames of one kind.
  template <typename Frame>
  std::vector<Frame> all() const {
    std::vector<Frame> found;
    for (const auto& frame : frames) {
      if (const auto* one = std::get_if<Frame>(&frame)) found.push_back(*one);
    }
    return found;
  }
  void forget() {
    ids.clear();
    log.clear();
    frames.clear();
  }

  Sent answer = Sent::more;
  std::vector<std::uint64_t> ids;
  std::vector<std::string> log;  // Ids and control frames, in order.
  std::vector<wire::ServerFrame> frames;
  std::vector<Blob> blobs;
  std::uint16_t close_code = 0;
  int batches = 0;
};

}  // namespace freshet::server

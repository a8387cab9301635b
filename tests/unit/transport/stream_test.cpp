// When a stream counts as slow, and how it ends; its outbox is looked at before the turn's flush.
#include "transport/stream.h"

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <vector>

#include "unit/transport/one_loop_server.h"

namespace freshet::server {
namespace {

class ProbeStream final : public Stream {
 public:
  explicit ProbeStream(LiveLoop& live)
      : Stream(live, Transport::websocket, {.client = "c", .starts = {}}) {}

  void handle_parked(park::Connection& connection) override { open(connection); }
  Sent send(EncodedMessage& message) override { return queue_message(message.frame()); }
  void send_control(EncodedMessage& frame, const wire::ServerFrame&) override {
    queue_control(frame.line());
  }

  using Stream::connection;
  using Stream::queue_control;
  using Stream::queue_message;

 protected:
  Blob farewell(std::uint16_t code, std::string_view) override {
    return park::make_blob("bye " + std::to_string(code));
  }
};

// Parks every connection as such a stream.
class ProbeHandler final : public park::RequestHandler {
 public:
  ProbeHandler(park::Loop& loop, ServerContext& context, park::Mailbox<ProbeStream*>& opened)
      : live_(loop, context), opened_(opened) {}

  park::Reply handle_request(park::Connection&, const park::RequestBytes&) override {
    auto stream = std::make_unique<ProbeStream>(live_);
    opened_.put(stream.get());
    return {.bytes = {}, .parked = std::move(stream), .mode = park::ParkMode::upgraded};
  }

 private:
  LiveLoop live_;
  park::Mailbox<ProbeStream*>& opened_;
};

struct Probe {
  Probe()
      : server({},
               [this](park::Loop& loop, ServerContext& context) {
                 return std::make_unique<ProbeHandler>(loop, context, opened);
               }),
        client(server.connect(4096)) {
    client.send(park::get("/"));
    stream = opened.take();
    client.read_until("\"op\":\"hello\"");
  }

  park::Mailbox<ProbeStream*> opened;
  OneLoopServer server;
  park::LoopbackClient client;
  ProbeStream* stream = nullptr;
};

// The answers to messages of 32 KiB until one is not `more`.
std::vector<Sent> queue_until_told(ProbeStream& stream) {
  std::vector<Sent> told;
  do {
    told.push_back(stream.queue_message(park::make_blob(std::string(32 * 1024, 'x'))));
  } while (told.back() == Sent::more);
  return told;
}

TEST_CASE("a live stream is full when more waits than a hub hands out at once",
          "[transport][stream]") {
  Probe probe;
  probe.server.run([&](park::Loop& loop) {
    const auto told = queue_until_told(*probe.stream);
    CHECK(told.back() == Sent::full);
    CHECK(told.size() * 32 * 1024 > 4 * loop.options().outbox_low_mark_bytes);
    CHECK(told.size() * 32 * 1024 < 6 * loop.options().outbox_low_mark_bytes);
  });
}

TEST_CASE("under strain a stream is full at the low mark, and closed when all outboxes are",
          "[transport][stream][overload]") {
  Probe probe;
  Overload& overload = probe.server.context.overload;
  probe.server.run([&](park::Loop&) {
    overload.set_bytes_max(1'000'000);
    overload.add(800'000);
    const auto told = queue_until_told(*probe.stream);
    CHECK(told == std::vector{Sent::more, Sent::more, Sent::full});
    overload.add(200'000);
    CHECK(probe.stream->queue_message(park::make_blob("x")) == Sent::overflow);
    overload.add(-1'000'000);
    CHECK(probe.stream->queue_message(park::make_blob("x")) == Sent::more);
  });
  CHECK(probe.server.context.counts.limits.of(LimitName::outbox_total_bytes).value() == 1);
}

TEST_CASE("a slow consumer's farewell does not wait behind what it never took",
          "[transport][stream]") {
  Probe probe;
  probe.server.run([&](park::Loop&) {
    queue_until_told(*probe.stream);
    probe.stream->close(4100, "slow");
    CHECK(probe.stream->connection() == nullptr);
    CHECK(probe.stream->queue_message(park::make_blob("x")) == Sent::pause);
  });
  const std::string rest = probe.client.read_to_end();
  CHECK(rest.find('x') == std::string::npos);
  CHECK(rest.ends_with("bye 4100"));
}

TEST_CASE("any other farewell comes behind all that waits", "[transport][stream]") {
  Probe probe;
  probe.server.run([&](park::Loop&) {
    probe.stream->queue_message(park::make_blob("last words, "));
    probe.stream->close(1001, "going");
    probe.stream->close(1001, "going");
  });
  CHECK(probe.client.read_to_end().ends_with("last words, bye 1001"));
}

TEST_CASE("a control frame without room ends the stream as slow", "[transport][stream]") {
  Probe probe;
  probe.server.run([&](park::Loop& loop) {
    const auto half = park::make_blob(std::string(loop.options().outbox_bytes_max / 2 + 1, 'x'));
    CHECK(probe.stream->queue_message(half) == Sent::full);
    CHECK(probe.stream->queue_message(half) == Sent::overflow);
    probe.stream->queue_control(half);
    CHECK(probe.stream->connection() == nullptr);
  });
  CHECK(probe.client.read_to_end().ends_with("bye 4100"));
}

TEST_CASE("a peer that will send no more is pinged, to see whether it is there",
          "[transport][stream]") {
  Probe probe;
  probe.client.half_close();
  probe.client.read_until("\"op\":\"ping\"");
  CHECK(probe.server.context.counts.of(Transport::websocket).open.value() == 1);
}

}  // namespace
}  // namespace freshet::server

// Actions as JSON arrays: they are rare beside messages, JavaScript reads JSON fast, and one writer
// here and one JSON.parse there are smaller than a layout of structs. src/core.ts lists the arrays.
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "bindings/bindings.h"
#include "wire/cursor.h"
#include "wire/json.h"

namespace freshet::bindings {
namespace {

class Json {
 public:
  Json& value(std::uint64_t number) {
    separate();
    wire::append_number(out_, number);
    return *this;
  }
  Json& value(std::string_view text) {
    separate();
    wire::append_json_string(out_, text);
    return *this;
  }
  Json& name(std::string_view text) {
    value(text);
    out_ += ':';
    return *this;
  }
  Json& open(char bracket) {
    separate();
    out_ += bracket;
    return *this;
  }
  Json& close(char bracket) {
    out_ += bracket;
    return *this;
  }
  std::string take() { return std::move(out_); }

 private:
  // A comma, unless at the beginning or behind an opening bracket or a colon.
  void separate() {
    const char last = out_.empty() ? '[' : out_.back();
    if (last != '[' && last != '{' && last != ':') out_ += ',';
  }

  std::string out_;
};

void write(Json& json, const Error& error) {
  json.open('{').name("code").value(to_string(error.code));
  json.name("message").value(error.message).close('}');
}

void write(Json& json, const State& state) {
  static constexpr std::string_view kinds[] = {"idle", "connecting", "live", "waiting", "closed"};
  json.open('{').name("kind").value(kinds[state.kind.index()]);
  if (const auto* connecting = std::get_if<state::Connecting>(&state.kind)) {
    json.name("transport").value(to_string(connecting->transport));
  } else if (const auto* live = std::get_if<state::Live>(&state.kind)) {
    json.name("transport").value(to_string(live->transport));
  } else if (const auto* waiting = std::get_if<state::Waiting>(&state.kind)) {
    json.name("retryInMs").value(static_cast<std::uint64_t>(waiting->retry_in.count()));
    json.name("attempt").value(waiting->attempt);
    json.name("reason").value(waiting->reason);
  } else if (const auto* closed = std::get_if<state::Closed>(&state.kind)) {
    if (closed->error) write(json.name("error"), *closed->error);
  }
  json.name("unavailable").open('[');
  for (const Transport transport : state.unavailable) json.value(to_string(transport));
  json.close(']').close('}');
}

struct ActionWriter {
  Json& json;
  const State& state;

  void operator()(const core::OpenStream& open) const {
    json.value(open.connection).value(to_string(open.transport)).value(open.target);
  }
  void operator()(const core::Poll& poll) const {
    json.value(poll.connection).value(poll.target).value(poll.body);
  }
  void operator()(const core::SendText& send) const {
    json.value(send.connection).value(send.text);
  }
  void operator()(const core::SendPublish& send) const {
    json.value(send.connection).value(send.publish).value(send.head);
  }
  void operator()(const core::PostPublishes& post) const {
    json.value(post.request).open('[');
    for (const auto& line : post.lines) {
      json.open('[').value(line.publish).value(line.head).close(']');
    }
    json.close(']');
  }
  void operator()(const core::CancelPost& cancel) const { json.value(cancel.request); }
  void operator()(const core::CloseConnection& close) const {
    json.value(close.connection).value(close.code);
  }
  void operator()(const core::StateChanged&) const { write(json, state); }
  void operator()(const core::TellGap& tell) const {
    json.value(tell.subscription).open('{').name("pattern").value(tell.gap.pattern);
    json.name("after").value(wire::to_string(tell.gap.after));
    json.name("until").value(wire::to_string(tell.gap.until));
    json.name("reason").value(tell.gap.reason).close('}');
  }
  void operator()(const core::TellLive& tell) const { json.value(tell.subscription); }
  void operator()(const core::TellSubscriptionError& tell) const {
    write(json.value(tell.subscription), tell.error);
  }
  void operator()(const core::TellPublished& tell) const {
    json.value(tell.publish);
    if (tell.id) {
      json.value(*tell.id);
    } else {
      write(json, tell.id.error());
    }
  }
};

}  // namespace

std::string to_json(const core::Action& action, const State& state) {
  Json json;
  json.open('[').value(action.index());
  std::visit(ActionWriter{json, state}, action);
  return json.close(']').take();
}

std::string to_json(const Error& error) {
  Json json;
  write(json, error);
  return json.take();
}

}  // namespace freshet::bindings

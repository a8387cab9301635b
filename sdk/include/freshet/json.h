// Typed messages through nlohmann/json: the only public header that needs it.
#pragma once

#include <nlohmann/json.hpp>

#include "freshet/client.h"

namespace freshet {

template <typename T>
Result<Subscription> Client::subscribe(std::string pattern,
                                       std::function<void(const MessageOf<T>&)> on_message,
                                       SubscribeOptions options) {
  auto read = [on_message = std::move(on_message), on_error = options.on_error](const Message& m) {
    try {
      on_message({m.topic, m.id, m.time, nlohmann::json::parse(m.data).template get<T>()});
    } catch (const nlohmann::json::exception& error) {
      if (on_error) on_error({ErrorCode::invalid_json, error.what()});
    }
  };
  return subscribe(std::move(pattern), std::function<void(const Message&)>(std::move(read)),
                   std::move(options));
}

template <typename T>
std::future<Result<Ack>> Client::publish(std::string topic, const T& value, PublishOptions options) {
  return publish_json(std::move(topic), nlohmann::json(value).dump(), std::move(options));
}

}  // namespace freshet

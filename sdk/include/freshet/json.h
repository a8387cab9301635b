// Typed messages through nlohmann/json: the only public header that needs it.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "freshet/client.h"

namespace freshet {

template <typename T>
Result<Subscription> Client::subscribe(std::string pattern,
                                       std::function<void(const MessageOf<T>&)> on_message,
                                       SubscribeOptions options) {
  auto read = [on_message = std::move(on_message), on_error = options.on_error](const Message& m) {
    std::optional<T> data;
    try {
      data.emplace(nlohmann::json::parse(m.data).template get<T>());
    } catch (const nlohmann::json::exception& error) {
      if (on_error) on_error({ErrorCode::invalid_json, error.what()});
      return;
    }
    on_message({m.topic, m.id, m.time, *std::move(data)});
  };
  return subscribe(std::move(pattern), std::function<void(const Message&)>(std::move(read)),
                   std::move(options));
}

template <typename T>
std::future<Result<Ack>> Client::publish(std::string topic, const T& value,
                                         PublishOptions options) {
  std::string json;
  try {
    json = nlohmann::json(value).dump();
  } catch (const nlohmann::json::exception& error) {  // Text that is not UTF-8.
    std::promise<Result<Ack>> failed;
    failed.set_value(Error{ErrorCode::invalid_json, error.what()});
    return failed.get_future();
  }
  return publish_json(std::move(topic), std::move(json), std::move(options));
}

}  // namespace freshet

// The public Client and Subscription: handles on a ClientDriver.
#include "freshet/client.h"

#include <utility>

#include "freshet/native.h"
#include "native/client_driver.h"

namespace freshet {

Client::Client(std::string url, ClientOptions options, std::shared_ptr<Platform> platform)
    : platform_(platform ? std::move(platform) : native_platform()),
      driver_(std::make_shared<ClientDriver>(url, std::move(options), *platform_)) {}

Client::~Client() { driver_->close(); }

Result<Subscription> Client::subscribe(std::string pattern,
                                       std::function<void(const Message&)> on_message,
                                       SubscribeOptions options) {
  // Once the driver has the subscription a callback may run, and destroy this client in it.
  const auto driver = driver_;
  const auto id = driver->subscribe(pattern, std::move(on_message), std::move(options));
  if (!id) return id.error();
  return Subscription(driver, *id);
}

std::future<Result<Ack>> Client::publish_json(std::string topic, std::string json,
                                              PublishOptions options) {
  return driver_->publish(topic, std::move(json), options);
}

void Client::on_state(std::function<void(const State&)> listener) {
  driver_->on_state(std::move(listener));
}

State Client::state() const { return driver_->state(); }

Result<void> Client::set_transports(std::vector<Transport> transports) {
  return driver_->set_transports(std::move(transports));
}

void Client::close() { driver_->close(); }

Subscription::Subscription(std::weak_ptr<ClientDriver> driver, unsigned id)
    : driver_(std::move(driver)), id_(id) {}

Subscription::Subscription(Subscription&& other) noexcept
    : driver_(std::move(other.driver_)), id_(std::exchange(other.id_, 0)) {}

Subscription& Subscription::operator=(Subscription&& other) noexcept {
  if (this != &other) {
    close();
    driver_ = std::move(other.driver_);
    id_ = std::exchange(other.id_, 0);
  }
  return *this;
}

Subscription::~Subscription() { close(); }

void Subscription::close() {
  const unsigned id = std::exchange(id_, 0);
  if (id == 0) return;
  if (const auto driver = driver_.lock()) driver->unsubscribe(id);
  driver_.reset();
}

std::string Subscription::cursor() const {
  const auto driver = driver_.lock();
  return driver && id_ != 0 ? driver->cursor(id_) : std::string();
}

}  // namespace freshet

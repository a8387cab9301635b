// Handlers that note what a platform tells, for a test on another thread to wait for.
#pragma once

#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "freshet/platform.h"
#include "unit/native/fake_server.h"

namespace freshet::test {

// A value that several threads change and one waits for.
template <typename T>
class Watched {
 public:
  template <typename Change>
  void change(Change&& change) {
    const std::lock_guard lock(mutex_);
    change(value_);
    changed_.notify_all();
  }
  // Returns a copy once `wanted` holds, or after `patience` whether it does or not.
  template <typename Wanted>
  T wait(Wanted&& wanted) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return wanted(value_); });
    return value_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  T value_{};
};

// Runs `task` on the platform's thread and waits for it.
inline void on_platform(Platform& platform, std::function<void()> task) {
  std::promise<void> done;
  platform.post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

struct HttpRecord {
  std::optional<HttpHead> head;
  std::string body;
  std::optional<ConnectionEnd> end;
};

class HttpRecorder final : public HttpHandler {
 public:
  HttpRecord wait_for_head() {
    return record_.wait([](const HttpRecord& r) { return r.head.has_value(); });
  }
  HttpRecord wait_for_body(std::size_t bytes) {
    return record_.wait([&](const HttpRecord& r) { return r.body.size() >= bytes; });
  }
  HttpRecord wait_for_end() {
    return record_.wait([](const HttpRecord& r) { return r.end.has_value(); });
  }
  std::function<void()> in_body;

 private:
  void on_head(const HttpHead& head) override {
    record_.change([&](HttpRecord& r) { r.head = head; });
  }
  void on_body(std::string_view bytes) override {
    record_.change([&](HttpRecord& r) { r.body += bytes; });
    if (in_body) in_body();
  }
  void on_end(const ConnectionEnd& end) override {
    record_.change([&](HttpRecord& r) { r.end = end; });
  }

  Watched<HttpRecord> record_;
};

struct WebSocketRecord {
  std::vector<std::string> texts;
  std::optional<HttpHead> refused;
  std::optional<ConnectionEnd> end;
};

class WebSocketRecorder final : public WebSocketHandler {
 public:
  WebSocketRecord wait_for_texts(std::size_t count) {
    return record_.wait([&](const WebSocketRecord& r) { return r.texts.size() >= count; });
  }
  WebSocketRecord wait_for_end() {
    return record_.wait([](const WebSocketRecord& r) { return r.end || r.refused; });
  }
  std::function<void(std::string_view)> in_text;

 private:
  void on_text(std::string_view text) override {
    record_.change([&](WebSocketRecord& r) { r.texts.emplace_back(text); });
    if (in_text) in_text(text);
  }
  void on_refused(const HttpHead& head) override {
    record_.change([&](WebSocketRecord& r) { r.refused = head; });
  }
  void on_end(const ConnectionEnd& end) override {
    record_.change([&](WebSocketRecord& r) { r.end = end; });
  }

  Watched<WebSocketRecord> record_;
};

}  // namespace freshet::test

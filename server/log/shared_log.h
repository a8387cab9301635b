// SharedLog: a MemoryLog that all loops may call at once. The lock lives here and only here, in a
// header that nothing but server/app instantiates, so that the log's archive stays free of threads.
#pragma once

#include <mutex>
#include <utility>

#include "log/memory_log.h"

namespace freshet::server {

// Threads: any. Every answer comes before the call returns, after the lock was let go.
class SharedLog final : public Log {
  template <typename F>
  auto locked(F&& work) const {
    const std::lock_guard lock(mutex_);
    return std::forward<F>(work)();
  }

 public:
  explicit SharedLog(std::uint64_t seed, Retention retention = {}) : log_(seed, retention) {}

  void append(const AppendRequest& request, Instant now,
              std::function<void(Result<Appended>)> done) override {
    done(locked([&] { return log_.append(request, now); }));
  }
  void read(const ReadRequest& request, std::function<void(ReadResult)> done) override {
    done(locked([&] { return std::as_const(log_).read(request); }));
  }
  void backlog(const BacklogRequest& request, std::function<void(Backlog)> done) override {
    done(locked([&] { return std::as_const(log_).backlog(request); }));
  }
  void resolve(std::vector<StartRequest> requests, std::function<void(Resolved)> done) override {
    done(locked([&] { return std::as_const(log_).resolve(std::move(requests)); }));
  }
  void history(std::string_view topic, std::uint64_t before, std::size_t limit,
               std::function<void(std::vector<MessageRef>)> done) override {
    done(locked([&] { return std::as_const(log_).history(topic, before, limit); }));
  }
  void follow(LogFollower& follower) override {
    locked([&] { log_.follow(follower); });
  }
  void unfollow(LogFollower& follower) override {
    locked([&] { log_.unfollow(follower); });
  }
  std::string epoch() const override {
    return locked([&] { return log_.epoch(); });
  }
  std::uint64_t head() const override {
    return locked([&] { return log_.head(); });
  }
  void trim(Instant now) override {
    locked([&] { log_.trim(now); });
  }

  struct Size {
    std::size_t messages = 0;
    std::size_t bytes = 0;
    std::size_t topics = 0;
    std::uint64_t keys_forgotten = 0;    // Early, because of keys_max.
    std::uint64_t topics_forgotten = 0;  // Because of empty_topics_max.
  };
  Size size() const {
    return locked([&] {
      return Size{log_.messages(), log_.bytes(), log_.topics(), log_.keys_forgotten(),
                  log_.topics_forgotten()};
    });
  }

 private:
  mutable std::mutex mutex_;
  mutable MemoryLog log_;
};

}  // namespace freshet::server

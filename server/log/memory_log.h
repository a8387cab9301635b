// MemoryLog: the embedded log, a ring of recent messages in memory. Pure: time and seed are
// arguments. Used by the server (through SharedLog) and by the simulator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "log/log.h"

namespace freshet::server {

struct Retention {
  std::size_t messages_max = 100'000;
  std::size_t bytes_max = 64 * 1024 * 1024;  // Frames and what keeping them costs.
  Duration age_max{60 * 60 * 1000};
  // Topics that hold nothing but the memory of what they lost; beyond it the oldest is forgotten
  // and a log-wide mark rises, which can make a gap be told that is none.
  std::size_t empty_topics_max = 100'000;
  Duration key_age_max{15 * 60 * 1000};
  std::size_t keys_max = 200'000;  // Beyond it the oldest key is forgotten early.
};

// Threads: one at a time; SharedLog wraps it for several. Every answer comes before the call
// returns.
class MemoryLog final : public Log {
 public:
  // `seed` makes the epoch's name and must differ between two lives of a server.
  explicit MemoryLog(std::uint64_t seed, Retention retention = {});

  void append(const AppendRequest& request, Instant now,
              std::function<void(Result<Appended>)> done) override;
  void read(const ReadRequest& request, std::function<void(ReadResult)> done) override;
  void backlog(const BacklogRequest& request, std::function<void(Backlog)> done) override;
  void resolve(std::vector<StartRequest> requests, std::function<void(Resolved)> done) override;
  void history(std::string_view topic, std::uint64_t before, std::size_t limit,
               std::function<void(std::vector<MessageRef>)> done) override;
  void follow(LogFollower& follower) override;
  void unfollow(LogFollower& follower) override;
  std::string epoch() const override { return epoch_; }
  std::uint64_t head() const override { return head_; }
  void trim(Instant now) override;

  // The same without callbacks.
  Result<Appended> append(const AppendRequest& request, Instant now);
  ReadResult read(const ReadRequest& request) const;
  Backlog backlog(const BacklogRequest& request) const;
  Resolved resolve(std::vector<StartRequest> requests) const;
  std::vector<MessageRef> history(std::string_view topic, std::uint64_t before,
                                  std::size_t limit) const;

  std::size_t messages() const { return ring_.size(); }
  std::size_t bytes() const { return bytes_; }
  std::size_t topics() const { return topics_.size(); }
  // Since the start: what was let go of because of keys_max and empty_topics_max.
  std::uint64_t keys_forgotten() const { return keys_forgotten_; }
  std::uint64_t topics_forgotten() const { return topics_forgotten_; }

 private:
  // What one topic has, and has had.
  struct Topic {
    std::vector<std::uint64_t> ids;  // Rising; those before `first` are gone.
    std::size_t first = 0;
    std::uint64_t trimmed = 0;  // The highest id that is gone; 0 = none.
    std::size_t size() const { return ids.size() - first; }
  };
  using Topics = std::map<std::string, Topic, std::less<>>;
  struct Kept {
    MessageRef message;
    Instant at;
    Topics::iterator topic;  // Stays while it holds a message.
  };
  struct Key {
    std::string scope;
    Instant at;
  };

  const MessageRef& at(std::uint64_t id) const;
  std::uint64_t trimmed_of(std::string_view pattern, std::uint64_t after,
                           const Leave& leave = {}) const;
  ResolvedStart resolve_one(StartRequest request) const;
  void read_topics(const ReadRequest& request, ReadResult& result) const;
  void read_ring(const ReadRequest& request, ReadResult& result) const;
  template <typename F>
  void for_topics_of(std::string_view pattern, F&& visit) const;
  void trim_first();
  void forget_keys(Instant now);
  void forget_topics();

  Retention retention_;
  std::string epoch_;
  std::uint64_t head_ = 0;
  std::deque<Kept> ring_;  // Ids without holes: ring_[i] has id first + i.
  std::size_t bytes_ = 0;
  Topics topics_;
  std::map<std::uint64_t, Topics::iterator> empty_topics_;  // By what they lost last.
  std::uint64_t trimmed_max_ = 0;  // The highest id that is gone from the ring.
  std::uint64_t forgotten_ = 0;    // The highest mark of a topic that was forgotten.
  std::unordered_map<std::string, std::uint64_t> keys_;
  std::deque<Key> key_ages_;
  std::uint64_t keys_forgotten_ = 0;
  std::uint64_t topics_forgotten_ = 0;
  std::vector<LogFollower*> followers_;
};

// A short name made of [a-z0-9] for one life of a log.
std::string epoch_name(std::uint64_t seed);

}  // namespace freshet::server

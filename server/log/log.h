// Log: the order of all messages, and the one seam by which the server scales out. Start here.
//
// A log gives every published message an id, keeps it for a while and lets each loop read on from
// its own position. `MemoryLog` is the embedded one; others keep theirs on disk or on many nodes.
// Everything that may need a disk or a peer answers through a callback, so that none of them ever
// blocks a loop.
//
// Threads: as the implementation says. A callback runs on the loop that made the call, either
// before the call returns or later; never after that loop's `unfollow`. No callback runs with a
// lock of the log held, so it may call the log again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/result.h"
#include "log/instant.h"
#include "log/topic_rules.h"
#include "wire/cursor.h"

namespace freshet::server {

// One message as the log keeps it: its frame, encoded once for everybody.
struct LogMessage {
  std::uint64_t id = 0;
  std::uint64_t time = 0;  // Milliseconds since 1970.
  std::string frame;       // {"id":…,"topic":…,"time":…,"data":…}
  std::string_view topic;  // Points into `frame`.
  std::string_view data;   // Points into `frame`.
};
using MessageRef = std::shared_ptr<const LogMessage>;

struct AppendRequest {
  std::string_view topic;           // REQUIRES: checked by wire::check_topic.
  std::string_view data;            // REQUIRES: one valid JSON value in UTF-8.
  std::string_view extra = {};      // Further members with a leading comma: ,"sender":"ann"
  std::string_view key = {};        // Idempotency key; empty without one.
  std::string_view principal = {};  // Whose key it is: keys of different principals never meet.
  std::uint64_t time = 0;           // Milliseconds since 1970, for the frame.
};

struct Appended {
  std::uint64_t id = 0;
  bool repeated = false;  // The key was seen before: `id` is that first message's.
};

// What a reader that is behind may be spared.
struct Leave {
  const TopicRules* rules = nullptr;  // Null = nothing. Must live until read() returns.
  std::uint64_t keep_until = 0;       // Up to here nothing is left out.
  std::uint64_t drop_until = 0;       // Up to here what the rules call drop_oldest is left out.
};

struct ReadRequest {
  std::uint64_t after = 0;
  // Only messages that match one of these; empty = all. Views must live until read() returns.
  std::vector<std::string_view> patterns = {};
  std::size_t messages_max = 256;
  std::size_t bytes_max = 256 * 1024;  // At least one message is given, however large.
  // Messages above `keep_until` of topics whose rule is `latest` are left out when the topic has a
  // newer one: who reads on gets that. A log may give them all the same.
  Leave leave = {};
};

struct ReadResult {
  std::vector<MessageRef> messages;  // Rising ids, all above `after`.
  // All that is kept, matches and is not left out has been given up to here.
  std::uint64_t through = 0;
  bool more = false;  // Whether the log holds anything above `through`.
  // For each pattern (one value when there was none): the highest id of a matching message that
  // is no longer kept, when above `after`; else 0. May name one that never matched, never misses.
  std::vector<std::uint64_t> trimmed;
};

struct BacklogRequest {
  std::uint64_t after = 0;
  std::vector<std::string_view> patterns;  // As of ReadRequest; at least one.
  std::size_t bytes_max = 0;               // What may wait of topics whose rule is drop_oldest.
  Leave leave;                             // `drop_until`: the answer to the last request.
};

struct Backlog {
  // Behind this the newest messages of those topics have at most `bytes_max` together; it is not
  // below the `drop_until` of the request.
  std::uint64_t drop_until = 0;
  // For each pattern: the highest id above `after` that is to be dropped now; 0 = none.
  std::vector<std::uint64_t> dropped;
};

// Where one pattern's subscription really starts.
struct ResolvedStart {
  std::string pattern;
  std::uint64_t after = 0;  // Everything matching up to here is not to be sent.
  // `earliest` and last:N ask for history: up to here all of it is to be sent, whatever the rules.
  std::uint64_t history_until = 0;
  // Trimming up to here has been told or does not concern this start; above it is a gap.
  std::uint64_t told = 0;
  bool recovered = true;        // False when the cursor asked for could not be served.
  wire::Cursor asked;           // Of a gap: the cursor asked for.
  std::uint64_t gap_until = 0;  // Of a gap: messages up to here may be missing.
  std::string_view gap_reason;  // "epoch" or "retention"; empty without a gap.
  // last:N only: the lowest id to be sent of each topic that had messages; others send all.
  std::map<std::string, std::uint64_t, std::less<>> first_of_topic;
};

struct StartRequest {
  std::string pattern;  // REQUIRES: checked by wire::check_pattern.
  wire::Start start = wire::Latest{};
};

struct Resolved {
  std::string epoch;
  std::vector<ResolvedStart> starts;  // One for each request, in order.
};

// Told when there is more to read. One per loop.
class LogFollower {
 public:
  // The head or the epoch has moved. Called on any thread, perhaps with a lock of the log held:
  // must only make a note and wake the loop, and may skip that while an earlier note stands.
  virtual void head_moved() noexcept = 0;

 protected:
  ~LogFollower() = default;
};

class Log {
 public:
  virtual ~Log() = default;

  // Orders and keeps one message, then answers with its id. The same principal, topic and key
  // within 15 minutes answer with the first id again and append nothing. Fails with
  // invalid_argument when the key is longer than `idempotency_key_bytes_max`, and as the
  // implementation says.
  virtual void append(const AppendRequest& request, Instant now,
                      std::function<void(Result<Appended>)> done) = 0;

  // Reads on in id order, a chunk at a time.
  virtual void read(const ReadRequest& request, std::function<void(ReadResult)> done) = 0;

  // How much of what waits for a reader is to be dropped.
  virtual void backlog(const BacklogRequest& request, std::function<void(Backlog)> done) = 0;

  // Turns cursors and cursor words into positions, all at the same moment.
  virtual void resolve(std::vector<StartRequest> requests, std::function<void(Resolved)> done) = 0;

  // The newest `limit` messages of one topic with ids below `before` (0 = from the head), in
  // rising order.
  virtual void history(std::string_view topic, std::uint64_t before, std::size_t limit,
                       std::function<void(std::vector<MessageRef>)> done) = 0;

  // From now on the follower is told whenever the head or the epoch moves.
  virtual void follow(LogFollower& follower) = 0;
  virtual void unfollow(LogFollower& follower) = 0;

  // The life this log is in, and the newest id this node knows.
  virtual std::string epoch() const = 0;
  virtual std::uint64_t head() const = 0;

  // Lets go of what is past its age. To be called about once a second.
  virtual void trim(Instant now) = 0;
};

inline constexpr std::size_t idempotency_key_bytes_max = 128;

}  // namespace freshet::server

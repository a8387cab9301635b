// The truth that a run is judged by: every message that was ever in a log, and what each
// subscription was promised, given and told.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "log/topic_rules.h"
#include "wire/control.h"
#include "wire/cursor.h"

namespace freshet::sim {

// A place in the order of all messages over all lives of the log.
struct Place {
  std::size_t life = 0;  // Index of the epoch.
  std::uint64_t id = 0;
  friend auto operator<=>(const Place&, const Place&) = default;
};

class History {
 public:
  explicit History(server::TopicRules rules = {}) : rules_(std::move(rules)) {}

  // A log begins its life under this epoch.
  void begin(const std::string& epoch);
  void append(const std::string& epoch, std::uint64_t id, std::string topic, std::string data);

  std::optional<Place> place(const wire::Cursor& cursor) const;
  std::optional<Place> place(std::string_view cursor) const;

  struct Entry {
    std::string topic;
    std::string data;
  };
  const std::map<Place, Entry>& messages() const { return messages_; }
  // What a subscription that is behind may be spared.
  const server::TopicRules& rules() const { return rules_; }
  // How often this payload is in any log.
  std::size_t times(std::string_view data) const;

 private:
  server::TopicRules rules_;
  std::map<std::string, std::size_t, std::less<>> lives_;
  std::map<Place, Entry> messages_;
  std::map<std::string, std::size_t, std::less<>> times_;
};

// One subscription of one client. Records; `faults` holds a sentence for each rule broken.
class Record {
 public:
  Record(const History& history, std::string name, std::string pattern, std::string start);

  void handle_cursor(std::string_view cursor);  // After anything that may have moved it.
  void handle_live(std::string_view cursor);
  void handle_message(std::string_view cursor, std::uint64_t id, std::string_view topic,
                      std::string_view data);
  void handle_gap(const wire::Gap& gap);
  void handle_end() { ended_ = true; }

  // Judges completeness: every matching message from the start on, up to the newest cursor (and up
  // to `everything` unless the subscription has ended), was delivered or told as a gap, or is of a
  // `latest` topic of which a newer one was delivered.
  void finish(std::optional<Place> everything);

  const std::vector<std::string>& faults() const { return faults_; }
  std::size_t delivered() const { return delivered_.size(); }
  std::size_t gaps() const { return gaps_.size(); }
  std::size_t slow_gaps() const { return slow_gaps_; }
  const std::string& pattern() const { return pattern_; }

 private:
  void fault(std::string sentence);
  bool excused(const Place& place) const;
  // A newer message of its topic came instead, or is still to come behind `limit`.
  bool overtaken(const Place& place, const std::string& topic, const Place& limit) const;

  const History& history_;
  std::string name_;
  std::string pattern_;
  std::string start_word_;
  std::optional<Place> start_;  // From here on everything is owed.
  std::optional<Place> reached_;
  std::optional<Place> last_;
  std::map<Place, bool> delivered_;
  std::map<std::string, Place, std::less<>> newest_;  // Delivered, of each topic.
  std::size_t slow_gaps_ = 0;
  std::vector<std::pair<Place, Place>> gaps_;
  std::vector<std::string> faults_;
  bool ended_ = false;
};

}  // namespace freshet::sim

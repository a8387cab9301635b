// `topics`: the topic index at scale: what a topic, a pattern and a subscription take, and that
// subscribing, matching and leaving cost the same however many there are.
#pragma once

#include <cstddef>

namespace freshet::bench {

// In this process, without sockets. Prints a table; returns 0.
int measure_topics(std::size_t topics, std::size_t patterns);

}  // namespace freshet::bench

// Empties outboxes into sockets with one system call per connection.
#pragma once

#include <cstdint>
#include <span>

#include "park/flush.h"
#include "park/gather.h"

namespace freshet::park {

class FlushSend final : public Flush {
 public:
  void flush(std::span<FlushItem> items) override;
  std::uint64_t take_call_count() override;
  std::size_t room() const override { return 0; }
  Io io() const override { return Io::epoll; }

 private:
  Gather gather_;
  std::uint64_t call_count_ = 0;
};

}  // namespace freshet::park

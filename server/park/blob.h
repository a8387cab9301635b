// Bytes that many connections send: written once, shared by reference, never changed.
#pragma once

#include <memory>
#include <string>
#include <utility>

namespace freshet::park {

// One blob may wait in any number of outboxes, on any number of loops, without a copy.
using Blob = std::shared_ptr<const std::string>;

inline Blob make_blob(std::string bytes) {
  return std::make_shared<const std::string>(std::move(bytes));
}

}  // namespace freshet::park

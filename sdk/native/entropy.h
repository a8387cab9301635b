// Random bytes from the kernel, in stock so that a mask (RFC 6455 §5.3) costs no system call.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace freshet::native {

class Entropy {
 public:
  std::uint32_t next32();
  std::string bytes(std::size_t count);

 private:
  std::array<unsigned char, 1024> stock_;
  std::size_t used_ = stock_.size();
};

}  // namespace freshet::native

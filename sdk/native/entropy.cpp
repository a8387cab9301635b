#include "native/entropy.h"

#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace freshet::native {

namespace {

void fill(unsigned char* at, std::size_t left) {
  while (left > 0) {
    const ssize_t count = getrandom(at, left, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw std::system_error(errno, std::generic_category(), "no random bytes");
    at += count;
    left -= static_cast<std::size_t>(count);
  }
}

}  // namespace

std::uint32_t Entropy::next32() {
  std::uint32_t value = 0;
  if (used_ + sizeof value > stock_.size()) {
    fill(stock_.data(), stock_.size());
    used_ = 0;
  }
  std::memcpy(&value, &stock_[used_], sizeof value);
  used_ += sizeof value;
  return value;
}

std::string Entropy::bytes(std::size_t count) {
  std::string bytes(count, '\0');
  fill(reinterpret_cast<unsigned char*>(bytes.data()), count);
  return bytes;
}

}  // namespace freshet::native

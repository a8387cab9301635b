#include "park/flush.h"

#include <stdexcept>
#include <string>

#include "park/flush_send.h"
#if FRESHET_HAS_URING
#include "park/flush_uring.h"
#endif

namespace freshet::park {
namespace {

std::unique_ptr<Flush> make_uring() {
#if FRESHET_HAS_URING
  return std::make_unique<FlushUring>();
#else
  throw std::runtime_error("this program was built without liburing");
#endif
}

}  // namespace

std::unique_ptr<Flush> make_flush(Io io) {
  if (io != Io::epoll) {
    try {
      return make_uring();
    } catch (const std::runtime_error& error) {
      if (io == Io::uring) {
        throw std::runtime_error(std::string("io_uring cannot be had: ") + error.what() +
                                 " (--io=auto does without)");
      }
    }
  }
  return std::make_unique<FlushSend>();
}

std::optional<Io> io_named(std::string_view name) {
  for (const Io io : {Io::automatic, Io::uring, Io::epoll}) {
    if (name == name_of(io)) return io;
  }
  return std::nullopt;
}

std::string_view name_of(Io io) {
  switch (io) {
    case Io::uring:
      return "uring";
    case Io::epoll:
      return "epoll";
    case Io::automatic:
      break;
  }
  return "auto";
}

}  // namespace freshet::park

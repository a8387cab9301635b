#include "park/loops.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <future>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace freshet::park {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }

  void set_port(std::uint16_t port) {
    if (storage.ss_family == AF_INET6) {
      reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port = htons(port);
    } else {
      reinterpret_cast<sockaddr_in*>(&storage)->sin_port = htons(port);
    }
  }
};

// A file descriptor that is closed unless released.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

std::vector<Address> resolve(const ListenOptions& listen) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(listen.host.c_str(), nullptr, &hints, &list);
  if (error != 0) {
    throw std::runtime_error("'" + listen.host +
                             "' is not an address to listen on: " + ::gai_strerror(error));
  }
  std::vector<Address> addresses;
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    Address address;
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.size = one->ai_addrlen;
    addresses.push_back(address);
  }
  ::freeaddrinfo(list);
  return addresses;
}

[[noreturn]] void fail_listening(const ListenOptions& listen, int error) {
  const std::string port = std::to_string(listen.port);
  if (error == EADDRINUSE) {
    const auto other = static_cast<std::uint16_t>(listen.port == 65535 ? 65534 : listen.port + 1);
    throw std::runtime_error(
        "port " + port + " is in use (try --listen " +
        (listen.host.find(':') == std::string::npos ? listen.host : "[" + listen.host + "]") + ":" +
        std::to_string(other) + ")");
  }
  if (error == EACCES) {
    throw std::runtime_error("port " + port +
                             " may not be bound by this user: choose one from 1024 on");
  }
  if (error == EADDRNOTAVAIL) {
    throw std::runtime_error("this machine has no address " + listen.host);
  }
  throw std::runtime_error("cannot listen on " + listen.host + " port " + port + ": " +
                           std::generic_category().message(error));
}

void set_option(const Socket& socket, int level, int name, int value) {
  ::setsockopt(socket.get(), level, name, &value, sizeof value);
}

Socket open_socket(const Address& address, const ListenOptions& listen) {
  Socket socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) fail_listening(listen, errno);
  set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
  if (address.storage.ss_family == AF_INET6) {
    // "::" takes IPv4 too; but "localhost" gives both addresses, each with its own socket.
    set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, listen.host != "::");
  }
  return socket;
}

// SO_REUSEPORT lets any process of this user join a port, silently taking a share of its
// newcomers; one bind without it finds out whether somebody is there.
void check_port_is_free(Address address, const ListenOptions& listen) {
  const Socket probe = open_socket(address, listen);
  if (::bind(probe.get(), address.get(), address.size) != 0) fail_listening(listen, errno);
}

Socket listen_on(Address& address, const ListenOptions& listen) {
  Socket socket = open_socket(address, listen);
  set_option(socket, SOL_SOCKET, SO_REUSEPORT, 1);
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);  // Accepted sockets inherit it.
  if (::bind(socket.get(), address.get(), address.size) != 0 ||
      ::listen(socket.get(), listen.backlog) != 0) {
    fail_listening(listen, errno);
  }
  return socket;
}

Peer local_address(const Socket& socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&storage), &size);
  return Peer::from(reinterpret_cast<const sockaddr*>(&storage));
}

unsigned core_count() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(CPU_COUNT(&set));
}

void run_loop(Loop& loop, const HandlerFactory& make_handler, std::promise<void>& ready) {
  std::unique_ptr<RequestHandler> handler;
  try {
    handler = make_handler(loop);
  } catch (...) {
    ready.set_exception(std::current_exception());
    return;
  }
  loop.set_request_handler(handler.get());
  ready.set_value();
  loop.run();
}

}  // namespace

Loops::~Loops() { stop(); }

std::string Loops::start(const LoopsOptions& options, HandlerFactory make_handler) {
  try {
    bind(options);
    run(std::move(make_handler));
    return {};
  } catch (const std::exception& error) {
    stop();
    return error.what();
  }
}

void Loops::bind(const LoopsOptions& options) {
  const unsigned count = options.loop_count == 0 ? core_count() : options.loop_count;
  for (unsigned i = 0; i < count; ++i) loops_.push_back(std::make_unique<Loop>(options.loop));
  for (unsigned i = 0; i < count; ++i) loops_[i]->set_next(loops_[(i + 1) % count].get());

  port_ = options.listen.port;
  for (Address& address : resolve(options.listen)) {
    address.set_port(port_);
    if (port_ != 0) check_port_is_free(address, options.listen);
    for (const auto& loop : loops_) {
      Socket socket = listen_on(address, options.listen);
      const Peer local = local_address(socket);
      if (port_ == 0) {
        // The kernel chose for the first socket; all others take the same.
        port_ = local.port;
        address.set_port(port_);
      }
      if (loop == loops_.front()) endpoints_.push_back(local.to_string());
      loop->add_listener(socket.get());
      socket.release();
    }
  }
}

void Loops::run(HandlerFactory make_handler) {
  std::vector<std::future<void>> started;
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    std::promise<void> ready;
    started.push_back(ready.get_future());
    threads_.emplace_back(
        [loop = loops_[i].get(), make_handler, promise = std::move(ready)]() mutable {
          run_loop(*loop, make_handler, promise);
        });
    ::pthread_setname_np(threads_.back().native_handle(), ("freshet-" + std::to_string(i)).c_str());
  }
  for (auto& one : started) one.get();
}

void Loops::stop() {
  for (const auto& loop : loops_) loop->stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  loops_.clear();
  endpoints_.clear();
  port_ = 0;
}

}  // namespace freshet::park

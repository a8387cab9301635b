// The herd of bare connections that come back by another client's formula.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <queue>
#include <utility>

#include "app/herd_real.h"
#include "app/herd_server.h"
#include "herd/formula.h"
#include "herd/tally.h"

namespace freshet::app {
namespace {

// Without an Accept header that names the type, the server refuses with a plain 503.
constexpr std::string_view request =
    "GET /v1/sse?pattern=herd.beat HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr std::string_view good_answer = "HTTP/1.1 200";

// Threads: one at a time.
class BareHerd {
 public:
  BareHerd(const RealHerdOptions& options, server::Formula& formula, std::uint16_t port)
      : options_(options),
        formula_(formula),
        port_(port),
        epoll_(::epoll_create1(EPOLL_CLOEXEC)),
        members_(options.clients) {}
  ~BareHerd() {
    for (Member& member : members_) close(member);
    ::close(epoll_);
  }
  BareHerd(const BareHerd&) = delete;
  BareHerd& operator=(const BareHerd&) = delete;

  // Everybody's first connect, no faster than the server admits them.
  void schedule_first() {
    for (std::uint32_t number = 0; number < options_.clients; ++number) {
      const double after = number / options_.rate * 1100;
      due_.push({SteadyClock::now() + Duration{static_cast<Duration::rep>(after)}, number});
    }
  }

  void begin_loss(SteadyClock::time_point at) { killed_at_ = at; }
  void begin_return(server::Tally& tally) { tally_ = &tally; }
  std::uint32_t open() const { return open_; }
  // Whoever is neither here nor on the way has given up.
  bool settled() const { return open_ + gave_up_ == options_.clients; }

  // Connects and reads for about `time`.
  void run(Duration time) {
    const auto until = SteadyClock::now() + time;
    while (SteadyClock::now() < until) {
      auto now = SteadyClock::now();
      while (!due_.empty() && due_.top().first <= now) {
        const std::uint32_t number = due_.top().second;
        due_.pop();
        connect(number);
      }
      std::array<epoll_event, 512> events;
      const int ready = ::epoll_wait(epoll_, events.data(), events.size(), 5);
      for (int i = 0; i < ready; ++i) handle(events[i].data.u32, events[i].events);
    }
  }

  // What was tried while the server was away, once it is known when it came back.
  const std::vector<std::pair<Duration, std::uint32_t>>& early_tries() const { return early_; }

 private:
  struct Member {
    int descriptor = -1;
    bool open = false;
    bool asked = false;
    unsigned tries = 0;  // Failed since the loss, or since the first connect.
    std::string answer;
  };
  using Due = std::pair<SteadyClock::time_point, std::uint32_t>;

  void connect(std::uint32_t number) {
    Member& member = members_[number];
    count_try(number);
    member.descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in source{};
    source.sin_family = AF_INET;
    ::inet_pton(AF_INET, source_address(number).c_str(), &source.sin_addr);
    sockaddr_in target{};
    target.sin_family = AF_INET;
    target.sin_port = htons(port_);
    target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int later = 1;
    // The port is chosen with the target, so that ports of one source serve many targets.
    ::setsockopt(member.descriptor, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &later, sizeof later);
    const auto* const from = reinterpret_cast<const sockaddr*>(&source);
    const auto* const to = reinterpret_cast<const sockaddr*>(&target);
    if (::bind(member.descriptor, from, sizeof source) != 0 ||
        (::connect(member.descriptor, to, sizeof target) != 0 && errno != EINPROGRESS)) {
      return fail(number, false);
    }
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLET, .data = {.u32 = number}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, member.descriptor, &event);
  }

  void handle(std::uint32_t number, std::uint32_t events) {
    Member& member = members_[number];
    if (member.descriptor < 0) return;
    if ((events & EPOLLOUT) != 0 && (events & (EPOLLERR | EPOLLHUP)) == 0 && !member.asked) {
      member.asked = true;
      ::send(member.descriptor, request.data(), request.size(), MSG_NOSIGNAL);
    }
    std::array<char, 4096> buffer;
    while (true) {
      const ssize_t got = ::recv(member.descriptor, buffer.data(), buffer.size(), 0);
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0) return fail(number, !member.answer.empty());
      if (member.open) continue;
      member.answer.append(buffer.data(), static_cast<std::size_t>(got));
      if (member.answer.size() < good_answer.size()) continue;
      if (!member.answer.starts_with(good_answer)) return fail(number, true);
      handle_open(member);
    }
  }

  void handle_open(Member& member) {
    member.open = true;
    member.tries = 0;
    member.answer = {};
    ++open_;
    if (tally_ != nullptr) tally_->count_recovery(since(killed_at_));
  }

  void fail(std::uint32_t number, bool refused) {
    Member& member = members_[number];
    if (member.open) --open_;
    const bool was_open = member.open;
    close(member);
    if (refused && !was_open && tally_ != nullptr) tally_->count_refusal(since(killed_at_));
    const auto delay = formula_.delay(number,
                                      {.now = {since(began_)},
                                       .since_loss = since(killed_at_),
                                       .tries = was_open ? 0 : ++member.tries},
                                      random_);
    if (delay) {
      due_.push({SteadyClock::now() + *delay, number});
    } else {
      ++gave_up_;
    }
  }

  void count_try(std::uint32_t number) {
    if (tally_ != nullptr) {
      tally_->count_try(number, since(killed_at_));
    } else if (killed_at_ != began_) {
      early_.emplace_back(since(killed_at_), number);
    }
  }

  void close(Member& member) {
    if (member.descriptor >= 0) ::close(member.descriptor);
    member.descriptor = -1;
    member.open = false;
    member.asked = false;
    member.answer = {};
  }

  const RealHerdOptions& options_;
  server::Formula& formula_;
  std::uint16_t port_;
  int epoll_;
  std::vector<Member> members_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  core::Random random_{1};
  SteadyClock::time_point began_ = SteadyClock::now();
  SteadyClock::time_point killed_at_ = began_;
  server::Tally* tally_ = nullptr;
  std::vector<std::pair<Duration, std::uint32_t>> early_;
  std::uint32_t open_ = 0;
  std::uint32_t gave_up_ = 0;
};

}  // namespace

Result<RealHerdResult> run_bare_herd(const RealHerdOptions& options, std::string_view formula) {
  auto made = server::make_formula(formula, {.clients = options.clients, .window = {}});
  if (!made) return made.error();
  if (const auto allowed = allow_open_files(options.clients); !allowed) return allowed.error();
  HerdServer server(options);
  if (const auto started = server.start(); !started) return started.error();

  BareHerd herd(options, **made, server.process().port());
  herd.schedule_first();
  constexpr Duration look{200};
  const Duration full{static_cast<Duration::rep>(options.clients / options.rate * 1000)};
  const auto connect_until = SteadyClock::now() + 3 * full + Duration{30'000};
  while (herd.open() < options.clients) {
    options.progress(std::to_string(herd.open()) + " of " + std::to_string(options.clients) +
                     " connected");
    if (SteadyClock::now() > connect_until) {
      return Error{ErrorCode::internal, "not all could connect at first"};
    }
    herd.run(look);
  }
  options.progress("the server is killed");
  const auto restarted = server.restart(options.down, [&] {
    herd.begin_loss(server.killed_at());
    herd.run(options.down);
  });
  if (!restarted) return restarted.error();
  server::Tally tally(options.clients, server.returned_after(), options.rate);
  for (const auto& [at, client] : herd.early_tries()) tally.count_try(client, at);
  herd.begin_return(tally);
  // Some never come back at all: long enough to see that.
  const auto until = SteadyClock::now() + 4 * full + Duration{30'000};
  do {
    options.progress(std::to_string(herd.open()) + " of " + std::to_string(options.clients) +
                     " back");
    herd.run(look);
  } while (!herd.settled() && SteadyClock::now() < until);
  return RealHerdResult{.herd = {std::string(formula), tally.figures(), tally.slots()},
                        .all_heard_the_last = true};
}

}  // namespace freshet::app

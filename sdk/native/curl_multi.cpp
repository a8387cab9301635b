#include "native/curl_multi.h"

#include <algorithm>
#include <cassert>
#include <new>

namespace freshet::native {

namespace {

// Connections kept for the next poll. libcurl's own rule, four for each running transfer, would
// close most of a thousand pollers' connections between their polls.
constexpr long connections_kept_max = 8'192;

void initialise_libcurl() {
  static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
  assert(once == CURLE_OK);
  static_cast<void>(once);
}

}  // namespace

Transfer::Transfer(CurlMulti& multi) : multi_(multi), easy_(curl_easy_init()) {
  if (easy_ == nullptr) throw std::bad_alloc();
  curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_);
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
}

Transfer::~Transfer() { finish(); }

void Transfer::finish() {
  if (easy_ == nullptr) return;
  multi_.remove(*this);
  curl_easy_cleanup(easy_);
  easy_ = nullptr;
}

void Transfer::start() { multi_.add(*this); }

std::string_view Transfer::reason(CURLcode code) const {
  return error_[0] != '\0' ? error_ : curl_easy_strerror(code);
}

CurlMulti::CurlMulti(EventLoop& loop)
    : loop_(loop), timer_(loop, [this] { act(CURL_SOCKET_TIMEOUT, 0); }), multi_(nullptr) {
  initialise_libcurl();
  multi_ = curl_multi_init();
  if (multi_ == nullptr) throw std::bad_alloc();
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlMulti::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlMulti::on_timeout);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, connections_kept_max);
}

CurlMulti::~CurlMulti() { curl_multi_cleanup(multi_); }

int CurlMulti::on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) {
  auto& multi = *static_cast<CurlMulti*>(self);
  if (what == CURL_POLL_REMOVE) {
    multi.loop_.unwatch(socket);
  } else {
    const std::uint32_t in = (what & CURL_POLL_IN) != 0 ? EPOLLIN : 0u;
    const std::uint32_t out = (what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0u;
    multi.loop_.watch(socket, in | out, multi);
  }
  return 0;
}

int CurlMulti::on_timeout(CURLM*, long milliseconds, void* self) {
  auto& multi = *static_cast<CurlMulti*>(self);
  // libcurl counts from its own reading of the clock: one millisecond more is never too early.
  if (milliseconds < 0) {
    multi.timer_.set(std::nullopt);
  } else {
    multi.timer_.set(EventLoop::now() + Duration{milliseconds == 0 ? 0 : milliseconds + 1});
  }
  return 0;
}

void CurlMulti::on_ready(int descriptor, std::uint32_t events) {
  int bits = 0;
  if ((events & EPOLLIN) != 0) bits |= CURL_CSELECT_IN;
  if ((events & EPOLLOUT) != 0) bits |= CURL_CSELECT_OUT;
  // An error shows itself to whoever reads or writes; told as such, libcurl would drop the data
  // that came before it.
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) bits |= CURL_CSELECT_IN | CURL_CSELECT_OUT;
  act(descriptor, bits);
}

void CurlMulti::act(curl_socket_t socket, int events) {
  int running = 0;
  acting_ = true;
  curl_multi_socket_action(multi_, socket, events, &running);
  acting_ = false;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    Transfer* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    transfer->on_done(message->data.result);
  }
  for (Transfer* transfer : std::exchange(waiting_, {})) add(*transfer);
}

void CurlMulti::add(Transfer& transfer) {
  if (acting_) {
    waiting_.push_back(&transfer);
    return;
  }
  transfer.added_ = true;
  curl_multi_add_handle(multi_, transfer.easy_);
}

void CurlMulti::remove(Transfer& transfer) {
  assert(!acting_);
  std::erase(waiting_, &transfer);
  if (transfer.added_) curl_multi_remove_handle(multi_, transfer.easy_);
}

}  // namespace freshet::native

// libcurl's multi interface on the event loop: any number of transfers, one shared pool of
// connections, one cache of names and certificates.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <vector>

#include "native/event_loop.h"

namespace freshet::native {

class CurlMulti;

// One easy handle, from before it is added until it is removed. Given up by EventLoop::retire, as
// libcurl forbids to remove a handle inside a callback of any.
class Transfer : public Retirable {
 public:
  explicit Transfer(CurlMulti& multi);
  ~Transfer() override;
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

 protected:
  friend class CurlMulti;
  virtual void on_done(CURLcode code) = 0;

  CURL* easy() const { return easy_; }
  // Starts it: now, or after the libcurl callback that is running.
  void start();
  // Done with libcurl: removes and frees the easy handle. REQUIRES: inside on_done or later.
  void finish();
  // What libcurl says about the failure, or its name.
  std::string_view reason(CURLcode code) const;

 private:
  CurlMulti& multi_;
  CURL* easy_;
  bool added_ = false;
  char error_[CURL_ERROR_SIZE] = {};
};

class CurlMulti final : public Watcher {
 public:
  explicit CurlMulti(EventLoop& loop);
  ~CurlMulti();

 private:
  friend class Transfer;
  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* assigned);
  static int on_timeout(CURLM* multi, long milliseconds, void* self);

  void on_ready(int descriptor, std::uint32_t events) override;
  void act(curl_socket_t socket, int events);
  void add(Transfer& transfer);
  void remove(Transfer& transfer);

  EventLoop& loop_;
  LoopTimer timer_;
  CURLM* multi_;
  bool acting_ = false;             // libcurl is on the stack: nothing may be added.
  std::vector<Transfer*> waiting_;  // To be added as soon as it is not.
};

}  // namespace freshet::native

// The handle of one subscription.
#pragma once

#include <memory>
#include <string>

namespace freshet {

class ClientDriver;

// Ends its subscription when closed or destroyed. Movable; usable from any thread; may outlive its
// client, and may be closed inside its own callback. After close() has returned on the thread that
// runs the callbacks, no callback of it runs again; from another thread one that has begun may
// still be running.
class Subscription {
 public:
  Subscription() = default;
  Subscription(Subscription&& other) noexcept;
  Subscription& operator=(Subscription&& other) noexcept;
  ~Subscription();

  void close();
  // The newest cursor, to be kept and given as SubscribeOptions::cursor in a later run; empty
  // before the subscription was answered for the first time. Moves before the callback runs.
  std::string cursor() const;

 private:
  friend class Client;
  Subscription(std::weak_ptr<ClientDriver> driver, unsigned id);

  std::weak_ptr<ClientDriver> driver_;
  unsigned id_ = 0;
};

}  // namespace freshet

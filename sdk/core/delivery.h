// What a port gets for a message frame.
#pragma once

#include <span>

#include "core/event.h"
#include "wire/frame.h"

namespace freshet::core {

// What one frame means for the application. The span lives until the next handle_frame(): callbacks
// may call anything else meanwhile, and a subscription they end becomes 0 in it, to be skipped.
struct Delivery {
  std::span<const SubscriptionId> subscriptions;  // Empty: nothing to deliver.
  wire::MessageHead head;                         // Valid when there are subscriptions.
};

}  // namespace freshet::core

// Who a request comes from and what it may do. For now there is one secret, the publish key.
#pragma once

#include <string>
#include <string_view>

#include "freshet/result.h"

namespace freshet::server {

struct Identity {
  std::string principal;  // Scope of idempotency keys; empty for everybody without a credential.
  bool may_publish = false;
};

// Thread-safe: immutable.
class Guard {
 public:
  // With an empty key everybody may publish.
  explicit Guard(std::string publish_key = {});

  // By the value of an Authorization header, which may be empty. Without one: nobody in
  // particular. ErrorCode::unauthorized when it is there and is not ours.
  Result<Identity> identify(std::string_view authorization) const;

  // The same by the bare token, as a WebSocket's token frame brings it.
  Result<Identity> identify_token(std::string_view token) const;

  bool wants_key() const { return !publish_key_.empty(); }

 private:
  std::string publish_key_;
};

// Whether two texts are equal, in a time that does not tell where they differ.
bool equals_in_constant_time(std::string_view a, std::string_view b);

}  // namespace freshet::server

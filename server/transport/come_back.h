// ComeBack: what a client is told that is not let in, whatever form it can read (refusal.h).
#pragma once

#include <string>

#include "freshet/time.h"

namespace freshet::server {

struct ComeBack {
  Duration delay{0};   // Its own, from now.
  std::string ticket;  // To be shown then; empty when there is none.
};

}  // namespace freshet::server

#include "herd/door.h"

#include "admission/ticket.h"

namespace freshet::server {
namespace {

// Nobody forges anything in a model.
constexpr HashKey key{.low = 1, .high = 2};

AdmissionOptions admission_options(const DoorOptions& options) {
  AdmissionOptions admission;
  admission.window.admission_rate = options.rate;
  admission.limiter.burst = options.burst;
  return admission;
}

}  // namespace

Door::Door(const DoorOptions& options)
    : tickets_(options.tickets),
      limiter_({.rate = options.rate, .burst = options.burst}),
      admission_(admission_options(options), key),
      slots_(options.tickets ? options.clients : 0, no_slot) {}

Door::Answer Door::arrive(std::uint32_t client, Duration now) {
  const Instant at{now};
  if (!tickets_) return {.admitted = limiter_.admit(at), .slot = {}};
  const std::string id = std::to_string(client);
  std::uint64_t& slot = slots_[client];
  const std::string ticket = slot == no_slot ? std::string{} : make_ticket(key, slot, id);
  const Verdict verdict = admission_.ask({.client = id, .ticket = ticket}, at);
  if (verdict.admitted) {
    admission_.stream_opened(id, at);
    return {.admitted = true, .slot = {}};
  }
  slot = ticket_slot(key, verdict.ticket, id).value_or(no_slot);
  return {.admitted = false, .slot = verdict.delay};
}

}  // namespace freshet::server

// Ticket: the signed promise of one slot to one client. The server keeps nothing of it; the client
// shows it when it comes back. Pure: the key is an argument.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "admission/siphash.h"

namespace freshet::server {

// "18234.9f8e7d6c5b4a3210": the slot's number and a tag over number and client. The number says
// when the slot is and when it is over (admission/limiter.h), so no time travels. `client` is the
// id that the client gave, empty if it has none yet: such a ticket is its bearer's.
std::string make_ticket(const HashKey& key, std::uint64_t slot, std::string_view client);

// The slot that a ticket is for; nullopt when it was not made with this key for this client.
std::optional<std::uint64_t> ticket_slot(const HashKey& key, std::string_view ticket,
                                         std::string_view client);

}  // namespace freshet::server

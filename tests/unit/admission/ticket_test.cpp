#include "admission/ticket.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace freshet::server {
namespace {

constexpr HashKey key{.low = 17, .high = 4};

TEST_CASE("a ticket gives back its slot to its client", "[admission][ticket]") {
  for (const std::uint64_t slot : {0ULL, 1ULL, 18'234ULL, 1ULL << 52, ~0ULL}) {
    CHECK(ticket_slot(key, make_ticket(key, slot, "ann"), "ann") == slot);
    CHECK(ticket_slot(key, make_ticket(key, slot, ""), "") == slot);
  }
}

TEST_CASE("a ticket is worth nothing to another client or at another server",
          "[admission][ticket]") {
  const std::string ticket = make_ticket(key, 7, "ann");
  CHECK_FALSE(ticket_slot(key, ticket, "bob"));
  CHECK_FALSE(ticket_slot(key, ticket, ""));
  CHECK_FALSE(ticket_slot({.low = 17, .high = 5}, ticket, "ann"));
}

TEST_CASE("number and client cannot be moved into one another", "[admission][ticket]") {
  const std::string ticket = make_ticket(key, 1, "2.ann");
  CHECK_FALSE(ticket_slot(key, "1.2" + ticket.substr(1), "ann"));
  CHECK_FALSE(ticket_slot(key, "12" + ticket.substr(1), ".ann"));
}

TEST_CASE("a ticket that was changed in any character is worth nothing", "[admission][ticket]") {
  const std::string ticket = make_ticket(key, 18'234, "ann");
  for (std::size_t i = 0; i < ticket.size(); ++i) {
    std::string changed = ticket;
    changed[i] = changed[i] == '1' ? '2' : '1';
    CHECK_FALSE(ticket_slot(key, changed, "ann"));
    CHECK_FALSE(ticket_slot(key, ticket.substr(0, i), "ann"));
  }
}

TEST_CASE("what is no ticket at all is worth nothing", "[admission][ticket]") {
  for (const char* text :
       {"", ".", "7", "7.", ".0123456789abcdef", "7.0123456789abcde", "7.0123456789abcdef0",
        "-7.0123456789abcdef", "99999999999999999999.0123456789abcdef", "7.0x23456789abcdef",
        "7. 123456789abcdef", "7.-123456789abcdef", "\0.\0"}) {
    CHECK_FALSE(ticket_slot(key, text, "ann"));
  }
  CHECK_FALSE(ticket_slot(key, make_ticket(key, 7, "ann") + " ", "ann"));
}

}  // namespace
}  // namespace freshet::server

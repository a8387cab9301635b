#include "transport/permessage_deflate.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>

namespace freshet::server {
namespace {

const std::string plain_answer =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

// Our header, "none", or "malformed".
std::string answer_to(std::string_view offers) {
  const auto answer = negotiate_deflate(offers);
  if (!answer) return "malformed";
  CHECK(answer->agreement.agreed() != answer->extension.empty());
  return answer->extension.empty() ? "none" : answer->extension;
}

TEST_CASE("whatever is offered, no side keeps its context", "[transport][deflate]") {
  for (const std::string_view offer :
       {"permessage-deflate", "permessage-deflate; client_max_window_bits",
        "permessage-deflate; client_max_window_bits=10",
        "permessage-deflate; client_max_window_bits=8",
        "permessage-deflate; server_no_context_takeover",
        "permessage-deflate; client_no_context_takeover",
        "permessage-deflate;server_no_context_takeover;client_no_context_takeover",
        " Permessage-Deflate ;\tCLIENT_MAX_WINDOW_BITS = 15 ",
        "permessage-deflate; client_max_window_bits=\"12\""}) {
    CAPTURE(offer);
    CHECK(answer_to(offer) == plain_answer);
  }
}

TEST_CASE("a window that the client wants us to keep to is confirmed", "[transport][deflate]") {
  for (int bits = 8; bits <= 15; ++bits) {
    const std::string wish = "; server_max_window_bits=" + std::to_string(bits);
    CHECK(answer_to("permessage-deflate" + wish) == plain_answer + wish);
  }
  CHECK(answer_to("permessage-deflate; server_max_window_bits=\"9\"") ==
        plain_answer + "; server_max_window_bits=9");
}

TEST_CASE("an offer with a wrong parameter is declined", "[transport][deflate]") {
  for (const std::string_view parameters :
       {"server_max_window_bits", "server_max_window_bits=7", "server_max_window_bits=16",
        "server_max_window_bits=08", "server_max_window_bits=+9", "server_max_window_bits=1e1",
        "server_max_window_bits=99999999999999999999", "client_max_window_bits=7",
        "client_max_window_bits=16", "client_max_window_bits=x", "server_no_context_takeover=1",
        "client_no_context_takeover=true", "server_no_context_takeover; server_no_context_takeover",
        "client_max_window_bits; Client_Max_Window_Bits=10", "unknown", "unknown=1"}) {
    CAPTURE(parameters);
    CHECK(answer_to("permessage-deflate; " + std::string(parameters)) == "none");
  }
}

TEST_CASE("of several offers the first good one is taken", "[transport][deflate]") {
  CHECK(answer_to("permessage-deflate; server_max_window_bits=20, "
                  "permessage-deflate; server_max_window_bits=10, permessage-deflate") ==
        plain_answer + "; server_max_window_bits=10");
  CHECK(answer_to("x-webkit-deflate-frame, foo; bar=\"baz\", permessage-deflate") == plain_answer);
  CHECK(answer_to(", ,permessage-deflate,") == plain_answer);
}

TEST_CASE("other extensions and no extension are passed over", "[transport][deflate]") {
  for (const std::string_view offers :
       {"", " ", ",", "x-webkit-deflate-frame", "deflate; a=b, c"}) {
    CAPTURE(offers);
    CHECK(answer_to(offers) == "none");
  }
}

TEST_CASE("what is no list of extensions is malformed", "[transport][deflate]") {
  for (const std::string_view offers :
       {"permessage-deflate;", "permessage-deflate; =", "; a",
        "permessage-deflate; a=", "permessage-deflate; a=\"", "permessage-deflate; a=\"b",
        "permessage-deflate; a=\"\"", "permessage-deflate; a=\"b c\"", "permessage-deflate a",
        "permessage deflate", "a/b", "permessage-deflate; a=b=c", "permessage-deflate, ;"}) {
    CAPTURE(offers);
    CHECK(answer_to(offers) == "malformed");
  }
}

TEST_CASE("a smaller window takes the messages that fit it", "[transport][deflate]") {
  CHECK_FALSE(DeflateAgreement().fits(0));
  CHECK(DeflateAgreement(8).fits(256));
  CHECK_FALSE(DeflateAgreement(8).fits(257));
  CHECK(DeflateAgreement(14).fits(16'384));
  CHECK_FALSE(DeflateAgreement(14).fits(16'385));
  CHECK(DeflateAgreement(15).fits(10'000'000));
}

}  // namespace
}  // namespace freshet::server

// The value of Sec-WebSocket-Extensions. Whatever is answered is well-formed and could be offered;
// and what does not change the meaning of an offer does not change the answer.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/require.h"
#include "transport/permessage_deflate.h"

namespace {

using freshet::server::DeflateAgreement;
using freshet::server::DeflateAnswer;
using freshet::server::negotiate_deflate;

constexpr std::string_view head =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
constexpr std::string_view window = "; server_max_window_bits=";

void check_answer(const DeflateAnswer& answer) {
  FUZZ_REQUIRE(answer.agreement.agreed() == !answer.extension.empty());
  if (!answer.agreement.agreed()) return;
  const std::string_view text = answer.extension;
  FUZZ_REQUIRE(text.starts_with(head));
  int bits = DeflateAgreement::window_bits_max;
  if (text != head) {
    FUZZ_REQUIRE(text.substr(head.size()).starts_with(window));
    bits = std::stoi(std::string(text.substr(head.size() + window.size())));
    FUZZ_REQUIRE(bits >= DeflateAgreement::window_bits_min);
    FUZZ_REQUIRE(bits <= DeflateAgreement::window_bits_max);
  }
  FUZZ_REQUIRE(answer.agreement.fits(std::size_t{1} << bits));
  FUZZ_REQUIRE(answer.agreement.fits((std::size_t{1} << bits) + 1) ==
               (bits == DeflateAgreement::window_bits_max));
  const auto again = negotiate_deflate(answer.extension);
  FUZZ_REQUIRE(again && again->extension == answer.extension);
}

// What the client reads, or why it gets none.
std::string answer_to(std::string_view offers) {
  const auto answer = negotiate_deflate(offers);
  if (!answer) return "malformed";
  check_answer(*answer);
  return answer->extension;
}

bool is_separator(char c) { return c == ',' || c == ';' || c == '='; }

std::string spaced(std::string_view offers) {
  std::string out = "\t ";
  for (const char c : offers) {
    if (is_separator(c)) out += " \t";
    out += c;
    if (is_separator(c)) out += "  ";
  }
  return out + ' ';
}

std::string shouted(std::string offers) {
  for (char& c : offers) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return offers;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string offers(freshet::fuzz::as_text(data, size));
  const std::string answer = answer_to(offers);
  FUZZ_REQUIRE(answer_to(spaced(offers)) == answer);
  FUZZ_REQUIRE(answer_to(shouted(offers)) == answer);
  FUZZ_REQUIRE(answer_to("x-other; a=1; b, ," + offers) == answer);
  FUZZ_REQUIRE(answer_to(offers + ",") == answer);
  const std::string with_another = answer_to(offers + ", permessage-deflate");
  FUZZ_REQUIRE(with_another == (answer.empty() ? std::string(head) : answer));
  // A control character is nowhere part of it.
  FUZZ_REQUIRE(answer_to(offers + '\x01') == "malformed");
  return 0;
}

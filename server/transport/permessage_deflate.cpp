#include "transport/permessage_deflate.h"

#include <algorithm>
#include <vector>

#include "http/request.h"

namespace freshet::server {
namespace {

struct Parameter {
  std::string_view name;
  std::optional<std::string_view> value;
};

struct Offer {
  std::string_view name;
  std::vector<Parameter> parameters;
};

bool is_token_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// RFC 6455 §9.1: extension = token *( ";" token [ "=" ( token / quoted-string ) ] ), in a list of
// which elements may be empty (RFC 9110 §5.6.1). Each take_… leaves the rest in `text_`.
class OfferParser {
 public:
  explicit OfferParser(std::string_view text) : text_(text) {}

  std::optional<std::vector<Offer>> parse() {
    std::vector<Offer> offers;
    do {
      if (at_end() || text_.front() == ',') continue;
      auto offer = take_offer();
      if (!offer) return std::nullopt;
      offers.push_back(*std::move(offer));
    } while (take(','));
    if (!at_end()) return std::nullopt;
    return offers;
  }

 private:
  std::optional<Offer> take_offer() {
    Offer offer{.name = take_token(), .parameters = {}};
    if (offer.name.empty()) return std::nullopt;
    while (take(';')) {
      Parameter parameter{.name = take_token(), .value = std::nullopt};
      if (parameter.name.empty()) return std::nullopt;
      if (take('=')) {
        parameter.value = take('"') ? take_quoted() : take_token();
        if (parameter.value->empty()) return std::nullopt;
      }
      offer.parameters.push_back(parameter);
    }
    return offer;
  }

  // §9.1: what is in the quotes must be a token too, so nothing in it can be escaped to purpose.
  std::string_view take_quoted() {
    const std::string_view value = take_token();
    return take('"') ? value : std::string_view{};
  }

  std::string_view take_token() {
    skip_blanks();
    const auto end = std::find_if_not(text_.begin(), text_.end(), is_token_character);
    const std::string_view token = text_.substr(0, static_cast<std::size_t>(end - text_.begin()));
    text_.remove_prefix(token.size());
    return token;
  }

  bool take(char c) {
    if (at_end() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool at_end() {
    skip_blanks();
    return text_.empty();
  }

  void skip_blanks() {
    text_.remove_prefix(std::min(text_.find_first_not_of(" \t"), text_.size()));
  }

  std::string_view text_;
};

// §7.1.2: 8 to 15, without leading zeroes.
std::optional<int> parse_window_bits(std::string_view text) {
  for (int bits = DeflateAgreement::window_bits_min; bits <= DeflateAgreement::window_bits_max;
       ++bits) {
    if (text == std::to_string(bits)) return bits;
  }
  return std::nullopt;
}

bool has_duplicate(const std::vector<Parameter>& parameters) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (equals_ignoring_case(parameters[i].name, parameters[j].name)) return true;
    }
  }
  return false;
}

std::optional<DeflateAnswer> accept(const Offer& offer) {
  if (!equals_ignoring_case(offer.name, "permessage-deflate")) return std::nullopt;
  if (has_duplicate(offer.parameters)) return std::nullopt;
  std::optional<int> server_bits;
  for (const auto& [name, value] : offer.parameters) {
    const auto bits = value ? parse_window_bits(*value) : std::nullopt;
    if (equals_ignoring_case(name, "server_max_window_bits")) {
      if (!bits) return std::nullopt;
      server_bits = bits;
    } else if (equals_ignoring_case(name, "client_max_window_bits")) {
      // §7.1.2.2: a hint, with or without a value; we read every window and ask for none.
      if (value && !bits) return std::nullopt;
    } else if (equals_ignoring_case(name, "server_no_context_takeover") ||
               equals_ignoring_case(name, "client_no_context_takeover")) {
      if (value) return std::nullopt;
    } else {
      return std::nullopt;
    }
  }
  DeflateAnswer answer{
      .agreement = DeflateAgreement(server_bits.value_or(DeflateAgreement::window_bits_max)),
      .extension = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"};
  if (server_bits) {
    answer.extension += "; server_max_window_bits=" + std::to_string(*server_bits);
  }
  return answer;
}

}  // namespace

std::optional<DeflateAnswer> negotiate_deflate(std::string_view offers) {
  const auto parsed = OfferParser(offers).parse();
  if (!parsed) return std::nullopt;
  for (const Offer& offer : *parsed) {
    if (auto answer = accept(offer)) return answer;
  }
  return DeflateAnswer{};
}

}  // namespace freshet::server

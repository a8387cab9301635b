#include "freshet/result.h"

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <set>
#include <string>

#include "freshet/transport.h"

namespace freshet {
namespace {

TEST_CASE("every error code is spelled as its enumerator and read back", "[wire][result]") {
  CHECK(to_string(ErrorCode::invalid_argument) == "invalid_argument");
  CHECK(to_string(ErrorCode::malformed) == "malformed");
  CHECK(to_string(ErrorCode::too_large) == "too_large");
  CHECK(to_string(ErrorCode::outcome_unknown) == "outcome_unknown");
  CHECK(to_string(ErrorCode::internal) == "internal");
  std::set<std::string_view> spellings;
  for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    CHECK(error_code_from(to_string(code)) == code);
    spellings.insert(to_string(code));
  }
  CHECK(spellings.size() == 20);
}

TEST_CASE("an error code that this version does not know is internal", "[wire][result]") {
  CHECK(error_code_from("quota") == ErrorCode::internal);
  CHECK(error_code_from("") == ErrorCode::internal);
  CHECK(error_code_from("Busy") == ErrorCode::internal);
}

TEST_CASE("transports are spelled as in URLs and read back", "[wire][result]") {
  CHECK(to_string(Transport::websocket) == "websocket");
  CHECK(to_string(Transport::sse) == "sse");
  CHECK(to_string(Transport::long_polling) == "long-polling");
  CHECK(to_string(Transport::polling) == "polling");
  for (const Transport transport :
       {Transport::websocket, Transport::sse, Transport::long_polling, Transport::polling}) {
    CHECK(transport_from(to_string(transport)) == transport);
  }
  CHECK(transport_from("long_polling") == std::nullopt);
  CHECK(transport_from("") == std::nullopt);
}

TEST_CASE("a result holds either its value or its error", "[wire][result]") {
  Result<std::string> good{std::string("here")};
  REQUIRE(good);
  CHECK(*good == "here");
  CHECK(good->size() == 4);

  const Result<std::string> bad{Error{ErrorCode::timeout, "no answer in 5 s"}};
  REQUIRE_FALSE(bad);
  CHECK(bad.error().code == ErrorCode::timeout);
  CHECK(bad.error().message == "no answer in 5 s");

  CHECK(Result<void>{});
  const Result<void> failed{Error{ErrorCode::closed, ""}};
  CHECK_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::closed);
}

TEST_CASE("a result gives up a value that can only be moved", "[wire][result]") {
  Result<std::unique_ptr<int>> result{std::make_unique<int>(7)};
  const std::unique_ptr<int> taken = *std::move(result);
  CHECK(*taken == 7);
}

}  // namespace
}  // namespace freshet

#include "wire/websocket_handshake.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace freshet::wire {
namespace {

TEST_CASE("base64 is that of RFC 4648", "[wire][websocket]") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foob") == "Zm9vYg==");
  CHECK(base64("fooba") == "Zm9vYmE=");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xff\xef\xbe\xfb") == "/++++w==");
}

TEST_CASE("the answer to a key is the one of RFC 6455", "[wire][websocket]") {
  CHECK(websocket_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST_CASE("the answer is right for keys of every length around a block's end",
          "[wire][websocket]") {
  // 36 bytes follow the key, so that these sit on both sides of where SHA-1 needs a second block.
  CHECK(websocket_accept(std::string(18, 'a')) == "5Ave8ujWOAIJFSnGl1SCdSULUzg=");
  CHECK(websocket_accept(std::string(19, 'a')) == "yzaGyu0mcUukN7CdsSwa30tnCpc=");
  CHECK(websocket_accept(std::string(20, 'a')) == "dUYRM7bOMwDmbriNIPr11x+r3E0=");
  CHECK(websocket_accept(std::string(27, 'a')) == "NCEiOv6lMC9mC8oEZnneqRdJ4DU=");
  CHECK(websocket_accept(std::string(28, 'a')) == "xMWmCBqYJY4uXzUs8PNU1t+Pzro=");
  CHECK(websocket_accept(std::string(100, 'a')) == "+taVhj8zzaJPYE6HHo1ugamK/Ug=");
}

TEST_CASE("a key is the base64 of sixteen bytes", "[wire][websocket]") {
  CHECK(is_websocket_key("dGhlIHNhbXBsZSBub25jZQ=="));
  CHECK(is_websocket_key(base64(std::string(16, '\xff'))));
  for (const std::string& key :
       {std::string(""), std::string("short=="), base64(std::string(15, 'a')),
        base64(std::string(17, 'a')), base64(std::string(18, 'a')),
        std::string("dGhlIHNhbXBsZSBub25jZQ="), std::string("dGhlIHNhbXBsZSBub25jZQ==="),
        std::string("dGhlIHNhbXBsZSBub25jZ==="), std::string("dGhlIHNhbXBs SBub25jZQ=="),
        std::string("dGhlIHNhbXBsZSBub25-ZQ=="), std::string("dGhlIHNhbXBsZSBub25jZQa=")}) {
    CAPTURE(key);
    CHECK_FALSE(is_websocket_key(key));
  }
}

}  // namespace
}  // namespace freshet::wire

// TLS under the native client: a certificate is believed only when its authority is, on HTTP and
// WebSocket alike. The authority is made for the test by the openssl program.
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "freshet/native.h"
#include "integration/http_proxy.h"
#include "unit/native/recorder.h"
#include "wire/websocket_frame.h"
#include "wire/websocket_handshake.h"

namespace freshet::tests {
namespace {

// A key and a certificate for 127.0.0.1, in a folder that goes with this.
class Authority {
 public:
  Authority() {
    std::string pattern = (std::filesystem::temp_directory_path() / "freshet-tls-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 "
        "-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout " +
        key() + " -out " + certificate() + " 2> /dev/null";
    REQUIRE(std::system(command.c_str()) == 0);
  }
  ~Authority() { std::filesystem::remove_all(folder_); }
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  std::string key() const { return folder_ + "/key.pem"; }
  std::string certificate() const { return folder_ + "/certificate.pem"; }

 private:
  std::string folder_;
};

// The server's end of one TLS connection.
class TlsPeer {
 public:
  TlsPeer(const Authority& authority, native::Descriptor socket)
      : socket_(std::move(socket)), context_(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free) {
    const timeval limit{.tv_sec = test::patience.count(), .tv_usec = 0};
    setsockopt(socket_.number(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    SSL_CTX_use_certificate_chain_file(context_.get(), authority.certificate().c_str());
    SSL_CTX_use_PrivateKey_file(context_.get(), authority.key().c_str(), SSL_FILETYPE_PEM);
    tls_ = {SSL_new(context_.get()), &SSL_free};
    SSL_set_fd(tls_.get(), socket_.number());
  }
  // Whether the client goes through with the handshake.
  bool shake_hands() { return SSL_accept(tls_.get()) == 1; }
  std::string read_head() {
    std::string head;
    std::array<char, 4096> buffer;
    while (head.find("\r\n\r\n") == std::string::npos) {
      const int count = SSL_read(tls_.get(), buffer.data(), static_cast<int>(buffer.size()));
      if (count <= 0) break;
      head.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return head;
  }
  void write(std::string_view bytes) {
    SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()));
  }

 private:
  native::Descriptor socket_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::unique_ptr<SSL, void (*)(SSL*)> tls_{nullptr, &SSL_free};
};

// A platform, a listener whose connections speak TLS, and the authority of its certificate.
struct Scene {
  Authority authority;
  test::FakeServer server;
  std::shared_ptr<Platform> platform = make_native_platform();
  std::string url = "https://127.0.0.1:" + std::to_string(server.port());

  TlsPeer accept() { return {authority, server.accept_socket()}; }
};

}  // namespace

TEST_CASE("a certificate of a known authority is believed", "[integration][native][tls]") {
  Scene scene;
  test::HttpRecorder recorder;
  std::unique_ptr<Platform::Request> request;
  test::on_platform(*scene.platform, [&] {
    request = scene.platform->request({.url = scene.url, .ca_file = scene.authority.certificate()},
                                      recorder);
  });
  TlsPeer peer = scene.accept();
  REQUIRE(peer.shake_hands());
  CHECK(peer.read_head().starts_with("GET / HTTP/1.1"));
  peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  CHECK(recorder.wait_for_end().body == "hi");
  test::on_platform(*scene.platform, [&] { request.reset(); });
}

// A variable of the environment, as long as this lives; before the threads that read it.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

TEST_CASE("TLS goes through the tunnel of a proxy, which sees only the server's name",
          "[integration][native][tls]") {
  HttpProxy proxy;
  const bool by_socks = GENERATE(false, true);
  const Variable variable{"https_proxy", by_socks ? proxy.socks_url() : proxy.url()};
  Scene scene;
  test::HttpRecorder http;
  test::WebSocketRecorder websocket;
  std::unique_ptr<Platform::Request> request;
  std::unique_ptr<Platform::WebSocket> socket;
  const HttpRequest target{.url = scene.url, .ca_file = scene.authority.certificate()};
  SECTION("HTTP") {
    test::on_platform(*scene.platform, [&] { request = scene.platform->request(target, http); });
    TlsPeer peer = scene.accept();
    REQUIRE(peer.shake_hands());
    CHECK(peer.read_head().starts_with("GET / HTTP/1.1"));
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    CHECK(http.wait_for_end().body == "hi");
  }
  SECTION("WebSocket") {
    test::on_platform(*scene.platform, [&] {
      socket = scene.platform->open_websocket(target, "freshet.v1", websocket);
    });
    TlsPeer peer = scene.accept();
    REQUIRE(peer.shake_hands());
    CHECK(peer.read_head().find("Upgrade: websocket") != std::string::npos);
  }
  const std::string server = "127.0.0.1:" + std::to_string(scene.server.port());
  CHECK(proxy.requests() ==
        std::vector{by_socks ? "SOCKS " + server : "CONNECT " + server + " HTTP/1.1"});
  test::on_platform(*scene.platform, [&] {
    request.reset();
    socket.reset();
  });
}

TEST_CASE("a certificate of an unknown authority is refused, unless the check is off",
          "[integration][native][tls]") {
  Scene scene;
  test::HttpRecorder http;
  test::WebSocketRecorder websocket;
  std::unique_ptr<Platform::Request> request;
  std::unique_ptr<Platform::WebSocket> socket;
  SECTION("HTTP") {
    test::on_platform(*scene.platform,
                      [&] { request = scene.platform->request({.url = scene.url}, http); });
    scene.accept().shake_hands();
    CHECK(http.wait_for_end().end->kind == EndKind::unreachable);
  }
  SECTION("WebSocket") {
    test::on_platform(*scene.platform, [&] {
      socket = scene.platform->open_websocket({.url = scene.url}, "freshet.v1", websocket);
    });
    scene.accept().shake_hands();
    CHECK(websocket.wait_for_end().end->kind == EndKind::unreachable);
  }
  SECTION("HTTP, check off") {
    test::on_platform(*scene.platform, [&] {
      request = scene.platform->request({.url = scene.url, .insecure = true}, http);
    });
    TlsPeer peer = scene.accept();
    CHECK(peer.shake_hands());
    peer.read_head();
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    CHECK(http.wait_for_end().end->kind == EndKind::finished);
  }
  test::on_platform(*scene.platform, [&] {
    request.reset();
    socket.reset();
  });
}

TEST_CASE("a WebSocket over TLS carries more than one record of text",
          "[integration][native][tls]") {
  Scene scene;
  test::WebSocketRecorder recorder;
  std::unique_ptr<Platform::WebSocket> socket;
  test::on_platform(*scene.platform, [&] {
    socket = scene.platform->open_websocket(
        {.url = scene.url, .ca_file = scene.authority.certificate()}, "freshet.v1", recorder);
  });
  TlsPeer peer = scene.accept();
  REQUIRE(peer.shake_hands());
  const std::string head = peer.read_head();
  const std::string name = "Sec-WebSocket-Key: ";
  const auto key = head.find(name) + name.size();
  peer.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Protocol: freshet.v1\r\nSec-WebSocket-Accept: " +
      wire::websocket_accept(head.substr(key, head.find("\r\n", key) - key)) + "\r\n\r\n");
  // Larger than a record and than one read; nothing follows that would wake the reader.
  const std::string large(200'000, 'x');
  peer.write(wire::encode_frame(wire::Opcode::text, large));
  const auto record = recorder.wait_for_texts(1);
  REQUIRE(record.texts.size() == 1);
  CHECK(record.texts[0] == large);
  test::on_platform(*scene.platform, [&] { socket.reset(); });
}

}  // namespace freshet::tests

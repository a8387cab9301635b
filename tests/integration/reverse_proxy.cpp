#include "integration/reverse_proxy.h"

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include "integration/loopback.h"
#include "native/descriptor.h"
#include "paths.h"

namespace freshet::tests {
namespace {

constexpr std::chrono::milliseconds patience{20'000};

// Neither program tells which port it was given, so one is taken that was free a moment ago.
std::uint16_t free_port() {
  const native::Descriptor probe(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  if (bind(probe.number(), plain, size) != 0 || getsockname(probe.number(), plain, &size) != 0) {
    throw std::runtime_error("no port is free");
  }
  return ntohs(address.sin_port);
}

// Where a program tells its service manager how it does, as systemd lays down (sd_notify(3)).
native::Descriptor notify_socket(const std::string& path) {
  native::Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const auto* const plain = reinterpret_cast<const sockaddr*>(&address);
  if (bind(socket.number(), plain, sizeof address) != 0) throw std::runtime_error("no " + path);
  return socket;
}

bool takes_connections(std::uint16_t port) {
  const native::Descriptor probe(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  return connect(probe.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

std::string make_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "freshet-proxy-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder for the proxy");
  // nginx started by root has workers of another user.
  std::filesystem::permissions(pattern, std::filesystem::perms{0755});
  return pattern;
}

void replace(std::string& text, const std::string& old, const std::string& with) {
  const auto at = text.find(old);
  if (at == std::string::npos) throw std::runtime_error("the configuration has no '" + old + "'");
  text.replace(at, old.size(), with);
}

// Debian puts both where only root's PATH looks.
std::string program(const std::string& name) {
  std::string path = "/usr/sbin/" + name;
  if (std::filesystem::exists(path)) return path;
  throw std::runtime_error("there is no " + path + ": scripts/setup.sh test installs it");
}

}  // namespace

ReverseProxy::ReverseProxy(Kind kind, std::uint16_t server)
    : kind_(kind),
      port_(free_port()),
      folder_(make_folder()),
      notices_(notify_socket(folder_ + "/notices")) {
  std::ofstream(folder_ + "/proxy.conf") << configuration(server);
  start();
}

ReverseProxy::~ReverseProxy() {
  try {
    stop();
  } catch (const std::exception&) {
    // It does not end by itself; Program's destructor ends it.
  }
  std::filesystem::remove_all(folder_);
}

std::string ReverseProxy::configuration(std::uint16_t server) const {
  const bool is_nginx = kind_ == Kind::nginx;
  const std::string name = is_nginx ? "/deploy/nginx/freshet.conf" : "/deploy/haproxy/freshet.cfg";
  std::ifstream file(source_path + name);
  std::stringstream content;
  content << file.rdbuf();
  std::string text = content.str();
  replace(text, "127.0.0.1:8080", "127.0.0.1:" + std::to_string(server));
  const std::string here = "127.0.0.1:" + std::to_string(port_);
  if (is_nginx) {
    replace(text, "listen 8088;", "listen " + here + ";");
    replace(text, "http {", "http {\n  access_log off;");
    for (const char* use : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
      replace(text, "http {",
              "http {\n  " + std::string(use) + "_temp_path " + folder_ + "/" + use + ";");
    }
  } else {
    replace(text, "bind :8088", "bind " + here);
  }
  return text;
}

std::vector<std::string> ReverseProxy::command() const {
  const std::string file = folder_ + "/proxy.conf";
  if (kind_ == Kind::nginx) {
    return {program("nginx"),
            "-e",
            "stderr",
            "-p",
            folder_,
            "-c",
            file,
            "-g",
            "daemon off; pid " + folder_ + "/pid;"};
  }
  return {program("haproxy"), "-Ws", "-q", "-f", file};
}

void ReverseProxy::start() {
  program_ = std::make_unique<Program>(
      command(), Program::Environment{{"NOTIFY_SOCKET", folder_ + "/notices"}});
  if (kind_ == Kind::haproxy) return wait_until_ready();
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!takes_connections(port_)) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("the proxy does not start: " + command().front());
    }
    std::this_thread::yield();
  }
}

void ReverseProxy::wait_until_ready() {
  pollfd one{.fd = notices_.number(), .events = POLLIN, .revents = 0};
  while (poll(&one, 1, static_cast<int>(patience.count())) == 1) {
    std::array<char, 4096> buffer;
    const ssize_t count = recv(notices_.number(), buffer.data(), buffer.size(), 0);
    if (count <= 0) break;
    const std::string_view notice(buffer.data(), static_cast<std::size_t>(count));
    if (notice.find("READY=1") != std::string_view::npos) return;
  }
  throw std::runtime_error("the proxy does not get ready: " + command().front());
}

void ReverseProxy::stop() {
  if (!program_) return;
  const auto program = std::exchange(program_, nullptr);
  program->signal(SIGTERM);
  program->wait();
}

void ReverseProxy::restart() {
  stop();
  start();
}

// HAProxy 2.6 can lose a SIGTERM that reaches it before its reload is over, and then never ends.
void ReverseProxy::reload() {
  if (kind_ == Kind::nginx) return program_->signal(SIGHUP);
  program_->signal(SIGUSR2);
  wait_until_ready();
}

}  // namespace freshet::tests

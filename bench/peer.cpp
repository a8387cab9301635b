#include "peer.h"

#include <fstream>
#include <stdexcept>

#include "exchange.h"
#include "server_process.h"

namespace freshet::bench {

namespace {

using std::filesystem::path;

std::string websocket_upgrade(const std::string& target, const std::string& subprotocol = {}) {
  std::string request = "GET " + target +
                        " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  if (!subprotocol.empty()) request += "Sec-WebSocket-Protocol: " + subprotocol + "\r\n";
  return request + "\r\n";
}

// A client's frame; a mask of zeros leaves the payload as it is (RFC 6455 §5.3).
std::string client_frame(const std::string& payload, bool binary = false) {
  std::string frame(1, static_cast<char>(binary ? 0x82 : 0x81));
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80 | payload.size());
  } else {
    frame += static_cast<char>(0x80 | 126);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size() & 0xff);
  }
  return frame + std::string(4, '\0') + payload;
}

bool is_installed(const std::string& program) {
  for (const char* folder : {"/usr/bin", "/usr/sbin", "/usr/local/bin"}) {
    if (std::filesystem::exists(path(folder) / program)) return true;
  }
  return false;
}

path write_file(const PeerPaths& paths, const std::string& name, const std::string& text) {
  path file = paths.scratch / name;
  std::ofstream(file) << text;
  return file;
}

// `io` as in --io.
Peer freshet(const PeerPaths& paths, const std::string& transport, const std::string& io) {
  Peer peer;
  peer.port = peer.publish_port = free_port();
  peer.command = freshet_serve(paths.freshet, peer.port);
  peer.command.insert(peer.command.end(), {"--loops", "1", "--io=" + io});
  peer.subscribe = {{transport == "sse"
                         ? "GET /v1/sse?pattern=bench HTTP/1.1\r\nHost: localhost\r\n\r\n"
                         : websocket_upgrade(transport == "lines" ? "/v1/ws?pattern=bench&lines=1"
                                                                  : "/v1/ws?pattern=bench"),
                     "\"op\":\"live\""}};
  peer.publish = [](const std::string& payload) { return post("/v1/topics/bench", payload); };
  return peer;
}

std::optional<Peer> nchan(const PeerPaths& paths, const std::string& transport) {
  const path module = "/usr/lib/nginx/modules/ngx_nchan_module.so";
  if (!std::filesystem::exists(module)) return std::nullopt;
  Peer peer;
  peer.port = peer.publish_port = free_port();
  const std::string folder = paths.scratch.string();
  const path config = write_file(
      paths, "nchan-" + transport + ".conf",
      "load_module " + module.string() +
          ";\ndaemon off;\nmaster_process off;\nworker_processes 1;\nworker_rlimit_nofile 20000;\n"
          "pid " +
          folder + "/nchan-" + transport +
          ".pid;\nerror_log /dev/null crit;\n"
          "events { worker_connections 19500; use epoll; }\n"
          "http {\n  access_log off;\n  tcp_nodelay on;\n  keepalive_requests 100000000;\n"
          "  keepalive_timeout 3600s;\n  client_body_temp_path " +
          folder +
          "/body;\n"
          "  nchan_message_buffer_length 64;\n"
          "  server {\n    listen 127.0.0.1:" +
          std::to_string(peer.port) +
          " backlog=4096;\n"
          "    location = /pub { nchan_publisher; nchan_channel_id bench; }\n"
          "    location = /sub { nchan_subscriber websocket eventsource;"
          " nchan_channel_id bench; nchan_subscriber_first_message newest; }\n"
          "    location = /poll { nchan_subscriber longpoll; nchan_channel_id bench;"
          " nchan_subscriber_first_message newest; }\n  }\n}\n");
  peer.command = {"nginx", "-c", config.string(), "-p", folder};
  peer.subscribe = {
      {transport == "sse"
           ? "GET /sub HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
           : websocket_upgrade("/sub"),
       "\r\n\r\n"}};
  peer.publish = [](const std::string& payload) { return post("/pub", payload); };
  return peer;
}

std::optional<Peer> node_script(const PeerPaths& paths, const std::string& script) {
  if (!std::filesystem::exists(paths.cache / "node_modules")) return std::nullopt;
  Peer peer;
  peer.port = peer.publish_port = free_port();
  peer.command = {"node", (paths.scripts / script).string(),
                  (paths.cache / "node_modules").string(), std::to_string(peer.port)};
  return peer;
}

std::optional<Peer> npm_ws(const PeerPaths& paths) {
  auto peer = node_script(paths, "ws_server.cjs");
  if (!peer) return peer;
  peer->subscribe = {{websocket_upgrade("/sub"), "\r\n\r\n"}};
  peer->begin_publishing = {{websocket_upgrade("/pub"), "\r\n\r\n"}};
  peer->publish = [](const std::string& payload) { return client_frame(payload); };
  return peer;
}

// What a browser offers, and that the server may not lean on earlier messages.
std::optional<Peer> deflating(std::optional<Peer> peer) {
  if (!peer) return peer;
  peer->deflates = true;
  peer->payload = rows_of;
  std::string& upgrade = peer->subscribe.front().send;
  upgrade.insert(upgrade.size() - 2,
                 "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
                 "client_no_context_takeover\r\n");
  return peer;
}

std::optional<Peer> socket_io(const PeerPaths& paths) {
  auto peer = node_script(paths, "socketio_server.cjs");
  if (!peer) return peer;
  peer->subscribe = {{websocket_upgrade("/socket.io/?EIO=4&transport=websocket"), "pingInterval"},
                     {client_frame("40"), "40{\"sid\""}};
  peer->begin_publishing = peer->subscribe;
  peer->publish = [](const std::string& payload) {
    return client_frame("42[\"m\"," + payload + "]");
  };
  return peer;
}

std::optional<Peer> nats(const PeerPaths& paths) {
  if (!is_installed("nats-server")) return std::nullopt;
  Peer peer;
  peer.port = free_port();
  peer.publish_port = free_port();
  const path config =
      write_file(paths, "nats.conf",
                 "listen: \"127.0.0.1:" + std::to_string(peer.publish_port) +
                     "\"\nping_interval: \"1h\"\n"
                     "websocket { listen: \"127.0.0.1:" +
                     std::to_string(peer.port) + "\", no_tls: true, compression: false }\n");
  peer.command = {"nats-server", "-c", config.string()};
  const std::string hello = "CONNECT {\"verbose\":false,\"pedantic\":false}\r\n";
  peer.subscribe = {{websocket_upgrade("/"), "INFO "},
                    {client_frame(hello + "SUB bench 1\r\nPING\r\n", true), "PONG"}};
  peer.begin_publishing = {{hello + "PING\r\n", "PONG"}};
  peer.publish = [](const std::string& payload) {
    return "PUB bench " + std::to_string(payload.size()) + "\r\n" + payload + "\r\n";
  };
  return peer;
}

std::optional<Peer> mosquitto(const PeerPaths& paths) {
  if (!is_installed("mosquitto")) return std::nullopt;
  Peer peer;
  peer.port = free_port();
  peer.publish_port = free_port();
  // The plain listener stands first: 2.0.11 does not open the other one otherwise.
  const path config =
      write_file(paths, "mosquitto.conf",
                 "allow_anonymous true\nlog_type none\nset_tcp_nodelay true\nlistener " +
                     std::to_string(peer.publish_port) + " 127.0.0.1\nlistener " +
                     std::to_string(peer.port) + " 127.0.0.1\nprotocol websockets\n");
  peer.command = {"mosquitto", "-c", config.string()};
  // MQTT 3.1.1: CONNECT without a name or keep-alive, SUBSCRIBE to "bench" at QoS 0.
  const std::string connect("\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00", 14);
  const std::string subscribe(
      "\x82\x0a\x00\x01\x00\x05"
      "bench\x00",
      12);
  const std::string connected("\x20\x02\x00\x00", 4);
  const std::string subscribed("\x90\x03\x00\x01", 4);
  peer.subscribe = {{websocket_upgrade("/mqtt", "mqtt"), "\r\n\r\n"},
                    {client_frame(connect, true), connected},
                    {client_frame(subscribe, true), subscribed}};
  peer.begin_publishing = {{connect, connected}};
  peer.publish = [](const std::string& payload) {
    std::string packet("\x30", 1);
    packet += static_cast<char>(2 + 5 + payload.size());  // One byte holds less than 128.
    packet.append(std::string("\x00\x05", 2)).append("bench").append(payload);
    return packet;
  };
  return peer;
}

std::optional<Peer> centrifuge(const PeerPaths& paths) {
  if (!std::filesystem::exists(paths.cache / "centrifuge-server")) return std::nullopt;
  Peer peer;
  peer.port = peer.publish_port = free_port();
  peer.command = {(paths.cache / "centrifuge-server").string(), std::to_string(peer.port)};
  peer.subscribe = {
      {websocket_upgrade("/sub"), "\r\n\r\n"},
      {client_frame("{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{\"channel\":\"bench\"}}"),
       "\"id\":2"}};
  peer.publish = [](const std::string& payload) { return post("/pub", payload); };
  return peer;
}

Peer floor(const PeerPaths& paths) {
  Peer peer;
  peer.port = peer.publish_port = free_port();
  peer.command = {paths.bench, "serve-floor", std::to_string(peer.port)};
  peer.subscribe = {{"GET / HTTP/1.1\r\n\r\n", "\r\n\r\n"}};
  peer.publish = [](const std::string& payload) { return post("/", payload); };
  return peer;
}

// Ours gives the cursor in the last line of an answer, nchan in two headers.
std::string poll_of_freshet(std::string_view answer) {
  constexpr std::string_view before = "\"op\":\"next\",\"cursor\":\"";
  const std::size_t begin = answer.rfind(before);
  std::string target = "/v1/poll?pattern=bench&wait=55000";
  if (begin != std::string_view::npos) {
    const std::string_view cursor = answer.substr(begin + before.size());
    target.append("&cursor=").append(cursor.substr(0, cursor.find('"')));
  }
  return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

std::string poll_of_nchan(std::string_view answer) {
  std::string request = "GET /poll HTTP/1.1\r\nHost: localhost\r\n";
  if (!answer.empty()) {
    request.append("If-Modified-Since: ").append(answer_header(answer, "Last-Modified"));
    request.append("\r\nIf-None-Match: ").append(answer_header(answer, "Etag")).append("\r\n");
  }
  return request + "\r\n";
}

std::optional<Peer> long_polling(std::optional<Peer> peer, bool ours) {
  if (!peer) return peer;
  peer->poll = ours ? poll_of_freshet : poll_of_nchan;
  peer->first_poll_is_answered = ours;
  return peer;
}

Peer node_http(const PeerPaths& paths) {
  Peer peer;
  peer.port = peer.publish_port = free_port();
  peer.command = {"node", (paths.scripts / "http_server.cjs").string(), std::to_string(peer.port)};
  return peer;
}

}  // namespace

std::string payload_of(std::size_t bytes) {
  return "\"" + std::string(1, delivery_marker) + std::string(bytes - 3, 'x') + "\"";
}

std::string rows_of(std::size_t bytes) {
  std::string rows = "[";
  std::uint32_t state = 1;  // Numbers that do not repeat, the same in each run.
  const auto number = [&state] {
    state = state * 1664525 + 1013904223;
    return std::to_string(state >> 12);
  };
  while (rows.size() < bytes) {
    if (rows.size() > 1) rows += ',';
    rows += R"({"symbol":"S)" + number() + R"(","bid":)" + number() + R"(,"ask":)" + number() +
            R"(,"venue":"XETR"})";
  }
  return rows + "]";
}

std::string post(const std::string& target, const std::string& body) {
  return "POST " + target +
         " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

std::vector<std::string> peer_names() {
  return {"freshet/websocket",
          "freshet/sse",
          "freshet/lines",
          "freshet-epoll/websocket",
          "freshet-epoll/sse",
          "nchan/websocket",
          "nchan/sse",
          "ws/websocket",
          "socket.io/websocket",
          "nats/websocket",
          "mosquitto/websocket",
          "centrifuge/websocket",
          "floor/tcp"};
}

std::optional<Peer> make_peer(const std::string& name, const PeerPaths& paths) {
  const std::size_t slash = name.find('/');
  const std::string program = name.substr(0, slash);
  const std::string transport = name.substr(slash == std::string::npos ? name.size() : slash + 1);
  const auto make = [&]() -> std::optional<Peer> {
    if (name == "freshet/long-polling") {
      return long_polling(freshet(paths, transport, "auto"), true);
    }
    if (name == "nchan/long-polling") return long_polling(nchan(paths, transport), false);
    if (name == "freshet/deflate") return deflating(freshet(paths, "websocket", "auto"));
    if (name == "ws/deflate") {
      auto peer = npm_ws(paths);
      if (peer) peer->command.push_back("deflate");
      return deflating(std::move(peer));
    }
    if (name == "node/http") return node_http(paths);
    if (program == "freshet") return freshet(paths, transport, "auto");
    if (program == "freshet-epoll") return freshet(paths, transport, "epoll");
    if (program == "nchan") return nchan(paths, transport);
    if (program == "ws") return npm_ws(paths);
    if (program == "socket.io") return socket_io(paths);
    if (program == "nats") return nats(paths);
    if (program == "mosquitto") return mosquitto(paths);
    if (program == "centrifuge") return centrifuge(paths);
    if (program == "floor") return floor(paths);
    throw std::runtime_error("there is no system '" + name + "'");
  };
  std::optional<Peer> peer = make();
  if (peer) {
    peer->name = program;
    peer->transport = transport;
  }
  return peer;
}

}  // namespace freshet::bench

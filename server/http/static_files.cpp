#include "http/static_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>
#include <utility>

#include "http/gzip.h"
#include "park/connection.h"
#include "park/loop.h"

namespace freshet::server {
namespace {

namespace fs = std::filesystem;

// RFC 9110 §5.6.7. strftime would follow the locale.
std::string http_date(std::time_t time) {
  static constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed",
                                                      "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  const auto two = [](int value) { return (value < 10 ? "0" : "") + std::to_string(value); };
  return std::string(days[static_cast<std::size_t>(parts.tm_wday)]) + ", " + two(parts.tm_mday) +
         ' ' + months[static_cast<std::size_t>(parts.tm_mon)] + ' ' +
         std::to_string(1900 + parts.tm_year) + ' ' + two(parts.tm_hour) + ':' + two(parts.tm_min) +
         ':' + two(parts.tm_sec) + " GMT";
}

// The real path of `path` below the root, or nothing if it leads out of it.
std::optional<fs::path> resolve(const fs::path& root, std::string_view path) {
  if (path.find('\0') != std::string_view::npos) return std::nullopt;
  while (path.starts_with('/')) path.remove_prefix(1);
  std::error_code error;
  const fs::path real_root = fs::canonical(root, error);
  if (error) return std::nullopt;
  fs::path real = fs::canonical(real_root / path, error);
  if (error) return std::nullopt;
  const auto [end, rest] =
      std::mismatch(real_root.begin(), real_root.end(), real.begin(), real.end());
  if (end != real_root.end()) return std::nullopt;
  if (fs::is_directory(real, error)) real /= "index.html";
  return real;
}

// Sends an open file's head and then its bytes, each piece as those before have left.
class FileAnswer final : public park::Parked {
 public:
  FileAnswer(int fd, std::size_t bytes, std::size_t chunk_bytes, std::string head, bool keep_alive)
      : fd_(fd),
        left_(bytes),
        chunk_bytes_(chunk_bytes),
        head_(std::move(head)),
        keep_alive_(keep_alive) {}
  ~FileAnswer() override { ::close(fd_); }

  void handle_parked(park::Connection& connection) override {
    connection_ = &connection;
    connection.send(std::move(head_));
    send_more();
  }
  void handle_low_mark() override { send_more(); }

 private:
  // Until the outbox is above the low mark: only from there handle_low_mark() comes again.
  void send_more() {
    const std::size_t enough = connection_->loop().options().outbox_low_mark_bytes;
    while (left_ > 0 && connection_->outbox_bytes() <= enough) {
      std::string bytes(std::min(chunk_bytes_, left_), '\0');
      const ssize_t got = ::read(fd_, bytes.data(), bytes.size());
      // Shorter than announced (the file was cut) or unreadable: the length tells the client.
      if (got <= 0) return connection_->abort();
      bytes.resize(static_cast<std::size_t>(got));
      left_ -= bytes.size();
      if (connection_->send(std::move(bytes)) != park::SendResult::queued) {
        return connection_->abort();
      }
    }
    if (left_ == 0) connection_->finish_parked(keep_alive_);
  }

  int fd_;
  std::size_t left_;
  std::size_t chunk_bytes_;
  std::string head_;
  bool keep_alive_;
  park::Connection* connection_ = nullptr;
};

}  // namespace

StaticFiles::StaticFiles(StaticFilesOptions options) : options_(std::move(options)) {}

bool StaticFiles::serve(const Request& request, std::string_view path, Response& response) const {
  const auto real = resolve(options_.root, path);
  if (!real) return false;
  const int fd = ::open(real->c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status{};
  if (fd < 0 || ::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    if (fd >= 0) ::close(fd);
    return false;
  }
  const auto size = static_cast<std::size_t>(status.st_size);
  const std::string tag = '"' + std::to_string(size) + '-' + std::to_string(status.st_mtim.tv_sec) +
                          '.' + std::to_string(status.st_mtim.tv_nsec) + '"';
  const std::string modified = http_date(status.st_mtim.tv_sec);
  response.headers.emplace_back("ETag", tag);
  response.headers.emplace_back("Last-Modified", modified);
  response.headers.emplace_back(
      "Cache-Control", real->filename() == "index.html" ? "no-cache" : options_.cache_control);

  // With 304 too (§15.4.5), and whichever size the file has.
  const std::string_view content_type = content_type_of(real->native());
  if (is_compressible(content_type)) vary_by_encoding(response);

  // RFC 9110 §13.2.2: If-None-Match, when there, decides alone.
  // Compared weakly (§8.8.3.2): caches on the way mark tags with "W/".
  const std::string_view known = request.header("If-None-Match");
  const bool unchanged =
      request.has_header("If-None-Match")
          ? known == "*" || lists_token(known, tag) || lists_token(known, "W/" + tag)
          : request.header("If-Modified-Since") == modified;
  if (unchanged) {
    ::close(fd);
    response.status = 304;
    return true;
  }
  response.content_type = content_type;
  if (size > options_.whole_bytes_max) {
    const LateAnswer late = response.late_answer();
    response.park_answer(std::make_unique<FileAnswer>(
        fd, size, options_.chunk_bytes, late.encode_head(response, size), late.keep_alive()));
    // Parking is void for HEAD, which still tells the length.
    if (request.is_head()) response.headers.emplace_back("Content-Length", std::to_string(size));
    return true;
  }
  response.body.resize(size);
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got = ::read(fd, response.body.data() + have, size - have);
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  response.body.resize(have);
  ::close(fd);
  return true;
}

std::string_view content_type_of(std::string_view path) {
  static constexpr std::pair<std::string_view, std::string_view> types[] = {
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".wasm", "application/wasm"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".webp", "image/webp"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".txt", "text/plain; charset=utf-8"},
      {".csv", "text/csv; charset=utf-8"},
      {".webmanifest", "application/manifest+json"},
  };
  for (const auto& [ending, type] : types) {
    if (path.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

}  // namespace freshet::server

// Serves a folder of files, as `freshet serve --demo=DIR` does. Small files are answered whole;
// large ones are read in chunks as fast as the client takes them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "http/request.h"
#include "http/response.h"

namespace freshet::server {

struct StaticFilesOptions {
  std::filesystem::path root;
  // Files up to this are read at once; larger ones hold an open file while they are sent.
  std::size_t whole_bytes_max = 256 * 1024;
  // Read size of larger files; each client of one holds up to this, plus the low mark.
  std::size_t chunk_bytes = 128 * 1024;
  // For every file but index.html, which is always revalidated ("no-cache").
  std::string cache_control = "no-cache";
};

// Thread-safe: holds no state but its options.
class StaticFiles {
 public:
  // REQUIRES: options.root is a folder; check with std::filesystem::is_directory.
  explicit StaticFiles(StaticFilesOptions options);

  // Answers GET and HEAD of `path` (decoded, "/" separated, relative to the root; "" and folders
  // give their index.html). False, with `response` untouched, when there is no such regular file
  // or its real path is outside the root. ETag, Last-Modified, If-None-Match and
  // If-Modified-Since as in RFC 9110 §13.
  bool serve(const Request& request, std::string_view path, Response& response) const;

 private:
  StaticFilesOptions options_;
};

// "text/html; charset=utf-8" for ".html"; "application/octet-stream" for what is not known.
std::string_view content_type_of(std::string_view path);

}  // namespace freshet::server

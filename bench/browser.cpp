#include "browser.h"

#include <array>
#include <cstdio>
#include <stdexcept>
#include <string>

#include "report.h"

namespace freshet::bench {

namespace {

constexpr double ratio_min = 1.2;

std::string quoted(const std::filesystem::path& path) { return "'" + path.string() + "'"; }

// One line of what the script prints: case, system, messages per second.
void add_line(const std::string& line, Report& report) {
  const std::size_t first = line.find('\t');
  const std::size_t second = line.find('\t', first + 1);
  if (second == std::string::npos) throw std::runtime_error("unexpected line: " + line);
  report.add(line.substr(0, first), line.substr(first + 1, second - first - 1) + "/websocket",
             std::stod(line.substr(second + 1)) / 1000);
}

void run_page(const Setting& setting, Report& report) {
  const std::filesystem::path bench = setting.scripts.parent_path();
  const std::string command = "node " + quoted(bench / "browser" / "run.mjs") + " " +
                              quoted(setting.cache / "node_modules") + " " +
                              quoted(bench.parent_path() / "wasm" / "npm") + " " +
                              std::to_string(setting.rounds);
  FILE* const output = ::popen(command.c_str(), "r");
  if (output == nullptr) throw std::runtime_error("cannot start node");
  std::array<char, 256> line;
  while (std::fgets(line.data(), line.size(), output) != nullptr) add_line(line.data(), report);
  if (::pclose(output) != 0) throw std::runtime_error("the page failed");
}

}  // namespace

int measure_browser(const Setting& setting) {
  Report report("Chromium: thousands of messages per second to a callback (more is better)",
                "100 bytes of JSON each, median of " + std::to_string(setting.rounds) + " rounds");
  run_page(setting, report);
  report.finish(setting.results, "browser");
  for (const char* load : {"from a server, data not read", "from a server, data read"}) {
    if (report.ratio(load, "freshet/websocket", "centrifuge/websocket") < ratio_min) return 1;
  }
  return 0;
}

}  // namespace freshet::bench

#include "report.h"

#include <sys/utsname.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include "app/herd_result.h"
#include "app/svg.h"

namespace freshet::bench {

namespace {

bool is_ours(std::string_view name) { return name.starts_with("freshet/"); }

std::string number(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string machine() {
  utsname names{};
  ::uname(&names);
  std::ifstream cpuinfo("/proc/cpuinfo");
  std::string model = names.machine;
  for (std::string line; std::getline(cpuinfo, line);) {
    if (line.starts_with("model name")) {
      model = line.substr(line.find(':') + 2);
      break;
    }
  }
  return model + ", Linux " + names.release;
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

constexpr const char* plot_style =
    "text{font:13px system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:#10262f}"
    ".ground{fill:#fbfdfd}.title{font-size:17px;font-weight:600}.soft{fill:#4c636c;font-size:12px}"
    ".case{font-weight:600}.end{text-anchor:end}.ours{fill:#0d5c73}.near{fill:#5d9db0}"
    ".other{fill:#a9bac0}.floor{fill:none;stroke:#8fa5ad;stroke-dasharray:4 3}"
    "@media(prefers-color-scheme:dark){text{fill:#e4eff2}.ground{fill:#0b171d}.soft{fill:#94aeb8}"
    ".ours{fill:#6fd3e3}.near{fill:#3f7f8f}.other{fill:#4f6a74}.floor{stroke:#94aeb8}}";

// Ours, ours in another set-up, the least that any could need, and the peers.
const char* class_of(std::string_view system) {
  if (is_ours(system)) return "ours";
  if (system.starts_with("freshet")) return "near";
  return system.starts_with("floor") ? "floor" : "other";
}

std::string text_at(int x, int y, const char* classes, const std::string& words) {
  return "<text x=\"" + std::to_string(x) + "\" y=\"" + std::to_string(y) + "\" class=\"" +
         classes + "\">" + app::svg_text(words) + "</text>";
}

// Three digits that count, or the whole number: "0.65", "5.40", "58.1", "4,377".
std::string figure(double value) {
  if (value < 10) return number(value, 2);
  if (value < 100) return number(value, 1);
  return app::grouped(static_cast<std::uint64_t>(std::llround(value)));
}

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

Report::Report(std::string title, std::string subtitle)
    : title_(std::move(title)), subtitle_(std::move(subtitle)) {}

void Report::add(const std::string& group, const std::string& system, double value) {
  auto in = std::find_if(groups_.begin(), groups_.end(),
                         [&](const Group& one) { return one.name == group; });
  if (in == groups_.end()) in = groups_.insert(in, Group{.name = group, .systems = {}});
  auto of = std::find_if(in->systems.begin(), in->systems.end(),
                         [&](const System& one) { return one.name == system; });
  if (of == in->systems.end()) of = in->systems.insert(of, System{.name = system, .values = {}});
  of->values.push_back(value);
}

const Report::System* Report::find(const Group& group, std::string_view name) {
  for (const System& system : group.systems) {
    if (system.name == name) return &system;
  }
  return nullptr;
}

double Report::ratio(const System& ours, const System& other) {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < std::min(ours.values.size(), other.values.size()); ++i) {
    ratios.push_back(ours.values[i] / other.values[i]);
  }
  return median(std::move(ratios));
}

double Report::ratio(const std::string& group, const std::string& ours,
                     const std::string& other) const {
  for (const Group& one : groups_) {
    if (one.name != group) continue;
    const System* a = find(one, ours);
    const System* b = find(one, other);
    return a != nullptr && b != nullptr ? ratio(*a, *b) : 0;
  }
  return 0;
}

void Report::finish(const std::filesystem::path& folder, const std::string& name) const {
  print();
  if (!folder.empty()) write(folder, name);
}

void Report::print() const {
  std::printf("%s\n%s; %s\n", title_.c_str(), subtitle_.c_str(), machine().c_str());
  for (const Group& group : groups_) {
    std::printf("\n%s\n", group.name.c_str());
    std::vector<const System*> ours;
    for (const System& system : group.systems) {
      if (is_ours(system.name)) ours.push_back(&system);
    }
    std::printf("  %-26s %9s  %9s %9s ", "", "median", "least", "most");
    for (const System* own : ours) std::printf("  %s ÷", own->name.c_str());
    std::printf("\n");
    for (const System& system : group.systems) {
      const auto [least, most] = std::minmax_element(system.values.begin(), system.values.end());
      std::printf("  %-26s %9.2f  %9.2f %9.2f ", system.name.c_str(), median(system.values), *least,
                  *most);
      for (const System* own : ours) {
        std::printf("  %*s", static_cast<int>(own->name.size() + 2),
                    own == &system ? "" : number(ratio(*own, system), 3).c_str());
      }
      std::printf("\n");
    }
  }
}

void Report::write(const std::filesystem::path& folder, const std::string& name) const {
  std::filesystem::create_directories(folder);
  write_file(folder / (name + ".json"), json());
  write_file(folder / (name + ".svg"), svg());
  std::printf("\nwritten: %s\n", (folder / (name + ".{json,svg}")).c_str());
}

std::string Report::json() const {
  std::string text = "{\n  \"title\": \"" + title_ + "\",\n  \"conditions\": \"" + subtitle_ +
                     "\",\n  \"machine\": \"" + machine() + "\",\n  \"cases\": [";
  for (const Group& group : groups_) {
    text += (&group == &groups_.front() ? "\n" : ",\n");
    text += "    {\"case\": \"" + group.name + "\", \"systems\": {";
    for (const System& system : group.systems) {
      text += (&system == &group.systems.front() ? "\n" : ",\n");
      text += "      \"" + system.name + "\": {\"median\": " + number(median(system.values), 4) +
              ", \"rounds\": [";
      for (std::size_t i = 0; i < system.values.size(); ++i) {
        text += (i == 0 ? "" : ", ") + number(system.values[i], 4);
      }
      text += "]}";
    }
    text += "\n    }}";
  }
  return text + "\n  ]\n}\n";
}

// Horizontal bars, one block per case, each on a scale of its own; on a ground of its own, light or
// dark as the page around it.
std::string Report::svg() const {
  constexpr int bar_width = 460;
  constexpr int value_width = 76;
  constexpr int line = 24;
  constexpr int margin = 20;
  std::size_t longest = 0;
  for (const Group& group : groups_) {
    for (const System& system : group.systems) longest = std::max(longest, system.name.size());
  }
  // Letters of 13 px are 7 wide at most, but for a few.
  const int label_width = margin + static_cast<int>(longest) * 7 + 12;
  const int width = label_width + bar_width + value_width;
  int y = 74;
  std::string body;
  for (const Group& group : groups_) {
    body += text_at(margin, y + 14, "case", group.name);
    y += 28;
    double most = 0;
    for (const System& system : group.systems) most = std::max(most, median(system.values));
    for (const System& system : group.systems) {
      const double value = median(system.values);
      const int length = std::max(2, static_cast<int>(value / most * bar_width));
      body += text_at(label_width - 8, y + 14, "end", system.name) + "<rect x=\"" +
              std::to_string(label_width) + "\" y=\"" + std::to_string(y + 2) + "\" width=\"" +
              std::to_string(length) + "\" height=\"17\" rx=\"2\" class=\"" +
              class_of(system.name) + "\"/>" +
              text_at(label_width + length + 7, y + 14, "value", figure(value)) + "\n";
      y += line;
    }
    y += 18;
  }
  const std::string size =
      "width=\"" + std::to_string(width) + "\" height=\"" + std::to_string(y) + "\"";
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + std::to_string(width) + " " +
         std::to_string(y) + "\" " + size + ">\n<style>" + plot_style + "</style>\n<rect " + size +
         " class=\"ground\"/>\n" + text_at(margin, 30, "title", title_) +
         text_at(margin, 52, "soft", subtitle_ + "; " + machine()) + "\n" + body + "</svg>\n";
}

}  // namespace freshet::bench

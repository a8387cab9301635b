#include "report.h"

#include <sys/utsname.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <stdexcept>

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

// Horizontal bars, one block per case, each on a scale of its own.
std::string Report::svg() const {
  constexpr int width = 760, label_width = 190, bar_width = 480, line = 22;
  int y = 64;
  std::string body;
  for (const Group& group : groups_) {
    body += "<text x=\"12\" y=\"" + std::to_string(y + 14) + "\" class=\"case\">" + group.name +
            "</text>\n";
    y += 26;
    double most = 0;
    for (const System& system : group.systems) most = std::max(most, median(system.values));
    for (const System& system : group.systems) {
      const double value = median(system.values);
      const int length = std::max(1, static_cast<int>(value / most * bar_width));
      const std::string text_y = std::to_string(y + 14);
      body += "<text x=\"" + std::to_string(label_width) + "\" y=\"" + text_y +
              "\" text-anchor=\"end\">" + system.name + "</text><rect x=\"" +
              std::to_string(label_width + 8) + "\" y=\"" + std::to_string(y + 2) + "\" width=\"" +
              std::to_string(length) + "\" height=\"16\" class=\"" +
              (is_ours(system.name) ? "ours" : "other") + "\"/><text x=\"" +
              std::to_string(label_width + 14 + length) + "\" y=\"" + text_y + "\">" +
              number(value, 2) + "</text>\n";
      y += line;
    }
    y += 14;
  }
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + std::to_string(width) +
         "\" height=\"" + std::to_string(y) +
         "\" font-family=\"sans-serif\" font-size=\"13\">\n<style>.ours{fill:#1f77b4}.other"
         "{fill:#b0b0b0}.case{font-weight:bold}</style>\n<rect width=\"100%\" height=\"100%\" "
         "fill=\"#fff\"/>\n<text x=\"12\" y=\"24\" font-size=\"16\">" +
         title_ + "</text>\n<text x=\"12\" y=\"44\">" + subtitle_ + "; " + machine() + "</text>\n" +
         body + "</svg>\n";
}

}  // namespace freshet::bench

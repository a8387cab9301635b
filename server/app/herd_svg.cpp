// The curves of `freshet herd` as a picture: one strip for each result, all on the same axes.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "app/herd_result.h"

namespace freshet::app {
namespace {

constexpr double left = 60;
constexpr double width = 640;
constexpr double strip = 96;
constexpr double gap = 44;
constexpr double top = 64;

// Fixed colours that both light and dark pages bear, on a ground of its own.
constexpr const char* style =
    "text{font:13px system-ui,sans-serif;fill:#10262f}.soft{fill:#48626c}.title{font-size:17px;"
    "font-weight:600}.name{font-weight:600}.arrivals{fill:#b8dbe3;stroke:#0d5c73;stroke-width:1}"
    ".back{fill:none;stroke:#0a7a4b;stroke-width:1.6}.rate{stroke:#b3321f;stroke-dasharray:4 3}"
    ".axis{stroke:#8fa5ad}";

template <typename... Arguments>
std::string print(const char* format, Arguments... arguments) {
  std::array<char, 512> text;
  const int length = std::snprintf(text.data(), text.size(), format, arguments...);
  return {text.data(), std::min(text.size() - 1, static_cast<std::size_t>(std::max(length, 0)))};
}

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '<') {
      safe += "&lt;";
    } else if (c == '&') {
      safe += "&amp;";
    } else {
      safe += c;
    }
  }
  return safe;
}

// Arrivals range from a few to every client at once, so their axis is logarithmic.
double height_of(double arrivals, double most) {
  return strip * std::log10(1 + arrivals) / std::log10(1 + most);
}

struct Axes {
  std::size_t slots = 1;
  double most = 1;

  double x(std::size_t slot) const {
    return left + width * static_cast<double>(slot) / static_cast<double>(slots);
  }
};

// Some slots wide, so that a picture has a few hundred points whatever its length.
std::string arrivals_path(const std::vector<server::Slot>& slots, const Axes& axes, double bottom) {
  const std::size_t step = std::max<std::size_t>(axes.slots / 640, 1);
  std::string path = print("M%.1f %.1f", left, bottom);
  for (std::size_t index = 0; index < slots.size(); index += step) {
    double most = 0;
    for (std::size_t at = index; at < std::min(index + step, slots.size()); ++at) {
      most = std::max<double>(most, slots[at].arrivals);
    }
    const double y = bottom - height_of(most, axes.most);
    path += print("L%.1f %.1fL%.1f %.1f", axes.x(index), y, axes.x(index + step), y);
  }
  return path + print("L%.1f %.1fZ", axes.x(slots.size()), bottom);
}

std::string back_path(const HerdResult& result, const Axes& axes, double bottom) {
  const std::size_t step = std::max<std::size_t>(axes.slots / 640, 1);
  std::string path = print("M%.1f %.1f", left, bottom);
  double back = 0;
  for (std::size_t index = 0; index < axes.slots; ++index) {
    if (index < result.slots.size()) back += result.slots[index].recovered;
    if ((index + 1) % step != 0 && index + 1 != axes.slots) continue;
    path += print("L%.1f %.1f", axes.x(index + 1),
                  bottom - strip * back / std::max(result.figures.clients, 1u));
  }
  return path;
}

std::string strip_of(const HerdResult& result, const Axes& axes, double rate, double y) {
  const double bottom = y + strip;
  const double rate_y = bottom - height_of(rate / 10, axes.most);
  const server::Figures& f = result.figures;
  return print("<text class=\"name\" x=\"%.0f\" y=\"%.0f\">", left, y - 8) + escaped(result.name) +
         print(
             "</text><text class=\"soft\" x=\"%.0f\" y=\"%.0f\" text-anchor=\"end\">99 %% back "
             "%s, peak %u, %.1f tries each</text>",
             left + width, y - 8, seconds_words(f.most).c_str(), f.peak, f.tries_mean) +
         "<path class=\"arrivals\" d=\"" + arrivals_path(result.slots, axes, bottom) +
         "\"/><path class=\"back\" d=\"" + back_path(result, axes, bottom) + "\"/>" +
         print(
             "<path class=\"rate\" d=\"M%.0f %.1fh%.0f\"/><path class=\"axis\" d=\"M%.0f "
             "%.0fh%.0f\"/><text class=\"soft\" x=\"%.0f\" y=\"%.0f\" text-anchor=\"end\">%.0f"
             "</text><text class=\"soft\" x=\"%.0f\" y=\"%.0f\" text-anchor=\"end\">0</text>\n",
             left, rate_y, width, left, bottom, width, left - 6, y + 10, axes.most, left - 6,
             bottom);
}

}  // namespace

std::string herd_svg(const std::vector<HerdResult>& results, const std::string& title,
                     double rate) {
  Axes axes;
  std::size_t longest = 1;
  for (const HerdResult& result : results) {
    longest = std::max(longest, result.slots.size());
    axes.most = std::max<double>(axes.most, result.figures.peak);
  }
  // Beside those that never end, the rest would be a line at the left.
  std::size_t shown = 1;
  for (const HerdResult& result : results) {
    if (result.figures.all) shown = std::max(shown, result.slots.size());
  }
  const auto ideal = results.empty() ? Duration{0} : results.front().figures.ideal;
  const auto enough = static_cast<std::size_t>(3 * ideal / server::slot_length) + 1;
  axes.slots = std::max<std::size_t>(std::min({longest, std::max(shown, enough), 2 * enough}), 10);

  const double full = left + width + 24;
  const double height = top + static_cast<double>(results.size()) * (strip + gap) + 34;
  std::string svg =
      print(
          "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
          "width=\"%.0f\" height=\"%.0f\"><style>%s</style><rect width=\"100%%\" height=\"100%%\" "
          "fill=\"#fbfdfd\"/>\n",
          full, height, full, height, style) +
      print("<text class=\"title\" x=\"%.0f\" y=\"28\">", left) + escaped(title) + "</text>\n";
  double y = top;
  for (HerdResult result : results) {
    if (result.slots.size() > axes.slots) result.slots.resize(axes.slots);
    svg += strip_of(result, axes, rate, y);
    y += strip + gap;
  }
  svg += print(
      "<text class=\"soft\" x=\"%.0f\" y=\"%.0f\">0 s</text><text class=\"soft\" "
      "x=\"%.0f\" y=\"%.0f\" text-anchor=\"end\">%.0f s</text><text class=\"soft\" "
      "x=\"%.0f\" y=\"%.0f\" text-anchor=\"middle\">area: arrivals per 100 ms, logarithmic; "
      "green: share back; dashed: what the server admits</text></svg>\n",
      left, y - 18, left + width, y - 18, static_cast<double>(axes.slots) / 10, left + width / 2,
      y - 18);
  return svg;
}

}  // namespace freshet::app

// The curves of `freshet herd` as a picture: one strip for each result, all on the same axes.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "app/herd_result.h"
#include "app/svg.h"

namespace freshet::app {
namespace {

constexpr double left = 66;
constexpr double width = 640;
constexpr double right = 54;
constexpr double top = 96;
constexpr double strip = 88;
constexpr double gap = 46;
constexpr double foot = 44;

// Its own ground, light or dark as the page around it. Plain rules, for not every viewer knows
// variables.
constexpr const char* style =
    "text{font:12.5px system-ui,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;fill:#10262f}"
    ".ground{fill:#fbfdfd}.soft{fill:#4c636c}.title{font-size:16px;font-weight:600}"
    ".name{font-size:13.5px;font-weight:600}.end{text-anchor:end}.middle{text-anchor:middle}"
    ".arrivals{fill:#0d5c73;fill-opacity:.25;stroke:#0d5c73;stroke-linejoin:round}"
    ".back{fill:none;stroke:#b3541f;stroke-width:1.8}.share{fill:#9c4515}"
    ".rate,.ideal{stroke:#4c636c;stroke-dasharray:5 4;fill:none}.ideal{stroke-dasharray:2 3}"
    ".away{fill:#b3321f;fill-opacity:.12}.grid{stroke:#dbe4e7;fill:none}.axis{stroke:#8fa5ad}"
    "@media(prefers-color-scheme:dark){text{fill:#e4eff2}.ground{fill:#0b171d}.soft{fill:#94aeb8}"
    ".arrivals{fill:#6fd3e3;stroke:#6fd3e3}.back{stroke:#f0aa45}.share{fill:#f0aa45}"
    ".rate,.ideal{stroke:#94aeb8}.away{fill:#ff8b78;fill-opacity:.18}.grid{stroke:#22373f}"
    ".axis{stroke:#4f6a74}}";

template <typename... Arguments>
std::string print(const char* format, Arguments... arguments) {
  std::array<char, 512> text;
  const int length = std::snprintf(text.data(), text.size(), format, arguments...);
  return {text.data(), std::min(text.size() - 1, static_cast<std::size_t>(std::max(length, 0)))};
}

std::string text_at(double x, double y, const char* classes, const std::string& words) {
  return print("<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", classes, x, y) + svg_text(words) +
         "</text>";
}

struct Axes {
  std::size_t slots = 1;
  double most = 1;       // Arrivals.
  double fair = 0;       // What the server admits in a slot.
  double ideal = 0;      // Slots until all could be back.
  double returned = 0;   // Slots until the server is back.
  std::size_t step = 1;  // Slots from one line of time to the next.

  double x(double slot) const { return left + width * slot / static_cast<double>(slots); }
  // Arrivals range from a few to every client at once, so their axis is logarithmic.
  double height_of(double arrivals) const {
    return strip * std::log10(1 + arrivals) / std::log10(1 + most);
  }
};

// As many lines as can be read, at times that people count in.
std::size_t time_step(std::size_t slots) {
  constexpr std::array<std::size_t, 14> steps{5,   10,   20,   50,   100,  200,   300,
                                              600, 1200, 3000, 6000, 9000, 18000, 36000};
  for (const std::size_t step : steps) {
    if (slots / step <= 9) return step;
  }
  return steps.back();
}

// Some slots wide, so that a picture has a few hundred points whatever its length.
std::string arrivals_path(const std::vector<server::Slot>& slots, const Axes& axes, double bottom) {
  const std::size_t step = std::max<std::size_t>(axes.slots / 640, 1);
  std::string path = print("M%.1f %.1f", left, bottom);
  double x = left;
  for (std::size_t index = 0; index < slots.size(); index += step) {
    double most = 0;
    for (std::size_t at = index; at < std::min(index + step, slots.size()); ++at) {
      most = std::max<double>(most, slots[at].arrivals);
    }
    x = std::min(axes.x(static_cast<double>(index + step)), left + width);
    path += print("V%.1fH%.1f", bottom - axes.height_of(most), x);
  }
  return path + print("V%.1fZ", bottom);
}

std::string back_path(const HerdResult& result, const Axes& axes, double bottom) {
  const std::size_t step = std::max<std::size_t>(axes.slots / 640, 1);
  std::string path = print("M%.1f %.1f", left, bottom);
  double back = 0;
  for (std::size_t index = 0; index < axes.slots; ++index) {
    if (index < result.slots.size()) back += result.slots[index].recovered;
    if ((index + 1) % step != 0 && index + 1 != axes.slots) continue;
    path += print("L%.1f %.1f", axes.x(static_cast<double>(index + 1)),
                  bottom - strip * back / std::max(result.figures.clients, 1u));
  }
  return path;
}

std::string grid_of(const Axes& axes, double y) {
  const double bottom = y + strip;
  std::string grid;
  if (axes.returned > 0) {
    const double end = std::min(axes.x(axes.returned), left + width);
    grid += print("<path class=\"away\" d=\"M%.1f %.1fH%.1fV%.1fH%.1fZ\"/>", left, y, end, bottom,
                  left);
  }
  std::string lines;
  for (std::size_t at = axes.step; at <= axes.slots; at += axes.step) {
    lines += print("M%.1f %.1fV%.1f", axes.x(static_cast<double>(at)), y, bottom);
  }
  for (double arrivals = 1; arrivals <= axes.most * 1.001; arrivals *= 100) {
    const double line = bottom - axes.height_of(arrivals);
    lines += print("M%.1f %.1fh%.1f", left, line, width);
    grid += text_at(left - 6, line + 4, "soft end", grouped(static_cast<std::uint64_t>(arrivals)));
  }
  return grid + "<path class=\"grid\" d=\"" + lines + "\"/>";
}

// "99 % back after 62.4 s", or how far it came.
std::string figures_words(const server::Figures& figures) {
  const std::string back =
      figures.most
          ? "99 % back after " + seconds_words(figures.most)
          : print("%.1f %% back", 100.0 * figures.recovered / std::max(figures.clients, 1u));
  return back + ", peak " + grouped(figures.peak) + print(", %.1f tries each", figures.tries_mean);
}

std::string strip_of(const HerdResult& result, const Axes& axes, double y) {
  const double bottom = y + strip;
  std::string svg = text_at(left, y - 9, "name", result.name) +
                    text_at(left + width, y - 9, "soft end", figures_words(result.figures)) +
                    grid_of(axes, y) + "<path class=\"arrivals\" d=\"" +
                    arrivals_path(result.slots, axes, bottom) + "\"/>";
  const double fair = bottom - axes.height_of(axes.fair);
  svg += print("<path class=\"rate\" d=\"M%.1f %.1fh%.1f\"/>", left, fair, width);
  if (axes.ideal < static_cast<double>(axes.slots)) {
    svg += print("<path class=\"ideal\" d=\"M%.1f %.1fV%.1f\"/>", axes.x(axes.ideal), y, bottom);
  }
  return svg + "<path class=\"back\" d=\"" + back_path(result, axes, bottom) + "\"/>" +
         print("<path class=\"axis\" d=\"M%.1f %.1fh%.1f\"/>", left, bottom, width) +
         text_at(left + width + 6, y + 5, "share", "100 %") +
         text_at(left + width + 6, bottom + 4, "share", "0 %") + '\n';
}

// What each mark means, in a row.
std::string legend() {
  struct Entry {
    const char* mark;  // Between 0 and 22, about the middle of the line.
    const char* words;
    double width;
  };
  constexpr std::array<Entry, 5> entries{{
      {"class=\"arrivals\" d=\"M0 5V-5H22V5Z\"", "arrivals per 100 ms", 192},
      {"class=\"back\" d=\"M0 0H22\"", "share back", 124},
      {"class=\"rate\" d=\"M0 0H22\"", "admitted", 108},
      {"class=\"away\" d=\"M0 5V-5H22V5Z\"", "server away", 130},
      {"class=\"ideal\" d=\"M11 -6V6\"", "the ideal", 0},
  }};
  std::string svg;
  double x = left;
  for (const Entry& entry : entries) {
    svg += print("<path transform=\"translate(%.0f 52)\" %s/>", x, entry.mark) +
           text_at(x + 28, 56, "soft", entry.words);
    x += entry.width;
  }
  return svg + '\n';
}

Axes axes_of(const std::vector<HerdResult>& results, double rate) {
  Axes axes{.fair = rate / 10};
  std::size_t longest = 1;
  // Beside those that never end, the rest would be a line at the left.
  std::size_t shown = 1;
  for (const HerdResult& result : results) {
    longest = std::max(longest, result.slots.size());
    axes.most = std::max<double>(axes.most, result.figures.peak);
    if (result.figures.all) shown = std::max(shown, result.slots.size());
  }
  axes.most = std::max(axes.most, axes.fair);
  Duration ideal{0};
  if (!results.empty()) {
    const server::Figures& figures = results.front().figures;
    ideal = figures.ideal;
    axes.ideal = static_cast<double>(ideal / server::slot_length);
    axes.returned = axes.ideal - figures.clients / rate * 10;
  }
  const auto enough = static_cast<std::size_t>(3 * ideal / server::slot_length) + 1;
  axes.slots = std::max<std::size_t>(std::min({longest, std::max(shown, enough), 2 * enough}), 10);
  axes.step = time_step(axes.slots);
  return axes;
}

}  // namespace

std::string herd_svg(const std::vector<HerdResult>& results, const std::string& title,
                     double rate) {
  const Axes axes = axes_of(results, rate);
  const double full = left + width + right;
  const double height = top + static_cast<double>(results.size()) * (strip + gap) - gap + foot;
  std::string svg = print(
                        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
                        "width=\"%.0f\" height=\"%.0f\"><style>",
                        full, height, full, height) +
                    style + "</style><rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n" +
                    text_at(left, 28, "title", title) + legend();
  double y = top;
  for (HerdResult result : results) {
    if (result.slots.size() > axes.slots) result.slots.resize(axes.slots);
    svg += strip_of(result, axes, y);
    y += strip + gap;
  }
  const double below = y - gap + 18;
  for (std::size_t at = 0; at <= axes.slots; at += axes.step) {
    const double seconds = static_cast<double>(at) / 10;
    svg += text_at(axes.x(static_cast<double>(at)), below, "soft middle",
                   print(axes.step < 10 ? "%.1f s" : "%.0f s", seconds));
  }
  return svg + "</svg>\n";
}

}  // namespace freshet::app

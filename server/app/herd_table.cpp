// The table and the chart of `freshet herd` for terminals.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "app/herd_result.h"

namespace freshet::app {
namespace {

using server::Figures;
using server::Slot;

template <typename... Arguments>
std::string print(const char* format, Arguments... arguments) {
  std::array<char, 256> line;
  const int length = std::snprintf(line.data(), line.size(), format, arguments...);
  return {line.data(), std::min(line.size() - 1, static_cast<std::size_t>(std::max(length, 0)))};
}

// What a row tells behind its numbers, when there is something to tell.
std::string remark(const Figures& figures) {
  if (figures.recovered == figures.clients) return {};
  const double back = 100.0 * figures.recovered / figures.clients;
  std::string text = print("  %.1f %% back", back);
  if (figures.gave_up > 0) {
    text += print(", %.1f %% gave up", 100.0 * figures.gave_up / figures.clients);
  }
  return text;
}

std::string row(const HerdResult& result) {
  const Figures& f = result.figures;
  return print("%-22s %8s %8s %8s %9s %9s %7.2f %5u %7.2f %5u %8.3f", result.name.c_str(),
               seconds_words(f.half).c_str(), seconds_words(f.most).c_str(),
               seconds_words(f.all).c_str(), grouped(f.peak).c_str(),
               grouped(f.peak_after_return).c_str(), f.tries_mean, f.tries_max,
               f.tries_after_return_mean, f.tries_after_return_max, f.refused_per_client()) +
         remark(f) + '\n';
}

struct Column {
  double arrivals = 0;  // The most of one slot within this column.
  double back = 0;      // Share that is back at its end.
};

std::vector<Column> columns_of(const HerdResult& result, std::size_t count) {
  std::vector<Column> columns(count);
  const std::size_t slots = std::max<std::size_t>(result.slots.size(), 1);
  std::uint64_t back = 0;
  for (std::size_t index = 0; index < result.slots.size(); ++index) {
    const Slot& slot = result.slots[index];
    back += slot.recovered;
    const std::size_t first = index * count / slots;
    const std::size_t last = std::max(first, (index + 1) * count / slots - 1);
    for (std::size_t column = first; column <= std::min(last, count - 1); ++column) {
      columns[column].arrivals = std::max<double>(columns[column].arrivals, slot.arrivals);
      columns[column].back = static_cast<double>(back) / std::max(result.figures.clients, 1u);
    }
  }
  return columns;
}

// What is admitted in 100 ms: "2,000", "0.5".
std::string slot_words(double rate) {
  return rate < 1'000 ? print("%g", rate / 10) : grouped(static_cast<std::uint64_t>(rate / 10));
}

// A column of `height` rows that is filled up to `share`, as eighths of blocks, from the top.
std::string cell(double share, std::size_t row, std::size_t height) {
  static constexpr std::array<const char*, 9> blocks{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  double eighths = share * static_cast<double>(height) * 8;
  // The least that is there is seen.
  if (share > 0) eighths = std::max(eighths, 1.0);
  const double here = eighths - static_cast<double>((height - 1 - row) * 8);
  return blocks[static_cast<std::size_t>(std::clamp(std::round(here), 0.0, 8.0))];
}

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string seconds_words(const std::optional<Duration>& time) {
  if (!time) return "never";
  if (*time < Duration{1'000}) return print("%d ms", static_cast<int>(time->count()));
  return print("%.1f s", static_cast<double>(time->count()) / 1000);
}

std::string herd_table(const std::vector<HerdResult>& results) {
  std::string text =
      print("%-22s %8s %8s %8s %19s %13s %13s\n%-22s %8s %8s %8s %9s %9s %7s %5s %7s %5s %8s\n", "",
            "half", "99 %", "all", "peak per 100 ms", "tries each", "after return", "policy",
            "back", "back", "back", "at all", "returned", "mean", "max", "mean", "max", "refused");
  for (const HerdResult& result : results) text += row(result);
  return text;
}

std::string herd_chart(const HerdResult& result, double rate, unsigned columns) {
  constexpr std::size_t margin = 8;
  constexpr std::size_t height = 8;
  const std::size_t width = std::clamp<std::size_t>(columns, 40, 200) - margin - 1;
  const std::vector<Column> all = columns_of(result, width);
  double top = 1;
  for (const Column& column : all) top = std::max(top, column.arrivals);
  std::string text = print("%s: arrivals per 100 ms, where the server admits %s\n",
                           result.name.c_str(), slot_words(rate).c_str());
  for (std::size_t row = 0; row < height; ++row) {
    const std::string label = row == 0 ? grouped(static_cast<std::uint64_t>(top)) : "";
    text += print("%*s ", static_cast<int>(margin - 1), label.c_str());
    for (const Column& column : all) text += cell(column.arrivals / top, row, height);
    text += '\n';
  }
  text += print("%*s ", static_cast<int>(margin - 1), "back");
  for (const Column& column : all) text += cell(column.back, 0, 1);
  const double end = static_cast<double>(result.slots.size()) * 0.1;
  const Figures& figures = result.figures;
  const double away = static_cast<double>(figures.ideal.count()) / 1000 - figures.clients / rate;
  if (away > 0) {
    text += print("\n%*s ", static_cast<int>(margin - 1), "away");
    const double last = end > 0 ? away / end * static_cast<double>(width) : 0;
    for (std::size_t column = 0; column < width && static_cast<double>(column) < last; ++column) {
      text += "░";
    }
  }
  text += '\n' + std::string(margin, ' ') + print("0 s%*.0f s\n", static_cast<int>(width - 5), end);
  return text;
}

}  // namespace freshet::app

// The figures of `freshet herd` as JSON.
#include <nlohmann/json.hpp>

#include "app/herd_result.h"

namespace freshet::app {
namespace {

using Json = nlohmann::ordered_json;
using server::Figures;

Json milliseconds(const std::optional<Duration>& time) {
  return time ? Json(time->count()) : Json(nullptr);
}

Json figures_json(const Figures& figures) {
  return {
      {"clients", figures.clients},
      {"recovered", figures.recovered},
      {"gave_up", figures.gave_up},
      {"ideal_ms", figures.ideal.count()},
      {"half_back_ms", milliseconds(figures.half)},
      {"most_back_ms", milliseconds(figures.most)},
      {"all_back_ms", milliseconds(figures.all)},
      {"peak_per_100ms", figures.peak},
      {"peak_after_return_per_100ms", figures.peak_after_return},
      {"tries_mean", figures.tries_mean},
      {"tries_max", figures.tries_max},
      {"tries_after_return_mean", figures.tries_after_return_mean},
      {"tries_after_return_max", figures.tries_after_return_max},
      {"refused", figures.refused},
      {"refused_per_client", figures.refused_per_client()},
  };
}

Json curve_json(const std::vector<server::Slot>& slots) {
  Json arrivals = Json::array();
  Json refused = Json::array();
  Json recovered = Json::array();
  for (const server::Slot& slot : slots) {
    arrivals.push_back(slot.arrivals);
    refused.push_back(slot.refused);
    recovered.push_back(slot.recovered);
  }
  return {{"slot_ms", server::slot_length.count()},
          {"arrivals", std::move(arrivals)},
          {"refused", std::move(refused)},
          {"recovered", std::move(recovered)}};
}

}  // namespace

std::string herd_json(const std::vector<HerdResult>& results, const std::string& settings) {
  Json all = {{"settings", Json::parse(settings)}, {"results", Json::array()}};
  for (const HerdResult& result : results) {
    Json one = {{"policy", result.name}};
    one.update(figures_json(result.figures));
    one["curve"] = curve_json(result.slots);
    all["results"].push_back(std::move(one));
  }
  return all.dump() + '\n';
}

}  // namespace freshet::app

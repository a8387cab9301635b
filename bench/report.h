// What a measurement found: a table with ratios, the same as JSON, and a picture.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace freshet::bench {

double median(std::vector<double> values);

// Groups (one per case) of systems with one value for each round. Systems whose name begins with
// "freshet/" are ours: every other is set against ours of the same transport, or all of ours.
class Report {
 public:
  Report(std::string title, std::string subtitle);

  // The next round's value. REQUIRES: each round adds every system of a group once.
  void add(const std::string& group, const std::string& system, double value);

  // Prints, and writes unless `folder` is empty.
  void finish(const std::filesystem::path& folder, const std::string& name) const;

  void print() const;
  // `folder`/`name`.json and .svg.
  void write(const std::filesystem::path& folder, const std::string& name) const;

  // The median over the rounds of ours ÷ the other's in that round; 0 when either is absent.
  double ratio(const std::string& group, const std::string& ours, const std::string& other) const;

 private:
  struct System {
    std::string name;
    std::vector<double> values;
  };
  struct Group {
    std::string name;
    std::vector<System> systems;
  };

  static const System* find(const Group& group, std::string_view name);
  static double ratio(const System& ours, const System& other);
  std::string json() const;
  std::string svg() const;

  std::string title_;
  std::string subtitle_;
  std::vector<Group> groups_;
};

}  // namespace freshet::bench

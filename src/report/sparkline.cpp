#include "report/sparkline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/csv.h"
#include "core/files.h"

namespace bnlab {
namespace {

struct Course {
  std::string title;
  std::vector<double> values;
};

// Of rows that pass; a file that is not there has none.
Course course(const std::string& file, const std::string& title, const std::string& column,
              const std::vector<std::pair<std::string, std::string>>& where = {}) {
  Course out{title, {}};
  if (!is_file(file)) return out;
  const Csv csv = Csv::read(file);
  for (size_t row = 0; row < csv.rows(); ++row) {
    const bool passes = std::all_of(where.begin(), where.end(), [&](const auto& one) {
      return csv.text(row, csv.column(one.first)) == one.second;
    });
    if (passes) out.values.push_back(csv.number(row, csv.column(column)));
  }
  return out;
}

}  // namespace

std::string sparkline(const std::vector<double>& values, size_t width) {
  static const char* const heights[] = {"\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586", "\u2587", "\u2588"};
  const size_t n = values.size(), columns = std::min(n, width);
  std::vector<double> means;
  for (size_t k = 0; k < columns; ++k) {
    const size_t begin = k * n / columns, end = (k + 1) * n / columns;
    double sum = 0;
    for (size_t i = begin; i < end; ++i) sum += values[i];
    means.push_back(sum / static_cast<double>(end - begin));
  }
  double least = std::numeric_limits<double>::infinity(), most = -least;
  for (const double mean : means) {
    if (std::isfinite(mean)) least = std::min(least, mean), most = std::max(most, mean);
  }
  std::string out;
  for (const double mean : means) {
    const double height = most > least ? 8 * (mean - least) / (most - least) : 0;
    out += std::isfinite(mean) ? heights[std::min(7, static_cast<int>(height))] : "x";
  }
  return out;
}

std::string pulse_of(const std::string& dir, size_t width) {
  const std::string train = dir + "/train.csv", eval = dir + "/eval.csv";
  std::string out;
  for (const Course& one : {course(train, "loss", "loss"), course(train, "gradient norm", "gradient_norm"),
                            course(eval, "test loss", "loss", {{"split", "test"}, {"bn_mode", "running"}}),
                            course(eval, "test accuracy", "accuracy", {{"split", "test"}, {"bn_mode", "running"}})}) {
    if (one.values.empty()) continue;
    const auto [least, most] = std::minmax_element(one.values.begin(), one.values.end(), [](double a, double b) {
      return std::isnan(b) ? !std::isnan(a) : a < b;
    });
    out += fmt::format("{:<14} {}  {:.4g} now, {:.4g} to {:.4g}\n", one.title, sparkline(one.values, width),
                       one.values.back(), *least, *most);
  }
  return out;
}

}  // namespace bnlab

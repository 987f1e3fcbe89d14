// What decides a claim: from one number a run to an estimate with an interval and what it says. One file a criterion in
// criteria/, one line in criteria.cpp.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "analysis/interval.h"
#include "core/fields.h"

namespace bnlab {

// A run's number. The seed is the unit of replication: two samples of one seed differ in `at`, or in their side.
struct Sample {
  int64_t seed;
  double value;  // +-inf where the run diverged, or never got to what was asked
  double at;     // the number of the config along which a criterion looks; nan where there is none
  std::string dir;
  std::vector<double> held{};  // those it holds
};
using Side = std::vector<Sample>;

struct Finding {
  std::string statistic;  // of what the interval is: "mean difference"
  Interval interval;
  size_t n = 0;                       // seeds
  double supporting = 1, against = 1;  // p of what would have to be rejected to support, or to refute
  bool supports = false, refutes = false;  // what the interval says; p must agree
  std::string why{};                  // there is no number
};

class Criterion : public Component {
 public:
  virtual bool compares() const { return true; }                   // it has a `than`
  virtual const char* path_key() const { return ""; }              // the option that names the path of the config that `at` is of
  virtual std::string along() const { return ""; }                 // that path
  virtual std::vector<std::string> holds() const { return {}; }    // paths of the config that `held` is of
  virtual bool of_ratios() const { return false; }                 // what is worst is then 0, not -inf
  virtual std::string threshold() const = 0;                       // in words, for the table: "> 0", "within 0.05"
  // confidence of intervals: 1 - alpha. Every seed is in both sides.
  virtual Finding judge(const Side& arm, const Side& than, double alpha) const = 0;
};

// The table of them; criteria/<name>.cpp each.
const Catalog& criteria();

// One number a seed, in the order of seeds. A seed with two is a std::invalid_argument that names the runs.
std::vector<double> by_seed(const Side& side);
// The runs of each seed, in the order of seeds.
std::vector<Side> seeds_of(const Side& side);

// Which way a claim says it goes. sign: 1 for "greater", -1 for "less".
struct DirectionOf {
  std::string direction = "greater", statistic = "mean";
  void describe(Fields& f);
  double sign() const { return direction == "greater" ? 1 : -1; }
  // Are sign * values, one a seed, above `margin`? Sign-flip test and interval; the interval is of the values themselves.
  Finding judge(std::vector<double> values, double margin, double alpha) const;
  // The same of logarithms of ratios, above log(factor); the interval is of the ratio.
  Finding judge_ratio(const std::vector<double>& log_ratios, double factor, double alpha) const;
  std::string text(double margin) const;         // "> 0.1", "< -0.1"
  std::string text_ratio(double factor) const;  // "> 2", "< 0.5"
};

std::string why_no_interval(const std::vector<double>& values, const std::string& otherwise);  // one seed has none

// Is the mean of values, one a seed, within [low, high] (TOST by Student's t)? Shared by what has a range.
struct RangeOf {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  void describe(Fields& f);
  std::string text() const;
  Finding judge(const std::vector<double>& values, double alpha) const;
};

}  // namespace bnlab

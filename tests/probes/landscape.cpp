// The landscape probe against plain loops over a replica, and where the answer is known in closed form.
#include <catch2/catch.hpp>

#include <map>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"
#include "support/watched.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

// f(W) = sum_i ||W x_i - A x_i||^2
std::string teacher(int features) {
  return R"({"name": "linear_teacher", "features": )" + std::to_string(features) + R"(, "outputs": 3, "samples": 20, "standardize": "none"})";
}
const std::string linear = R"("name": "deep_linear", "depth": 1, "placement": "none", "initializer": "glorot")";
std::string descent(double rate) {
  return R"({"steps": 6, "batch_size": 20, "learning_rate": )" + number(rate) + R"(, "loss": {"name": "mean_squared_error", "reduction": "sum"}})";
}

struct Found {
  std::vector<ReadRow> rows;
  double operator()(int64_t step, const std::string& metric, double at = std::nan("")) const {
    for (const ReadRow& r : rows) {
      if (r.step == step && r.metric == metric && (std::isnan(at) ? std::isnan(r.at) : r.at == at)) return r.value;
    }
    FAIL("no row " << metric << " at step " << step);
    return 0;
  }
  std::string note(int64_t step, const std::string& metric) const {
    for (const ReadRow& r : rows) {
      if (r.step == step && r.metric == metric) return r.note;
    }
    return "no row";
  }
};

using Flat = std::vector<double>;
double length(const Flat& v) {
  double sum = 0;
  for (const double x : v) sum += x * x;
  return std::sqrt(sum);
}

// The slow twin: a replica, parameters moved by hand, one metric at a time.
class Twin : public Observer<double> {
 public:
  Twin(Watched& w, std::vector<double> lengths) : w_(w), lengths_(std::move(lengths)), replica_(w.config.model, w.data, 20, true, 0, w.pool, Keep::all) {}
  std::map<std::string, double> values;

  void after_backward(const GradientView<double>& view) override {
    replica_.copy(view.ws);
    const auto& tensors = replica_.network().plan().parameters;
    std::vector<Flat> start, g, random, free;
    const double here = gradient(view, {}, g);
    double size = 0, drawn = 0;
    for (const auto& t : tensors) {
      const double* p = view.ws[t.slot].data;
      start.emplace_back(p, p + t.slot.shape.size());
      random.emplace_back(start.back().size());
      Stream(0, "probe/landscape/random/" + t.name).fill_normal(static_cast<uint64_t>(view.step), random.back().data(), random.back().size());
      drawn = std::hypot(drawn, length(random.back()));
    }
    for (const Flat& part : g) size = std::hypot(size, length(part));
    free = g;
    double moved = 0, own = 0;
    for (size_t p = 0; p < g.size(); ++p) {
      const double weight = length(start[p]);
      for (double& d : free[p]) d = weight > 0 ? 0.01 * weight * d / length(g[p]) : 0;
      for (double& d : random[p]) d *= size / drawn * view.rate;
      moved += weight > 0;
      own += std::pow(weight * length(g[p]), 2);
    }
    std::vector<Flat> step = g;
    for (Flat& part : step) {
      for (double& d : part) d *= view.rate;
    }
    const std::string key = std::to_string(view.step) + " ";
    values[key + "loss_here"] = here, values[key + "gradient_norm"] = size, values[key + "scale_free_gradient_norm"] = std::sqrt(own);
    for (const auto& [prefix, d] : {std::pair{std::string(), step}, {std::string("random_"), random}, {std::string("scale_free_"), free}}) {
      double low = 1e300, high = -1e300, nearest = 1e300, farthest = 0, beta = 0;
      for (const double s : lengths_) {
        std::vector<Flat> x = start, there;
        for (size_t p = 0; p < x.size(); ++p) {
          for (size_t i = 0; i < x[p].size(); ++i) x[p][i] -= s * d[p][i];
        }
        const double loss = gradient(view, x, there);
        double difference = 0;
        for (size_t p = 0; p < x.size(); ++p) {
          for (size_t i = 0; i < x[p].size(); ++i) there[p][i] = (g[p][i] - there[p][i]) * (prefix == "scale_free_" ? length(start[p]) : 1);
          difference = std::hypot(difference, length(there[p]));
        }
        const double distance = prefix == "scale_free_" ? s * 0.01 * std::sqrt(moved) : s * view.rate * size;
        low = std::min(low, loss), high = std::max(high, loss), beta = std::max(beta, difference / distance);
        nearest = std::min(nearest, difference), farthest = std::max(farthest, difference);
        if (s == lengths_[0]) values[key + prefix + "beta_smallest_step"] = difference / distance;
        values[key + prefix + "loss@" + std::to_string(s)] = loss;
        values[key + prefix + "gradient_difference@" + std::to_string(s)] = difference;
        values[key + prefix + "beta@" + std::to_string(s)] = difference / distance;
      }
      values[key + prefix + "loss_min"] = low, values[key + prefix + "loss_max"] = high, values[key + prefix + "loss_band"] = std::log10(high / low);
      values[key + prefix + "gradient_predictiveness_min"] = nearest, values[key + prefix + "gradient_predictiveness_max"] = farthest;
      values[key + prefix + "gradient_predictiveness_relative"] = farthest / (prefix == "scale_free_" ? std::sqrt(own) : size);
      values[key + prefix + "beta_smoothness"] = beta;
      if (prefix != "scale_free_") values[key + prefix + "eta_beta_half"] = view.rate * beta / 2;
    }
  }

 private:
  double gradient(const GradientView<double>& view, const std::vector<Flat>& x, std::vector<Flat>& g) {
    replica_.copy(view.ws);
    const auto& tensors = replica_.network().plan().parameters;
    for (size_t p = 0; p < x.size(); ++p) std::copy(x[p].begin(), x[p].end(), replica_.ws()[tensors[p].slot].data);
    const View<double> out = replica_.forward(Mode::train, view.batch.x, view.step);
    const double loss = w_.trainer.loss()(out, view.batch, replica_.network().top(replica_.ws(), 20));
    replica_.backward(Mode::train, view.batch.x, view.step);
    for (const auto& t : tensors) g.emplace_back(replica_.ws().gradient(t.slot), replica_.ws().gradient(t.slot) + t.slot.shape.size());
    return loss;
  }
  Watched& w_;
  std::vector<double> lengths_;
  Replica<double> replica_;
};

}  // namespace

TEST_CASE("landscape equals a slow twin", "[probe][landscape]") {
  for (const char* norm : {"batch_norm", "noisy_batch_norm", "identity"}) {
    Watched fast(R"({"landscape": {"every": 1, "lengths": [0.5, 1, 4]}})", norm), slow("{}", norm);
    const auto rows = fast.run("landscape");
    Twin twin(slow, {0.5, 1, 4});
    slow.trainer.run(twin, slow.never);
    REQUIRE(rows.size() == twin.values.size());
    for (const ReadRow& row : rows) {
      const std::string key = std::to_string(row.step) + " " + row.metric + (std::isnan(row.at) ? "" : "@" + std::to_string(row.at));
      INFO(norm << " " << key);
      REQUIRE(twin.values.count(key) == 1);
      REQUIRE(row.value == Approx(twin.values[key]).epsilon(1e-9).margin(1e-12));
    }
  }
}

TEST_CASE("landscape of a quadratic: a parabola, and a beta that is ||H g|| / ||g|| at every length", "[probe][landscape]") {
  struct Exact : Observer<double> {
    std::vector<double> loss, slope, bend, beta, random_beta;
    void after_backward(const GradientView<double>& view) override {
      const Index outputs = 3, features = view.batch.x.c();
      const double* w = view.ws.parameters().data;  // outputs x features
      std::vector<double> second(static_cast<size_t>(features * features), 0), g(static_cast<size_t>(outputs * features), 0), z(g.size());
      double f = 0;
      for (Index n = 0; n < view.batch.n(); ++n) {
        for (Index o = 0; o < outputs; ++o) {
          double error = -view.batch.targets.at(n, o);
          for (Index k = 0; k < features; ++k) error += w[o * features + k] * view.batch.x.at(n, k);
          f += error * error;
          for (Index k = 0; k < features; ++k) g[static_cast<size_t>(o * features + k)] += 2 * error * view.batch.x.at(n, k);
        }
        for (Index i = 0; i < features * features; ++i) second[static_cast<size_t>(i)] += 2 * view.batch.x.at(n, i / features) * view.batch.x.at(n, i % features);
      }
      Stream(0, "probe/landscape/random/output/linear/weight").fill_normal(static_cast<uint64_t>(view.step), z.data(), z.size());
      auto times = [&](const Flat& v) {  // H v: the second moments of x act on each row
        Flat out(v.size(), 0);
        for (size_t i = 0; i < v.size(); ++i) {
          for (Index k = 0; k < features; ++k) out[i] += second[i % static_cast<size_t>(features) * static_cast<size_t>(features) + static_cast<size_t>(k)] * v[i - i % static_cast<size_t>(features) + static_cast<size_t>(k)];
        }
        return out;
      };
      const Flat hg = times(g);
      double ghg = 0;
      for (size_t i = 0; i < g.size(); ++i) ghg += g[i] * hg[i];
      loss.push_back(f), slope.push_back(length(g) * length(g)), bend.push_back(ghg);
      beta.push_back(length(hg) / length(g)), random_beta.push_back(length(times(z)) / length(z));
    }
  };
  const double rate = 0.004;
  const std::string probe = R"({"landscape": {"every": 1, "lengths": [0.01, 1, 30]}})";
  Watched watched(probe, "identity", linear, descent(rate), teacher(4)), plain("{}", "identity", linear, descent(rate), teacher(4));
  Exact exact;
  plain.trainer.run(exact, plain.never);
  const Found found{watched.run("landscape")};
  for (int64_t step = 0; step < 6; ++step) {
    const auto t = static_cast<size_t>(step);
    for (const double s : {0.01, 1.0, 30.0}) {
      INFO(step << " " << s);
      CHECK(found(step, "loss", s) == Approx(exact.loss[t] - s * rate * exact.slope[t] + s * s * rate * rate / 2 * exact.bend[t]).epsilon(1e-10));
      CHECK(found(step, "beta", s) == Approx(exact.beta[t]).epsilon(1e-9));
      CHECK(found(step, "random_beta", s) == Approx(exact.random_beta[t]).epsilon(1e-9));
    }
    CHECK(found(step, "eta_beta_half") == Approx(rate / 2 * exact.beta[t]).epsilon(1e-9));
  }
}

TEST_CASE("landscape at the learning rate 2 / lambda: eta beta / 2 is 1 and the step leads to the same loss", "[probe][landscape]") {
  // one feature: H = 2 sum x^2 times the identity
  Watched data("{}", "identity", linear, descent(1), teacher(1));
  double lambda = 0;
  for (const auto x : data.data.train.values) lambda += 2 * static_cast<double>(x) * static_cast<double>(x);
  Watched watched(R"({"landscape": {"every": 1}})", "identity", linear, descent(2 / lambda), teacher(1));
  const Found found{watched.run("landscape")};
  for (int64_t step = 0; step < 6; ++step) {
    CHECK(found(step, "beta_smoothness") == Approx(lambda));
    CHECK(found(step, "random_beta_smallest_step") == Approx(lambda));
    CHECK(found(step, "eta_beta_half") == Approx(1));
    CHECK(found(step, "random_eta_beta_half") == Approx(1));
    CHECK(found(step, "loss", 1) == Approx(found(step, "loss_here")));
  }
}

TEST_CASE("landscape: what is scale-free does not see weights before a norm times 10", "[probe][landscape]") {
  auto look = [](double factor) {
    Watched watched(R"({"landscape": {"every": 1, "relative": 0.2}})", R"({"name": "batch_norm", "epsilon": 1e-30})");
    for (const auto& tensor : watched.trainer.workspace().plan().parameters) {
      if (tensor.name.rfind("hidden", 0) != 0 || tensor.role != Role::weight) continue;
      double* w = watched.trainer.workspace()[tensor.slot].data;
      for (Index i = 0; i < tensor.slot.shape.size(); ++i) w[i] *= factor;
    }
    return Found{watched.run("landscape")};
  };
  const Found once = look(1), ten = look(10);
  int compared = 0;
  for (const ReadRow& row : once.rows) {
    if (row.step != 0 || row.metric.rfind("scale_free_", 0) != 0) continue;
    INFO(row.metric << " " << row.at);
    REQUIRE(ten(0, row.metric, row.at) == Approx(row.value).epsilon(1e-8));
    ++compared;
  }
  CHECK(compared == 4 * 3 + 9);
  CHECK(once(0, "scale_free_loss_band") > 0.01);
  CHECK(ten(0, "gradient_norm") < 0.99 * once(0, "gradient_norm"));
  CHECK(std::abs(ten(0, "random_loss_max") / once(0, "random_loss_max") - 1) > 1e-3);
}

TEST_CASE("landscape: what has no number has a reason", "[probe][landscape]") {
  const std::string deep = R"("name": "deep_linear", "depth": 5, "placement": "none")";
  SECTION("a line that leaves the numbers: the largest is missing, the least is there, the summary says infinite") {
    Watched watched(R"({"landscape": {"every": 1, "lengths": [1, 1e100, 0.5, 1e90]}})", "identity", deep, descent(1e-5), teacher(4));
    Suite<double> suite(watched.config.probes, {watched.config.model, watched.config.train, watched.data, watched.trainer.loss(), 0, watched.pool}, watched.folder);
    watched.trainer.run(suite, watched.never);
    const Found found{read_csv(watched.folder + "/probes/landscape.csv")};
    CHECK(found.note(0, "loss_max") == "overflow at step length 1e+90");
    CHECK(found.note(0, "loss_band") == "overflow at step length 1e+90");
    CHECK(found.note(0, "beta_smoothness") == "overflow at step length 1e+90");
    CHECK(found.note(0, "gradient_predictiveness_max") == "overflow at step length 1e+90");
    CHECK(found(0, "loss_min") == std::min(found(0, "loss", 0.5), found(0, "loss", 1)));
    CHECK(std::isnan(found(0, "loss", 1e100)));
    CHECK(found(0, "beta_smallest_step") == found(0, "beta", 0.5));
    const Json summary = suite.summary()["landscape"];
    CHECK(summary == Json{{"median_eta_beta_half_batch", "inf"}, {"median_loss_band_batch", "inf"}});
  }
  SECTION("a state that is beyond the numbers") {
    Watched watched(R"({"landscape": {"every": 1}})", "identity", deep, descent(1e60), teacher(4));
    const Found found{watched.run("landscape")};
    CHECK(found.note(0, "loss_here").empty());
    CHECK(found.note(1, "loss_here") == "overflow");
    CHECK(found.note(1, "scale_free_beta_smoothness") == "overflow at the state itself");
  }
  SECTION("no gradient, no rate") {
    Watched zeros(R"({"landscape": {"every": 1}})", "identity", deep + R"(, "initializer": "zeros", "classifier_initializer": "zeros")", descent(1e-5), teacher(4));
    const Found found{zeros.run("landscape")};
    CHECK(found.note(0, "beta_smoothness") == "the gradient is 0");
    CHECK(found(0, "loss_max") == found(0, "loss_here"));
    CHECK(found(0, "gradient_predictiveness_max") == 0);
    CHECK(found.note(0, "scale_free_beta") == "no tensor of parameters has both a norm and a gradient");
    Watched resting(R"({"landscape": {"every": 1}})", "identity", deep, descent(0), teacher(4));
    CHECK(Found{resting.run("landscape")}.note(0, "eta_beta_half") == "the learning rate is 0");
  }
  SECTION("no lengths: an error") {
    Watched watched(R"({"landscape": {"lengths": []}})");
    CHECK_THROWS_AS(watched.run("landscape"), ConfigError);
  }
  SECTION("a step that is no gradient") {
    Watched watched(R"({"landscape": {"every": 1, "bn_modes": ["batch", "frozen"]}})", "stop_gradient_batch_norm");
    for (const ReadRow& row : watched.run("landscape")) {
      const bool curvature = row.metric.find("beta") != std::string::npos;
      INFO(text(row));
      CHECK(row.note.empty() == !(curvature && row.mode == "batch"));
    }
  }
}

TEST_CASE("landscape: a mode's statistics are held or run along the line", "[probe][landscape]") {
  Watched watched(R"({"landscape": {"every": 1, "bn_modes": ["batch", "frozen", "running"]}})");
  const auto rows = watched.run("landscape");
  auto value = [&](const std::string& metric, const std::string& mode) {
    for (const ReadRow& r : rows) {
      if (r.step == 11 && r.metric == metric && r.mode == mode) return r.value;
    }
    return std::nan("");
  };
  CHECK(value("loss_here", "frozen") == Approx(value("loss_here", "batch")).epsilon(1e-12));
  CHECK(std::abs(value("loss_here", "running") - value("loss_here", "batch")) > 1e-4);
  CHECK(std::abs(value("gradient_norm", "frozen") - value("gradient_norm", "batch")) > 1e-4);
}

// Slices of the loss: the grid and its directions made again by hand, and where the answer is known in closed form.
#include <catch2/catch.hpp>

#include <set>

#include "support/watched.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

double value(const std::vector<ReadRow>& rows, int64_t step, double x, const std::string& y = "") {
  for (const ReadRow& r : rows) {
    if (r.step == step && r.metric == "loss" && r.at == x && r.layer == y) return r.value;
  }
  FAIL("no point " << x << " " << y << " at step " << step);
  return 0;
}

// One point of the plane by hand: rows of weights one by one.
struct Point : Observer<double> {
  Watched& w;
  double x, y;
  bool others;
  Replica<double> replica;
  std::vector<double> losses;
  Point(Watched& watched, double a, double b, bool move_others) : w(watched), x(a), y(b), others(move_others), replica(w.config.model, w.data, 20, false, 0, w.pool, Keep::all) {}
  void after_backward(const GradientView<double>& view) override {
    replica.copy(view.ws);
    for (const auto& tensor : replica.network().plan().parameters) {
      double* p = replica.ws()[tensor.slot].data;
      const bool weight = tensor.name.ends_with("/weight");
      const Index rows = weight ? tensor.slot.shape.n : 1, entries = tensor.slot.shape.size() / rows;
      std::vector<double> before(p, p + tensor.slot.shape.size());
      for (const auto& [axis, along] : {std::pair{"x", x}, {"y", y}}) {
        std::vector<double> z(before.size());
        Stream(5, std::string("probe/slices/") + axis + "/" + tensor.name).fill_normal(0, z.data(), z.size());
        for (Index r = 0; r < rows; ++r) {
          double own = 0, drawn = 0;
          for (Index i = r * entries; i < (r + 1) * entries; ++i) own = std::hypot(own, before[static_cast<size_t>(i)]), drawn = std::hypot(drawn, z[static_cast<size_t>(i)]);
          for (Index i = r * entries; i < (r + 1) * entries; ++i) {
            const auto k = static_cast<size_t>(i);
            p[i] += along * (weight ? z[k] / drawn * own : others ? before[k] : 0);
          }
        }
      }
    }
    const View<double> out = replica.forward(Mode::train, view.batch.x, view.step);
    losses.push_back(w.trainer.loss()(out, view.batch, {}));
  }
};

}  // namespace

TEST_CASE("slices: a plane made again by hand, biases and norms left or moved", "[probe][slices]") {
  for (const bool others : {false, true}) {
    const std::string options = R"({"slices": {"every": 1, "source": "training", "dimensions": 2, "points": 5, "range": 0.5, "direction_seed": 5, "biases_and_norms": ")" + std::string(others ? "normalize" : "ignore") + "\"}}";
    Watched fast(options);
    const auto rows = fast.run("slices");
    REQUIRE(rows.size() == 12 * (25 + 1));
    for (const auto& [x, y] : {std::pair{0.25, -0.5}, {-0.5, 0.25}, {0.0, 0.0}}) {
      Watched slow("{}");
      Point point(slow, x, y, others);
      slow.trainer.run(point, slow.never);
      for (int64_t step = 0; step < 12; ++step) {
        INFO(others << " " << x << " " << y << " " << step);
        REQUIRE(value(rows, step, x, y == 0.25 ? "y=0.25" : y == 0 ? "y=0" : "y=-0.5") == Approx(point.losses[static_cast<size_t>(step)]).epsilon(1e-10));
      }
    }
  }
}

TEST_CASE("slices: the middle is the loss of the state, exactly; a line is the middle row of a plane", "[probe][slices]") {
  Watched line(R"({"slices": {"every": 1, "source": "training", "points": 7, "range": 0.3}, "landscape": {"every": 1}})"), plane(R"({"slices": {"every": 1, "source": "training", "dimensions": 2, "points": 7, "range": 0.3}})");
  const auto one = line.run("slices"), two = plane.run("slices");
  for (const ReadRow& r : read_csv(line.folder + "/probes/landscape.csv")) {
    if (r.metric == "loss_here") CHECK(value(one, r.step, 0) == r.value);
  }
  for (const ReadRow& r : one) {
    if (r.metric == "loss") CHECK(value(two, r.step, r.at, "y=0") == r.value);
  }
}

TEST_CASE("slices of a quadratic are parabolas of known width", "[probe][slices]") {
  const std::string linear = R"("name": "deep_linear", "depth": 1, "placement": "none", "initializer": "glorot")";
  const std::string train = R"({"steps": 2, "batch_size": 20, "learning_rate": 0.001, "loss": {"name": "mean_squared_error", "reduction": "sum"}})";
  const std::string data = R"({"name": "linear_teacher", "features": 4, "outputs": 3, "samples": 20, "standardize": "none"})";
  Watched watched(R"({"slices": {"every": 1, "source": "training", "points": 5, "range": 2}})", "identity", linear, train, data);
  const double* w = watched.trainer.workspace().parameters().data;
  std::vector<double> d(12);
  Stream(0, "probe/slices/x/output/linear/weight").fill_normal(0, d.data(), 12);
  for (size_t o = 0; o < 3; ++o) {
    double own = 0, drawn = 0;
    for (size_t k = 4 * o; k < 4 * o + 4; ++k) own += w[k] * w[k], drawn += d[k] * d[k];
    for (size_t k = 4 * o; k < 4 * o + 4; ++k) d[k] *= std::sqrt(own / drawn);
  }
  const Batch<double> batch = watched.trainer.batches().at(0);
  double f = 0, slope = 0, bend = 0;  // ||E + a D x||^2
  for (Index n = 0; n < 20; ++n) {
    for (Index o = 0; o < 3; ++o) {
      double error = -batch.targets.at(n, o), change = 0;
      for (Index k = 0; k < 4; ++k) error += w[4 * o + k] * batch.x.at(n, k), change += d[static_cast<size_t>(4 * o + k)] * batch.x.at(n, k);
      f += error * error, slope += 2 * error * change, bend += change * change;
    }
  }
  const auto rows = watched.run("slices");
  for (const double a : {-2.0, -1.0, 0.0, 1.0, 2.0}) CHECK(value(rows, 0, a) == Approx(f + a * slope + a * a * bend).epsilon(1e-12));
}

TEST_CASE("slices do not see rows of weights before a norm times 10", "[probe][slices]") {
  auto look = [](double factor) {
    Watched watched(R"({"slices": {"points": 9}})", R"({"name": "batch_norm", "epsilon": 1e-30})");
    for (const auto& tensor : watched.trainer.workspace().plan().parameters) {
      if (tensor.name != "hidden2/linear/weight") continue;
      double* w = watched.trainer.workspace()[tensor.slot].data;
      for (Index i = 0; i < tensor.slot.shape.size(); ++i) w[i] *= i < tensor.slot.shape.sample() ? 1 : factor;  // not the first row
    }
    return watched.run("slices");
  };
  const auto once = look(1), ten = look(10);
  for (int i = -4; i <= 4; ++i) CHECK(value(ten, 0, i / 4.0) == Approx(value(once, 0, i / 4.0)).epsilon(1e-9));
  CHECK(std::abs(value(once, 0, 1) - value(once, 0, 0)) > 0.01);
}

TEST_CASE("slices: first and last state unless told otherwise, on a fixed batch; overflow has a reason", "[probe][slices]") {
  Watched standard(R"({"slices": {"range": 1e200}})", "identity", R"("widths": [6, 5])", R"({"steps": 120, "batch_size": 20, "learning_rate": 0.3})");
  const auto rows = standard.run("slices");
  std::set<int64_t> steps;
  for (const ReadRow& r : rows) {
    steps.insert(r.step);
    if (r.metric == "direction_seed") CHECK(r.value == 0);
    else CHECK(r.note == (r.at == 0 ? "" : "overflow"));
  }
  CHECK(steps == std::set<int64_t>{0, 120});
  CHECK(rows.size() == 2 * (21 + 1));
}

TEST_CASE("slices: a look that was killed goes on behind its last whole point", "[probe][slices]") {
  const std::string options = R"({"slices": {"dimensions": 2, "points": 5, "direction_seed": 7, "bn_modes": ["batch", "running"]}})", kept = "/checkpoints/look-slices";
  Watched killed(options);
  Suite<double>(killed.config.probes, {killed.config.model, killed.config.train, killed.data, killed.trainer.loss(), 0, killed.pool}, killed.folder).at_state({0, 0, killed.trainer.workspace()});
  std::ifstream file(killed.folder + kept);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  REQUIRE(lines.size() == 1 + 2 * 25);
  CHECK(lines[0].starts_with("step 0 parameters "));
  auto go_on = [&](const std::string& found) {
    Watched again(options);
    std::filesystem::create_directories(again.folder + "/checkpoints");
    std::ofstream(again.folder + kept) << found;
    return again.run("slices");
  };
  const auto expected = go_on(""), right = go_on(lines[0] + "\n" + lines[1] + "\n" + lines[2].substr(0, 5));
  const auto planted = go_on(lines[0] + "\n" + lines[1] + "\n1234.5\n"), of_another = go_on(lines[0] + "0\n1234.5\n");
  for (size_t i = 0; i < expected.size(); ++i) {
    REQUIRE(text(right[i]) == text(expected[i]));
    REQUIRE(text(of_another[i]) == text(expected[i]));
    const bool second = i == 2;  // behind the seed and the first point
    REQUIRE((planted[i].value == 1234.5) == second);
    if (!second) REQUIRE(text(planted[i]) == text(expected[i]));
  }
}

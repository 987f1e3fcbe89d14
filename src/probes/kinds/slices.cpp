// slices: the loss along one or two filter-normalized random directions (Li et al. 2018, sec. 4).
//
//   f(x + a d_x),  f(x + a d_x + b d_y),   a, b = range (2 i / (points - 1) - 1)
//   d of row i of a weight (what feeds one output) = z_i ||W_i|| / ||z_i||,  z ~ N(0, I)
//   d of biases, gammas, betas, ... = 0, or (normalize) the parameters themselves, as in the authors' code
//
// z is a function of direction_seed and the names of the tensors alone, d of that and the state: what is drawn needs no
// saving but its seed, each point is computed without the others, and x = 0 = y is the state itself. A look that was killed
// goes on behind its last point (kept_points.h).
#include <fmt/format.h>

#include <cmath>
#include <optional>

#include "core/text.h"
#include "nn/table.h"
#include "probes/directions.h"
#include "probes/kept_points.h"
#include "probes/loss_probe.h"

namespace bnlab {
namespace {

template <class T>
void normalize_rows(Vector<T>& d, const Vector<T>& x, const NamedSlot& tensor) {
  const Index rows = tensor.slot.shape.n, entries = tensor.slot.shape.sample();
  for (Index r = 0; r < rows; ++r) {
    double drawn = 0, own = 0;
    T* z = d.data() + tensor.slot.offset + r * entries;
    const T* w = x.data() + tensor.slot.offset + r * entries;
    for (Index i = 0; i < entries; ++i) drawn += static_cast<double>(z[i]) * static_cast<double>(z[i]), own += static_cast<double>(w[i]) * static_cast<double>(w[i]);
    const double factor = std::sqrt(own / drawn);
    for (Index i = 0; i < entries; ++i) z[i] = static_cast<T>(factor * static_cast<double>(z[i]));
  }
}

template <class T>
class Slices : public LossProbe<T, T> {
  using typename LossProbe<T, T>::Moment;

 public:
  Slices() {
    this->choice_.source = "probe";
    this->by_default_every(0);
  }
  void describe(Fields& f) override {
    LossProbe<T, T>::describe(f);
    f.integer("dimensions", dimensions_, between(1, 2), "a line or a plane through the state");
    f.integer("points", points_, between(2, 10001), "per axis; odd: the state itself is one of them");
    f.number("range", range_, above(0), "the axes go from -range to range; 1: as far as each row of the weights is long");
    f.option("biases_and_norms", others_, {"ignore", "normalize"}, "what is no weight: left where it is, or moved along itself");
    f.integer("direction_seed", direction_seed_, at_least(0), "draws the directions; the same in all runs");
  }
  void start(const Surroundings<T>& around) override {
    LossProbe<T, T>::start(around);
    if (!around.folder.empty()) path_ = around.folder + "/look-slices";
  }

 protected:
  std::string purpose() const override { return "slices"; }

  void measure(LossOracle<T>& oracle, const Moment& moment, Records& out) override {
    const Vector<T> x = direction(oracle, "slices/x"), y = dimensions_ == 2 ? direction(oracle, "slices/y") : Vector<T>{};
    const std::string what = look(oracle, moment.step);
    if (!kept_ || kept_->what() != what) kept_.emplace(path_, what);
    out.value("", "direction_seed", moment.bn_mode, static_cast<double>(direction_seed_));
    for (int64_t j = 0; j < (dimensions_ == 2 ? points_ : 1); ++j) {
      const double b = dimensions_ == 2 ? coordinate(j) : 0;
      const std::string layer = dimensions_ == 2 ? "y=" + number(b) : "";
      for (int64_t i = 0; i < points_; ++i) {
        const double a = coordinate(i), loss = kept_->next([&] { return oracle.loss(at(oracle.point(), a, x, b, y)); });
        const bool finite = std::isfinite(loss);
        out.row({.layer = layer, .metric = "loss", .bn_mode = moment.bn_mode, .at = a, .value = finite ? loss : std::nan(""), .note = finite ? "" : "overflow"});
      }
    }
  }

 private:
  // Exactly 0 in the middle, and as far to the left as to the right.
  double coordinate(int64_t i) const { return range_ * static_cast<double>(2 * i - (points_ - 1)) / static_cast<double>(points_ - 1); }

  // The step and the state; all else is the config's, and a run directory has one.
  static std::string look(const LossOracle<T>& oracle, int64_t step) {
    const auto bytes = [](const Vector<T>& v) { return std::string_view(reinterpret_cast<const char*>(v.data()), v.size() * sizeof(T)); };
    return fmt::format("step {} parameters {} state {}", step, sha256(bytes(oracle.point())), sha256(bytes(oracle.state())));
  }

  Vector<T> direction(const LossOracle<T>& oracle, const std::string& purpose) const {
    Vector<T> d = isotropic<T>(oracle.plan(), static_cast<uint64_t>(direction_seed_), purpose, 0);
    for (const auto& tensor : oracle.plan().parameters) {
      const auto begin = oracle.point().begin() + tensor.slot.offset, end = begin + tensor.slot.shape.size();
      const auto to = d.begin() + tensor.slot.offset;
      if (tensor.role == Role::weight) {
        normalize_rows(d, oracle.point(), tensor);
      } else if (others_ == "normalize") {
        std::copy(begin, end, to);
      } else {
        std::fill(to, to + (end - begin), T(0));
      }
    }
    return d;
  }

  const Vector<T>& at(const Vector<T>& point, double a, const Vector<T>& x, double b, const Vector<T>& y) {
    at_ = point;
    for (size_t i = 0; i < at_.size(); ++i) {
      at_[i] += static_cast<T>(a * static_cast<double>(x[i]) + (y.empty() ? 0 : b * static_cast<double>(y[i])));
    }
    return at_;
  }

  int64_t dimensions_ = 1, points_ = 21, direction_seed_ = 0;
  double range_ = 1;
  std::string others_ = "ignore";
  Vector<T> at_;
  std::string path_;
  std::optional<KeptPoints> kept_;  // of the look under way, all of its modes
};

}  // namespace

BNLAB_DEFINE_MAKE(probes, slices, Slices<T>)

}  // namespace bnlab

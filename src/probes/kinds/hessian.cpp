// hessian: what H, the Hessian of the loss of one batch, looks like (kinks held; docs/probes/hessian.md).
//
//   eigenvalue (at = 1 .. k), eigenvalue_bottom   lambda_i, from the top and from the other end, by Lanczos
//   residual, residual_bottom                     ||H v - lambda v|| / |lambda|, with one more product
//   eta_lambda (at = 1 .. k)                      eta lambda_i: gradient descent is stable below 2 (Cohen et al. 2021)
//   gradient_energy_top                           ||P_k g||^2 / ||g||^2, P_k onto v_1 .. v_k (Ghorbani et al. 2019)
//   trace, trace_standard_error                   by Hutch++
//   density_node, density_weight                  (1/n) tr f(H) ~ sum_i w_i f(t_i), n parameters: the spectrum's density
//   block_eigenvalue                              lambda_1 of H_WW, W the weights of one layer
//   block_eigenvalue_bottom, block_eta_lambda     its other end; eta lambda_1(H_WW)
//   sphere_block_eigenvalue                       ||W||^2 lambda_1(H_WW)
//   sphere_eigenvalue                             lambda_1 of D H D, D = ||p|| for each entry of the tensor p
//   block_residual, block_iterations, sphere_...  as above; residuals from Lanczos' own recurrence, without a product more
// The sphere eigenvalues are curvatures against relative steps: W -> c W in front of a normalizer multiplies H_WW by 1/c^2 and
// leaves them as they are (Lyu, Li & Arora 2022 have one norm for all; per tensor it holds for each layer's own c).
#include <algorithm>
#include <cmath>
#include <map>

#include "core/error.h"
#include "nn/table.h"
#include "probes/loss_probe.h"
#include "probes/trace.h"

namespace bnlab {
namespace {

constexpr const char* no_number = "a product with the Hessian is no finite number";

// Some tensors of the parameters, each with the length that a step of 1 has in it.
struct Space {
  std::vector<const NamedSlot*> tensors;
  std::vector<double> lengths;
  int64_t dimension() const {
    int64_t sum = 0;
    for (const auto* tensor : tensors) sum += tensor->slot.shape.size();
    return sum;
  }
};

template <class T>
class Hessian : public LossProbe<T, double> {
  using Oracle = LossOracle<double>;
  using Moment = typename LossProbe<T, double>::Moment;
  using Values = Vector<double>;

 public:
  Hessian() {
    this->by_default_every(1000);
    this->choice_.source = "probe", this->choice_.samples = 128;
  }
  void describe(Fields& f) override {
    LossProbe<T, double>::describe(f);
    f.integer("top", top_, between(1, 100), "eigenvalues from the top");
    f.integer("iterations", iterations_, between(2, 10000), "most Lanczos iterations, each one product with the Hessian; never fewer than top + 1");
    f.number("tolerance", tolerance_, at_least(0), "stop when all residuals are at most this share of the largest eigenvalue");
    f.integer("trace_samples", trace_samples_, at_least(0), "products for the trace (Hutch++), at least 3; 0: no trace");
    f.integer("density", density_, between(0, 10000), "random vectors for the spectral density; 0: no density");
    f.integer("density_iterations", density_iterations_, between(2, 10000), "Lanczos iterations, so nodes, of each of them");
    f.boolean("blocks", blocks_, "also the top eigenvalue of each layer's own block");
    f.boolean("sphere", sphere_, "also the top eigenvalue against relative steps, D H D");
  }
  void start(const Surroundings<T>& around) override {
    if (trace_samples_ == 1 || trace_samples_ == 2) throw ConfigError("probes.hessian.trace_samples", "a trace takes at least 3 products; 0: no trace");
    LossProbe<T, double>::start(around);
    seed_ = around.seed;
  }
  void archive(Archive& archive) override { archive.numbers("last", last_); }
  std::vector<std::pair<std::string, double>> summary() const override { return {last_.begin(), last_.end()}; }

 protected:
  std::string purpose() const override { return "hessian"; }
  Keep keep() const override { return Keep::all; }

  void measure(Oracle& oracle, const Moment& moment, Records& out) override {
    const std::string& mode = moment.bn_mode;
    std::string why = oracle.no_hessian();
    Values g;
    if (why.empty() && !(std::isfinite(oracle.gradient(oracle.point(), g)) && std::isfinite(dot(g, g)))) why = "the loss or its gradient is no finite number";
    if (!why.empty()) return nothing(mode, why, out);
    Space all;
    for (const auto& entry : oracle.plan().parameters) all.tensors.push_back(&entry), all.lengths.push_back(1);
    spectrum(oracle, all, g, moment, out);
    if (trace_samples_ > 0) of_trace(oracle, all, mode, out);
    if (density_ > 0) of_density(oracle, all, mode, out);
    if (blocks_) of_blocks(oracle, moment, out);
    if (sphere_) of_sphere(oracle, mode, out);
  }

 private:
  void nothing(const std::string& mode, const std::string& why, Records& out) const {
    std::vector<const char*> names{"eigenvalue", "eigenvalue_bottom", "residual", "residual_bottom", "iterations", "eta_lambda", "gradient_energy_top"};
    if (trace_samples_ > 0) names.insert(names.end(), {"trace", "trace_standard_error"});
    if (density_ > 0) names.insert(names.end(), {"density_node", "density_weight"});
    if (blocks_) names.insert(names.end(), {"block_eigenvalue", "block_eigenvalue_bottom", "block_residual", "block_iterations", "block_eta_lambda", "sphere_block_eigenvalue"});
    if (sphere_) names.insert(names.end(), {"sphere_eigenvalue", "sphere_residual", "sphere_iterations"});
    for (const char* name : names) out.missing("", name, mode, why);
  }

  // D P H P D: P onto the space's tensors, D their lengths.
  static SymmetricOperator products(Oracle& oracle, const Space& space) {
    auto inside = [&space](const Values& from, Values& to) {
      to.assign(from.size(), 0);
      for (size_t k = 0; k < space.tensors.size(); ++k) {
        const auto begin = static_cast<size_t>(space.tensors[k]->slot.offset), end = begin + static_cast<size_t>(space.tensors[k]->slot.shape.size());
        for (size_t i = begin; i < end; ++i) to[i] = space.lengths[k] * from[i];
      }
    };
    return [&oracle, inside, x = Values(), hx = Values()](const Values& v, Values& av) mutable {
      inside(v, x);
      oracle.hessian_times(x, hx);
      inside(hx, av);
    };
  }
  // purpose: what is drawn; normal, or +1 and -1, which have the same length for every draw
  Draw draws(const Space& space, const std::string& purpose, bool signs) const {
    return [=, this](uint64_t k, Values& v) {
      std::fill(v.begin(), v.end(), 0);
      for (const auto* tensor : space.tensors) {
        const Stream stream(seed_, "probe/hessian/" + purpose + "/" + tensor->name);
        double* to = v.data() + tensor->slot.offset;
        const auto count = static_cast<size_t>(tensor->slot.shape.size());
        if (!signs) stream.fill_normal(k, to, count);
        if (signs) stream.fill_uniform(k, to, count), std::transform(to, to + count, to, [](double u) { return u < 0.5 ? -1.0 : 1.0; });
      }
    };
  }
  Ritz ritz(Oracle& oracle, const Space& space, int64_t top) const {
    const LanczosLimits limits{.iterations = std::max(iterations_, top + 1), .dimension = space.dimension(), .top = top, .tolerance = tolerance_};
    return lanczos(products(oracle, space), draws(space, "start", false), oracle.point().size(), limits);
  }

  void spectrum(Oracle& oracle, const Space& all, const Values& g, const Moment& moment, Records& out) {
    const std::string& mode = moment.bn_mode;
    const Ritz found = ritz(oracle, all, top_);
    if (!found.finite) {
      for (const char* name : {"eigenvalue", "eigenvalue_bottom", "residual", "residual_bottom", "iterations", "eta_lambda", "gradient_energy_top"}) out.missing("", name, mode, no_number);
      return;
    }
    const size_t m = found.values.size();
    double energy = 0;
    auto pair = [&](size_t i, const char* value, const char* residual, double at) {
      const Values v = found.vector(i);
      Values hv;
      oracle.hessian_times(v, hv);
      for (size_t j = 0; j < v.size(); ++j) hv[j] -= found.values[i] * v[j];
      const double off = norm(hv) / std::abs(found.values[i]);
      out.point("", value, mode, at, found.values[i]);
      out.row({.layer = "", .metric = residual, .bn_mode = mode, .at = at, .value = std::isfinite(off) ? off : none, .note = std::isfinite(off) ? "" : "the eigenvalue is 0"});
      return v;
    };
    for (int64_t k = 1; k <= top_; ++k) {
      if (static_cast<size_t>(k) > m) {
        out.row({.layer = "", .metric = "eigenvalue", .bn_mode = mode, .at = static_cast<double>(k), .note = "there are fewer parameters"});
        continue;
      }
      const size_t i = m - static_cast<size_t>(k);
      const double along = dot(pair(i, "eigenvalue", "residual", static_cast<double>(k)), g);
      out.point("", "eta_lambda", mode, static_cast<double>(k), moment.rate * found.values[i]);
      energy += along * along;
    }
    pair(0, "eigenvalue_bottom", "residual_bottom", none);
    out.value("", "iterations", mode, static_cast<double>(found.iterations()));
    const double whole = dot(g, g);
    if (whole > 0) out.value("", "gradient_energy_top", mode, energy / whole);
    else out.missing("", "gradient_energy_top", mode, "the gradient is 0");
    auto [most, first] = last_.try_emplace("eigenvalue_" + mode + "_max", found.values.back());
    most->second = std::max(most->second, found.values.back());
    last_["eigenvalue_" + mode + "_last"] = found.values.back();
  }

  void of_trace(Oracle& oracle, const Space& all, const std::string& mode, Records& out) const {
    const Trace got = trace(products(oracle, all), draws(all, "trace", true), oracle.point().size(), trace_samples_);
    if (got.finite) out.value("", "trace", mode, got.value);
    else out.missing("", "trace", mode, no_number);
    if (got.finite && std::isfinite(got.standard_error)) out.value("", "trace_standard_error", mode, got.standard_error);
    else out.missing("", "trace_standard_error", mode, got.finite ? "it needs trace_samples of 6 or more" : no_number);
  }

  void of_density(Oracle& oracle, const Space& all, const std::string& mode, Records& out) const {
    const LanczosLimits limits{.iterations = density_iterations_, .dimension = all.dimension(), .restart = false};
    const Draw draw = draws(all, "density", true);
    double at = 0;
    for (uint64_t k = 0; k < static_cast<uint64_t>(density_); ++k) {
      const Ritz found = lanczos(products(oracle, all), [&](uint64_t, Values& v) { draw(k, v); }, oracle.point().size(), limits);
      for (const char* name : {"density_node", "density_weight"}) {
        if (!found.finite) out.missing("", name, mode, no_number);
      }
      for (size_t i = 0; found.finite && i < found.values.size(); ++i, ++at) {
        out.point("", "density_node", mode, at, found.values[i]);
        out.point("", "density_weight", mode, at, found.weights[i] / static_cast<double>(density_));
      }
    }
  }

  void of_blocks(Oracle& oracle, const Moment& moment, Records& out) const {
    for (const auto& node : oracle.network().nodes()) {
      if (node.kind != NodeKind::weight || node.again) continue;
      Space block;
      double squares = 0;
      for (size_t k = node.parameters_begin; k < node.parameters_end; ++k) {
        const NamedSlot& entry = oracle.plan().parameters[k];
        if (entry.role != Role::weight) continue;
        block.tensors.push_back(&entry), block.lengths.push_back(1), squares += square_of(oracle, entry);
      }
      const Ritz found = ritz(oracle, block, 1);
      const bool known = found.finite && !found.values.empty();
      const double top = known ? found.values.back() : none, bottom = known ? found.values.front() : none;
      put_top(found, node.name, "block", moment.bn_mode, "there are no weights", out);
      for (const auto& [name, value] : {std::pair{"block_eigenvalue_bottom", bottom}, {"block_eta_lambda", moment.rate * top}, {"sphere_block_eigenvalue", squares * top}}) {
        if (known) out.value(node.name, name, moment.bn_mode, value);
        else out.missing(node.name, name, moment.bn_mode, found.finite ? "there are no weights" : no_number);
      }
    }
  }

  void of_sphere(Oracle& oracle, const std::string& mode, Records& out) const {
    Space moving;
    for (const auto& entry : oracle.plan().parameters) {
      const double length = std::sqrt(square_of(oracle, entry));
      if (length > 0) moving.tensors.push_back(&entry), moving.lengths.push_back(length);
    }
    put_top(ritz(oracle, moving, 1), "", "sphere", mode, "all parameters are 0", out);
  }

  // The largest eigenvalue, how far it is from being one, and what it took.
  static void put_top(const Ritz& found, const std::string& layer, const std::string& what, const std::string& mode, const char* empty, Records& out) {
    const bool known = found.finite && !found.values.empty();
    const char* why = found.finite ? empty : no_number;
    auto row = [&](const std::string& metric, double value, const char* undefined) {
      if (known && std::isfinite(value)) out.value(layer, what + metric, mode, value);
      else out.missing(layer, what + metric, mode, known ? undefined : why);
    };
    row("_eigenvalue", known ? found.values.back() : none, no_number);
    row("_residual", known ? found.residuals.back() / std::abs(found.values.back()) : none, "the eigenvalue is 0");
    row("_iterations", static_cast<double>(found.iterations()), no_number);
  }

  static double square_of(const Oracle& oracle, const NamedSlot& entry) {
    const double* begin = oracle.point().data() + entry.slot.offset;
    double sum = 0;
    for (const double* p = begin; p < begin + entry.slot.shape.size(); ++p) sum += *p * *p;
    return sum;
  }

  static constexpr double none = std::numeric_limits<double>::quiet_NaN();
  int64_t top_ = 1, iterations_ = 30, trace_samples_ = 0, density_ = 0, density_iterations_ = 60;
  double tolerance_ = 1e-3;
  bool blocks_ = false, sphere_ = false;
  uint64_t seed_ = 0;
  std::map<std::string, double> last_;
};

}  // namespace

BNLAB_DEFINE_MAKE(probes, hessian, Hessian<T>)

}  // namespace bnlab

// recurrent (Elman 1990) over the rows x_1 .. x_T of an image, h_0 = 0; N: where a norm may stand, each a kind of site
//   a_t = N(W_x x_t + b) + N(W_h h_(t-1)),   h_t = N(activation(N(a_t))),   y = W h_T + b_y
// unrolled: every step has nodes of its own, and all steps one W_x, b, W_h and, for each kind of site, one gamma and beta.
// The term of the past begins with the second step: W_h h_0 is 0, and a batch of zeros has nothing to be normalized.
#include <fmt/format.h>

#include "core/error.h"
#include "model/model.h"
#include "nn/table.h"

namespace bnlab {
namespace {

template <class T>
class Recurrent : public Model<T> {
 public:
  void describe(Fields& f) override {
    f.integer("width", width_, between(1, 1 << 20), "units of the state");
    f.option("statistics", statistics_, {"per_step", "shared"}, "running statistics of the norms of the steps: each step its own, or one average over all");
    f.number("initial_gamma", initial_gamma_, any(), "where gamma of the norms starts (Cooijmans et al. 2017: 0.1)");
  }
  void build(Builder<T>& b) const override {
    if (b.input().h == 1) throw ConfigError("model.name", fmt::format("recurrent reads images row by row, but a sample of this data is a list of {} numbers; `bnlab list datasets` says which data are images", b.input().sample()));
    b.unless_named("tanh").start_gammas(initial_gamma_);
    const int rows = b.enter("input").linear_of_rows(width_).norm(Site::sequence).here();
    int state = -1;
    for (Index t = 1; t <= b.input().h; ++t) {
      b.go(rows).enter(fmt::format("step{}", t)).tie("hidden", statistics_ == "shared");
      const int input = b.row(t - 1).norm(Site::input_to_hidden, true).here();
      if (t > 1) b.go(state).linear_without_bias(width_).norm(Site::hidden_to_hidden, true).add(input, static_cast<int>(t));
      state = b.norm(Site::before_activation).activate().norm(Site::after_activation).here();
    }
    b.enter("head").dropout().classifier();
  }

 private:
  int64_t width_ = 100;
  std::string statistics_ = "per_step";
  double initial_gamma_ = 1;
};

}  // namespace

BNLAB_DEFINE_MAKE(models, recurrent, Recurrent<T>)

}  // namespace bnlab

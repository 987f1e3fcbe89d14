// output_growth: how large the network's end has become on a fixed batch (Dauphin & Cubuk 2021):
//   logit_rms = sqrt(mean y^2) of the network's output,   last_input_rms = sqrt(mean x^2) of the last weight layer's input
// means over samples, space and units.
#include <algorithm>
#include <cmath>

#include "nn/table.h"
#include "probes/probe.h"

namespace bnlab {
namespace {

template <class T>
double rms(View<const T> x) {
  double sum = 0;
  for (Index i = 0; i < x.size(); ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return std::sqrt(sum / static_cast<double>(x.size()));
}

template <class T>
class OutputGrowth : public Probe<T> {
 public:
  void describe(Fields& f) override {
    Probe<T>::describe(f);
    f.integer("samples", samples_, between(2, 1 << 20), "training samples of the fixed batch");
    f.options("bn_modes", modes_, {"batch", "running"}, "statistics of the fixed batch as in training, noise included, or running ones");
  }

  void start(const Surroundings<T>& around) override {
    replica_ = std::make_unique<Replica<T>>(around.model, around.data, std::min<Index>(samples_, around.data.train.size), false, around.seed, around.pool, Keep::all);
    batches_ = std::make_unique<Batches<T>>(around.data, around.data.train, 1, around.seed);
    batch_ = batches_->sample(Stream(around.seed, "probe/output_growth"), replica_->batch());
    const auto& nodes = replica_->network().nodes();
    for (size_t i = 0; i < nodes.size(); ++i) {
      if (nodes[i].kind == NodeKind::weight) last_ = static_cast<int>(i);
    }
    growths_.resize(modes_.size());
  }

  void at_state(const StateView<T>& view, Records& out) override {
    const Network<T>& network = replica_->network();
    for (size_t m = 0; m < modes_.size(); ++m) {
      replica_->copy(view.ws);
      const double logits = rms<T>(replica_->forward(modes_[m] == "batch" ? Mode::train : Mode::evaluate, batch_.x, view.step));
      auto row = [&](const std::string& layer, const char* metric, double value) {
        std::isfinite(value) ? out.value(layer, metric, modes_[m], value) : out.missing(layer, metric, modes_[m], "not finite");
      };
      row(network.nodes().back().name, "logit_rms", logits);
      row(network.nodes()[static_cast<size_t>(last_)].name + "@input", "last_input_rms", rms<T>(network.input_of(replica_->ws(), last_, batch_.x)));
      if (growths_[m].first == 0) growths_[m].first = logits;
      growths_[m].last = logits;
    }
  }

  ProbeCost cost() const override { return {replica_->forwards(), 0}; }

  void archive(Archive& archive) override {
    for (size_t m = 0; m < modes_.size(); ++m) {
      archive.scope(modes_[m], [&] { archive.number("first", growths_[m].first), archive.number("last", growths_[m].last); });
    }
  }
  std::vector<std::pair<std::string, double>> summary() const override {
    std::vector<std::pair<std::string, double>> out;
    for (size_t m = 0; m < modes_.size(); ++m) {
      const double growth = growths_[m].last / growths_[m].first;
      if (std::isfinite(growth)) out.emplace_back("logit_rms_last_over_first_" + modes_[m], growth);
    }
    return out;
  }

 private:
  struct Growth {
    double first = 0, last = 0;  // first: that is not 0 (a last layer may start there)
  };
  int64_t samples_ = 256;
  std::vector<std::string> modes_{"batch", "running"};
  std::unique_ptr<Replica<T>> replica_;
  std::unique_ptr<Batches<T>> batches_;
  Batch<T> batch_;
  int last_ = 0;
  std::vector<Growth> growths_;
};

}  // namespace

BNLAB_DEFINE_MAKE(probes, output_growth, OutputGrowth<T>)

}  // namespace bnlab

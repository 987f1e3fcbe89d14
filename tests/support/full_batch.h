// A network on one batch, pushed by hand: for questions about gradient descent itself.
#pragma once

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <vector>

#include "model/model.h"

namespace bnlab::testing {

class FullBatch {
 public:
  FullBatch(Network<double> network, std::vector<double> x, std::vector<double> targets, const std::string& loss_options = "{}", uint64_t seed = 1)
      : network_(std::move(network)), ws_(network_.plan()), x_(std::move(x)), targets_(std::move(targets)), loss_(make_as<Loss<double>>(losses<double>(), {"mean_squared_error", loss_options})) {
    network_.initialize(ws_, seed);
  }

  // The loss; the gradients of all parameters are in the workspace.
  double gradients() {
    const Pass<double> pass{ws_, pool_};
    const View<const double> x{x_.data(), network_.input()};
    const double loss = (*loss_)(network_.forward(pass, x), {x, nullptr, {targets_.data(), network_.output().with_n(x.shape.n)}}, network_.top(ws_, x.shape.n));
    network_.backward(pass, x);
    return loss;
  }
  // One step of gradient descent, at a rate for each parameter by its role; the loss before it.
  double step(const std::function<double(Role)>& rate) {
    const double loss = gradients();
    for (const auto& entry : ws_.plan().parameters) {
      for (Index i = 0; i < entry.slot.shape.size(); ++i) ws_[entry.slot][i] -= rate(entry.role) * ws_.gradient(entry.slot)[i];
    }
    return loss;
  }
  Workspace<double>& ws() { return ws_; }
  const Network<double>& network() const { return network_; }
  View<double> parameter(const std::string& name) {
    for (const auto& entry : ws_.plan().parameters) {
      if (entry.name == name) return ws_[entry.slot];
    }
    FAIL("no parameter " << name);
    return {};
  }

 private:
  Network<double> network_;
  Workspace<double> ws_;
  Pool pool_{1};
  std::vector<double> x_, targets_;
  std::unique_ptr<Loss<double>> loss_;
};

}  // namespace bnlab::testing

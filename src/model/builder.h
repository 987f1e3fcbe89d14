// Puts a network together. A model says what it is made of and offers sites for norms; the placement decides.
//
//   b.enter("hidden1").linear(100).norm(Site::before_activation).activate().norm(Site::after_activation);
#pragma once

#include <map>

#include "model/network.h"

namespace bnlab {

// What every model is made of, whatever its wiring. Read from the config beside the model's own options.
struct Materials {
  Choice activation{"", "{}"};  // "": as the model says
  Choice norm{"identity", "{}"}, placement{"published", "{}"}, initializer{"he", "{}"}, weights{"plain", "{}"},
      scaling{"none", "{}"};
  Choice classifier_initializer{"", "{}"};  // "" : as the others
  std::string bias = "auto";
  double dropout = 0;
  std::string convolution = "auto";  // the engine; read from the section of that name
  void describe(Fields& f);
};

template <class T>
class Builder {
 public:
  Builder(Shape input, Index outputs, const Materials& materials);

  Builder& enter(const std::string& scope);
  Builder& without_biases();                           // for all weight layers, whatever the config says
  Builder& without_activations() { return unless_named("identity"); }
  Builder& unless_named(const std::string& activation);  // unless the config names one
  Builder& start_gammas(double value);                   // of all norms; 1: as they do by themselves
  Builder& linear(Index out);
  Builder& linear_without_bias(Index out);
  Builder& linear_of_rows(Index out);  // each row of an image by itself: (h, w, c) -> (h, 1, out)
  Builder& row(Index which);           // from 0
  Builder& classifier();  // linear to the outputs
  Builder& conv(Index out, Index kernel, Index stride = 1);  // padded by kernel / 2
  Builder& projection(Index out, Index stride);              // 1x1 convolution of a skip, without bias
  Builder& padded_identity(Index channels, Index stride);
  Builder& max_pool(Index size);
  Builder& global_average_pool();
  Builder& norm(Site site, bool published = false);
  Builder& activate();
  Builder& dropout();

  // A residual block: begin_block, its skip and its branch in any order, join. Scalings find their places by these calls.
  Builder& begin_block();   // enters "block1", "block2", ...
  Builder& begin_branch();  // what is built from here is the branch
  Builder& join(int skip);  // y = scaling(skip, here)

  // A recurrence. What enters a scope and is tied has the parameters (and the state, if it is shared) of what was built under
  // the same name in other scopes of that tie: "step2/linear" and "step3/linear" are "hidden/linear".
  Builder& tie(const std::string& scope, bool shares_state);  // until another scope is entered
  Builder& add(int input, int step);                          // y = input + here

  int here() const { return here_; }
  Builder& go(int node);
  Shape input() const { return input_; }
  Index outputs() const { return outputs_; }

  Network<T> finish(Keep keep);

 private:
  int put(Node<T> node);
  Builder& add(const std::string& name, NodeKind kind, const std::string& what, std::unique_ptr<Layer<T>> layer);
  Builder& add_linear(Index out, bool bias, bool of_rows);
  Builder& add_weight(const std::string& what, const std::string& kind, std::unique_ptr<Layer<T>> layer, bool in_branch, bool classifier);
  std::string numbered(const std::string& what);  // "block3/conv", "block3/conv2"
  void offer(const std::string& name, Place place);  // a place for the scaling's layers
  void offer_transition();
  Place complete(Place place) const;  // with what only the whole network tells
  void ask_scaling();
  bool biased() const { return biases_ && materials_.bias != "never"; }

  struct Branch {
    int layers = 0;  // weight layers
    int summed = 0;  // as in Place
    bool transition = false;
  };
  struct Placed {
    int node;
    Place place;
  };
  Shape input_;
  Index outputs_;
  const Materials& materials_;
  Choice activation_;
  std::string scope_, tie_;
  bool ties_state_ = false;
  double initial_gamma_ = 1;
  bool biases_ = true;
  int here_ = -1;
  std::vector<Node<T>> nodes_;
  std::map<std::string, int> wanted_;  // how often each name was
  std::vector<SiteOffer> offers_;
  std::vector<int> offered_at_;  // the placeholder node of each offer
  std::vector<Branch> branches_;
  std::vector<Placed> places_, weights_;  // placeholder nodes for the scaling's layers; weight layers
  int block_ = 0, branch_start_ = -1;     // 0, -1: not inside one
};

}  // namespace bnlab

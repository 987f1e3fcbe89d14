// Plan, then allocate once.
//
// plan() of every layer reserves slots with a Planner; nothing is allocated until the Plan is whole, and nothing is
// allocated per step. A network is const and runs on any Workspace of its plan.
//
//   region      holds                                     why a block of its own
//   parameters  weights, biases, gamma, beta              an optimizer step, a walk in the landscape is one loop
//   gradients   mirrors parameters, same offsets          dot(gradient, direction) is one call
//   state       running statistics                        copied and compared as a block, excluded from learning
//   cache       activations and what backward needs       stays until backward; probes read it for nothing
//   scratch     gradients of activations, temporaries     shared: the maximum, not the sum
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tensor/shape.h"

namespace bnlab {

enum class Region { parameters, state, cache, scratch };
enum class Role { weight, bias, gain, shift, other };  // what a parameter is, for groups of the optimizer

struct Slot {
  Region region = Region::cache;
  Index offset = -1;  // in elements of the scalar
  Shape shape;
  explicit operator bool() const { return offset >= 0; }
};

struct NamedSlot {
  std::string name;  // "hidden3/before_activation/gamma"
  Slot slot;
  Role role = Role::other;
};

struct Plan {
  Index elements[4] = {0, 0, 0, 0};  // by Region
  std::vector<NamedSlot> parameters, state;
  Index size(Region region) const { return elements[static_cast<int>(region)]; }
};

class Planner {
 public:
  explicit Planner(size_t scalar_bytes) : scalar_bytes_(scalar_bytes) {}
  // The layer that is being planned. Where layers are tied, they enter with one name: what parameters (and states, if those are
  // shared too) the first of them planned, the others are given again.
  void enter(const std::string& name, const std::string& tie = "", bool ties_state = false) { scope_ = name, tie_ = tie, ties_state_ = ties_state; }
  const std::string& scope() const { return scope_; }
  const std::string& parameters_scope() const { return tie_.empty() ? scope_ : tie_; }  // before the "/" of a parameter's name

  size_t parameters_so_far() const { return plan_.parameters.size(); }
  const Plan& so_far() const { return plan_; }
  Slot parameters(const std::string& name, Shape shape, Role role);
  Slot state(const std::string& name, Shape shape);
  Slot cache(Shape shape);
  // For use within one forward or backward call; all layers share this memory.
  Slot scratch(Shape shape);
  Slot scratch_doubles(Index count);
  // Behind the calls' scratch stands what lives from one call to a later one: the network hands it out by liveness.
  Index calls_scratch() const { return call_most_; }
  void keep_scratch(Index elements) { kept_ = elements; }

  void end_of_layer();  // its scratch may be reused
  Plan finish();

 private:
  Slot take(Region region, Shape shape);
  Slot named(std::vector<NamedSlot>& entries, bool tied, const std::string& name, Region region, Shape shape, Role role);
  Plan plan_;
  std::string scope_, tie_;
  bool ties_state_ = false;
  size_t scalar_bytes_;
  Index call_ = 0, call_most_ = 0, kept_ = 0;
};

template <class T>
class Workspace {
 public:
  explicit Workspace(const Plan& plan, bool with_gradients = true);

  View<T> operator[](const Slot& slot) const { return {base(slot) + slot.offset, slot.shape}; }
  // The first n samples of a slot planned for more.
  View<T> first(const Slot& slot, Index n) const {
    assert(n <= slot.shape.n);
    return {base(slot) + slot.offset, slot.shape.with_n(n)};
  }
  T* gradient(const Slot& parameter) const { return gradients_.get() + parameter.offset; }
  double* doubles(const Slot& slot) const { return reinterpret_cast<double*>(base(slot) + slot.offset); }

  View<T> parameters() const { return block(Region::parameters); }
  View<T> gradients() const { return {gradients_.get(), {1, 1, 1, plan_->size(Region::parameters)}}; }
  View<T> state() const { return block(Region::state); }
  const Plan& plan() const { return *plan_; }
  Index bytes(Region region) const { return plan_->size(region) * static_cast<Index>(sizeof(T)); }

  // Parameters and state of another workspace of a network of the same layers (the batch may differ).
  void copy_from(const Workspace& other);
  // Fills everything that a pass must write itself with NaN; for tests.
  void poison();

 private:
  struct Free {
    size_t mapped = 0;  // bytes; 0: from the heap
    void operator()(T* block) const;
  };
  T* base(const Slot& slot) const { return blocks_[static_cast<int>(slot.region)].get(); }
  View<T> block(Region region) const { return {blocks_[static_cast<int>(region)].get(), {1, 1, 1, plan_->size(region)}}; }
  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<T, Free> blocks_[4], gradients_;
};

}  // namespace bnlab

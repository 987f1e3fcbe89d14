#include "model/steps.h"

#include <algorithm>

namespace bnlab {
namespace {

template <class T>
class Readers {
 public:
  explicit Readers(const std::vector<Node<T>>& nodes) : readers_(nodes.size()) {
    for (size_t i = 0; i < nodes.size(); ++i) {
      for (const int from : {nodes[i].input, nodes[i].branch}) {
        if (from >= 0) readers_[static_cast<size_t>(from)].push_back(static_cast<int>(i));
      }
    }
  }
  const std::vector<int>& of(int node) const { return readers_[static_cast<size_t>(node)]; }
  // The only one, or -1.
  int sole(int node) const { return of(node).size() == 1 ? of(node)[0] : -1; }

 private:
  std::vector<std::vector<int>> readers_;
};

// Memory for tensors whose lives overlap in part; a block may have several users.
class Blocks {
 public:
  Blocks(Index base, Index unit) : base_(base), unit_(unit) {}
  Slot take(Shape shape) {
    const Index size = (shape.size() + unit_ - 1) / unit_ * unit_;
    for (auto& block : blocks_) {
      if (block.users == 0 && block.size >= size) {
        block.users = 1;
        return {Region::scratch, base_ + block.offset, shape};
      }
    }
    blocks_.push_back({used_, size, 1});
    used_ += size;
    return {Region::scratch, base_ + blocks_.back().offset, shape};
  }
  void share(const Slot& slot) { ++at(slot).users; }
  void release(const Slot& slot) { --at(slot).users; }
  Index used() const { return used_; }

 private:
  struct Block {
    Index offset, size;
    int users;
  };
  Block& at(const Slot& slot) {
    return *std::find_if(blocks_.begin(), blocks_.end(), [&](const Block& b) { return base_ + b.offset == slot.offset; });
  }
  std::vector<Block> blocks_;
  Index base_, unit_, used_ = 0;
};

}  // namespace

template <class T>
std::vector<Step> steps_of(const std::vector<Node<T>>& nodes, Keep keep) {
  const Readers<T> readers(nodes);
  auto node = [&](int i) -> const Node<T>& { return nodes[static_cast<size_t>(i)]; };
  std::vector<Step> ends(nodes.size());  // the step that ends at each node
  std::vector<bool> inside(nodes.size(), false);
  for (int i = 0; i < static_cast<int>(nodes.size()); ++i) {
    if (inside[static_cast<size_t>(i)]) continue;
    Step step;
    step.last = i;
    (node(i).layer ? step.layer : step.join) = i;
    if (keep == Keep::needed && node(i).layer && node(i).layer->takes_tail()) {
      int next = readers.sole(i);
      const bool joins = next >= 0 && node(next).scaling && node(next).scaling->plain_sum() && node(next).branch == i && node(next).input != node(i).input;
      if (joins) {
        step.join = step.last = next;
        next = readers.sole(next);
      }
      if (next >= 0 && node(next).layer && node(next).layer->rectifies()) {
        step.rectifies = true;
        step.last = next;
      }
      for (const int part : {step.join, step.last}) {
        if (part >= 0) inside[static_cast<size_t>(part)] = true;
      }
    }
    ends[static_cast<size_t>(step.last)] = step;
  }
  std::vector<Step> steps;
  for (const Step& step : ends) {
    if (step.last >= 0) steps.push_back(step);
  }
  for (size_t i = 0; i + 1 < steps.size(); ++i) {
    Step& step = steps[i];
    const int next = steps[i + 1].layer;
    step.measures = step.layer >= 0 && !step.tail() && node(step.layer).layer->measures() && next >= 0 && node(next).input == step.layer && node(next).layer->takes_moments();
  }
  return steps;
}

template <class T>
GradientPlan plan_gradients(std::vector<Node<T>>& nodes, std::vector<Step>& steps, Index base) {
  const Readers<T> readers(nodes);
  auto node = [&](int i) -> Node<T>& { return nodes[static_cast<size_t>(i)]; };
  Blocks blocks(base, 64 / static_cast<Index>(sizeof(T)));
  GradientPlan plan;
  // a first round finds who adds to what, the second gives out memory
  std::vector<bool> written(nodes.size(), false);
  auto arrives = [&](int from) {
    if (from < 0) return false;
    const bool before = written[static_cast<size_t>(from)];
    written[static_cast<size_t>(from)] = true;
    return before;
  };
  Index most = 0;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if (step->layer >= 0) {
      const int from = node(step->layer).input;
      step->adds_to_input = arrives(from);
      if (step->adds_to_input && !node(step->layer).layer->adds()) most = std::max(most, node(from).shape.size());
    }
    if (step->join < 0) continue;
    const Node<T>& join = node(step->join);
    const bool sums = join.scaling->plain_sum();
    if (step->layer < 0) {
      step->adds_to_branch = arrives(join.branch);
      if (step->adds_to_branch && !sums) most = std::max(most, join.shape.size());
    }
    step->adds_to_skip = arrives(join.input);
    if (step->adds_to_skip && !sums) most = std::max(most, join.shape.size());
    // What the skip's other readers add must not come before the branch has read its own gradient.
    step->shares_skip = sums && join.input >= 0 && !step->adds_to_skip;
    step->shares_branch = sums && step->layer < 0 && join.branch >= 0 && join.branch != join.input && readers.sole(join.branch) >= 0;
    if (step->shares_skip && step->shares_branch) {
      for (const int reader : readers.of(join.input)) step->shares_branch &= reader == step->join || reader < join.branch;
    }
  }
  if (most > 0) plan.extra = blocks.take({1, 1, 1, most});
  node(steps.back().last).gradient = blocks.take(node(steps.back().last).shape);
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    const Slot mine = node(step->last).gradient;
    auto give = [&](int from, bool shares) {
      if (from < 0 || node(from).gradient) return;
      if (shares) {
        node(from).gradient = {mine.region, mine.offset, node(from).shape};
        blocks.share(mine);
      } else {
        node(from).gradient = blocks.take(node(from).shape);
      }
    };
    if (step->layer >= 0) give(node(step->layer).input, false);
    if (step->join >= 0) {
      if (step->layer < 0) give(node(step->join).branch, step->shares_branch);
      give(node(step->join).input, step->shares_skip);
    }
    blocks.release(mine);
  }
  plan.elements = blocks.used();
  return plan;
}

template std::vector<Step> steps_of(const std::vector<Node<float>>&, Keep);
template std::vector<Step> steps_of(const std::vector<Node<double>>&, Keep);
template GradientPlan plan_gradients(std::vector<Node<float>>&, std::vector<Step>&, Index);
template GradientPlan plan_gradients(std::vector<Node<double>>&, std::vector<Step>&, Index);

}  // namespace bnlab

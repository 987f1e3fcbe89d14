#include "tensor/workspace.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

namespace bnlab {
namespace {

constexpr Index alignment = 64;  // bytes: a cache line, an AVX-512 register
constexpr size_t huge_page = 2 << 20;

}  // namespace

Slot Planner::take(Region region, Shape shape) {
  const Index unit = alignment / static_cast<Index>(scalar_bytes_);
  Index& used = plan_.elements[static_cast<int>(region)];
  const Slot slot{region, used, shape};
  used += (shape.size() + unit - 1) / unit * unit;
  return slot;
}

Slot Planner::named(std::vector<NamedSlot>& entries, bool tied, const std::string& name, Region region, Shape shape, Role role) {
  const std::string whole = (tied ? tie_ : scope_) + "/" + name;
  for (const NamedSlot& entry : entries) {
    if (tied && entry.name == whole) return entry.slot;
  }
  entries.push_back({whole, take(region, shape), role});
  return entries.back().slot;
}

Slot Planner::parameters(const std::string& name, Shape shape, Role role) {
  return named(plan_.parameters, !tie_.empty(), name, Region::parameters, shape, role);
}

Slot Planner::state(const std::string& name, Shape shape) {
  return named(plan_.state, !tie_.empty() && ties_state_, name, Region::state, shape, Role::other);
}

Slot Planner::cache(Shape shape) { return take(Region::cache, shape); }

Slot Planner::scratch(Shape shape) {
  const Index unit = alignment / static_cast<Index>(scalar_bytes_);
  const Slot slot{Region::scratch, call_, shape};
  call_ += (shape.size() + unit - 1) / unit * unit;
  call_most_ = std::max(call_most_, call_);
  return slot;
}

Slot Planner::scratch_doubles(Index count) {
  return scratch({1, 1, 1, count * static_cast<Index>(sizeof(double) / scalar_bytes_)});
}

void Planner::end_of_layer() { call_ = 0; }

Plan Planner::finish() {
  plan_.elements[static_cast<int>(Region::scratch)] = call_most_ + kept_;
  return std::move(plan_);
}

template <class T>
void Workspace<T>::Free::operator()(T* block) const {
  mapped > 0 ? static_cast<void>(::munmap(block, mapped)) : std::free(block);
}

namespace {

// Zeros in huge pages, of which the system gives each when it is first touched: a network that is only planned costs nothing.
void* mapped_zeros(size_t bytes) {
  void* const all = ::mmap(nullptr, bytes + huge_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED) throw std::bad_alloc();
  char* const from = static_cast<char*>(all);
  const size_t before = (huge_page - reinterpret_cast<uintptr_t>(from) % huge_page) % huge_page;
  if (before > 0) ::munmap(from, before);
  if (before < huge_page) ::munmap(from + before + bytes, huge_page - before);
  ::madvise(from + before, bytes, MADV_HUGEPAGE);  // a hint: fewer misses of the page tables' cache
  return from + before;
}

}  // namespace

template <class T>
Workspace<T>::Workspace(const Plan& plan, bool with_gradients) : plan_(std::make_shared<Plan>(plan)) {
  auto allocate = [](Index elements) {
    const auto wanted = static_cast<size_t>(std::max<Index>(elements * static_cast<Index>(sizeof(T)), alignment));
    const size_t unit = wanted < 2 * huge_page ? alignment : huge_page, bytes = (wanted + unit - 1) / unit * unit;
    if (unit == huge_page) return std::unique_ptr<T, Free>(static_cast<T*>(mapped_zeros(bytes)), Free{bytes});
    void* block = std::aligned_alloc(unit, bytes);
    if (!block) throw std::bad_alloc();
    std::memset(block, 0, bytes);
    return std::unique_ptr<T, Free>(static_cast<T*>(block), Free{});
  };
  for (int region = 0; region < 4; ++region) blocks_[region] = allocate(plan.elements[region]);
  if (with_gradients) gradients_ = allocate(plan.size(Region::parameters));
}

template <class T>
void Workspace<T>::copy_from(const Workspace& other) {
  assert(parameters().size() == other.parameters().size() && state().size() == other.state().size());
  std::copy_n(other.parameters().data, other.parameters().size(), parameters().data);
  std::copy_n(other.state().data, other.state().size(), state().data);
}

template <class T>
void Workspace<T>::poison() {
  const T nan = std::numeric_limits<T>::quiet_NaN();
  for (const Region region : {Region::cache, Region::scratch}) std::fill_n(block(region).data, block(region).size(), nan);
  if (!gradients_) return;
  for (const auto& [name, slot, role] : plan_->parameters) std::fill_n(gradient(slot), slot.shape.size(), nan);
}

template class Workspace<float>;
template class Workspace<double>;

}  // namespace bnlab

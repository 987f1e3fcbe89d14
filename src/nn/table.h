// Tables are explicit: each thing is one file that defines itself with BNLAB_DEFINE_MAKE, and one X(name, "summary")
// line. (A self-registering object in a static library is dropped by the linker, silently.)
#pragma once

#define BNLAB_DECLARE(name, summary) \
  template <class T>                 \
  std::unique_ptr<Component> make_##name();
#define BNLAB_ENTRY(name, summary) {#name, summary, make_##name<T>},

#define BNLAB_DEFINE_TABLE(table, kind, LIST)                    \
  namespace table##_table {                                     \
  LIST(BNLAB_DECLARE)                                            \
  }                                                              \
  template <class T>                                             \
  const Catalog& table() {                                       \
    using namespace table##_table;                               \
    static const Catalog catalog{kind, {LIST(BNLAB_ENTRY)}};     \
    return catalog;                                              \
  }                                                              \
  template const Catalog& table<float>();                        \
  template const Catalog& table<double>();

// At the end of the one file of a thing.
#define BNLAB_DEFINE_MAKE(table, name, ...)                         \
  namespace table##_table {                                         \
  template <class T>                                                \
  std::unique_ptr<Component> make_##name() {                        \
    return std::make_unique<__VA_ARGS__>();                         \
  }                                                                 \
  template std::unique_ptr<Component> make_##name<float>();         \
  template std::unique_ptr<Component> make_##name<double>();        \
  }

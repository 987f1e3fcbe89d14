#include "data/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/error.h"
#include "core/files.h"
#include "core/rng.h"
#include "core/text.h"
#include "data/pad.h"

namespace bnlab {

void DataConfig::describe(Fields& f) {
  f.select(source, datasets(), "the dataset");
  f.text("directory", directory, "where its files are; else $BNLAB_DATA_DIR and the usual places");
  f.component("fallback", fallback, datasets(), "used, and said so, where the files are missing", true);
  f.integer("train_size", train_size, at_least(0), "training samples; 0: all (less validation_size)");
  f.integer("test_size", test_size, at_least(0), "test samples; 0: all");
  f.integer("validation_size", validation_size, at_least(0), "taken from the training samples");
  f.integer("split_seed", split_seed, at_least(0), "draws the subsets; the same for every run seed");
  f.option("standardize", standardize, {"per_channel", "per_feature", "none"}, "zero mean and unit variance over the training samples");
  f.boolean("binarize", binarize, "images: 1 where a byte is above 127, else 0 (before standardizing)");
  f.integer("pad_to", pad_to, between(0, 4096), "images: black around them up to so many pixels a side; 0: as they are");
  f.number("label_noise", label_noise, between(0, 1), "share of training labels drawn anew from all classes");
  f.group("augment", "training images changed anew at every step: flip, crop_padding", [&](Fields& g) { augment.describe(g); });
}

std::vector<std::string> searched_folders(const DataSource& source, const std::string& directory) {
  std::vector<std::string> roots, out;
  if (!directory.empty()) {
    roots = {directory};
  } else {
    if (const char* root = std::getenv("BNLAB_DATA_DIR"); root && *root) roots.emplace_back(root);
    for (const char* root : {"/usr/share/datasets", "data"}) roots.emplace_back(root);
  }
  for (const auto& root : roots) {
    for (const auto& folder : source.folders()) out.push_back(folder == "." ? root : root + "/" + folder);
  }
  return out;
}

namespace {

std::vector<std::string> missing_files(const DataSource& source, const std::string& folder) {
  std::vector<std::string> missing;
  for (const auto& file : source.files()) {
    if (!is_file(folder + "/" + file) && !is_file(folder + "/" + file + ".gz")) missing.push_back(file);
  }
  return missing;
}

// "/data/mnist (lacks t10k-labels-idx1-ubyte), /data/MNIST/raw": where some files are, the others are named.
std::string searched_text(const DataSource& source, const std::string& directory) {
  std::vector<std::string> places;
  for (const auto& folder : searched_folders(source, directory)) {
    const auto missing = missing_files(source, folder);
    places.push_back(missing.size() == source.files().size() ? folder
                                                             : fmt::format("{} (lacks {})", folder, join(missing)));
  }
  return join(places);
}

}  // namespace

std::string find_folder(const DataSource& source, const std::string& directory) {
  for (const auto& folder : searched_folders(source, directory)) {
    if (missing_files(source, folder).empty()) return folder;
  }
  return "";
}

namespace {

// The samples of `from` at `order`.
Split take(const Split& from, const std::vector<uint32_t>& order, size_t begin, size_t end, Index sample, Index outputs) {
  Split out;
  out.size = static_cast<Index>(end - begin);
  auto copy = [&](const auto& source, auto& target, size_t width) {
    if (source.empty()) return;
    target.reserve((end - begin) * width);
    for (size_t i = begin; i < end; ++i) target.insert(target.end(), source.begin() + static_cast<std::ptrdiff_t>(order[i] * width),
                                                        source.begin() + static_cast<std::ptrdiff_t>((order[i] + 1) * width));
  };
  copy(from.bytes, out.bytes, static_cast<size_t>(sample));
  copy(from.values, out.values, static_cast<size_t>(sample));
  copy(from.labels, out.labels, 1);
  copy(from.targets, out.targets, static_cast<size_t>(outputs));
  return out;
}

Split subset(Split&& from, int64_t wanted, const Stream& stream, const Dataset& data) {
  if (wanted == 0 || wanted == from.size) return std::move(from);
  const auto order = stream.permutation(0, static_cast<uint32_t>(from.size));
  return take(from, order, 0, static_cast<size_t>(wanted), data.sample.size(), data.outputs);
}

void too_many(const char* key, int64_t wanted, Index there, const std::string& name) {
  throw ConfigError(std::string("data.") + key, fmt::format("{} asked for, but {} has {}", wanted, name, there));
}

void check_size(const Dataset& data, const DataConfig& config) {
  const std::string train = data.name + " (train)";
  if (config.train_size > data.train.size) too_many("train_size", config.train_size, data.train.size, train);
  if (config.validation_size > data.train.size) {
    too_many("validation_size", config.validation_size, data.train.size, train);
  }
  const int64_t left = data.train.size - config.validation_size;
  if (left < std::max<int64_t>(1, config.train_size)) {
    throw ConfigError(
        "data.validation_size",
        fmt::format("{} of the {} samples of {} leave {} to train on{}", config.validation_size, data.train.size, train,
                    left, config.train_size > 0 ? fmt::format(", but train_size asks for {}", config.train_size) : ""));
  }
  if (config.test_size > data.test.size) too_many("test_size", config.test_size, data.test.size, data.name + " (test)");
}

void make_noise(Dataset& data, const DataConfig& config) {
  if (config.label_noise == 0) return;
  if (!data.classes) throw ConfigError("data.label_noise", data.name + " has no labels");
  const Stream stream(static_cast<uint64_t>(config.split_seed), "data/label_noise");
  for (uint64_t i = 0; i < data.train.labels.size(); ++i) {
    if (stream.uniform(0, i) < config.label_noise) {
      data.train.labels[i] = static_cast<int32_t>(stream.below(1, i, static_cast<uint64_t>(data.outputs)));
    }
  }
}

void standardize(Dataset& data, const DataConfig& config) {
  const auto entries = static_cast<size_t>(data.sample.size());
  const bool images = !data.train.bytes.empty();
  if (config.binarize) {
    if (!images) throw ConfigError("data.binarize", data.name + " is no set of images");
    for (Split* split : {&data.train, &data.validation, &data.test}) {
      for (auto& byte : split->bytes) byte = byte > 127 ? 255 : 0;
    }
  }
  const double unit = images ? 1.0 / 255 : 1.0;
  data.scale.assign(entries, static_cast<float>(unit));
  data.offset.assign(entries, 0.0f);
  if (config.standardize == "none") return;
  const size_t kinds = config.standardize == "per_channel" ? static_cast<size_t>(data.sample.c) : entries;
  std::vector<double> sum(kinds, 0), squares(kinds, 0);
  const auto total = static_cast<size_t>(data.train.size) * entries;
  auto value = [&](size_t i) { return unit * (images ? static_cast<double>(data.train.bytes[i]) : static_cast<double>(data.train.values[i])); };
  // two passes: the variance is taken about the mean
  for (size_t i = 0; i < total; ++i) sum[i % kinds] += value(i);
  const double count = static_cast<double>(total) / static_cast<double>(kinds);
  for (auto& s : sum) s /= count;
  for (size_t i = 0; i < total; ++i) squares[i % kinds] += (value(i) - sum[i % kinds]) * (value(i) - sum[i % kinds]);
  for (size_t k = 0; k < entries; ++k) {
    const double deviation = std::sqrt(squares[k % kinds] / count);
    const double inverse = deviation > 1e-8 ? 1 / deviation : 0;  // a constant entry carries nothing: 0
    data.scale[k] = static_cast<float>(unit * inverse);
    data.offset[k] = static_cast<float>(-sum[k % kinds] * inverse);
  }
}

}  // namespace

std::string take_fallback(DataConfig& config) {
  const auto source = make_as<DataSource>(datasets(), config.source);
  if (source->files().empty() || !find_folder(*source, config.directory).empty()) return "";
  const std::string places = searched_text(*source, config.directory);
  if (config.fallback.name.empty()) throw DataError(config.source.name, fmt::format("not found (looked in {}); {}", places, source->how_to_get()));
  const std::string notice = fmt::format("{} is not installed (looked in {}); using the built-in synthetic '{}' instead. {}", config.source.name, places, config.fallback.name, source->how_to_get());
  config.source = config.fallback;
  config.fallback = {"", "{}"};
  config.binarize = false;
  const bool for_images = config.pad_to > 0 || config.augment.any();
  if (for_images && make_as<DataSource>(datasets(), config.source)->load(config.directory).train.bytes.empty()) config.pad_to = 0, config.augment = {};
  return notice;
}

Dataset load_dataset(DataConfig& config, std::string& notice) {
  if (const std::string taken = take_fallback(config); !taken.empty()) notice = taken;
  Dataset data = make_as<DataSource>(datasets(), config.source)->load(config.directory);
  check_size(data, config);
  const auto seed = static_cast<uint64_t>(config.split_seed);
  if (config.train_size > 0 || config.validation_size > 0) {
    const auto order = Stream(seed, "data/train").permutation(0, static_cast<uint32_t>(data.train.size));
    const auto all = static_cast<size_t>(data.train.size), held = static_cast<size_t>(config.validation_size);
    const size_t used = config.train_size > 0 ? static_cast<size_t>(config.train_size) : all - held;
    data.validation = take(data.train, order, all - held, all, data.sample.size(), data.outputs);
    data.train = take(data.train, order, 0, used, data.sample.size(), data.outputs);
  }
  data.test = subset(std::move(data.test), config.test_size, Stream(seed, "data/test"), data);
  make_noise(data, config);
  standardize(data, config);
  if (config.pad_to > 0) pad_to(data, config.pad_to, config.standardize);
  config.augment.check(data.name, data.sample, !data.train.bytes.empty());
  data.augment = config.augment;
  return data;
}

}  // namespace bnlab

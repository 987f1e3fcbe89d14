// Datasets in memory, and the section "data" of a config.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/fields.h"
#include "data/augment.h"
#include "tensor/shape.h"

namespace bnlab {

// Samples are bytes (images: channels-last, 0..255 stands for 0..1) or floats. What is predicted is a class or numbers.
struct Split {
  Index size = 0;
  std::vector<uint8_t> bytes;   // size x sample, or empty
  std::vector<float> values;    // size x sample, or empty
  std::vector<int32_t> labels;  // size, or empty
  std::vector<double> targets;  // size x outputs, or empty
};

struct Dataset {
  std::string name;
  Shape sample;      // n = 1
  Index outputs = 0; // classes, or numbers to predict
  bool classes = true;
  Split train, validation, test;
  AugmentConfig augment;             // of training batches, nobody else's
  std::vector<float> scale, offset;  // network input = raw * scale[k] + offset[k], per entry of a sample
  std::string sha256;                // of the files, or of the generator's parameters
  std::string source;                // where it came from, in words
  std::string caution;               // to be shown beside its numbers
};

// A named source of data.
class DataSource : public Component {
 public:
  // Loads all of it. `directory`: where the user says the files are, or "".
  virtual Dataset load(const std::string& directory) const = 0;
  // The files it needs; empty for generated sets.
  virtual std::vector<std::string> files() const { return {}; }
  virtual std::vector<std::string> folders() const { return {}; }  // where they are looked for, relative to a root
  virtual std::string how_to_get() const { return ""; }
  // SHA-256 of the released file, unpacked; "" where not known.
  virtual std::string known_checksum(const std::string&) const { return ""; }
};

const Catalog& datasets();

struct DataConfig {
  Choice source{"fashion_mnist", "{}"};
  Choice fallback{"", "{}"};
  int64_t train_size = 0, test_size = 0, validation_size = 0, split_seed = 0, pad_to = 0;
  std::string standardize = "per_channel", directory;
  bool binarize = false;
  double label_noise = 0;
  AugmentConfig augment;
  void describe(Fields& f);
};

// Where the files are missing and the config names a fallback, config asks for that from here on (and for nothing that only
// images can have, where it has none); a line for the user, "" where nothing changed.
std::string take_fallback(DataConfig& config);

// Takes the fallback where it must, with the line in `notice`; loads, cuts to size, splits, standardizes.
Dataset load_dataset(DataConfig& config, std::string& notice);

// Where `source`'s files are: data.directory, $BNLAB_DATA_DIR, the well-known places; "" if nowhere.
std::string find_folder(const DataSource& source, const std::string& directory);
std::vector<std::string> searched_folders(const DataSource& source, const std::string& directory);

}  // namespace bnlab

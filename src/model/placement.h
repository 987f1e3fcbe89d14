// Where norms stand: data, handed to the builder. A model offers sites; a placement covers some of them.
#pragma once

#include <vector>

#include "core/fields.h"

namespace bnlab {

// Where in a block a site is, in the order a signal meets them.
enum class Site { before_weight, sequence, input_to_hidden, hidden_to_hidden, before_activation, after_activation, branch_end, skip, after_addition, before_classifier };
const std::vector<std::string>& site_names();

// One place a model offers, e.g. {"hidden3/before_activation", Site::before_activation}.
struct SiteOffer {
  std::string name;
  Site site;
  bool published;  // does the architecture, as published, have a norm here?
};

class Placement : public Component {
 public:
  // covers[i]: does a norm stand at offers[i]?
  virtual std::vector<bool> cover(const std::vector<SiteOffer>& offers) const = 0;
};

const Catalog& placements();

}  // namespace bnlab

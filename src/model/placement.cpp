#include "model/placement.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/text.h"

namespace bnlab {
namespace {

std::vector<std::string> kinds_of(const std::vector<SiteOffer>& offers) {
  std::vector<std::string> out;
  for (size_t kind = 0; kind < site_names().size(); ++kind) {
    for (const auto& offer : offers) {
      if (static_cast<size_t>(offer.site) != kind) continue;
      out.push_back(site_names()[kind]);
      break;
    }
  }
  return out;
}

// All offers of one kind of site that satisfy a rule of their ordinal (from 0) among `total` such.
class ByRule : public Placement {
 public:
  explicit ByRule(Site site) : site_(site) {}
  std::vector<bool> cover(const std::vector<SiteOffer>& offers) const override {
    int64_t total = 0, ordinal = 0;
    for (const auto& offer : offers) total += offer.site == site();
    std::vector<bool> covers;
    for (const auto& offer : offers) covers.push_back(offer.site == site() && rule(ordinal++, total));
    if (total == 0) {
      throw ConfigError("model.placement", fmt::format("this model offers no site '{}' (it offers: {})", site_names()[static_cast<size_t>(site())], join(kinds_of(offers))));
    }
    check(total);
    return covers;
  }

 protected:
  virtual bool rule(int64_t, int64_t) const { return true; }
  virtual void check(int64_t /*total*/) const {}
  virtual Site site() const { return site_; }

 private:
  Site site_;
};

// The same with the kind of site as an option.
class Counted : public ByRule {
 public:
  Counted() : ByRule(Site::before_activation) {}
  void describe(Fields& f) override { f.option("site", name_, site_names(), "which kind of site is counted"); }

 protected:
  Site site() const override {
    size_t i = 0;
    while (site_names()[i] != name_) ++i;
    return static_cast<Site>(i);
  }

 private:
  std::string name_ = "before_activation";
};

class Nowhere : public Placement {
 public:
  std::vector<bool> cover(const std::vector<SiteOffer>& offers) const override { return std::vector<bool>(offers.size(), false); }
};

class Published : public Placement {
 public:
  std::vector<bool> cover(const std::vector<SiteOffer>& offers) const override {
    std::vector<bool> covers;
    for (const auto& offer : offers) covers.push_back(offer.published);
    return covers;
  }
};

class FirstK : public Counted {
 public:
  void describe(Fields& f) override {
    f.integer("k", k_, at_least(1), "how many");
    Counted::describe(f);
  }

 protected:
  void check(int64_t total) const override {
    if (total > 0 && k_ > total) throw ConfigError("model.placement.k", fmt::format("{} asked for, but there are {} such sites", k_, total));
  }
  bool rule(int64_t ordinal, int64_t) const override { return ordinal < k_; }
  int64_t k_ = 1;
};

class LastK : public FirstK {
 protected:
  bool rule(int64_t ordinal, int64_t total) const override { return ordinal >= total - k_; }
};

class EveryK : public Counted {
 public:
  void describe(Fields& f) override {
    f.integer("k", k_, at_least(1), "every k-th, beginning with the k-th");
    Counted::describe(f);
  }

 protected:
  bool rule(int64_t ordinal, int64_t) const override { return (ordinal + 1) % k_ == 0; }

 private:
  int64_t k_ = 2;
};

class FirstOnly : public Counted {
 protected:
  bool rule(int64_t ordinal, int64_t) const override { return ordinal == 0; }
};

class LastOnly : public Counted {
 protected:
  bool rule(int64_t ordinal, int64_t total) const override { return ordinal == total - 1; }
};

class Listed : public Placement {
 public:
  void describe(Fields& f) override { f.texts("sites", patterns_, "kinds of site, or patterns of site names such as \"hidden[12]/*\""); }
  std::vector<bool> cover(const std::vector<SiteOffer>& offers) const override {
    std::vector<bool> covers(offers.size(), false);
    for (const std::string& pattern : patterns_) {
      bool used = false;
      for (size_t i = 0; i < offers.size(); ++i) {
        if (pattern == site_names()[static_cast<size_t>(offers[i].site)] || matches(pattern, offers[i].name)) covers[i] = used = true;
      }
      if (used) continue;
      std::vector<std::string> names;
      for (const auto& offer : offers) names.push_back(offer.name);
      throw ConfigError("model.placement.sites", fmt::format("'{}' matches no site{} (`bnlab show` lists them)", pattern,
                                                              did_you_mean(pattern, names)));
    }
    return covers;
  }

 private:
  std::vector<std::string> patterns_;
};

template <Site site>
std::unique_ptr<Component> at() { return std::make_unique<ByRule>(site); }
template <class P>
std::unique_ptr<Component> made() { return std::make_unique<P>(); }

}  // namespace

const std::vector<std::string>& site_names() {
  static const std::vector<std::string> names{"before_weight", "sequence",         "input_to_hidden", "hidden_to_hidden", "before_activation", "after_activation",
                                              "branch_end",    "skip",             "after_addition",  "before_classifier"};
  return names;
}

const Catalog& placements() {
  static const Catalog catalog{
      "placement",
      {{"none", "no norm anywhere", made<Nowhere>},
       {"published", "where the architecture has them as published", made<Published>},
       {"before_weight", "before every weight layer", at<Site::before_weight>},
       {"sequence", "recurrent: on the input's share, over batch and time steps together (Laurent et al. 2016)", at<Site::sequence>},
       {"input_to_hidden", "recurrent: on the input's share of every time step", at<Site::input_to_hidden>},
       {"hidden_to_hidden", "recurrent: on the past's share of every time step", at<Site::hidden_to_hidden>},
       {"before_activation", "between every weight layer and its activation (Ioffe & Szegedy 2015)", at<Site::before_activation>},
       {"after_activation", "after every activation", at<Site::after_activation>},
       {"branch_end", "at the end of every residual branch", at<Site::branch_end>},
       {"skip", "on every skip connection", at<Site::skip>},
       {"after_addition", "after every residual addition", at<Site::after_addition>},
       {"before_classifier", "one, before the classifier", at<Site::before_classifier>},
       {"first_only", "the first site of a kind", made<FirstOnly>},
       {"last_only", "the last site of a kind", made<LastOnly>},
       {"first_k", "the first k sites of a kind", made<FirstK>},
       {"last_k", "the last k sites of a kind", made<LastK>},
       {"every_k", "every k-th site of a kind", made<EveryK>},
       {"sites", "a list of kinds of site or of patterns of site names", made<Listed>}}};
  return catalog;
}

}  // namespace bnlab

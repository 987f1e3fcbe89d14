// What every probe must satisfy; none is named.
#include <nlohmann/json.hpp>
#include <set>

#include "core/files.h"
#include "places.h"
#include "support/watched.h"

using namespace bnlab;
using namespace bnlab::testing;

namespace {

struct Net {
  std::string model, data;
};
const std::string train = R"({"steps": 12, "batch_size": 20, "learning_rate": 0.3})", mixture = R"({"name": "gaussian_mixture", "features": 12, "classes": 3, "samples": 300})",
                  images = R"({"name": "textures", "size": 4, "channels": 1, "classes": 3, "samples": 300})";
const std::vector<Net> nets{{R"("widths": [6, 5], "activation": "relu", "placement": "before_activation")", mixture},
                            {R"("name": "residual_mlp", "blocks": 2, "width": 6, "placement": "published")", mixture},
                            {R"("name": "recurrent", "width": 5, "activation": "relu", "placement": "published")", images}};

std::string asked(const std::vector<std::string>& names, int every) {
  std::string out = "{";
  for (const auto& name : names) out += (out == "{" ? "\"" : ", \"") + name + "\": {\"every\": " + std::to_string(every) + "}";
  return out + "}";
}

bool same(const ReadRow& a, const ReadRow& b) { return text(a) == text(b); }

// The probes of configs/probes/<name>.json with all their options, but looking every 5 steps.
std::string preset(const std::string& name) {
  Json probes = Json::parse(read_text(std::string(BNLAB_TOP) + "/configs/probes/" + name + ".json"), nullptr, true, true)["probes"];
  for (auto& [probe, options] : probes.items()) options["every"] = 5, options.erase("log_spaced");
  return probes.dump();
}

}  // namespace

TEST_CASE("every probe: training is the same bytes with and without it", "[contract][probe]") {
  const auto name = GENERATE(from_range(probes<double>().names()));
  for (const char* norm : {"batch_norm", "noisy_batch_norm", "population_batch_norm"}) {
    for (const auto& [net, data] : {nets.front(), nets.back()}) {
      Watched with(asked({name}, 1), norm, net, train, data), without("{}", norm, net, train, data);
      with.run(name);
      without.run(name);
      INFO(name << " " << norm << " " << net);
      REQUIRE(with.parameters_and_state() == without.parameters_and_state());
    }
  }
}

TEST_CASE("every probe: deterministic with any number of threads, on its cadence, and a number or a reason", "[contract][probe]") {
  const auto name = GENERATE(from_range(probes<double>().names()));
  for (const auto& [net, data] : nets) {
    for (const char* norm : {"batch_norm", "identity", "stop_gradient_batch_norm", "layer_norm", "ghost_batch_norm"}) {
      Watched a(asked({name}, 5), norm, net, train, data), b(asked({name}, 5), norm, net, train, data, 3);
      const auto first = a.run(name), second = b.run(name);
      INFO(name << " " << norm << " " << net);
      REQUIRE(first.size() == second.size());
      REQUIRE(!first.empty());
      for (size_t i = 0; i < first.size(); ++i) {
        INFO(text(first[i]));
        REQUIRE(same(first[i], second[i]));
        REQUIRE(std::isfinite(first[i].value) == first[i].note.empty());
        REQUIRE((first[i].step == 0 || first[i].step == 5 || first[i].step == 10 || first[i].step == 12));
        REQUIRE((first[i].mode.empty() || first[i].mode == "batch" || first[i].mode == "frozen" || first[i].mode == "running"));
      }
    }
  }
}

TEST_CASE("every probe: alone as in company", "[contract][probe]") {
  const auto names = probes<double>().names();
  Watched together(asked(names, 4));
  together.run(names[0]);
  for (const auto& name : names) {
    Watched alone(asked({name}, 4));
    const auto a = alone.run(name), b = read_csv(together.folder + "/probes/" + name + ".csv");
    INFO(name);
    REQUIRE(a.size() == b.size());
    for (size_t i = 0; i < a.size(); ++i) REQUIRE(same(a[i], b[i]));
  }
}

TEST_CASE("every preset: training is the same bytes with and without it, and the full one has every probe", "[contract][probe]") {
  for (const char* name : {"cheap", "standard", "full"}) {
    for (const auto& [net, data] : nets) {
      Watched with(preset(name), "batch_norm", net, train, data), without("{}", "batch_norm", net, train, data);
      with.run("gradient_norms");
      without.run("");
      INFO(name << " " << net);
      REQUIRE(with.parameters_and_state() == without.parameters_and_state());
      if (name == std::string("full")) CHECK(with.config.probes.size() == probes<double>().names().size());
    }
  }
}

TEST_CASE("every probe: a run that diverges ends its file with the row diverged; before it a number or a reason", "[contract][probe]") {
  const auto name = GENERATE(from_range(probes<double>().names()));
  for (const char* norm : {"identity", "batch_norm"}) {
    Watched run(asked({name}, 1), norm, nets[0].model, R"({"steps": 12, "batch_size": 20, "learning_rate": 1e200})");
    const auto rows = run.run(name);
    INFO(name << " " << norm);
    REQUIRE(!rows.empty());
    REQUIRE(rows.back().metric == "diverged");
    REQUIRE(rows.back().value == 1);
    REQUIRE(rows.back().step < 12);
    for (const ReadRow& row : rows) {
      INFO(text(row));
      REQUIRE(std::isfinite(row.value) == row.note.empty());
    }
  }
}

TEST_CASE("every probe has a page with each metric, each option, its cost and its tests", "[contract][probe][docs]") {
  const std::string pages = std::string(BNLAB_TOP) + "/docs/probes/", contents = read_text(pages + "README.md");
  const std::set<std::string> of_all{"every", "log_spaced", "at", "bn_modes", "source", "samples"};  // README.md has them
  std::map<std::string, std::set<std::string>> metrics;
  for (const auto& [net, data] : nets) {
    Watched run(preset("full"), "batch_norm", net, train, data);
    run.run("hessian");
    for (const auto& choice : run.config.probes) {
      for (const ReadRow& row : read_csv(run.folder + "/probes/" + choice.name + ".csv")) metrics[choice.name].insert(row.metric);
      const Json options = Json::parse(choice.options);
      for (const auto& [option, value] : options.items()) {
        if (!of_all.contains(option)) metrics[choice.name].insert(option);
      }
    }
  }
  for (const auto& name : probes<double>().names()) {
    REQUIRE(is_file(pages + name + ".md"));
    const std::string page = read_text(pages + name + ".md");
    CHECK(contents.find("| [" + name + "](" + name + ".md) |") != std::string::npos);
    CHECK(page.find("tests/probes/") != std::string::npos);
    CHECK(page.find("Cost") != std::string::npos);
    for (std::string metric : metrics[name]) {
      for (const std::string prefix : {"random_", "scale_free_"}) {  // of a direction: the page has one table for all
        if (metric.starts_with(prefix) && page.find("`" + prefix + "...`") != std::string::npos) metric = metric.substr(prefix.size());
      }
      if (metric.ends_with("_reference")) metric = metric.substr(0, metric.rfind('_'));
      INFO(name << " " << metric);
      CHECK(page.find("`" + metric + "`") != std::string::npos);
    }
  }
}

// What every probe must satisfy; none is named.
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

TEST_CASE("every probe: deterministic, on its cadence, and a number or a reason", "[contract][probe]") {
  const auto name = GENERATE(from_range(probes<double>().names()));
  for (const auto& [net, data] : nets) {
    for (const char* norm : {"batch_norm", "identity", "stop_gradient_batch_norm", "layer_norm", "ghost_batch_norm"}) {
      Watched a(asked({name}, 5), norm, net, train, data), b(asked({name}, 5), norm, net, train, data);
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

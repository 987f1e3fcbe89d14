// The colours of arms stay apart for everybody, on paper and on black. Colour-blindness as Machado et al. (2009),
// severity 1.
#include <array>
#include <catch2/catch.hpp>
#include <cmath>

#include "report/chart.h"

using namespace bnlab;

namespace {

using Three = std::array<double, 3>;
using Matrix = std::array<Three, 3>;

Three times(const Matrix& m, const Three& v) {
  Three out{};
  for (size_t i = 0; i < 3; ++i) out[i] = m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2];
  return out;
}

Three linear(const std::string& hex) {
  Three out{};
  for (size_t i = 0; i < 3; ++i) {
    const double c = std::stoi(hex.substr(1 + 2 * i, 2), nullptr, 16) / 255.0;
    out[i] = c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  }
  return out;
}

const Matrix to_xyz{
    {{0.4124564, 0.3575761, 0.1804375}, {0.2126729, 0.7151522, 0.0721750}, {0.0193339, 0.1191920, 0.9503041}}};

Three lab(Three rgb) {
  for (double& c : rgb) c = std::min(1.0, std::max(0.0, c));
  const Three white{0.95047, 1, 1.08883};
  Three f = times(to_xyz, rgb);
  for (size_t i = 0; i < 3; ++i)
    f[i] = f[i] / white[i] > 0.008856 ? std::cbrt(f[i] / white[i]) : 7.787 * f[i] / white[i] + 16.0 / 116;
  return {116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])};
}

double contrast(const std::string& a, const std::string& b) {
  const double x = times(to_xyz, linear(a))[1] + 0.05, y = times(to_xyz, linear(b))[1] + 0.05;
  return std::max(x, y) / std::min(x, y);
}

}  // namespace

TEST_CASE("colours of arms: apart under every kind of colour-blindness, visible on both backgrounds", "[report]") {
  const Matrix eyes[] = {
      {{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
      {{{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}},
      {{{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}},
      {{{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}}}};
  for (size_t i = 0; i < palette().size(); ++i) {
    CHECK(contrast(palette()[i], "#fbfaf7") >= 2.6);
    CHECK(contrast(palette()[i], "#17181b") >= 2.6);
    for (size_t j = 0; j < i; ++j) {
      for (const Matrix& eye : eyes) {
        const Three a = lab(times(eye, linear(palette()[i]))), b = lab(times(eye, linear(palette()[j])));
        INFO(palette()[i] << " and " << palette()[j]);
        CHECK(std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]) >=
              18);  // CIELAB; a difference of 2 is just seen side by side
      }
    }
  }
}

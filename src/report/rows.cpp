#include "report/rows.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "core/text.h"

namespace bnlab {
namespace {

Json plain(double value) {
  return value == std::floor(value) && std::abs(value) < 1e15 ? Json(static_cast<int64_t>(value)) : Json(value);
}

}  // namespace

std::string to_csv(const Rows& rows) {
  std::string out;
  auto line = [&](const std::vector<std::string>& fields) { out += join(fields, ",") + "\n"; };
  std::vector<std::string> fields;
  for (const auto& column : rows.columns) fields.push_back(csv_field(column));
  line(fields);
  for (const auto& row : rows.rows) {
    fields.clear();
    for (const Entry& entry : row)
      fields.push_back(std::holds_alternative<double>(entry) ? number(std::get<double>(entry))
                                                             : csv_field(std::get<std::string>(entry)));
    line(fields);
  }
  return out;
}

Json to_values(const Rows& rows) {
  Json out = Json::array();
  for (const auto& row : rows.rows) {
    Json one = Json::object();
    for (size_t i = 0; i < row.size(); ++i) {
      if (const auto* text = std::get_if<std::string>(&row[i])) {
        one[rows.columns[i]] = *text;
      } else {
        const double value = std::get<double>(row[i]);
        one[rows.columns[i]] = std::isfinite(value) ? plain(value) : Json();
      }
    }
    out.push_back(std::move(one));
  }
  return out;
}

Json to_columns(const Rows& rows) {
  Json out = Json::array();
  for (size_t i = 0; i < rows.columns.size(); ++i) {
    const bool text = !rows.rows.empty() && std::holds_alternative<std::string>(rows.rows[0][i]);
    Json column{{"name", rows.columns[i]}};
    Json words = Json::array(), at = Json::array(), values = Json::array();
    std::map<std::string, size_t> known;
    for (const auto& row : rows.rows) {
      if (text) {
        const auto [word, fresh] = known.try_emplace(std::get<std::string>(row[i]), known.size());
        if (fresh) words.push_back(word->first);
        at.push_back(word->second);
      } else {
        const double value = std::get<double>(row[i]);
        values.push_back(std::isfinite(value) ? plain(value) : Json(number(value)));
      }
    }
    if (text) {
      column["words"] = std::move(words), column["at"] = std::move(at);
    } else {
      column["values"] = std::move(values);
    }
    out.push_back(std::move(column));
  }
  return out;
}

std::vector<size_t> thinned(const std::vector<double>& low, const std::vector<double>& high, size_t most) {
  const size_t n = low.size();
  std::vector<size_t> out;
  if (n <= most || n < 3) {
    for (size_t i = 0; i < n; ++i) out.push_back(i);
    return out;
  }
  const size_t inner = n - 2, stretches = (most - 2) / 2;
  out.push_back(0);
  for (size_t k = 0; k < stretches; ++k) {
    const size_t begin = 1 + k * inner / stretches, end = 1 + (k + 1) * inner / stretches;
    size_t least = begin, largest = begin;
    for (size_t i = begin; i < end; ++i) {  // written so that a nan never stays
      if (low[i] < low[least] || std::isnan(low[least])) least = i;
      if (high[i] > high[largest] || std::isnan(high[largest])) largest = i;
    }
    out.push_back(std::min(least, largest));
    if (least != largest) out.push_back(std::max(least, largest));
  }
  out.push_back(n - 1);
  return out;
}

}  // namespace bnlab

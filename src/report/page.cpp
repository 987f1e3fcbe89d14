#include "report/page.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/assets.h"
#include "report/chart.h"
#include "report/html.h"
#include "report/story.h"

namespace bnlab {
namespace {

Json entry_of(const Figure& figure) {
  const bool zooms = figure.spec.dump().find("\"name\":\"zoom\"") != std::string::npos;
  Json out{{"name", figure.name},
           {"title", figure.title},
           {"says", figure.says},
           {"cell", figure.cell},
           {"spec", figure.spec},
           {"columns", to_columns(figure.rows)},
           {"log", figure.log}};
  if (zooms) out["x"] = figure.rows.columns[3];  // of Lines
  return out;
}

std::string place_of(const Evidence& evidence, const Figure& figure) {
  return fmt::format(
      "<figure id=\"{0}\"><header><h3>{1}</h3><div class=\"bar\" id=\"bar-{0}\"></div></header>\n<div class=\"chart\" "
      "id=\"chart-{0}\"></div>\n<figcaption>{2}</figcaption>\n<p class=\"made\">{3}. <code>{4}</code></p>\n<div "
      "class=\"rows\" id=\"rows-{0}\" tabindex=\"0\" hidden></div></figure>\n",
      figure.name, escaped(figure.title), escaped(figure.says), escaped(figure.source),
      escaped(command_of(evidence, figure.name)));
}

}  // namespace

std::string page(Evidence& evidence) {
  const auto& libraries = drawing_libraries();
  const std::vector<Figure> figures = draw(evidence);
  Json data{{"arms", Json::array()}, {"figures", Json::array()}};
  const Json colours = arm_colour(evidence)["scale"]["range"], dashes = arm_dash(evidence)["scale"]["range"];
  for (size_t i = 0; i < evidence.arms.size(); ++i) {
    std::string dash;
    for (const Json& length : dashes[i]) dash += (dash.empty() ? "" : " ") + length.dump();
    data["arms"].push_back(
        {{"name", evidence.arms[i].name}, {"colour", colours[i]}, {"dash", dash == "1 0" ? "" : dash}});
  }
  std::string body;
  for (const std::string& section : sections()) {
    std::string inside;
    for (const Figure& figure : figures) {
      if (figure.section != section) continue;
      data["figures"].push_back(entry_of(figure));
      inside += place_of(evidence, figure);
    }
    const std::string lead = lead_of(evidence, section);
    if (!inside.empty() || !lead.empty())
      body += fmt::format("<section><h2>{}</h2>\n{}{}</section>\n", escaped(section), lead, inside);
  }
  std::string scripts, hashes;
  auto add = [&](std::string_view before, std::string_view script) {
    const std::string text = std::string(before) + inline_script(script);
    scripts += "<script>" + text + "</script>\n", hashes += " " + policy_hash(text);
  };
  for (const Library& library : libraries)
    add(fmt::format("/*! {}\n{}*/\n", library.name, library.licence), library.text);
  add("", page_script());
  return filled(
      page_template(),
      {{"policy", "default-src 'none'; script-src" + hashes +
                      "; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"},
       {"title", escaped(evidence.title)},
       {"style", std::string(page_style())},
       {"head", head_of(evidence)},
       {"body", body},
       {"foot", foot_of(evidence)},
       {"page", script_json(data)},
       {"scripts", scripts}});
}

}  // namespace bnlab

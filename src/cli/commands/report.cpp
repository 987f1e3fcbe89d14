// report, plot: pictures of what is there.
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "core/error.h"
#include "core/files.h"
#include "core/text.h"
#include "report/page.h"

namespace bnlab {

int report_command(const ReportArguments& arguments) {
  Evidence evidence = collect(arguments.what, arguments.out, arguments.scale);
  const std::string html = page(evidence);
  write_atomically(arguments.file, html);
  fmt::print("{} ({})\n", arguments.file, bytes_text(static_cast<double>(html.size())));
  return 0;
}

}  // namespace bnlab

// Files of the build, taken in by the assembler: no megabyte passes through the compiler, and none lies in the
// repository.
#include "report/assets.h"

#include "core/error.h"

#define TAKE(name, file)                                                                                              \
  __asm__(".section .rodata\n.global bnlab_" #name "\n.global bnlab_" #name "_end\nbnlab_" #name ":\n.incbin \"" file \
          "\"\nbnlab_" #name "_end:\n.byte 0\n.text\n");                                                              \
  extern "C" const char bnlab_##name[], bnlab_##name##_end[];
#define TEXT(name) std::string_view(bnlab_##name, static_cast<size_t>(bnlab_##name##_end - bnlab_##name))

TAKE(page_html, BNLAB_REPORT_WEB "/page.html")
TAKE(page_css, BNLAB_REPORT_WEB "/page.css")
TAKE(page_js, BNLAB_REPORT_WEB "/page.js")
#ifdef BNLAB_NODE_MODULES
TAKE(vega, BNLAB_NODE_MODULES "/vega/build/vega.min.js")
TAKE(vega_licence, BNLAB_NODE_MODULES "/vega/LICENSE")
TAKE(vega_lite, BNLAB_NODE_MODULES "/vega-lite/build/vega-lite.min.js")
TAKE(vega_lite_licence, BNLAB_NODE_MODULES "/vega-lite/LICENSE")
TAKE(vega_embed, BNLAB_NODE_MODULES "/vega-embed/build/vega-embed.min.js")
TAKE(vega_embed_licence, BNLAB_NODE_MODULES "/vega-embed/LICENSE")
#endif

namespace bnlab {

std::string_view page_template() { return TEXT(page_html); }
std::string_view page_style() { return TEXT(page_css); }
std::string_view page_script() { return TEXT(page_js); }

#ifdef BNLAB_NODE_MODULES
const std::vector<Library>& drawing_libraries() {
  static const std::vector<Library> all{{"vega", TEXT(vega), TEXT(vega_licence)},
                                        {"vega-lite", TEXT(vega_lite), TEXT(vega_lite_licence)},
                                        {"vega-embed", TEXT(vega_embed), TEXT(vega_embed_licence)}};
  return all;
}
std::string_view drawing_programs() { return BNLAB_NODE_MODULES "/.bin"; }
#else
const std::vector<Library>& drawing_libraries() {
  throw FileError(
      "bnlab report",
      "this bnlab was built without the drawing libraries (npm); `scripts/setup plots` fetches them, then build again "
      "(cmake, or scripts/bnlab, which does both). `bnlab plot --format json` and `csv` work without");
}
std::string_view drawing_programs() { return ""; }
#endif

}  // namespace bnlab

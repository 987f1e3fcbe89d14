// HTML of reports: what a config says stays text.
#include "report/html.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace bnlab;

TEST_CASE("text into HTML has no tag, no attribute, no entity of its own", "[report]") {
  CHECK(escaped("<script>alert('1')</script> & \"x\"") ==
        "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;x&quot;");
  CHECK(html_table({{"<b>"}, {"<i>"}}).find("<b>") == std::string::npos);
}

TEST_CASE("JSON inside a script cannot end it, and reads back as it was", "[report]") {
  const Json json{{"a", "</script><script>x"}, {"b", "<!--"}, {"<c", 1}};
  const std::string text = script_json(json);
  CHECK(text.find('<') == std::string::npos);
  CHECK(Json::parse(text) == json);
  CHECK_NOTHROW(script_json("\xff no utf-8"));
}

TEST_CASE("a script inside a page cannot end it", "[report]") {
  CHECK(inline_script("f('</script>'); g('<!--')") == "f('<\\/script>'); g('\\x3c!--')");
}

TEST_CASE("a script is allowed by its hash", "[report]") {
  CHECK(policy_hash("") == "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='");
  CHECK(policy_hash("alert('Hello, world.');") ==
        "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='");  // the example of W3C's CSP 3
}

TEST_CASE("a template is filled once: what is put in is not looked at again", "[report]") {
  CHECK(filled("<a>@x@</a>@y@ @z@", {{"x", "@y@"}, {"y", "1"}}) == "<a>@y@</a>1 @z@");
}

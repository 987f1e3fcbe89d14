#!/bin/bash
# report.sh PROGRAM NODE_MODULES - pages in a real browser (tests/program/report.mjs); 77: cannot be had here, and why.
set -euo pipefail
program=$1 modules=$2
skip() { echo "report: skipped: $*"; exit 77; }
command -v node > /dev/null || skip "node is not installed (scripts/setup plots)"
command -v chromium > /dev/null || skip "chromium is not installed (scripts/setup test)"
[ -d "$modules/playwright-core" ] || skip "playwright-core is not in $modules (scripts/setup test)"
[ -d "$modules/vega" ] || skip "the drawing libraries are not in $modules (scripts/setup plots)"
exec node "$(dirname "$0")/report.mjs" "$program" "$modules"

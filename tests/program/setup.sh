#!/bin/bash
# scripts/setup: silent where nothing is missing; without root it names the exact command and leaves with 3.
set -euo pipefail
top=$1
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; chmod 755 "$work"
fail() { echo "FAILED: $*"; exit 1; }
mkdir "$work/scripts"; cp "$top/scripts/setup" "$work/scripts/"; chmod 755 "$work/scripts" "$work/scripts/setup"
printf 'build bash\nbuild coreutils\n' > "$work/scripts/packages.txt"
[ -z "$("$work/scripts/setup" build 2>&1)" ] || fail "it should say nothing where nothing is missing"
printf 'build bash\nbuild bnlab-no-such-package\ntest bnlab-no-such-test-package\n' > "$work/scripts/packages.txt"
as_nobody=(); [ "$(id -u)" = 0 ] && as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
code=0; said=$("${as_nobody[@]}" "$work/scripts/setup" build test 2>&1) || code=$?
[ $code = 3 ] || fail "exit code $code, expected 3"
want='sudo apt-get install -y --no-install-recommends bnlab-no-such-package bnlab-no-such-test-package'
[[ $said == *"$want"* ]] || fail "said: $said"
echo "setup: ok"

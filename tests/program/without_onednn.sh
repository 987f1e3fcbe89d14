#!/bin/bash
# without_onednn.sh BNLAB TOP BUILD - a build with -DBNLAB_ONEDNN=OFF and without the drawing libraries passes, says so, and gives
# the bytes of the other build wherever both compute with the same engine.
set -euo pipefail
bnlab=$1 top=$2 build=$3/without-onednn
cmake -S "$top" -B "$build" -G Ninja -DBNLAB_ONEDNN=OFF -DBNLAB_WEB=/nowhere -DBNLAB_TESTS=OFF > /dev/null
cmake --build "$build" --target bnlab > "$build.log" || { cat "$build.log"; exit 1; }
scratch=$(mktemp -d); trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
fail() { echo "without_onednn: $1"; exit 1; }

"$build/bnlab" --version | grep -q 'no direct (built without oneDNN)' || fail "--version does not say that oneDNN is missing"
cat > cnn.json << 'JSON'
{"data": {"name": "textures", "size": 12, "samples": 96}, "model": {"name": "resnet_cifar", "depth": 8, "norm": "batch_norm"},
 "train": {"steps": 4, "batch_size": 32, "learning_rate": 0.05}, "evaluate": {"at_most": 16}}
JSON
"$build/bnlab" run cnn.json --out auto > auto.txt 2>&1 || fail "auto does not run: $(cat auto.txt)"
code=0; "$build/bnlab" run cnn.json --out direct --set engine.convolution=direct > direct.txt 2>&1 || code=$?
[ $code = 2 ] && grep -q "engine.convolution: this build has no oneDNN, so no engine 'direct'; use auto or gemm, or install libdnnl-dev and build again" direct.txt || fail "direct is not refused: exit $code, $(cat direct.txt)"
"$build/bnlab" show cnn.json | grep -q direct && fail "show names an engine that is not there"
for program in "$build/bnlab" "$bnlab"; do "$program" run cnn.json --out "gemm-$(md5sum <<< "$program" | cut -c1-4)" --set engine.convolution=gemm > gemm.txt 2>&1; done
[ "$(find gemm-* -name final.safetensors -exec md5sum {} + | cut -d' ' -f1 | sort | uniq -c | wc -l)" = 1 ] || fail "gemm differs between the builds"
[ "$(find gemm-* -name final.safetensors | wc -l)" = 2 ] || fail "two runs should have left parameters: $(find gemm-*)"
code=0; "$build/bnlab" report auto -o page.html > page.txt 2>&1 || code=$?
[ $code = 3 ] && grep -qF 'bnlab report: this bnlab was built without the drawing libraries (npm); `scripts/setup plots` fetches them, then build again (cmake, or scripts/bnlab, which does both). `bnlab plot --format json` and `csv` work without' page.txt && [ ! -e page.html ] || fail "a page without what draws it: exit $code, $(cat page.txt)"
"$build/bnlab" plot auto --what learning_curves --format csv -o curves.csv && grep -q "^panel,arm," curves.csv || fail "plot has no csv"
echo "without oneDNN: builds, runs, says so"

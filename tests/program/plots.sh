#!/bin/bash
# plots.sh PROGRAM TOP - the examples of scripts/plot on real runs; each that has its program here. 77 where none has.
set -euo pipefail
program=$1 top=$2
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
cd "$work"
cat > config.json <<'END'
{"name": "curves", "data": {"name": "gaussian_mixture", "features": 6, "samples": 200}, "model": {"name": "mlp", "widths": [8]},
 "train": {"steps": 40, "batch_size": 20}, "evaluate": {"every": 10},
 "vary": [{"arms": {"plain": {"model.placement": "none"}, "batch_norm": {"model.norm": "batch_norm"}}}, {"seeds": [1, 2]}]}
END
"$program" run config.json -q > run.log
tried=0
if command -v gnuplot > /dev/null; then
  gnuplot -c "$top/scripts/plot/curves.gp" results/runs/curves gnuplot.svg 2> said || fail "gnuplot: $(cat said)"
  [ -s said ] && fail "gnuplot said: $(cat said)"
  [ "$(grep -c 'batch_norm seed-' gnuplot.svg)" -ge 2 ] || fail "gnuplot drew no batch_norm"
  tried=$((tried + 1))
fi
if /usr/bin/python3 -c 'import matplotlib' 2> /dev/null; then
  /usr/bin/python3 "$top/scripts/plot/curves.py" results/runs/curves matplotlib.svg || fail "matplotlib"
  grep -q '<path' matplotlib.svg || fail "matplotlib drew nothing"
  tried=$((tried + 1))
fi
if command -v Rscript > /dev/null; then
  Rscript "$top/scripts/plot/curves.R" results/runs/curves r.pdf > said 2>&1 || fail "R: $(cat said)"
  head -c 4 r.pdf | grep -q %PDF || fail "R drew nothing"
  tried=$((tried + 1))
fi
[ $tried -gt 0 ] || { echo "plots: skipped: no gnuplot, matplotlib or R here (scripts/setup examples)"; exit 77; }
echo "plots: ok ($tried of 3)"

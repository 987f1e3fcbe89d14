#!/bin/bash
# disks.sh PROGRAM - a disk that fills, one that is read-only, a directory that is lost: a clear message, and nothing corrupt.
# Exit 77 (skipped) where no file system can be mounted.
set -euo pipefail
program=$1
top=$(mktemp -d)
trap 'umount "$top/disk" 2> /dev/null || true; rm -rf "$top"' EXIT
mkdir "$top/disk"
if ! mount -t tmpfs -o size=300k tmpfs "$top/disk" 2> /dev/null; then
  echo "skipped: mounting a small file system needs root"
  exit 77
fi
cat > "$top/c.json" << 'C'
{"name": "k", "seed": 3, "data": {"name": "gaussian_mixture", "features": 12, "classes": 3, "samples": 400}, "model": {"widths": [8, 8], "norm": "batch_norm"},
 "train": {"steps": 12000, "batch_size": 20, "log_every": 1}, "checkpoint": {"every": 500}, "probes": {"distribution": {"every": 50}}}
C
fail() { echo "disks.sh: $1"; exit 1; }
refused() {  # what, pattern: the last command's message
  [ "$code" = 3 ] || fail "$1: exit $code: $(cat "$top/err")"
  grep -q "$2" "$top/err" || fail "$1: said: $(cat "$top/err")"
}

code=0; "$program" run "$top/c.json" --out "$top/disk/r" --quiet 2> "$top/err" || code=$?
refused "full disk" "No space left on device"
mount -o remount,size=40m "$top/disk"
"$program" run "$top/c.json" --out "$top/disk/r" --resume --quiet
"$program" run "$top/c.json" --out "$top/whole" --quiet
for file in train.csv eval.csv probes/distribution.csv export/final.safetensors; do
  cmp "$top"/disk/r/k/*/seed-3/$file "$top"/whole/k/*/seed-3/$file || fail "$file differs after a full disk"
done

mount -o remount,ro "$top/disk"
code=0; "$program" run "$top/c.json" --out "$top/disk/other" --quiet 2> "$top/err" || code=$?
refused "read-only disk" "Read-only file system"
code=0; "$program" sweep "$top/c.json" --out "$top/disk/other" --quiet 2> "$top/err" || code=$?
refused "read-only disk, sweep" "Read-only file system"
code=0; "$program" run "$top/c.json" --out "$top/disk/r" --quiet --overwrite 2> "$top/err" || code=$?
refused "a run there already" "cannot write here: Read-only file system"
mount -o remount,rw "$top/disk"
"$program" sweep "$top/c.json" --out "$top/disk/s" --quiet --set train.steps=100
mount -o remount,ro "$top/disk"
code=0; "$program" sweep "$top/c.json" --out "$top/disk/s" --quiet 2> "$top/err" || code=$?
refused "a sweep there already" "disk/s/k: cannot write here: Read-only file system"
mount -o remount,rw "$top/disk"

# no memory: refused, and the run is marked
code=0; (ulimit -v 400000; exec "$program" run "$top/c.json" --out "$top/memory" --quiet --set data.samples=10000000) 2> "$top/err" || code=$?
refused "no memory" "^bnlab: not enough memory$"


"$program" run "$top/c.json" --out "$top/disk/lost" --quiet --set train.steps=2000000 2> "$top/err" &
process=$!
until [ -e "$top"/disk/lost/k/*/seed-3/checkpoints ]; do sleep 0.02; done 2> /dev/null
rm -rf "$top/disk/lost"
code=0; wait $process || code=$?
refused "lost directory" "$top/disk/lost"
echo "disks: full, read-only and lost: said clearly, nothing corrupt"

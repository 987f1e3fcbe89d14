#!/usr/bin/python3
"""clock.py PROGRAM - a clock that jumps by years, forwards and back, while runs and sweeps are under way changes nothing.

Exit 77 (skipped) without libfaketime.
"""
import glob, json, os, random, shutil, signal, subprocess, sys, tempfile, time

program = os.path.abspath(sys.argv[1])
library = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
if not library:
    print("skipped: libfaketime is not installed")
    sys.exit(77)
random.seed(1)
top = tempfile.mkdtemp(prefix="bnlab_clock_")
os.chdir(top)
with open("grid.json", "w") as file:
    json.dump({"name": "grid", "data": {"name": "gaussian_mixture", "features": 8, "classes": 3, "samples": 200}, "model": {"widths": [8, 8], "norm": "batch_norm"},
               "train": {"steps": 30000, "batch_size": 20}, "checkpoint": {"every": 500, "seconds": 0.05}, "probes": {"distribution": {"every": 500}}, "vary": [{"seeds": [1, 2, 3, 4, 5, 6]}]}, file)


def jump():
    with open("clock.new", "w") as file:
        file.write(random.choice(["+30y", "-20y", "+0", "+400d", "-1d", "+7"]) + "\n")
    os.rename("clock.new", "clock")


def under_a_jumping_clock(*words, stop=False):
    jump()
    process = subprocess.Popen([program, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               env={**os.environ, "LD_PRELOAD": library[0], "FAKETIME_TIMESTAMP_FILE": top + "/clock", "FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1"})
    begin, said = time.time(), ""
    while process.poll() is None:
        time.sleep(0.02)
        jump()
        if stop and time.time() - begin > 0.5:
            process.send_signal(signal.SIGTERM)
            stop = False
        if time.time() - begin > 300:
            process.kill()
            sys.exit("clock.py: it does not end")
    return process.returncode, process.stdout.read()


def contents(out):
    found = {}
    for folder, _, names in os.walk(out):
        for name in names:
            rest = os.path.relpath(os.path.join(folder, name), out)
            if name.endswith(".csv") and name not in ("timing.csv", "index.csv") or "export" in rest:
                with open(os.path.join(folder, name), "rb") as file:
                    found[rest] = file.read()
    return found


subprocess.run([program, "sweep", "grid.json", "--out", "whole", "--jobs", "2", "--quiet"], check=True)
code, said = under_a_jumping_clock("sweep", "grid.json", "--out", "jumped", "--jobs", "2", "--timeout", "200", stop=True)
if code not in (0, 130):
    sys.exit(f"clock.py: exit {code}: {said}")
code, said = under_a_jumping_clock("sweep", "grid.json", "--out", "jumped", "--jobs", "2", "--timeout", "200")
if code != 0 or "0 failed" not in said:
    sys.exit(f"clock.py: exit {code}: {said}")
if contents("jumped") != contents("whole"):
    sys.exit("clock.py: other bytes")
years = set()
for path in glob.glob("jumped/grid/*/seed-*/*.json"):
    with open(path) as file:
        record = json.load(file)
        years.add((record.get("updated") or record.get("started") or "")[:4])
if len(years - {""}) < 2:
    sys.exit(f"clock.py: the clock did not jump: {years}")
for name in ("timing.csv",):
    for path in glob.glob(f"jumped/grid/*/seed-*/{name}"):
        with open(path) as file:
            seconds = [float(line.split(",")[1]) for line in file.readlines()[1:]]
        if seconds != sorted(seconds) or seconds[-1] > 300:
            sys.exit(f"clock.py: {path}: times run backwards, or away")
shutil.rmtree(top)
print("clock: it jumps by years, and nothing but time stamps shows it")

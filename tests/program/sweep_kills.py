#!/usr/bin/python3
"""sweep_kills.py PROGRAM [--kills N] [--failpoints PROGRAM [--every K]] - a sweep whose processes are killed gives the same bytes.

Random instants: kill -9 of the sweep or of one of its workers; the same command, at once, until N kills are spent. With
--failpoints, a build in which every process kills itself at its k-th write (half of it written): every K-th k. Each sweep
tunes first, and is compared with one that was left alone.
"""
import argparse, json, os, random, shutil, signal, subprocess, sys, tempfile, time

parser = argparse.ArgumentParser()
parser.add_argument("program", type=os.path.abspath)
parser.add_argument("--kills", type=int, default=15)
parser.add_argument("--failpoints", type=os.path.abspath)
parser.add_argument("--every", type=int, default=1)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
random.seed(options.seed)
top = tempfile.mkdtemp(prefix="bnlab_sweep_kills_")
os.chdir(top)
with open("grid.json", "w") as file:
    json.dump({"name": "grid", "data": {"name": "gaussian_mixture", "features": 8, "classes": 3, "samples": 200}, "model": {"widths": [8, 8], "norm": "batch_norm"},
               "train": {"steps": 200, "batch_size": 20, "momentum": 0.9}, "checkpoint": {"every": 30}, "evaluate": {"every": 50},
               "probes": {"distribution": {"every": 50}, "gradient_shift": {"every": 50}, "effective_learning_rate": {"every": 50}},
               "vary": [{"grid": {"model.activation": ["relu", "tanh"]}}, {"seeds": [1, 2, 3]}],
               "tune": {"path": "train.learning_rate", "values": [0.01, 0.1], "seeds": [100]}}, file)


def contents(out):
    found = {}
    for folder, _, names in os.walk(out):
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith(".tmp") or name.startswith("step-"):
                found[os.path.relpath(path, out)] = b"left behind"
            if name.endswith(".csv") and name not in ("timing.csv", "index.csv") or "export" in path or name in ("config.resolved.json", "tuned.json"):
                with open(path, "rb") as file:
                    found[os.path.relpath(path, out)] = file.read()
            if name == "log.txt":
                with open(path) as file:
                    if file.read().count("completed after") > 1:
                        found[os.path.relpath(path, out)] = b"ran to its end more than once"
            if name == "status.json":
                with open(path) as file:
                    found[os.path.relpath(path, out)] = json.load(file)["state"]
    return found


def command(program, out):
    return [program, "sweep", "grid.json", "--jobs", "2", "--out", out, "--retry", "failed"]


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
        return True
    except OSError:
        return False


begin = time.time()
subprocess.run(command(options.program, "whole"), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
whole_time = time.time() - begin
whole = contents("whole")
if sum(state == "completed" for state in whole.values()) != 10 or "grid/tuned.json" not in whole:
    sys.exit(f"sweep_kills.py: not all runs are there: {sorted(whole)}")
bad = 0


def finish(out):
    """The same command until it is done; the workers of a sweep that was killed may be at work for a moment."""
    for _ in range(100):
        process = subprocess.run(command(options.program, out), capture_output=True, text=True)
        if process.returncode == 0:
            return
        if process.returncode != 4:
            sys.exit(f"sweep_kills.py: exit {process.returncode}: {process.stderr}")
    sys.exit(f"sweep_kills.py: does not end: {process.stderr}")


def compare(out, what):
    global bad
    got = contents(out)
    wrong = [name for name in sorted(set(whole) | set(got)) if whole.get(name) != got.get(name)]
    if wrong:
        bad += 1
        print(f"{what}: different: {wrong}")
    shutil.rmtree(out)


if options.failpoints:
    with open("one.json", "w") as file:
        json.dump({"name": "one", "data": {"name": "gaussian_mixture", "samples": 64}, "model": {"widths": [4]}, "train": {"steps": 2, "batch_size": 8}, "vary": [{"seeds": [1]}]}, file)
    said = []  # killed after it said that it is done, before its files were on the disk
    for at in range(10, 60):
        one = subprocess.run([options.failpoints, "sweep", "one.json", "--out", "one"], env={**os.environ, "BNLAB_KILL_AT_WRITE": str(at)}, capture_output=True, text=True)
        if one.returncode == 0:
            break
        if "its process ended before its files were on the disk; the same command repeats it" in one.stderr:
            said.append((one.returncode, subprocess.run([options.program, "sweep", "one.json", "--out", "one"], capture_output=True, text=True).stdout.split("\n")[0]))
        shutil.rmtree("one")
    if not said or any(code != 4 or "1 completed now" not in again for code, again in said):
        sys.exit(f"sweep_kills.py: a run that was trained but not settled: {said}")
    at = tried = 1
    while True:
        process = subprocess.run(command(options.failpoints, "write"), env={**os.environ, "BNLAB_KILL_AT_WRITE": str(at)}, capture_output=True)
        if process.returncode == 0:
            break
        if process.returncode not in (4, -signal.SIGKILL):
            sys.exit(f"sweep_kills.py: exit {process.returncode}: {process.stderr}")
        finish("write")
        compare("write", f"every process killed at its write {at}")
        at, tried = at + options.every, tried + 1
    print(f"{tried - 1} writes at which every process was killed, {bad} sweeps that differ")
else:
    spent = of_sweeps = finished = 0
    while spent < options.kills:
        while spent < options.kills:
            process = subprocess.Popen(command(options.program, "killed"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(random.uniform(0, 1.1 * whole_time))
            try:
                workers = children(process.pid)
            except OSError:
                workers = []
            if workers and random.random() < 0.5:
                spent += kill(random.choice(workers))
            elif process.poll() is None and kill(process.pid):
                spent, of_sweeps = spent + 1, of_sweeps + 1
            if process.wait() == 0:
                break
        finish("killed")
        compare("killed", f"after {spent} kills")
        finished += 1
    print(f"{spent} kills ({of_sweeps} of the sweep, {spent - of_sweeps} of workers), {finished} sweeps finished, {bad} that differ")
shutil.rmtree(top)
sys.exit(1 if bad else 0)

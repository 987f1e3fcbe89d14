#!/usr/bin/python3
"""kills.py PROGRAM [--kills N] [--failpoints PROGRAM] [--probes NAMES] - a run killed at any instant resumes to the same bytes.

Random instants: kill -9 after a random share of the run's time, resume, until N kills are spent; every finished run is
compared with one that was never stopped. With --failpoints, a build that kills itself at its k-th write: every k.
"""
import argparse, json, os, random, shutil, signal, subprocess, sys, tempfile, time

CONFIG = """{"name": "k", "seed": 3,
  "data": {"name": "gaussian_mixture", "features": 12, "classes": 3, "samples": 400},
  "model": {"widths": [8, 8], "norm": "batch_norm", "dropout": 0.1},
  "train": {"steps": %d, "batch_size": 20, "learning_rate": 0.1, "momentum": 0.9, "log_every": 3},
  "evaluate": {"every": 40},
  "checkpoint": {"every": 7, "keep_last": 2},
  "probes": %s}"""


def files(top):
    out = {}
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            rest = os.path.relpath(path, top)
            if rest.endswith(".csv") and not rest.endswith("timing.csv") or "export" in rest or rest.endswith("config.resolved.json"):
                with open(path, "rb") as file:
                    out[rest] = file.read()
            if rest.endswith("summary.json"):
                with open(path, encoding="utf-8") as file:
                    summary = json.load(file)
                looks = {name: cost["looks"] for name, cost in summary["cost"]["probes"].items()}
                out[rest] = json.dumps([summary["final"], summary["probes"], looks])
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=os.path.abspath)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--failpoints", type=os.path.abspath)
    parser.add_argument("--every", type=int, default=1, help="with --failpoints: each so many-th write")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random.seed(options.seed)
    top = tempfile.mkdtemp(prefix="bnlab_kills_")
    names = [line.split()[0] for line in subprocess.run([options.program, "list", "probes"], capture_output=True, text=True, check=True).stdout.splitlines() if line and not line.startswith(" ") and line.split()[0].islower()]
    known = [name for name in names if name.isidentifier()]
    probes = "{" + ", ".join(f'"{name}": {{"every": 25}}' for name in known) + "}"
    config = os.path.join(top, "k.json")
    with open(config, "w") as file:
        file.write(CONFIG % (options.steps, probes))

    def command(program, out, *more):
        return [program, "run", config, "--out", out, "--quiet", "--threads", "1", *more]

    begin = time.time()
    subprocess.run(command(options.program, top + "/whole"), check=True)
    whole_time = time.time() - begin
    whole = files(top + "/whole")
    assert any("probes" in name for name in whole), whole.keys()
    bad = 0

    def compare(out, what):
        nonlocal bad
        got = files(out)
        wrong = [name for name in sorted(set(whole) | set(got)) if whole.get(name) != got.get(name)]
        left = [os.path.join(folder, name) for folder, _, found in os.walk(out) for name in found if name.endswith(".tmp") or "step-" in name]
        if wrong or left:
            bad += 1
            print(f"{what}: different: {wrong}; left behind: {left}")
        shutil.rmtree(out)

    if options.failpoints:
        process = subprocess.run(command(options.failpoints, top + "/bug"), env={**os.environ, "BNLAB_BUG_AT_WRITE": "9"}, capture_output=True, text=True)
        assert process.returncode == 1 and process.stderr == "bnlab: internal error: planted\n", process
        subprocess.run(command(options.program, top + "/bug", "--resume"), check=True)
        compare(top + "/bug", "after a mistake of the program")
        at, tried = 1, 0
        while True:
            out = f"{top}/write"
            process = subprocess.run(command(options.failpoints, out, "--resume"), env={**os.environ, "BNLAB_KILL_AT_WRITE": str(at)})
            if process.returncode == 0:
                break
            assert process.returncode == -signal.SIGKILL, process.returncode
            subprocess.run(command(options.program, out, "--resume"), check=True)
            compare(out, f"killed at write {at}")
            at, tried = at + options.every, tried + 1
        print(f"{tried} writes, {bad} runs that differ")
    else:
        spent = finished = 0
        while spent < options.kills:
            out, before = f"{top}/killed", spent
            while True:
                process = subprocess.Popen(command(options.program, out, "--resume"))
                if spent < min(options.kills, before + 4):  # then it may finish, and is compared
                    time.sleep(random.uniform(0, 1.1 * whole_time))
                    if process.poll() is None:
                        os.kill(process.pid, signal.SIGKILL)
                        spent += 1
                if process.wait() == 0:
                    break
                assert process.returncode == -signal.SIGKILL, process.returncode
            compare(out, f"after {spent} kills")
            finished += 1
        print(f"{spent} kills, {finished} runs finished, {bad} that differ")
    shutil.rmtree(top)
    sys.exit(1 if bad else 0)


main()

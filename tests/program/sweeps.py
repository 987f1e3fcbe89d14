#!/usr/bin/python3
"""sweeps.py PROGRAM [--runs N] [--interrupts N] - a sweep that is stopped at random gives what one gives that is not.

Each cell ends exactly once; two sweeps never work in one directory; a run that dies or takes too long is named, marked and
repeated only when asked for; a larger grid takes over what a smaller one has finished; tuned values are recorded.
"""
import argparse, glob, json, os, random, re, shutil, signal, subprocess, sys, tempfile, time

parser = argparse.ArgumentParser()
parser.add_argument("program", type=os.path.abspath)
parser.add_argument("--runs", type=int, default=40)
parser.add_argument("--interrupts", type=int, default=5)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()
random.seed(options.seed)
top = tempfile.mkdtemp(prefix="bnlab_sweeps_")
os.chdir(top)

BODY = {"name": "grid", "data": {"name": "gaussian_mixture", "features": 16, "classes": 3, "samples": 300},
        "model": {"widths": [16, 16], "norm": "batch_norm"}, "train": {"steps": 400, "batch_size": 20, "learning_rate": 0.1},
        "checkpoint": {"every": 50}, "probes": {"distribution": {"every": 100}}}
SEEDS = options.runs // 4
GRID = [{"grid": {"train.learning_rate": [0.01, 0.1], "model.activation": ["relu", "tanh"]}}, {"seeds": {"from": 1, "count": SEEDS}}]


def write(name, **more):
    with open(name, "w") as file:
        json.dump({**BODY, **more}, file)


def sweep(config, *more, **kinds):
    return subprocess.run([options.program, "sweep", config, *more], capture_output=True, text=True, **kinds)


def check(condition, what):
    if not condition:
        sys.exit(f"sweeps.py: {what}")


def contents(out):
    found = {}
    for folder, _, names in os.walk(out):
        for name in names:
            rest = os.path.relpath(os.path.join(folder, name), out)
            if name.endswith(".csv") and name not in ("timing.csv", "index.csv") or "export" in rest or name == "config.resolved.json":
                with open(os.path.join(folder, name), "rb") as file:
                    found[rest] = file.read()
    return found


def ended_once(out):
    for folder, _, names in os.walk(out):
        if "log.txt" in names:
            with open(os.path.join(folder, "log.txt")) as file:
                text = file.read()
            # the line comes after the status: a kill between the two leaves none
            check(text.count("completed after") <= 1, f"{folder} ended more than once:\n{text}")
            with open(os.path.join(folder, "status.json")) as file:
                check(json.load(file)["state"] == "completed", f"{folder} did not end")


write("grid.json", vary=GRID)
begin = time.time()
whole = sweep("grid.json", "--jobs", "2", "--out", "whole")
seconds = time.time() - begin
check(whole.returncode == 0, whole.stderr)
expected = contents("whole")
check(sum("config.resolved" in name for name in expected) == 4 * SEEDS, "not every cell has run")

# many runs of one process, after one another, or one run after the other in another: the same bytes
alone = subprocess.run([options.program, "run", "grid.json", "--set", "seed=2", "--out", "alone", "--quiet", "--threads", "1"], capture_output=True, text=True)
some = contents("alone")
check(alone.returncode == 0 and len({os.path.dirname(name) for name in some if "config.resolved" in name}) == 4 and all(expected[name] == some[name] for name in some), f"`bnlab run` gives other bytes: {alone.stderr}")

# stopped at random, by a signal to the sweep or by the death of the sweep
stops = 0
while True:
    process = subprocess.Popen([options.program, "sweep", "grid.json", "--jobs", "2", "--out", "torn"], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
    if stops < options.interrupts:
        time.sleep(random.uniform(0.3, 1) * seconds / (options.interrupts + 1))  # so that all come before the end
        how = random.choice([signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGKILL])
        if process.poll() is None:
            if how == signal.SIGINT:
                os.killpg(process.pid, how)  # as Ctrl-C does
            else:
                process.send_signal(how)
            stops += 1
    out, err = process.communicate()
    if process.returncode == 0:
        break
    check(process.returncode in (130, -signal.SIGKILL), f"exit {process.returncode}: {err}")
    check(process.returncode != 130 or "the same command goes on" in err, err)
    time.sleep(0.3)  # workers of a sweep that was killed leave by themselves
check(contents("torn") == expected, "an interrupted sweep gave other bytes")
ended_once("torn")
print(f"{4 * SEEDS} runs, stopped {stops} times: the same bytes, each ended once")

# a run that was killed on its last line is completed and has a checkpoint still
left = glob.glob("torn/grid/*/seed-*")[0] + "/checkpoints"
os.makedirs(left)
shutil.copy(left + "/../export/final.safetensors", left + "/step-000000000001.safetensors")
again = sweep("grid.json", "--jobs", "2", "--out", "torn")
check(not os.path.exists(left), "a finished run keeps its checkpoint")
check(f"0 completed now, 0 diverged now, 0 failed, {4 * SEEDS} there before" in again.stdout, again.stdout)
with open("torn/grid/index.csv") as file:
    check(len(file.readlines()) == 4 * SEEDS + 1, "index.csv does not have every run")

with open("torn/grid/index.csv") as file:
    index = file.read()
os.remove("torn/grid/index.csv")
made = subprocess.run([options.program, "ls", "torn/grid", "--index"], capture_output=True, text=True)
with open("torn/grid/index.csv") as file:
    check(made.returncode == 0 and file.read() == index, "the index made by ls is another")

# a larger grid takes over what the smaller one has finished, whatever its arms are called there
write("larger.json", vary=GRID + [{"grid": {"train.momentum": [0, 0.9]}}])
larger = sweep("larger.json", "--jobs", "2", "--out", "torn")
check(f"{4 * SEEDS} completed now, 0 diverged now, 0 failed, {4 * SEEDS} there before" in larger.stdout, larger.stdout)

# ls, compare, diff, rm on what is there
def ask(*words):
    return subprocess.run([options.program, *words], capture_output=True, text=True)


listed = ask("ls", "torn", "--where", "model.activation=relu", "--where", "train.learning_rate=0.1", "--where", "train.momentum=0.0", "--columns", "seed,state,test_accuracy", "--csv")
rows = listed.stdout.splitlines()
check(rows[0] == "seed,state,test_accuracy" and len(rows) == SEEDS + 1 and all(",completed,0." in row for row in rows[1:]), listed.stdout + listed.stderr)
compared = ask("compare", "torn", "--where", "train.momentum=0.0", "--by", "model.activation,train.learning_rate", "--csv").stdout.splitlines()
mean = sum(float(row.split(",")[2]) for row in rows[1:]) / SEEDS
check(any(row.startswith(f"relu,0.1,test_accuracy,{SEEDS},0,") and abs(float(row.split(",")[5]) - mean) < 1e-12 for row in compared), compared)
for line in map(json.loads, ask("compare", "torn", "--where", "train.momentum=0.0", "--by", "model.activation,train.learning_rate", "--json").stdout.splitlines()):
    check(line["n"] == SEEDS and line["without"] == 0 and line["low"] <= line["mean"] <= line["high"] and line["measure"] == "test_accuracy" and line["model.activation"] in ("relu", "tanh"), line)
check("did you mean 'model.norm'" in ask("ls", "torn", "--where", "model.nrom=x").stderr, "no nearest word")
again = ask("ls", "torn", "--where", "seed=1", "--columns", "arm,last(test_accuracy),at(eval:accuracy[split=test,bn_mode=running], 400) - test_accuracy,path(distribution:variance[layer=hidden1/*@input])", "--json")
for line in map(json.loads, again.stdout.splitlines()):
    values = list(line.values())
    check(len(values) == 4 and 0 < values[1] <= 1 and values[2] == 0 and values[3] > 0, line)
again = ask("compare", "torn", "--where", "train.momentum=0.0", "--by", "model.activation,train.learning_rate", "--measure", "last(test_accuracy)", "--csv").stdout.replace("last(test_accuracy)", "test_accuracy")
check(again.splitlines() == compared, "the last test accuracy is not that of the summary: " + again)
wrong = ask("compare", "torn", "--measure", "time_to(test_acuracy, 0.9)")
check(wrong.returncode == 2 and "unknown series 'test_acuracy'; did you mean 'test_accuracy'?" in wrong.stderr, wrong.stderr)
wrong = ask("ls", "torn", "--columns", "arm,max(distribution:varianze)")
check(wrong.returncode == 2 and "has no metric 'varianze'; did you mean 'variance'?" in wrong.stderr, wrong.stderr)
some = ask("compare", "torn", "--measure", "max(validation_loss)")
check(some.returncode == 0 and f"{8 * SEEDS} of {8 * SEEDS} runs are without: no row of eval.csv has split=validation" in some.stderr, some.stderr)
a, b = (next(line for line in ask("ls", "torn", "--columns", "dir", "--where", f"seed={seed}", "--csv").stdout.splitlines()[1:]) for seed in (1, 2))
check(ask("diff", a, a).stdout == "the same config, the same numbers\n" and "\nseed " in ask("diff", a, b).stdout, "diff")
check("would go" in ask("rm", "torn", "--where", "train.momentum=0.9").stdout and ask("rm", "torn", "--where", "train.momentum=0.9", "--yes").stdout.endswith(f"{4 * SEEDS} runs removed\n"), "rm")
check(contents("torn") == expected, "rm took others along")

shown = ask("tail", a, "-n", "3").stdout.splitlines()
with open(a + "/train.csv") as file:
    lines = file.read().splitlines()
check(shown == [lines[0], *lines[-3:]], shown)
check(ask("show", a).returncode == 0 and json.loads(ask("show", a, "--json").stdout), "show")

# what another build has made is said, and repeated only when that is asked for
def made_by(path):
    with open(path + "/manifest.json") as file:
        return json.load(file)


def stamp(path):
    return os.stat(path + "/status.json").st_mtime_ns


manifest, made = made_by(a), stamp(a)
with open(a + "/manifest.json", "w") as file:
    json.dump({**manifest, "commit": "feedfacefeedface"}, file)
stale = sweep("grid.json", "--jobs", "2", "--out", "torn")
check("note: 1 runs were made by another build (feedfacefeed); --rerun-stale repeats them" in stale.stderr and stamp(a) == made, stale.stderr)
if not manifest["dirty"]:  # else every run is another build's
    stale = sweep("grid.json", "--jobs", "2", "--out", "torn", "--rerun-stale")
    check("; they are repeated" in stale.stderr and f"1 completed now, 0 diverged now, 0 failed, {4 * SEEDS - 1} there before" in stale.stdout, stale.stdout + stale.stderr)
    check(made_by(a)["commit"] == manifest["commit"] and stamp(a) > made and contents("torn") == expected, "a stale run was not made anew")

# a plan: what would run, what is there, how long; nothing is made
plan = sweep("grid.json", "--dry-run", "--jobs", "2", "--out", "torn")
check(f"{4 * SEEDS} runs, {4 * SEEDS} finished already" in plan.stdout and "about" not in plan.stdout, plan.stdout)
plan = sweep("grid.json", "--dry-run", "--jobs", "2", "--out", "planned")
check(f"{4 * SEEDS} runs, 0 finished already" in plan.stdout and re.search(r"about \S.* of training, 2 at a time with 1 thread ", plan.stdout) and not os.path.exists("planned"), plan.stdout)

# longest first, whatever the order in the file
write("lengths.json", vary=[{"grid": {"train.steps": [20, 2000, 200]}}])
check(sweep("lengths.json", "--jobs", "1", "--out", "lengths").returncode == 0, "lengths")
ends = {int(re.search(r"steps=(\d+)", path).group(1)): os.stat(path + "/status.json").st_mtime_ns for path in (line for line in ask("ls", "lengths", "--columns", "dir", "--csv").stdout.splitlines()[1:])}
check(ends[2000] < ends[200] < ends[20], f"not the longest first: {ends}")

# a run that diverged is a result, and repeated only when that is asked for
write("diverge.json", model={"widths": [16, 16]}, train={**BODY["train"], "loss": "mean_squared_error"}, vary=[{"grid": {"train.learning_rate": [0.01, 1e30]}}])
for more, said in (((), "1 completed now, 1 diverged now, 0 failed, 0 there before"), ((), "0 completed now, 0 diverged now, 0 failed, 2 there before"), (("--retry", "diverged"), "0 completed now, 1 diverged now, 0 failed, 1 there before")):
    diverged = sweep("diverge.json", "--out", "diverge", *more)
    check(diverged.returncode == 0 and said in diverged.stdout, diverged.stdout + diverged.stderr)

# two at once
first = subprocess.Popen([options.program, "sweep", "grid.json", "--out", "both", "--jobs", "1"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
while not os.path.exists("both/grid/.lock"):
    time.sleep(0.01)
time.sleep(0.1)
second = sweep("grid.json", "--out", "both", "--jobs", "1")
check(second.returncode == 3 and "both/grid: another sweep is at work here; wait for it, or end it" in second.stderr, second.stderr)
check(first.wait() == 0 and contents("both") == expected, "the first of two sweeps was disturbed")

# a run that takes too long
write("long.json", train={**BODY["train"], "steps": 50_000_000}, vary=[{"seeds": [1]}])
long = sweep("long.json", "--out", "long", "--timeout", "1")
check(long.returncode == 4 and "took longer than the timeout" in long.stderr, long.stderr)
long = sweep("long.json", "--out", "long", "--timeout", "1")
check(long.returncode == 4 and "failed before, not repeated (--retry failed repeats it)" in long.stderr, long.stderr)
long = sweep("long.json", "--out", "long", "--timeout", "1", "--retry", "failed")
check(long.returncode == 4 and "failed: " in long.stderr and "failed before" not in long.stderr, long.stderr)

write("long.json", train={**BODY["train"], "steps": 50_000_000}, vary=[{"seeds": [5, 6, 7]}])
long = sweep("long.json", "--out", "long", "--timeout", "0.5", "--jobs", "1", "--fail-fast")
check(long.returncode == 4 and long.stderr.count("took longer") == 1 and "1 failed" in long.stdout, long.stdout + long.stderr)

# a worker that dies takes its run along and nothing else
write("death.json", train={**BODY["train"], "steps": 4000}, vary=[{"seeds": {"from": 1, "count": 4}}])
process = subprocess.Popen([options.program, "sweep", "death.json", "--out", "death", "--jobs", "1"], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
pid = None
while pid is None:
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as file:
                    if re.match(r"\d+ \(" + re.escape(os.path.basename(options.program)[:15]) + r"\) \S (\d+)", file.read()).group(1) == str(process.pid):
                        pid = int(entry)
            except (OSError, AttributeError):
                pass
time.sleep(0.1)
os.kill(pid, signal.SIGKILL)
out, err = process.communicate()
check(process.returncode == 4 and "ended by signal 9" in err and "3 completed now, 0 diverged now, 1 failed" in out, out + err)
death = sweep("death.json", "--out", "death", "--retry", "failed")
check(death.returncode == 0 and "1 completed now" in death.stdout, death.stdout + death.stderr)

# what is repeated keeps its place until its turn comes: a repetition that is interrupted loses nothing
before = contents("death")
again = subprocess.Popen([options.program, "sweep", "death.json", "--out", "death", "--jobs", "1", "--retry", "all"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def states(out):
    found = []
    for path in glob.glob(out + "/*/*/seed-*/status.json"):
        try:
            with open(path) as file:
                found.append(json.load(file)["state"])
        except FileNotFoundError:
            pass  # its run is just being emptied
    return found


while "running" not in states("death"):
    check(again.poll() is None, "the repetition ended before anyone saw it begin")
again.send_signal(signal.SIGINT)
check(again.wait() == 130 and states("death").count("completed") >= 3, states("death"))
rest = sweep("death.json", "--out", "death")
check(rest.returncode == 0 and contents("death") == before, rest.stdout + rest.stderr)

# a stop that reaches every process of the group, twice, as `timeout` and session managers send it: nothing fails, the same command goes on
write("stopped.json", train={**BODY["train"], "steps": 4000}, checkpoint={"every": 500}, vary=[{"seeds": {"from": 1, "count": 4}}])
for k in range(8):
    group = subprocess.Popen([options.program, "sweep", "stopped.json", "--out", f"stopped{k}", "--jobs", "2"], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
    while not states(f"stopped{k}") and group.poll() is None:
        time.sleep(0.002)
    time.sleep(0.02 * k)
    os.killpg(group.pid, signal.SIGTERM)
    try:
        os.killpg(group.pid, signal.SIGTERM)
    except ProcessLookupError:
        pass
    out, err = group.communicate()
    check(group.returncode in (0, 130) and "failed:" not in err, out + err)
    check("failed" not in states(f"stopped{k}"), states(f"stopped{k}"))
rest = sweep("stopped.json", "--out", "stopped7")
check(rest.returncode == 0, rest.stdout + rest.stderr)

# tuning: other seeds, the best value per arm, a warning at the edge, what was chosen is what runs
write("tuned.json", vary=[{"arms": {"a": {}, "b": {"model.norm": "layer_norm"}}}, {"seeds": [1, 2]}],
      tune={"path": "train.learning_rate", "values": {"from": 0.00001, "to": 0.1, "count": 3}, "seeds": [100, 101], "measure": "train_loss", "goal": "min"})
tuned = sweep("tuned.json", "--out", "tuned")
check(tuned.returncode == 0 and "at the edge of what was tried" in tuned.stderr, tuned.stderr)
with open("tuned/grid/tuned.json") as file:
    chosen = json.load(file)
check([arm["value"] for arm in chosen["arms"]] == [0.1, 0.1] and chosen["seeds"] == [100, 101], chosen)
check(len(os.listdir("tuned/grid.tuning")) >= 6, os.listdir("tuned/grid.tuning"))
for arm in ("a", "b"):
    folder = next(name for name in os.listdir("tuned/grid") if name.startswith(arm + "-"))
    with open(f"tuned/grid/{folder}/seed-1/config.resolved.json") as file:
        check(json.load(file)["train"]["learning_rate"] == 0.1, "the chosen rate is not what ran")
write("tuned.json", train={**BODY["train"], "steps": 50_000_000}, vary=[{"seeds": [1]}], tune={"path": "train.learning_rate", "values": [0.01, 0.1], "seeds": [100]})
tuned = sweep("tuned.json", "--out", "untuned", "--timeout", "0.5")
check(tuned.returncode == 4 and "2 of the runs that tune failed, so nothing is chosen; --retry failed repeats them" in tuned.stderr and sorted(os.listdir("untuned/grid")) == [".lock", "workers.log"], tuned.stderr)
write("cheat.json", vary=[{"seeds": [1, 2]}], tune={"path": "train.learning_rate", "values": [0.1], "seeds": [2]})
cheat = sweep("cheat.json", "--out", "tuned")
check(cheat.returncode == 2 and "seed 2 tunes and counts" in cheat.stderr, cheat.stderr)
write("both.json", vary=[{"grid": {"train.learning_rate": [0.1, 0.2]}}], tune={"path": "train.learning_rate", "values": [0.1], "seeds": [2]})
check("both.json:1: tune.path: 'train.learning_rate' is varied as well" in sweep("both.json").stderr, "tuned and varied")
shutil.rmtree(top)
print("sweeps: all as it should be")

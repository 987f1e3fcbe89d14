#!/usr/bin/python3
# verdicts.py PROGRAM - an experiment from its runs to what is kept: planted claims are decided as they should be.
import json
import os
import shutil
import subprocess
import sys
import tempfile

program = os.path.abspath(sys.argv[1])
top = tempfile.mkdtemp(prefix="bnlab-verdicts-")
os.chdir(top)


def check(condition, what):
    if not condition:
        sys.exit(f"verdicts: {what}")


def ask(*words):
    return subprocess.run([program, *words], capture_output=True, text=True)


def claim(name, criterion, **more):
    return {"name": name, "says": f"{name} | is so", "paper": "1 <b>", "criterion": criterion, "measure": "test_accuracy", "arm": "slow", **more}


experiment = {
    "name": "someone_rates",
    "data": {"name": "gaussian_mixture", "features": 6, "samples": 400},
    "model": {"name": "mlp", "widths": [8]},
    "train": {"steps": 40, "batch_size": 8},
    "tune": {"path": "train.learning_rate", "values": [0.05, 0.1], "seeds": [100], "measure": "test_accuracy"},
    "vary": [{"arms": {"slow": {"train.momentum": 0}, "twin": {"train.momentum": 0.0, "train.log_every": 7}, "broken": {"train.momentum": 0.0, "model.initializer": {"name": "normal", "std": 1e30}}}}, {"seeds": {"from": 1, "count": 8}}],
    "scales": {"quick": {"vary[1].seeds": [1, 2]}},
    "about": {"paper": "Someone 2026", "what": "does it?"},
    "claims": [
        claim("same", "equivalence", than="twin", margin=0.001),
        claim("better", "difference", than="broken", direction="greater"),
        claim("worse", "difference", than="broken", direction="less"),
        claim("both", "difference", arm=["slow", "twin"], than="broken", direction="greater"),
        claim("diverges", "proportion", arm="broken", measure="diverged", above=0.5),
        claim("level", "value", low=2),
    ],
}


def write(**more):
    os.makedirs("experiments/someone/rates", exist_ok=True)
    with open("experiments/someone/rates/experiment.json", "w") as file:
        json.dump({**experiment, **more}, file, indent=1)


write()
with open("experiments/someone/rates/README.md", "w") as file:
    file.write("# Rates\n\n<!-- results -->\n\nafter\n")
early = ask("verdict", "someone/rates")
check(early.returncode == 3 and "there are no runs" in early.stderr, early.stderr)
quick = ask("reproduce", "someone/rates", "--scale", "quick")
check(quick.returncode == 0 and "fewer than 6 can never decide" in quick.stdout and not os.path.exists("results/someone"), quick.stdout + quick.stderr)
whole = ask("reproduce", "someone/rates", "--jobs", "2")
check(whole.returncode == 0, whole.stdout + whole.stderr)
folder = "results/someone/rates/"
with open(folder + "verdict.json") as file:
    verdict = json.load(file)
found = {one["name"]: one["verdict"] for one in verdict["claims"]}
check(found == {"same": "supported", "better": "supported", "worse": "refuted", "both": "supported", "diverges": "supported", "level": "refuted"}, found)
better = verdict["claims"][1]["comparisons"][0]
check(better["n"] == 8 and better["diverged"] == 8 and len(better["runs"]) == 16 and better["p"] < 0.01, better)
both = verdict["claims"][3]["comparisons"]
check(len(both) == 2 and both[0]["p_holm"] == 2 * both[0]["p"], both)
with open(folder + "runs.csv") as file:
    rows = file.read().splitlines()
check(rows[0] == "arm,seed,state,steps,seconds,train.learning_rate,test_accuracy,train_loss,diverged" and len(rows) == 25, rows[0])
with open(folder + "curves.csv") as file:
    check(file.readline() == "arm,seed,step,split,loss,accuracy\n", "curves.csv")
with open(folder + "manifest.json") as file:
    manifest = json.load(file)
check(manifest["runs"] == 24 and manifest["wall_seconds"] >= 0 and os.path.exists(folder + "tuned.json"), manifest)
with open("experiments/someone/rates/README.md") as file:
    readme = file.read()
check(readme.startswith("# Rates\n\n<!-- results -->\n| claim |") and readme.endswith("<!-- /results -->\n\nafter\n") and "same \\| is so" in readme, readme)
again = ask("reproduce", "someone/rates")
with open("experiments/someone/rates/README.md") as file:
    check(again.returncode == 0 and file.read() == readme, "a second time the README says something else")
listed = ask("reproduce", "--list").stdout
check("someone/rates" in listed and "Someone 2026" in listed, listed)
check(ask("reproduce", "--table").returncode == 0, "--table")
with open("results/README.md") as file:
    table = file.read()
check("6 claims: 4 supported, 2 refuted, 0 undecided" in table and "(../experiments/someone/rates/README.md)" in table, table)

check(ask("verdict", "someone/rates", "--require", "supported").returncode == 5, "--require")
check(json.loads(ask("verdict", "experiments/someone/rates/experiment.json", "--json").stdout)["claims"] == verdict["claims"], "verdict and reproduce disagree")
# what is wrong with a claim is said with its place
for change, message in [
    (claim("x", "diference", than="twin"), "experiment.json:{}: claims[0].criterion: unknown criterion 'diference'; did you mean 'difference'?"),
    (claim("x", "difference", than="twin", direction="more"), "claims[0].direction: "),
    (claim("x", "difference"), 'claims[0].than: expected a pattern of labels or an object of path: value'),
    (claim("x", "value", low=0, measure="maxi(test_accuracy)"), "claims[0].measure: "),
    (claim("x", "value", low=0, marign=1), "claims[0].marign: unknown key"),
    (claim("x", "trend"), 'claims[0]: needs "against", a path of the config'),
    (claim("x", "value", low=0, arm="fast"), "no run of the experiment is 'fast'"),
    (claim("x", "value", low=0, arm="*"), "claims.x: seed 1 has 3 runs"),
]:
    write(claims=[change])
    said = ask("verdict", "someone/rates")
    check(said.returncode == 2 and message.split("{}")[-1] in said.stderr, said.stderr + said.stdout)
write()
shutil.rmtree(next(f"results/runs/someone_rates/{name}/seed-3" for name in os.listdir("results/runs/someone_rates") if name.startswith("slow-")))
missing = ask("verdict", "someone/rates")
check("not all runs have ended" in missing.stdout and missing.stdout.count("supported") == 1, missing.stdout)  # `diverges` alone needs no slow run
unknown = ask("verdict", "someone/rate")
check(unknown.returncode == 2 and "did you mean 'someone/rates'" in unknown.stderr, unknown.stderr)
shutil.rmtree(top)
print("verdicts: all as it should be")

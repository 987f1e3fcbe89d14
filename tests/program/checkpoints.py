#!/usr/bin/python3
"""checkpoints.py PROGRAM - checkpoints as a user meets them: NumPy reads them, signals leave one, a damaged one is named.

The newest checkpoint of a run that is stopped by SIGUSR1 is what the run goes on from, and gives the same bytes in the end.
"""
import glob, json, os, shutil, signal, struct, subprocess, sys, tempfile, time

import numpy

program = os.path.abspath(sys.argv[1])
top = tempfile.mkdtemp(prefix="bnlab_checkpoints_")
os.chdir(top)
with open("c.json", "w") as file:
    json.dump({"name": "c", "data": {"name": "gaussian_mixture", "features": 8, "classes": 3, "samples": 200}, "model": {"widths": [8, 8], "norm": "batch_norm"},
               "train": {"steps": 6000, "batch_size": 20, "momentum": 0.9, "log_every": 100}, "checkpoint": {"every": 100, "keep_last": 3, "keep_every": 2000}}, file)


def check(condition, what):
    if not condition:
        sys.exit(f"checkpoints.py: {what}")


def read(path):
    """All that it takes: a length, JSON, bytes."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header, data = json.loads(file.read(length)), file.read()
    kinds = {"F32": "<f4", "F64": "<f8", "I64": "<i8", "I32": "<i4"}
    metadata = header.pop("__metadata__", {})
    return metadata, {name: numpy.frombuffer(data[slice(*entry["data_offsets"])], kinds[entry["dtype"]]).reshape(entry["shape"]) for name, entry in header.items()}


def train(out, *more):
    return subprocess.run([program, "run", "c.json", "--out", out, "--progress", "plain", *more], capture_output=True, text=True)


check(train("whole").returncode == 0, "the whole run failed")
process = subprocess.Popen([program, "run", "c.json", "--out", "stopped", "--quiet"], stderr=subprocess.PIPE, text=True)
while len(glob.glob("stopped/c/*/seed-0/checkpoints/*")) < 3:
    time.sleep(0.001)
process.send_signal(signal.SIGUSR1)
_, said = process.communicate()
check(process.returncode == 130 and said == "bnlab: interrupted; the same command with --resume goes on where it stopped\n", f"{process.returncode} {said}")
directory = glob.glob("stopped/c/*/seed-0")[0]
files = sorted(glob.glob(directory + "/checkpoints/step-*.safetensors"))
kept = [path for path in files if int(path[-24:-12]) % 2000 == 0]
check(len(files) - len(kept) in (2, 3), f"{files} are not the last three, and every 2000th")
with open(directory + "/status.json") as file:
    status = json.load(file)
metadata, tensors = read(files[-1])
check(status["state"] == "interrupted" and int(tensors["trainer/step"][0]) == status["step"] == int(metadata["step"]), f"{status} {metadata}")
check(tensors["trainer/parameters/hidden1/linear/weight"].shape == (8, 8) and tensors["trainer/velocity/output/linear/weight"].shape == (3, 8), sorted(tensors))
check(all(numpy.isfinite(tensor).all() for name, tensor in tensors.items() if name.startswith("trainer/")), "not finite")

with open(files[-1], "r+b") as file:
    file.truncate(os.path.getsize(files[-1]) // 2)
resumed = train("stopped", "--resume")
check(resumed.returncode == 0 and f"note: a checkpoint that cannot be used: {files[-1]}: " in resumed.stderr and f"goes on at step {int(files[-2][-24:-12])}" in resumed.stderr, resumed.stderr)
for name in ("train.csv", "eval.csv", "export/final.safetensors"):
    with open(f"{directory}/{name}", "rb") as one, open(f"{directory.replace('stopped', 'whole')}/{name}", "rb") as other:
        check(one.read() == other.read(), f"{name} differs")
left = sorted(int(path[-24:-12]) for path in glob.glob(directory + "/checkpoints/*"))
check(left == [2000, 4000] or left == [2000, 4000, 6000], f"of a finished run {left} are left")
_, final = read(directory + "/export/final.safetensors")
_, at = read(f"{directory}/checkpoints/step-{left[0]:012}.safetensors")
check({name[len("trainer/parameters/"):] for name in at if name.startswith("trainer/parameters/")} <= set(final), "other names than those of the export")
check("had finished before" in train("stopped", "--resume").stdout, "a finished run is not said to be finished")
shutil.rmtree(top)
print("checkpoints: NumPy reads them, SIGUSR1 leaves one, a damaged one is named and the one before it taken")

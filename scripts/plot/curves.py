#!/usr/bin/python3
"""curves.py RUNS OUT - test accuracy over training: the mean of each arm's seeds, and their range as a band.

RUNS e.g. results/runs/quickstart; OUT ends in .svg, .pdf or .png."""
import collections
import csv
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

runs, out = sys.argv[1:]
arms = collections.defaultdict(lambda: collections.defaultdict(list))  # arm -> step -> a value of each seed
for path in sorted(pathlib.Path(runs).glob("*/seed-*/eval.csv")):
    arm = path.parts[-3].rsplit("-", 1)[0]  # <arm>-<hash>/seed-<n>/eval.csv
    with open(path, newline="", encoding="utf8") as file:
        for row in csv.DictReader(file):
            if row["split"] == "test" and row["bn_mode"] == "running":  # one split, one mode of statistics
                arms[arm][int(row["step"])].append(float(row["accuracy"]))
figure, axes = plt.subplots(figsize=(6.4, 3.8), constrained_layout=True)
for arm, at in arms.items():
    steps = sorted(at)
    line, = axes.plot(steps, [sum(at[step]) / len(at[step]) for step in steps], label=arm)
    axes.fill_between(steps, [min(at[step]) for step in steps], [max(at[step]) for step in steps], color=line.get_color(), alpha=0.2, linewidth=0)
axes.set_xlabel("step")
axes.set_ylabel("test accuracy")
axes.grid(color="#dddddd")
axes.legend(frameon=False)
figure.savefig(out)

#!/usr/bin/python3
"""Makes statistics.json: what SciPy computes for the tests, intervals and correlations of src/analysis.

  /usr/bin/python3 tests/golden/make_statistics.py            # writes tests/golden/statistics.json
  /usr/bin/python3 tests/golden/make_statistics.py --check    # writes nothing; exit 1 if the file holds other numbers

Needs: apt-get install python3-scipy (1.10.1 made the file in the tree). The tests only read it.

A list of cases for each kind: its input, and the answers under the names of ours. The bootstrap's answers are those of all n^n
resamples, so that they hold no draw; ours draws 10,000.
"""
import itertools
import json
import pathlib
import sys
import zlib

import numpy as np
from scipy import optimize, stats

PATH = pathlib.Path(__file__).resolve().parent / "statistics.json"


def draw(case):
  return np.random.Generator(np.random.PCG64(zlib.crc32(case.encode())))


def samples():
  """Values of several shapes: normal, skewed, with ties, of both signs."""
  for n in (2, 5, 6, 8, 12):
    yield draw(f"normal {n}").normal(0.5, 1, n)
    yield draw(f"skewed {n}").lognormal(0, 1, n) - 1
    yield draw(f"ties {n}").integers(-3, 6, n).astype(float)


def sign_flips():
  for v in samples():
    answer = {side: stats.permutation_test((v,), lambda x, axis: np.sum(x, axis=axis), permutation_type="samples", vectorized=True,
                                           n_resamples=np.inf, alternative=side.replace("_", "-")).pvalue
              for side in ("two_sided", "greater", "less")}
    yield {"values": v, **answer}


def signed_rank_sums():
  """Wilcoxon's exact test, for values without ties or zeros: what infinite differences come to."""
  for n in (5, 6, 8, 12):
    v = draw(f"ranks {n}").normal(0.7, 1, n)
    yield {"values": v, "two_sided": stats.wilcoxon(v, mode="exact").pvalue, "greater": stats.wilcoxon(v, mode="exact", alternative="greater").pvalue}


def students():
  for v in samples():
    if np.ptp(v) > 0:
      # t.ppf is off by 5e-9 (4 degrees: 2.131846786326649), t.sf is not
      t = optimize.brentq(lambda t, degrees=len(v) - 1: stats.t.sf(t, degrees) - 0.05, 0, 100, xtol=1e-14)
      yield {"values": v, "confidence": 0.9, "low": np.mean(v) - t * stats.sem(v), "high": np.mean(v) + t * stats.sem(v)}


def equivalences():
  for v in samples():
    if np.ptp(v) > 0:
      yield {"values": v, "margin": 0.8, "above_low": stats.ttest_1samp(v, -0.8, alternative="greater").pvalue,
             "below_high": stats.ttest_1samp(v, 0.8, alternative="less").pvalue}


def bootstraps():
  """z0 and a of all n^n resamples, and the interval; plain BCa by SciPy's own function."""
  for n in (4, 5, 6):
    for name, v in (("normal", draw(f"bca {n}").normal(0, 1, n)), ("skewed", draw(f"bca skewed {n}").lognormal(0, 1, n))):
      means = np.sort(np.array(list(itertools.product(v, repeat=n))).mean(axis=1))
      low, high, a = stats._resampling._bca_interval((v[None, :],), lambda x, axis: np.mean(x, axis=axis), -1, 0.025, means[None, :], None)
      below = np.sum(means < v.mean() - 1e-12) + np.sum(means <= v.mean() + 1e-12)
      yield {"values": v, "z0": stats.norm.ppf(below / 2 / len(means)), "a": float(np.ravel(a)[0]), "low": np.quantile(means, np.ravel(low)[0]),
             "high": np.quantile(means, np.ravel(high)[0])}


def medians():
  """Coverage of the median by x(d) and x(n+1-d), from which the interval's ends are interpolated."""
  for n in (5, 6, 8, 11, 20):
    v = np.sort(draw(f"median {n}").normal(0, 1, n))
    covers = [1 - 2 * stats.binom.cdf(d - 1, n, 0.5) for d in range(1, n // 2 + 1)]
    if covers[0] < 0.95:
      yield {"values": v, "low": v[0], "high": v[-1]}
      continue
    d = max(k for k in range(1, n // 2 + 1) if covers[k - 1] >= 0.95)
    share = (covers[d - 1] - 0.95) / (covers[d - 1] - covers[d])
    weight = (n - d) * share / (d + (n - 2 * d) * share)
    yield {"values": v, "low": (1 - weight) * v[d - 1] + weight * v[d], "high": (1 - weight) * v[n - d] + weight * v[n - d - 1]}


def correlations():
  for n in (7, 8, 20, 40):
    for kind in ("smooth", "ties"):
      generator = draw(f"{kind} {n}")
      z = generator.normal(0, 1, n)
      x, y = z + generator.normal(0, 1, n), z + generator.normal(0, 1, n)
      if kind == "ties":
        x, y, z = np.round(x), np.round(y), np.round(2 * z)
      tau, rho = stats.kendalltau(x, y), stats.spearmanr(x, y)
      ranks = [stats.rankdata(v) - (n + 1) / 2 for v in (x, y, z)]
      left = [r - ranks[2] * (r @ ranks[2]) / (ranks[2] @ ranks[2]) for r in ranks[:2]]
      partial = left[0] @ left[1] / np.sqrt((left[0] @ left[0]) * (left[1] @ left[1]))
      p = 2 * stats.t.sf(abs(partial) * np.sqrt((n - 3) / (1 - partial**2)), n - 3)
      yield {"x": x, "y": y, "z": z, "tau": tau.statistic, "tau_p": tau.pvalue, "rho": rho.statistic, "rho_p": rho.pvalue, "partial": partial,
             "partial_p": p}


def proportions():
  for k, n in ((0, 8), (1, 8), (4, 8), (7, 8), (8, 8), (3, 50)):
    interval = stats.binomtest(k, n).proportion_ci(confidence_level=0.9, method="exact")
    yield {"k": k, "n": n, "alpha": 0.05, "low": interval.low, "high": interval.high}


def centres():
  for v in samples():
    yield {"values": v, "interquartile_mean": stats.trim_mean(v, 0.25)}


def slopes():
  for n in (3, 8, 20):
    x, y = draw(f"slope {n}").lognormal(0, 1, (2, n))
    yield {"x": x, "y": y, "none": stats.linregress(x, y).slope, "log_x": stats.linregress(np.log(x), y).slope,
           "log_y": stats.linregress(x, np.log(y)).slope, "log_xy": stats.linregress(np.log(x), np.log(y)).slope}


def plain(value):
  return value.tolist() if isinstance(value, np.ndarray) else value.item() if isinstance(value, np.generic) else value


def alike(a, b):
  """The same but for the last bits, which another CPU rounds differently."""
  if isinstance(a, dict):
    return a.keys() == b.keys() and all(alike(a[key], b[key]) for key in a)
  if isinstance(a, list):
    return len(a) == len(b) and all(map(alike, a, b))
  return abs(a - b) <= 1e-12 * max(1, abs(a))


def main():
  check = sys.argv[1:] == ["--check"]
  if sys.argv[1:] and not check:
    sys.exit(__doc__)
  kinds = {"sign_flip": sign_flips, "signed_ranks": signed_rank_sums, "student": students, "equivalence": equivalences, "bootstrap": bootstraps,
           "median": medians, "correlation": correlations, "proportion": proportions, "centre": centres, "slope": slopes}
  lines = [f'"{kind}": [\n' + ",\n".join(json.dumps({key: plain(value) for key, value in case.items()}) for case in make()) + "\n]"
           for kind, make in kinds.items()]
  text = "{\n" + ",\n".join(lines) + "\n}\n"
  if check:
    same = PATH.exists() and alike(json.loads(PATH.read_text()), json.loads(text))
    print("the fixture is what SciPy computes" if same else "would change: statistics.json")
    sys.exit(0 if same else 1)
  PATH.write_text(text)
  print(f"{PATH.name}: {len(text)} bytes")


if __name__ == "__main__":
  main()

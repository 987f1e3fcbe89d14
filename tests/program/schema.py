#!/usr/bin/python3
"""The JSON Schema that `bnlab schema` prints: every config of the tree satisfies it, and so does a resolved one; what
the schema refuses, the program refuses too.

  tests/program/schema.py PROGRAM TOP

Exit 0 where all holds, 1 with a line for everything that does not. Needs: python3-jsonschema.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

# Each is wrong in one way that a schema can see. "compose" and "vary" are beyond it: what they lead to is not.
WRONG = {
  "an unknown key": {"trian": {}},
  "an unknown key in a section": {"train": {"stepz": 3}},
  "no object": [],
  "a word for a number": {"train": {"steps": "many"}},
  "half a step": {"train": {"steps": 1.5}},
  "a number for a boolean": {"train": {"nesterov": 1}},
  "an object for a list": {"train": {"groups": {}}},
  "a list for an object": {"train": []},
  "below the range": {"seed": -1},
  "at an open end of a range": {"train": {"momentum": 1}},
  "out of range in a list": {"model": {"widths": [8, 0]}},
  "an unknown word": {"engine": {"precision": "quad"}},
  "an unknown norm": {"model": {"norm": "bach_norm"}},
  "an unknown norm, spelt out": {"model": {"norm": {"name": "bach_norm"}}},
  "another norm's option": {"model": {"norm": {"name": "layer_norm", "groups": 3}}},
  "another dataset's option": {"data": {"name": "textures", "features": 3}},
  "an unknown augmentation": {"data": {"augment": {"flipp": True}}},
  "a word for an augmentation": {"data": {"augment": "cifar"}},
  "an unknown key of the clipping": {"train": {"adaptive_clip": {"lamda": 0.01}}},
  "an unknown loss": {"train": {"loss": "cross_entropy"}},
  "an unknown probe": {"probes": {"distributon": {}}},
  "an unknown key in a probe": {"probes": {"distribution": {"evry": 1}}},
  "an unknown key in a group": {"train": {"groups": [{"mach": "*"}]}},
  "a site that is no word": {"model": {"placement": [3]}},
  "an unknown key of what an experiment is about": {"about": {"papre": "Ioffe"}},
  "null where something must stand": {"train": {"loss": None}},
  "a piece that is no word": {"compose": [3]},
}

RIGHT = {
  "nothing": {},
  "a name for an object": {"model": {"norm": "batch_norm", "placement": "after_activation"}},
  "a list of sites": {"model": {"norm": {"name": "batch_norm", "epsilon": 0.1}, "placement": ["hidden1/*"]}},
  "a probe switched off": {"probes": {"distribution": None}},
  "an augmentation": {"data": {"augment": {"flip": False, "crop_padding": 0}, "pad_to": 0}},
  "a clipping": {"train": {"adaptive_clip": {"lambda": 0.01, "epsilon": 1e-3}}},
  "half an epoch": {"train": {"epochs": 0.5}},
  "no fallback": {"data": {"fallback": None}},
  "a group": {"train": {"groups": [{"match": "*/weight", "learning_rate": 0.5}], "momentum": 0.9}},
}

SMALL = {
  "data": {"name": "gaussian_mixture", "features": 4, "classes": 2, "samples": 256},
  "model": {"widths": [4], "norm": "batch_norm", "placement": ["hidden1/before_activation"]},
  "train": {"steps": 1, "batch_size": 8},
  "probes": {"distribution": {"every": 1, "samples": 8}},
}


def without_comments(text):
  """Spaces for // and /* */ outside strings; the lines stay where they are."""
  out, at = [], 0
  while at < len(text):
    if text[at] == '"':
      end = at + 1
      while end < len(text) and text[end] != '"':
        end += 2 if text[end] == "\\" else 1
      end += 1
    elif text.startswith("//", at):
      end = text.find("\n", at)
      end = len(text) if end < 0 else end
    elif text.startswith("/*", at):
      end = text.find("*/", at + 2)
      end = len(text) if end < 0 else end + 2
    else:
      out.append(text[at])
      at += 1
      continue
    piece = text[at:end]
    out.append(piece if piece[0] == '"' else "".join("\n" if c == "\n" else " " for c in piece))
    at = end
  return "".join(out)


def check_scanner():
  text = '{"a//": "/* \\" // */", // "b": 1\n "c" /* // " \n */: 2} /**/ // end'
  assert json.loads(without_comments(text)) == {"a//": '/* " // */', "c": 2}, without_comments(text)
  assert without_comments(text).count("\n") == text.count("\n")


def complaint(validator, config):
  """Why the config is refused, or None."""
  error = best_match(validator.iter_errors(config))
  if error is None:
    return None
  path = ".".join(str(part) for part in error.absolute_path)
  message = error.message if len(error.message) < 300 else error.message[:300] + "..."
  return f"{path or 'the whole'}: {message}"


def run(program, *arguments):
  return subprocess.run([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


def failures(program, top):
  schema = json.loads(run(program, "schema").stdout)
  Draft7Validator.check_schema(schema)
  validator = Draft7Validator(schema)

  configs = sorted(path for folder in ("configs", "experiments") for path in (top / folder).rglob("*.json"))
  if not configs:
    yield "there is no config to check"
  for path in configs:
    why = complaint(validator, json.loads(without_comments(path.read_text())))
    if why:
      yield f"{path}: {why}"

  with tempfile.TemporaryDirectory() as folder:
    file = pathlib.Path(folder) / "config.json"
    for what, config in WRONG.items():
      file.write_text(json.dumps(config))
      if complaint(validator, config) is None:
        yield f"the schema accepts {what}: {config}"
      if run(program, "validate", file).returncode != 2:
        yield f"the program accepts {what}: {config}"
    for what, config in RIGHT.items():
      why = complaint(validator, config)
      if why:
        yield f"the schema refuses {what}: {config}: {why}"
      # small data over it: what is asked is whether it reads, not whether Fashion-MNIST is here
      over = dict(config, data=dict(SMALL["data"], **config.get("data", {})))
      file.write_text(json.dumps(over))
      said = run(program, "validate", file)
      if said.returncode != 0:
        yield f"the program refuses {what}: {over}: {said.stderr.strip()}"

    file.write_text(json.dumps(SMALL))
    said = run(program, "run", file, "--quiet", "--out", folder)
    written = list(pathlib.Path(folder).rglob("config.resolved.json"))
    if said.returncode != 0 or len(written) != 1:
      yield f"the small run failed: {said.stderr.strip()}"
    for path in written:
      why = complaint(validator, json.loads(path.read_text()))
      if why:
        yield f"a resolved config is refused: {why}"


def main():
  check_scanner()
  bad = list(failures(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()))
  for line in bad:
    print(line)
  return 1 if bad else 0


if __name__ == "__main__":
  if len(sys.argv) != 3:
    sys.exit(__doc__)
  sys.exit(main())

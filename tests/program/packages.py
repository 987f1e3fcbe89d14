#!/usr/bin/python3
"""Every header, program, Python module and dataset that this project uses comes from a package in scripts/packages.txt.

  tests/program/packages.py TOP BUILD   BUILD: a build directory; its compile_commands.json has the include paths
  tests/program/packages.py --self-test TOP BUILD

A file is provided for where the package that owns it (dpkg -S) is listed, or is a hard dependency of one that is, near
or far. Headers of src/ must come with the group "build", headers of tests/ with "build" or "test". Programs of packages
without which there is no Debian (Essential, and apt) need not be listed.

Exit 0 where nothing is missing, 1 with a line for everything that is. --self-test breaks a copy in each way, and fails
where one goes unnoticed.
"""
import ast
import functools
import importlib.machinery
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True  # no __pycache__ in the tree
from shell_commands import commands

SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"  # what packages install to, whatever a person has before it
STARTERS = {"run", "Popen", "call", "check_call", "check_output", "execv", "execve", "execvp", "execvpe"}
HARD = ["--recurse", "--installed"] + [f"--no-{what}" for what in "recommends suggests conflicts breaks replaces enhances".split()]


def output(*command):
  return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout


def listed(top, groups):
  lines = [line.split() for line in (top / "scripts/packages.txt").read_text().splitlines() if line.strip()]
  return {words[1] for words in lines if words[0] in groups}


@functools.lru_cache(maxsize=None)
def with_dependencies(packages):
  lines = output("apt-cache", "depends", *HARD, *packages).splitlines() if packages else []
  return set(packages) | {line.split(":")[0] for line in lines if line and not line.startswith((" ", "<"))}


@functools.lru_cache(maxsize=None)
def always_there():
  lines = output("dpkg-query", "-W", "-f=${Package} ${Essential}\n").splitlines()
  return with_dependencies(tuple(sorted(line.split()[0] for line in lines if line.endswith(" yes")))) | {"apt"}


def spellings(path):
  """A file may be known to dpkg by the name before or behind the merge of / and /usr, or by what a link points to."""
  for name in dict.fromkeys([str(path), os.path.realpath(path)]):
    yield name
    yield name[4:] if name.startswith("/usr/") else "/usr" + name


OWNERS = {}  # of a file, by each of its spellings


def look_up(paths):
  """Asks dpkg for all at once: it reads all its lists for every question."""
  new = sorted({name for path in paths for name in spellings(path)} - set(OWNERS))
  OWNERS.update((name, set()) for name in new)
  for line in output("dpkg", "-S", *new).splitlines() if new else []:
    packages, _, name = line.rpartition(": ")
    if not line.startswith("diversion ") and name in OWNERS:
      OWNERS[name] |= {package.split(":")[0] for package in packages.split(", ")}


def owners(path):
  return set().union(*(OWNERS[name] for name in spellings(path)))


# ------------------------------------------------------------------------------------------------ what is used, and where
def include_folders(build):
  """Where the compiler looks, as the build tells it to and by itself."""
  text = subprocess.run(["g++", "-std=c++20", "-E", "-v", "-x", "c++", "/dev/null"], stdout=subprocess.DEVNULL,
                        stderr=subprocess.PIPE, text=True, check=True).stderr
  own = re.findall(r"^ (/\S+)$", text[text.index("starts here:"):text.index("End of search list")], re.M)
  calls = [entry["command"] for entry in json.loads((build / "compile_commands.json").read_text())]
  told = dict.fromkeys(folder for call in calls for folder in re.findall(r"-(?:isystem|I) ?(/\S+)", call))
  return [folder for folder in told if folder.startswith("/usr/")] + own


def headers(top, folder, folders):
  """(what, where, the file or None) of every header that is not our own."""
  for path in sorted((top / folder).rglob("*")):
    if path.suffix not in (".h", ".cpp", ".in"):
      continue
    for number, line in enumerate(path.read_text().splitlines(), 1):
      include = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
      if not include or (include[1] == '"' and pathlib.Path(include[2]).name in own_headers(top)):
        continue
      file = next((f"{folder}/{include[2]}" for folder in folders if os.path.isfile(f"{folder}/{include[2]}")), None)
      yield f"<{include[2]}>", f"{path.relative_to(top)}:{number}", file


@functools.lru_cache(maxsize=None)
def own_headers(top):
  found = {path.name for folder in ("src", "tests") for path in (top / folder).rglob("*.h")}
  made = {path.stem for folder in ("src", "tests") for path in (top / folder).rglob("*.h.in")}
  return found | made | {"build_stamp.h"}  # made by the build


def scripts(top):
  files = [top / ".ci/run", *sorted((top / "scripts").iterdir()), *sorted((top / "tests").rglob("*.py"))]
  for path in files:
    text = path.read_text() if path.is_file() else ""
    if text.startswith("#!") or path.suffix == ".py":
      yield path, text


def programs(top):
  """(what, where, the file or None) of every program that a script calls."""
  for path, text in scripts(top):
    first = text.splitlines()[0] if text.startswith("#!") else ""
    names = set(first[2:].split())
    if re.search(r"\b(ba|da)?sh\b", first):
      names |= commands(text)
    elif "python" in first or path.suffix == ".py":
      names |= started_from_python(text)
    for name in sorted(names):
      if "/" in name and not name.startswith("/"):
        if not (top / name).exists():
          yield f"`{name}`", str(path.relative_to(top)), None
      else:
        yield f"`{name}`", str(path.relative_to(top)), shutil.which(name, path=SYSTEM_PATH)


def started_from_python(text):
  found = set()
  for node in ast.walk(ast.parse(text)):
    if not isinstance(node, ast.Call) or not node.args:
      continue
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    first = node.args[0].elts[0] if isinstance(node.args[0], ast.List) and node.args[0].elts else node.args[0]
    if name in STARTERS | {"output"} and isinstance(first, ast.Constant) and isinstance(first.value, str):
      found.add(first.value)
  return found


def modules(top):
  """(what, where, the file or None) of every Python module that is neither Python's own nor ours."""
  folders = [folder for folder in output("/usr/bin/python3", "-c", "import sys; print(*sys.path[1:], sep='\\n')").split()
             if folder.startswith("/usr/lib")]
  for path, text in scripts(top):
    if path.suffix != ".py" and "python" not in text.splitlines()[0]:
      continue
    for node in ast.walk(ast.parse(text)):
      names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else \
              [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
      for name in {name.split(".")[0] for name in names} - set(sys.stdlib_module_names):
        if not (path.parent / f"{name}.py").exists():
          spec = importlib.machinery.PathFinder.find_spec(name, folders)
          yield f"import {name}", str(path.relative_to(top)), spec.origin if spec else None


def datasets(top):
  """(what, where, the folder) of every installed dataset that the readers name."""
  root = pathlib.Path("/usr/share/datasets")
  for path in sorted((top / "src/data").rglob("*.cpp")):
    text = path.read_text()
    for folder in sorted(root.iterdir()) if root.is_dir() else []:
      if f'"{folder.name}"' in text or f"{root}/{folder.name}" in text:
        yield f"{folder}", str(path.relative_to(top)), str(folder)


def advised(top):
  """(package, where) of everything that a person is told to install."""
  for folder in ("src", "scripts"):
    for path in sorted((top / folder).rglob("*")):
      if path.is_file():
        for words in re.findall(r"apt-get install((?: +-[\w-]+)*(?: +[a-z0-9][a-z0-9.+-]+)+)", path.read_text()):
          for package in words.split():
            if not package.startswith("-"):
              yield package, str(path.relative_to(top))


# ------------------------------------------------------------------------------------------------------------ the judgement
def complaints(top, build):
  everything = {"build", "plots", "test", "bench", "examples", "fuzz"}
  folders = include_folders(build)
  uses = [(*use, {"build"}, set()) for use in headers(top, "src", folders)]
  uses += [(*use, {"build", "test"}, set()) for use in headers(top, "tests", folders)]
  uses += [(*use, everything, always_there()) for use in programs(top)]
  uses += [(*use, everything, set()) for use in [*modules(top), *datasets(top)]]
  look_up({use[2] for use in uses if use[2]})
  said = set()
  for what, where, file, groups, given in uses:
    packages = listed(top, groups)
    found = owners(file) if file else set()
    if not file and what.startswith("import ") and f"python3-{what[7:]}" in packages:
      continue  # of a group that is not installed here
    if found & (with_dependencies(tuple(sorted(packages))) | given) or what in said:
      continue
    said.add(what)
    if not file:
      reason = "is not installed, so no package is known to provide it"
    elif not found:
      reason = f"{file} belongs to no package"
    else:
      reason = f"{file} is of {' or '.join(sorted(found))}, which no package of {', '.join(sorted(groups))} brings"
    yield f"{where}: {what}: {reason}"
  for package, where in advised(top):
    if package not in listed(top, everything):
      yield f"{where}: advises to install {package}, which is not listed"


def self_test(top, build):
  """Each way of using what is not listed, on a copy."""
  broken = {
    "<lzma.h>": ("src/core/planted.cpp", "#include <lzma.h>\n"),
    "<zlib.h>": ("scripts/packages.txt", re.sub(r".*zlib1g-dev.*\n", "", (top / "scripts/packages.txt").read_text())),
    "`jq`": ("scripts/planted", '#!/bin/bash\nif ! x=$(echo "{}" | jq .); then exit 1; fi\n'),
    "`no-such-program`": (".ci/run", "#!/bin/bash\nexec no-such-program\n"),
    "`scripts/gone`": ("scripts/planted", "#!/bin/bash\nscripts/gone\n"),
    "`fortune`": ("scripts/planted.py", 'import subprocess\nsubprocess.run(["fortune"])\n'),
    "import no_such_module": ("tests/planted.py", "import no_such_module.deep\n"),
    "install sl,": ("src/data/planted.cpp", '// "apt-get install sl"\n'),
  }
  if os.path.isdir("/usr/share/datasets/fashion-mnist"):
    text = (top / "scripts/packages.txt").read_text().replace("dataset-fashion-mnist", "g++")
    broken["/usr/share/datasets/fashion-mnist"] = ("scripts/packages.txt", text)
  unnoticed = 0
  for what, (name, text) in broken.items():
    with tempfile.TemporaryDirectory() as folder:
      copy = pathlib.Path(folder)
      for part in ("src", "tests", "scripts", ".ci"):
        shutil.copytree(top / part, copy / part)
      (copy / name).write_text(text)
      if not any(what in line for line in complaints(copy, build)):
        print(f"unnoticed: {what} in {name}")
        unnoticed += 1
  return unnoticed


def main(arguments):
  test = arguments[:1] == ["--self-test"]
  arguments = arguments[1:] if test else arguments
  if len(arguments) != 2:
    sys.exit(__doc__)
  top, build = (pathlib.Path(argument).resolve() for argument in arguments)
  if test:
    return 1 if self_test(top, build) else 0
  lines = list(complaints(top, build))
  print("\n".join(lines), end="\n" if lines else "")
  return 1 if lines else 0


if __name__ == "__main__":
  sys.exit(main(sys.argv[1:]))

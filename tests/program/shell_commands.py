"""Which programs a bash script calls: the first word of each of its commands, wherever a command may stand.

No shell grammar, but enough of it for scripts that people wrote to be read: quotes, $( ), here-documents, case, for,
assignments, arrays, redirections, functions, [[ ]], (( )), and the commands that take a command (exec, xargs, ...).
A word that is only known when the script runs ("$program") is left out.
"""
import re

BUILTINS = set("""
  . : [ alias bg bind break builtin caller cd command compgen complete compopt continue declare dirs disown echo enable
  eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd printf pushd pwd read
  readarray readonly return set shift shopt source suspend test times trap true type typeset ulimit umask unalias unset wait
""".split())
KEYWORDS = set("! { } if then elif else fi while until do done time coproc".split())
TAKE_A_COMMAND = {"exec", "command", "env", "xargs", "nohup", "nice", "sudo", "timeout"}
HERE_DOCUMENT = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")


class Reader:
  def __init__(self, text):
    self.text, self.at, self.found, self.functions, self.documents = text, 0, set(), set(), []

  def rest(self, length=1):
    return self.text[self.at:self.at + length]

  def until(self, end):
    """Skips to `end`, which is skipped too."""
    close = self.text.find(end, self.at)
    piece = self.text[self.at:close] if close >= 0 else self.text[self.at:]
    self.at = close + len(end) if close >= 0 else len(self.text)
    return piece

  def dollar(self):
    """At a $: skips the expansion; what stands in $( ) is read as commands."""
    if self.rest(3) == "$((":
      self.until("))")
    elif self.rest(2) == "$(":
      self.at += 2
      self.commands(")")
    elif self.rest(2) == "${":
      self.at += 2
      while self.at < len(self.text) and self.rest() != "}":
        self.character()
      self.at += 1
    else:
      self.at += 1

  def character(self):
    """Skips one character, one quoted piece or one expansion; returns what of it is plain text, None for an expansion."""
    c = self.rest()
    if c == "\\":
      self.at += 2
      return self.text[self.at - 1:self.at].strip("\n")
    if c == "'":
      self.at += 1
      return self.until("'")
    if c == '"':
      self.at += 1
      plain = ""
      while self.at < len(self.text) and self.rest() != '"':
        piece = self.character() if self.rest() in "\\$`" else self.until_one()
        plain = None if plain is None or piece is None else plain + piece
      self.at += 1
      return plain
    if c == "`":
      self.at += 1
      self.found |= commands(self.until("`"))
      return None
    if c == "$":
      self.dollar()
      return None
    return self.until_one()

  def until_one(self):
    self.at += 1
    return self.text[self.at - 1]

  def word(self):
    """The next word as plain text, or None where it is only known at run time."""
    plain = ""
    while self.at < len(self.text) and self.rest() not in " \t\n;|&()<>":
      piece = self.character()
      plain = None if plain is None or piece is None else plain + piece
      if plain is not None and re.fullmatch(r"\w+\+?=", plain) and self.rest() == "(":  # an array
        self.at += 1
        while self.at < len(self.text) and self.rest() != ")":
          self.character()
        self.at += 1
    return plain

  def redirection(self):
    """At < or >: skips it with its file. Returns False where it is a <( ) of commands."""
    if self.rest(2) in ("<(", ">("):
      self.at += 2
      self.commands(")")
      return
    document = HERE_DOCUMENT.match(self.text, self.at) if self.rest(3) != "<<<" else None
    if document:
      self.documents.append(document[2])
      self.at = document.end()
      return
    while self.rest() and self.rest() in "<>&|":
      self.at += 1
    while self.rest() and self.rest() in " \t":
      self.at += 1
    if self.rest() == "<":  # < <(commands)
      self.redirection()
    else:
      self.word()

  def end_of_line(self):
    self.at += 1
    for name in self.documents:
      body = re.compile(rf"^\s*{name}$", re.M).search(self.text, self.at)
      self.at = body.end() if body else len(self.text)
    self.documents = []

  def case(self):
    """After `case`: to the first pattern's commands."""
    match = re.compile(r"\sin\s").search(self.text, self.at)
    self.at = match.end() if match else len(self.text)
    self.pattern()

  def pattern(self):
    while self.rest() and self.rest() in " \t\n(":
      self.at += 1
    if not re.compile(r"esac\b").match(self.text, self.at):
      while self.at < len(self.text) and self.rest() != ")":
        self.character()
      self.at += 1

  def commands(self, end=None):
    start, takes, cases = True, False, 0
    while self.at < len(self.text):
      c = self.rest()
      if c == end:
        self.at += 1
        return
      if c == "#" and (self.at == 0 or self.text[self.at - 1] in " \t\n;("):
        close = self.text.find("\n", self.at)
        self.at = close if close >= 0 else len(self.text)
      elif c == "\n":
        self.end_of_line()
        start, takes = True, False
      elif self.rest(2) == ";;" and cases:
        self.at += 2
        self.pattern()
        start, takes = True, False
      elif self.rest(2) == "&>":
        self.at += 1
      elif start and self.rest(2) in ("[[", "(("):
        self.until("]]" if c == "[" else "))")
        start = False
      elif c in ";|&()":
        self.at += 1
        start, takes = True, False
      elif c in "<>":
        self.redirection()
      elif c in " \t":
        self.at += 1
      else:
        begin = self.at
        word = self.word()
        raw = self.text[begin:self.at]
        if raw.isdigit() and self.rest() and self.rest() in "<>":  # 2> file
          continue
        if not (start or takes):
          continue
        if word == "case":
          self.case()
          cases += 1
        elif word == "esac":
          cases, start = cases - 1, False
        elif word in ("for", "select"):
          words = re.compile(r"[^;\n]*").match(self.text, self.at)[0]
          self.at += len(words)
          self.found |= commands(": " + words)
        elif word == "function":
          self.functions.add(self.text[self.at:].split()[0].rstrip("()"))
          self.word()
        elif word in KEYWORDS or re.match(r"\w+(\[[^]]*\])?\+?=", raw) or (takes and (raw[0] == "-" or raw.isdigit())):
          continue
        elif self.rest(2) == "()":
          self.functions.add(word)
          self.at += 2
        else:
          if word is not None and word not in BUILTINS | {"]"}:
            self.found.add(word)
          start, takes = False, word in TAKE_A_COMMAND


def commands(text):
  reader = Reader(text)
  reader.commands()
  return reader.found - reader.functions - {""}

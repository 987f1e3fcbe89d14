#!/usr/bin/python3
"""board.py PROGRAM - what a sweep shows on a terminal: never wider or taller than it, counts that add up, failures above.

A terminal of a few lines is played here: what the program writes moves a cursor over a grid, and what scrolls off is kept.
"""
import fcntl, json, os, pty, re, shutil, struct, subprocess, sys, tempfile, termios

program = os.path.abspath(sys.argv[1])
top = tempfile.mkdtemp(prefix="bnlab_board_")
os.chdir(top)


def check(condition, what):
    if not condition:
        sys.exit(f"board.py: {what}")


class Screen:
    def __init__(self, columns, lines):
        self.columns, self.lines, self.grid, self.row, self.column, self.scrolled, self.seen = columns, lines, [""], 0, 0, [], []

    def write(self, text):
        for token in re.findall(r"\x1b\[\d*[A-Za-z]|[^\x1b]", text):
            if token == "\n":
                self.row += 1
                if self.row == len(self.grid):
                    self.grid.append("")
                if len(self.grid) > self.lines:
                    self.scrolled.append(self.grid.pop(0))
                    self.row -= 1
            elif token == "\r":
                self.column = 0
            elif token == "\x1b[K":
                self.grid[self.row] = self.grid[self.row][:self.column]
            elif token == "\x1b[J":
                self.grid[self.row] = self.grid[self.row][:self.column]
                del self.grid[self.row + 1:]
                self.seen.append("\n".join(self.grid))
            elif token[0] == "\x1b":
                check(token[-1] == "A", f"an unknown sequence {token!r}")
                check(int(token[2:-1]) <= self.row, "the cursor leaves the screen")
                self.row -= int(token[2:-1])
            else:
                line = self.grid[self.row].ljust(self.column)
                self.grid[self.row] = line[:self.column] + token + line[self.column + 1:]
                self.column += 1
                table = "█" in line or "·" in line or "completed" in line or " s  " in line
                check(not table or self.column < self.columns, f"too wide: {self.grid[self.row]!r}")

    def text(self):
        return "\n".join(self.scrolled + self.grid)


def sweep(columns, lines, *more):
    main, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    process = subprocess.Popen([program, "sweep", "e.json", "--out", "out", *more], stderr=terminal, stdout=subprocess.PIPE, text=True)
    os.close(terminal)
    said = b""
    while True:
        try:
            block = os.read(main, 1 << 16)
        except OSError:  # the other end is closed
            break
        if not block:
            break
        said += block
    os.close(main)
    process.stdout.read()
    screen = Screen(columns, lines)
    screen.write(said.decode())
    return process.wait(), screen


ENDLESS = "endless_and_with_a_name_that_is_wider_than_the_terminal"
MODEL = {"data": {"name": "gaussian_mixture", "features": 8, "classes": 3, "samples": 60}, "model": {"widths": [8]}}
with open("e.json", "w") as file:
    json.dump({"name": "e", **MODEL, "train": {"steps": 20, "batch_size": 20}, "vary": [
        {"arms": {"short": {}, "lost": {"train.learning_rate": 1e30}, ENDLESS: {"train.steps": 100_000_000}}}, {"seeds": [1, 2]}]}, file)

code, screen = sweep(44, 6, "--jobs", "3", "--timeout", "3")
final = screen.text()
check(code == 4, f"exit {code}: {final}")
check(screen.grid[-3].startswith("█" * 24 + " e: 6/6 runs") and screen.grid[-2] == "2 completed, 2 diverged, 2 failed" and screen.grid[-1] == "", final)
check(final.count(f"failed: {ENDLESS} seed") == 2 and final.count("6/6 runs") == 1 and "running" not in final, final)
check(any(re.search(r"\d running", seen) and re.search(r"^ +\d\S* s  endless_and_with_a_name", seen, re.M) for seen in screen.seen), screen.seen)

# those that failed before and those that were there count; nothing runs, so that nothing is drawn
code, screen = sweep(200, 24)
check(code == 4 and "e: 4 of 6 runs are there already" in screen.text() and "█" not in screen.text(), screen.text())

# one more seed: what failed before is failed, and the whole is whole
with open("e.json") as file:
    experiment = json.load(file)
experiment["vary"][1]["seeds"] = [1, 2, 3]
with open("e.json", "w") as file:
    json.dump(experiment, file)
code, screen = sweep(200, 24, "--jobs", "2", "--timeout", "3")
check("e: 9/9 runs" in screen.text() and "\n1 completed, 1 diverged, 3 failed, 4 there before\n" in screen.text(), screen.text())

# many at a time on few lines: never taller than the terminal
with open("e.json", "w") as file:
    json.dump({"name": "many", **MODEL, "train": {"steps": 100_000_000, "batch_size": 20}, "vary": [{"seeds": {"from": 1, "count": 9}}]}, file)
code, screen = sweep(80, 6, "--jobs", "9", "--timeout", "1")
check(any("and 7 more" in seen for seen in screen.seen), screen.seen[-1])
check(not any("running" in line for line in screen.scrolled) and screen.grid[-2] == "0 completed, 9 failed", screen.text())
shutil.rmtree(top)
print("board: all as it should be")

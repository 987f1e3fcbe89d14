#!/usr/bin/python3
"""bench_torch.py - PyTorch's side of scripts/bench: median time of a training step of the workloads of `bnlab bench`.

Reads workload names from stdin, one a line, and answers each at once with one JSON line:

  workload threads torch_ms ms_min steps   median and least time of a step, milliseconds
  mode eager_ms trace_ms ...               what is used, and what each way took when they were tried
  blas_kernel                              the CPU kernel OpenBLAS runs

A step is zero_grad + forward + loss + backward + SGD with momentum 0.9, on batches already in memory. The first time a
workload is named, the model is tried as it is and traced by torch.jit, each with PyTorch's loop and its multi-tensor
("foreach") form of the optimizer; the fastest is used from then on.

  sgemm        this line is answered with {"workload": "sgemm", "threads", "gflops"}: 1024 x 1024 x 1024 in float,
               the best of what fits in --seconds; the limit that scripts/bench compares with

The script starts itself again with what gives PyTorch its best case: the OpenMP build of OpenBLAS (the pthread build
fights with PyTorch's own OpenMP threads: small networks get 1.5 to 4 times slower), and malloc told to keep large
blocks and to use huge pages. Denormals are flushed to zero, as in bnlab.

Needs: apt-get install -y --no-install-recommends python3-torch libopenblas0-openmp
"""
import argparse
import ctypes
import json
import os
import statistics
import sys
import time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--seconds", type=float, default=1.0, help="measuring time of each answer (default 1)")
parser.add_argument("--list", action="store_true", help="the workloads, one a line")
args = parser.parse_args()


def tuned_environment():
  threads = str(args.threads)
  env = dict(os.environ, BNLAB_BENCH_TORCH="1", OMP_NUM_THREADS=threads, OPENBLAS_NUM_THREADS=threads)
  blas = f"/usr/lib/{os.uname().machine}-linux-gnu/openblas-openmp"
  if os.path.isdir(blas):
    env["LD_LIBRARY_PATH"] = blas + ":" + env.get("LD_LIBRARY_PATH", "")
  env["MALLOC_MMAP_THRESHOLD_"] = env["MALLOC_TRIM_THRESHOLD_"] = str(1 << 35)
  env["GLIBC_TUNABLES"] = "glibc.malloc.hugetlb=1"
  return env


if not args.list and "BNLAB_BENCH_TORCH" not in os.environ:  # read at the start of a process, so it must be a new one
  os.execve(sys.executable, [sys.executable] + sys.argv, tuned_environment())

try:
  import torch
  import torch.nn as nn
  import torch.nn.functional as F
except ImportError as error:
  print(f"bench_torch: {error}; install it with:  "
        "apt-get install -y --no-install-recommends python3-torch libopenblas0-openmp", file=sys.stderr)
  sys.exit(3)


def mlp(sizes, activation, norm):
  """Linear (-> BatchNorm1d) -> activation for each width, then Linear; no bias where a BatchNorm1d would cancel it."""
  layers = []
  for inputs, outputs in zip(sizes, sizes[1:-1]):
    layers.append(nn.Linear(inputs, outputs, bias=not norm))
    if norm:
      layers.append(nn.BatchNorm1d(outputs))
    layers.append(activation())
  return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))


def deep_linear(depth, width, norm):
  layers = []
  for i in range(depth):
    layers.append(nn.Linear(width, width, bias=False))
    nn.init.xavier_normal_(layers[-1].weight)
    if norm and i + 1 < depth:
      layers.append(nn.BatchNorm1d(width))
  return nn.Sequential(*layers)


def vgg11(width, norm):
  """Stages of width x 1, 2, 4, 8, 8 channels, halved between them; one fully connected layer."""
  layers, channels = [], 3
  for size in (1, "pool", 2, "pool", 4, 4, "pool", 8, 8, "pool", 8, 8, "pool"):
    if size == "pool":
      layers.append(nn.MaxPool2d(2))
      continue
    layers.append(nn.Conv2d(channels, size * width, 3, padding=1, bias=not norm))
    if norm:
      layers.append(nn.BatchNorm2d(size * width))
    layers.append(nn.ReLU(inplace=True))
    channels = size * width
  return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels, 10))


class BasicBlock(nn.Module):
  """He et al. 2015 on CIFAR: conv, norm, ReLU, conv, norm, plus the input, strided and padded with zero channels."""

  def __init__(self, inputs, outputs, stride):
    super().__init__()
    self.conv1, self.norm1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
    self.conv2, self.norm2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
    self.more = outputs - inputs

  def forward(self, x):
    y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)), inplace=True)))
    if self.more:
      x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, self.more))
    return F.relu(y + x, inplace=True)


class PreActivationBlock(nn.Module):
  """Zagoruyko & Komodakis 2016: norm, ReLU, conv, twice; a projection of the activated input where the shape changes."""

  def __init__(self, inputs, outputs, stride):
    super().__init__()
    self.norm1, self.conv1 = nn.BatchNorm2d(inputs), nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
    self.norm2, self.conv2 = nn.BatchNorm2d(outputs), nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
    same = inputs == outputs and stride == 1
    self.projection = None if same else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

  def forward(self, x):
    activated = F.relu(self.norm1(x), inplace=self.projection is not None)
    y = self.conv2(F.relu(self.norm2(self.conv1(activated)), inplace=True))
    return y + (x if self.projection is None else self.projection(activated))


class Mean(nn.Module):
  def forward(self, x):
    return x.mean((2, 3))


def stages(block, channels, widths, depth):
  blocks = []
  for i, width in enumerate(widths):
    for k in range(depth):
      blocks.append(block(channels, width, 2 if i and not k else 1))
      channels = width
  return blocks


def resnet(depth, channels):
  stem = [nn.Conv2d(channels, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(inplace=True)]
  return nn.Sequential(*stem, *stages(BasicBlock, 16, [16, 32, 64], (depth - 2) // 6), Mean(), nn.Linear(64, 10))


def wide_resnet(depth, k):
  head = [nn.BatchNorm2d(64 * k), nn.ReLU(inplace=True), Mean(), nn.Linear(64 * k, 10)]
  blocks = stages(PreActivationBlock, 16, [16 * k, 32 * k, 64 * k], (depth - 4) // 6)
  return nn.Sequential(nn.Conv2d(3, 16, 3, padding=1, bias=False), *blocks, *head)


IMAGE, GREY = (3, 32, 32), (1, 28, 28)

# The names and shapes of `bnlab bench`: model, inputs, batch size, targets (None: labels of ten classes).
WORKLOADS = {
  "mlp_sigmoid_bn": (lambda: mlp([784, 100, 100, 100, 10], nn.Sigmoid, True), 784, 60, None),
  "mlp_sigmoid": (lambda: mlp([784, 100, 100, 100, 10], nn.Sigmoid, False), 784, 60, None),
  "mlp_relu_bn": (lambda: mlp([784] + [512] * 8 + [10], nn.ReLU, True), 784, 128, None),
  "dln25": (lambda: deep_linear(25, 100, False), 100, 128, 100),
  "dln25_bn": (lambda: deep_linear(25, 100, True), 100, 128, 100),
  "vgg11_bn": (lambda: vgg11(64, True), IMAGE, 128, None),
  "vgg11": (lambda: vgg11(64, False), IMAGE, 128, None),
  "vgg11_quarter_bn": (lambda: vgg11(16, True), IMAGE, 128, None),
  "resnet20": (lambda: resnet(20, 3), IMAGE, 128, None),
  "resnet56": (lambda: resnet(56, 3), IMAGE, 128, None),
  "wrn16_2": (lambda: wide_resnet(16, 2), IMAGE, 128, None),
  "wrn100_2": (lambda: wide_resnet(100, 2), IMAGE, 64, None),
  "resnet20_28x28": (lambda: resnet(20, 1), GREY, 128, None),
}


class Workload:
  def __init__(self, name):
    make, inputs, batch, targets = WORKLOADS[name]
    torch.manual_seed(0)
    draw = lambda: torch.randint(0, 10, (batch,)) if targets is None else torch.randn(batch, targets)
    images = isinstance(inputs, tuple)
    shape = (batch, *inputs) if images else (batch, inputs)
    # channels last is PyTorch's faster layout for convolutions on a CPU, by 1.1 to 1.7 times
    layout = {"memory_format": torch.channels_last} if images else {}
    self.batches = [(torch.randn(shape).contiguous(**layout), draw()) for _ in range(4)]
    self.loss = F.cross_entropy if targets is None else F.mse_loss
    self.tried = {}
    for traced in (False, True):
      for foreach in (False, True):
        model = make().train()
        if images:
          model = model.to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9, foreach=foreach)
        self.net = torch.jit.trace(model, self.batches[0][0]) if traced else model
        mode = ("trace" if traced else "eager") + ("_foreach" if foreach else "")
        self.times(0.15)  # a traced network is compiled in its first passes
        self.tried[mode] = (statistics.median(self.times(0.25)), self.net, self.optimizer)
    self.mode = min(self.tried, key=lambda mode: self.tried[mode][0])
    _, self.net, self.optimizer = self.tried[self.mode]

  def step(self, x, y):
    self.optimizer.zero_grad(set_to_none=True)
    self.loss(self.net(x), y).backward()
    self.optimizer.step()

  def times(self, seconds):
    out, begin = [], time.perf_counter()
    while len(out) < 7 or time.perf_counter() - begin < seconds:
      x, y = self.batches[len(out) % len(self.batches)]
      start = time.perf_counter()
      self.step(x, y)
      out.append(time.perf_counter() - start)
    return out

  def measure(self):
    self.times(0.25 * args.seconds)  # warming up, as long as bnlab does
    times = self.times(args.seconds)
    line = {"torch_ms": round(1e3 * statistics.median(times), 4), "ms_min": round(1e3 * min(times), 4)}
    line.update(steps=len(times), mode=self.mode)
    line.update({f"{mode}_ms": round(1e3 * seconds, 4) for mode, (seconds, _, _) in self.tried.items()})
    return line


def sgemm_gflops():
  size = 1024
  a, b, c = torch.randn(size, size), torch.randn(size, size), torch.empty(size, size)
  best, begin = float("inf"), time.perf_counter()
  while time.perf_counter() - begin < args.seconds:
    start = time.perf_counter()
    torch.matmul(a, b, out=c)
    best = min(best, time.perf_counter() - start)
  return round(2e-9 * size**3 / best, 1)


def blas_kernel():
  try:
    name = ctypes.CDLL("libopenblas.so.0").openblas_get_corename
  except (OSError, AttributeError):
    return "unknown"
  name.restype = ctypes.c_char_p
  return name().decode()


def main():
  if args.list:
    print("\n".join(WORKLOADS))
    return
  torch.set_num_threads(args.threads)
  torch.set_flush_denormal(True)
  workloads, kernel = {}, blas_kernel()
  for name in map(str.strip, sys.stdin):
    line = {"workload": name, "threads": args.threads}
    if name == "sgemm":
      line["gflops"] = sgemm_gflops()
    elif name in WORKLOADS:
      if name not in workloads:
        workloads[name] = Workload(name)
      line.update(workloads[name].measure())
    elif name:
      line["error"] = f"unknown workload (known: {', '.join(WORKLOADS)})"
    else:
      continue
    print(json.dumps(dict(line, blas_kernel=kernel)), flush=True)


if __name__ == "__main__":
  main()

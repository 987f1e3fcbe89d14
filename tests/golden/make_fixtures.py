#!/usr/bin/python3
"""Makes the golden fixtures: what PyTorch computes, in float64, for the layers, losses and optimizer of bnlab.

  /usr/bin/python3 tests/golden/make_fixtures.py            # writes tests/golden/*.safetensors
  /usr/bin/python3 tests/golden/make_fixtures.py --check    # writes nothing; exit 1 if a file would change

Needs: apt-get install python3-torch (1.13.1 made the files in the tree). The tests only read the files.

A tensor is called CASE/NAME; the options of a case stand in fixtures.cpp beside its name. Shapes are channels-last.
  start.S, parameter.P       state and parameters before the first pass, by the name our plan gives them
  x0, y0, state0.S, x1, ...  inputs of consecutive training passes, their outputs, and the state after each
  dy, dx, gradient.P         upstream gradient of the last of them, and what goes back
  evaluate.y, ...            the same in evaluation mode, on the last input
hessians.safetensors holds whole networks: parameter.P, state.S, x, labels, a direction v.P, and for `batch` (module.train())
and `running` (module.eval()) the mean cross entropy MODE.loss and its Hessian times v, MODE.hv.P, by double backward.
Every case draws from its own stream, so a new case changes no other, and draws away from the starting point: gamma = 1,
beta = 0 and an upstream gradient of ones would hide wrong factors.
"""
import json
import pathlib
import struct
import sys
import zlib

import torch
import torch.nn.functional as F

HERE = pathlib.Path(__file__).resolve().parent
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)  # the order of sums, and so the last bits, must not depend on the machine's cores
torch.use_deterministic_algorithms(True)


# ------------------------------------------------------------------------------------------------------- files
def as_bytes(tensors):
  header, data = {"__metadata__": {"made_by": "tests/golden/make_fixtures.py"}}, b""
  for name, tensor in tensors.items():
    kind = {torch.float64: "F64", torch.int64: "I64"}[tensor.dtype]
    raw = tensor.detach().contiguous().numpy().tobytes()
    header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
  text = json.dumps(header, separators=(",", ":")).encode()
  text += b" " * (-len(text) % 8)
  return struct.pack("<Q", len(text)) + text + data


class Draw:
  """The random numbers of one case."""

  def __init__(self, case):
    self.generator = torch.Generator().manual_seed(zlib.crc32(case.encode()))

  def normal(self, *shape):
    return torch.randn(*shape, generator=self.generator)

  def labels(self, count, classes):
    return torch.randint(0, classes, (count,), generator=self.generator)

  def gains(self, count):
    """Of both signs, none near 0 or 1."""
    return (0.4 + torch.rand(count, generator=self.generator)) * torch.sign(self.normal(count))

  def inputs(self, n, h, w, c):
    """Each channel has a mean and a spread of its own."""
    return (self.normal(n, h, w, c) * (0.5 + torch.rand(c, generator=self.generator)) + 1.5 * self.normal(c)).detach()


# ------------------------------------------------------------------------------------------------------ layers
class Reference:
  """A layer: its parameters and state by our names, and what it does to channels-last input."""

  def __init__(self, parameters=None, state=None):
    self.parameters = {name: p.detach().clone().requires_grad_() for name, p in (parameters or {}).items()}
    self.state = {name: s.clone() for name, s in (state or {}).items()}

  def train(self, x):
    raise NotImplementedError

  evaluate = None  # where it differs from train


def record(out, case, layer, inputs, draw, start=False):
  def forward(function, values):
    x = values.clone().requires_grad_()
    return x, function(x)

  def backward(prefix, x, y):
    dy = draw.normal(*y.shape)
    gradients = torch.autograd.grad(y, [x, *layer.parameters.values()], dy)
    out[f"{case}/{prefix}dy"], out[f"{case}/{prefix}dx"] = dy, gradients[0]
    for name, gradient in zip(layer.parameters, gradients[1:]):
      out[f"{case}/{prefix}gradient.{name}"] = gradient

  for name, p in layer.parameters.items():
    out[f"{case}/parameter.{name}"] = p.detach().clone()
  if start:
    for name, s in layer.state.items():
      out[f"{case}/start.{name}"] = s.clone()
  for k, values in enumerate(inputs):
    x, y = forward(layer.train, values)
    out[f"{case}/x{k}"], out[f"{case}/y{k}"] = x, y
    for name, s in layer.state.items():
      out[f"{case}/state{k}.{name}"] = s.detach().clone()
  backward("", x, y)
  if layer.evaluate:
    x, y = forward(layer.evaluate, inputs[-1])
    out[f"{case}/evaluate.y"] = y
    backward("evaluate.", x, y)


def affine_parameters(draw, channels, affine=True):
  return {"gamma": draw.gains(channels), "beta": draw.normal(channels)} if affine else {}


def per_channel(layer, xhat):
  return xhat * layer.parameters["gamma"] + layer.parameters["beta"] if layer.parameters else xhat


def channels_first(x):
  return x.permute(0, 3, 1, 2)


def channels_last(x):
  return x.permute(0, 2, 3, 1)


class BatchNorm(Reference):
  """torch.nn.BatchNorm1d where h = w = 1, BatchNorm2d elsewhere."""

  def __init__(self, draw, shape, momentum, affine, epsilon):
    super().__init__(affine_parameters(draw, shape[3], affine))
    self.flat = shape[1] * shape[2] == 1
    make = torch.nn.BatchNorm1d if self.flat else torch.nn.BatchNorm2d
    self.module = make(shape[3], eps=epsilon, momentum=momentum, affine=affine)
    if affine:
      self.module.weight = self.parameters["gamma"] = torch.nn.Parameter(self.parameters["gamma"].detach())
      self.module.bias = self.parameters["beta"] = torch.nn.Parameter(self.parameters["beta"].detach())

  def run(self, x, training):
    self.module.train(training)
    y = self.module(x.flatten(1)).view(x.shape) if self.flat else channels_last(self.module(channels_first(x)))
    self.state = {"running_mean": self.module.running_mean, "running_variance": self.module.running_var,
                  "batches": self.module.num_batches_tracked.to(torch.float64).view(1)}
    return y

  def train(self, x):
    return self.run(x, True)

  def evaluate(self, x):
    return self.run(x, False)


class HeldStatistics(Reference):
  """frozen_batch_norm and population_batch_norm between measurements: F.batch_norm with training=False in training."""

  def __init__(self, draw, channels):
    super().__init__(affine_parameters(draw, channels),
                     {"running_mean": draw.normal(channels), "running_variance": 0.3 + draw.normal(channels) ** 2})

  def train(self, x):
    mean, variance = self.state["running_mean"], self.state["running_variance"]
    gamma, beta = self.parameters["gamma"], self.parameters["beta"]
    return channels_last(F.batch_norm(channels_first(x), mean, variance, gamma, beta, training=False, eps=1e-5))

  evaluate = train


class SampleNorm(Reference):
  """A normalizer without state: `function` gives xhat, gamma and beta are applied per channel."""

  def __init__(self, draw, channels, function, affine=True):
    super().__init__(affine_parameters(draw, channels, affine))
    self.function = function

  def train(self, x):
    return per_channel(self, self.function(x))

  evaluate = train  # must be the same


class GroupNorm(Reference):
  def __init__(self, draw, channels, groups, epsilon):
    super().__init__(affine_parameters(draw, channels))
    self.groups, self.epsilon = groups, epsilon

  def train(self, x):
    gamma, beta = self.parameters["gamma"], self.parameters["beta"]
    return channels_last(F.group_norm(channels_first(x), self.groups, gamma, beta, self.epsilon))

  evaluate = train


class InstanceNorm(Reference):
  """torch.nn.InstanceNorm2d(affine=True)."""

  def __init__(self, draw, channels, epsilon=1e-5):
    super().__init__(affine_parameters(draw, channels))
    self.module = torch.nn.InstanceNorm2d(channels, eps=epsilon, affine=True)
    self.module.weight = self.parameters["gamma"] = torch.nn.Parameter(self.parameters["gamma"].detach())
    self.module.bias = self.parameters["beta"] = torch.nn.Parameter(self.parameters["beta"].detach())

  def train(self, x):
    return channels_last(self.module(channels_first(x)))

  evaluate = train


class ColumnNorm(Reference):
  """The batch normalizers that PyTorch has not: measure(rows) gives center, inverse, and the mean and second moment
  that the running statistics take (the latter before unbiasing); autograd goes through all that is not detached."""

  epsilon, momentum = 1e-5, 0.1

  def __init__(self, draw, channels, measure, unbias=True, center=True, divides=True):
    state = {"running_mean": torch.zeros(channels), "running_variance": torch.ones(channels), "batches": torch.zeros(1)}
    super().__init__(affine_parameters(draw, channels), state)
    self.measure, self.unbias, self.center, self.divides = measure, unbias, center, divides

  def update(self, mean, second, m):
    second = second * (m / (m - 1)) if self.unbias else second
    for name, new in (("running_mean", mean), ("running_variance", second)):
      self.state[name] = (1 - self.momentum) * self.state[name] + self.momentum * new.detach()
    self.state["batches"] = self.state["batches"] + 1

  def train(self, x):
    rows = x.reshape(-1, x.shape[3])
    center, inverse, mean, second = self.measure(rows)
    self.update(mean, second, len(rows))
    return per_channel(self, (x - center) * inverse)

  def evaluate(self, x):
    center = self.state["running_mean"] if self.center else 0
    inverse = 1 / torch.sqrt(self.state["running_variance"] + self.epsilon) if self.divides else 1
    return per_channel(self, (x - center) * inverse)


def moments(rows):
  mean = rows.mean(0)
  return mean, ((rows - mean) ** 2).mean(0)


def center_only(rows):
  mean, variance = moments(rows)
  return mean, 1, mean, variance


def variance_only(rows):
  mean, variance = moments(rows)
  return 0, 1 / torch.sqrt(variance + 1e-5), mean, variance


def stop_gradient(rows):
  mean, variance = (s.detach() for s in moments(rows))
  return mean, 1 / torch.sqrt(variance + 1e-5), mean, variance


def lp(p, epsilon):
  def measure(rows):
    mean, size = rows.mean(0), rows.abs()
    s = {"1": lambda: size.mean(0) + epsilon, "2": lambda: torch.sqrt((size ** 2).mean(0) + epsilon),
         "inf": lambda: size.amax(0) + epsilon}[p]()
    return mean, 1 / s, mean, s ** 2 - epsilon

  return measure


def rms(epsilon):
  return lambda x: x / torch.sqrt((x ** 2).mean((1, 2, 3), keepdim=True) + epsilon)


class BatchRenorm(ColumnNorm):
  def __init__(self, draw, channels, r_max, d_max):
    super().__init__(draw, channels, None)
    self.state["running_mean"], self.state["running_variance"] = draw.normal(channels), 0.3 + draw.normal(channels) ** 2
    self.r_max, self.d_max = r_max, d_max

  def train(self, x):
    rows = x.reshape(-1, x.shape[3])
    mean, variance = moments(rows)
    s, running_s = torch.sqrt(variance + self.epsilon), torch.sqrt(self.state["running_variance"] + self.epsilon)
    r = (s / running_s).detach().clamp(1 / self.r_max, self.r_max)
    d = ((mean - self.state["running_mean"]) / running_s).detach().clamp(-self.d_max, self.d_max)
    self.update(mean, variance, len(rows))
    return per_channel(self, (x - mean) / s * r + d)


class GhostBatchNorm(ColumnNorm):
  def __init__(self, draw, channels, ghost_size, unbias):
    super().__init__(draw, channels, None, unbias)
    self.ghost_size = ghost_size

  def train(self, x):
    parts = max(1, len(x) // self.ghost_size)
    begins = [k * self.ghost_size for k in range(parts)] + [len(x)]
    xhat, means, variances = [], [], []
    for begin, end in zip(begins, begins[1:]):
      part = x[begin:end]
      rows = part.reshape(-1, x.shape[3])
      mean, variance = moments(rows)
      xhat.append((part - mean) / torch.sqrt(variance + self.epsilon))
      means.append(mean)
      variances.append(variance)
    # where unbiased, the parts are equal
    self.update(torch.stack(means).mean(0), torch.stack(variances).mean(0), len(rows))
    return per_channel(self, torch.cat(xhat))


class DynamicTanh(Reference):
  def __init__(self, draw, channels, affine):
    super().__init__({"alpha": torch.tensor([0.7]), **affine_parameters(draw, channels, affine)})
    self.affine = affine

  def train(self, x):
    t = torch.tanh(self.parameters["alpha"] * x)
    return t * self.parameters["gamma"] + self.parameters["beta"] if self.affine else t

  evaluate = train


class Linear(Reference):
  """`mapped` makes the weight that multiplies the input; the samples are flattened as they lie."""

  def __init__(self, draw, inputs, outputs, bias=True, mapped=None, gain=False):
    parameters = {"weight": draw.normal(outputs, inputs) + 0.5}
    if bias:
      parameters["bias"] = draw.normal(outputs)
    if gain:
      parameters["weight_gain"] = draw.gains(outputs)
    super().__init__(parameters)
    self.mapped = mapped or (lambda p: p["weight"])

  def train(self, x):
    return F.linear(x.reshape(len(x), -1), self.mapped(self.parameters), self.parameters.get("bias"))[:, None, None, :]


class WeightNormLinear(Linear):
  """torch.nn.utils.weight_norm of a torch.nn.Linear, dim = 0."""

  def __init__(self, draw, inputs, outputs):
    super().__init__(draw, inputs, outputs, gain=True)
    self.module = torch.nn.utils.weight_norm(torch.nn.Linear(inputs, outputs), dim=0)
    for ours, theirs in (("weight", "weight_v"), ("bias", "bias"), ("weight_gain", "weight_g")):
      value = torch.nn.Parameter(self.parameters[ours].detach().view(getattr(self.module, theirs).shape))
      setattr(self.module, theirs, value)
      self.parameters[ours] = value

  def train(self, x):
    return self.module(x.reshape(len(x), -1))[:, None, None, :]


def standardized(epsilon, scaled=None):
  """scaled: gamma of scaled_weight_standardization; its epsilon is added to the variance, not to fan-in * variance."""

  def mapped(p):
    v = p["weight"]
    centred = v - v.mean(1, keepdim=True)
    u = centred / torch.sqrt((centred ** 2).mean(1, keepdim=True) + epsilon)
    if scaled is None:
      return u
    gain = p["weight_gain"][:, None] if "weight_gain" in p else 1
    return u * gain * scaled / v.shape[1] ** 0.5

  return mapped


class Conv2d(Reference):
  """Weights are (out, kernel, kernel, in), as bnlab keeps them."""

  def __init__(self, draw, inputs, outputs, kernel, stride, padding):
    super().__init__({"weight": draw.normal(outputs, kernel, kernel, inputs) / kernel, "bias": draw.normal(outputs)})
    self.stride, self.padding = stride, padding

  def train(self, x):
    weight = self.parameters["weight"].permute(0, 3, 1, 2)
    return channels_last(F.conv2d(channels_first(x), weight, self.parameters["bias"], self.stride, self.padding))


class Activation(Reference):
  def __init__(self, function):
    super().__init__()
    self.train = self.evaluate = function


# ------------------------------------------------------------------------------------------------------- cases
def make_norms():
  out = {}
  flat, space = (10, 1, 1, 4), (3, 2, 2, 4)
  for name, shape, momentum, affine, epsilon in (  # momentum None: the plain average
      ("batch_norm_1d", flat, 0.1, True, 1e-5),
      ("batch_norm_1d_cumulative", flat, None, True, 1e-3),
      ("batch_norm_1d_plain", flat, 0.1, False, 1e-3),
      ("batch_norm_1d_cumulative_plain", flat, None, False, 1e-5),
      ("batch_norm_2d", space, 0.1, True, 1e-3),
      ("batch_norm_2d_cumulative", space, None, True, 1e-5),
      ("batch_norm_2d_plain", space, 0.1, False, 1e-5),
      ("batch_norm_2d_cumulative_plain", space, None, False, 1e-3),
  ):
    draw = Draw(name)
    n = shape[0]  # a smaller batch in between
    inputs = [draw.inputs(k, *shape[1:]) for k in (n, n - 1, n)]
    record(out, name, BatchNorm(draw, shape, momentum, affine, epsilon), inputs, draw)

  def case(name, make, shape, batches=1, start=False):
    draw = Draw(name)
    record(out, name, make(draw), [draw.inputs(*shape) for _ in range(batches)], draw, start)

  # more rows than our kernels sum in one chunk, more channels than fit one strip of theirs
  case("batch_norm_rows", lambda d: BatchNorm(d, (66, 1, 1, 2), 0.1, True, 1e-5), (66, 1, 1, 2))
  case("batch_norm_channels", lambda d: BatchNorm(d, (3, 1, 1, 65), 0.1, True, 1e-5), (3, 1, 1, 65))
  case("held_statistics", lambda d: HeldStatistics(d, 4), space, start=True)
  case("layer_norm_mlp", lambda d: SampleNorm(d, 7, lambda x: F.layer_norm(x, x.shape[1:], eps=1e-5)), (5, 1, 1, 7))
  case("layer_norm_space", lambda d: SampleNorm(d, 4, lambda x: F.layer_norm(x, x.shape[1:], eps=1e-3)), space)
  case("layer_norm_plain", lambda d: SampleNorm(d, 4, lambda x: F.layer_norm(x, x.shape[1:], eps=1e-5), False), space)
  case("rms_norm_mlp", lambda d: SampleNorm(d, 7, rms(1e-5)), (5, 1, 1, 7))
  case("rms_norm_space", lambda d: SampleNorm(d, 4, rms(1e-3)), space)
  case("group_norm_mlp", lambda d: GroupNorm(d, 12, 4, 1e-5), (5, 1, 1, 12))
  case("group_norm_space", lambda d: GroupNorm(d, 8, 4, 1e-3), (2, 2, 2, 8))
  case("instance_norm", lambda d: InstanceNorm(d, 4), space)
  case("instance_norm_epsilon", lambda d: InstanceNorm(d, 4, 1e-3), space)
  case("center_only", lambda d: ColumnNorm(d, 4, center_only, divides=False), space, 2)
  case("variance_only", lambda d: ColumnNorm(d, 4, variance_only, center=False), space, 2)
  case("stop_gradient_batch_norm", lambda d: ColumnNorm(d, 4, stop_gradient), space, 2)
  for p in ("1", "2", "inf"):
    case(f"lp_norm_{p}", lambda d, p=p: ColumnNorm(d, 4, lp(p, 1e-5), unbias=False), space, 2)
  case("batch_renorm", lambda d: BatchRenorm(d, 4, 3, 5), space, 2, start=True)
  case("batch_renorm_clipped", lambda d: BatchRenorm(d, 4, 1.1, 0.3), space, 2, start=True)
  case("ghost_batch_norm", lambda d: GhostBatchNorm(d, 4, 3, True), (9, 1, 2, 4), 2)
  case("ghost_batch_norm_remainder", lambda d: GhostBatchNorm(d, 4, 3, False), (8, 1, 2, 4), 2)
  case("dynamic_tanh", lambda d: DynamicTanh(d, 4, True), space)
  case("dynamic_tanh_not_affine", lambda d: DynamicTanh(d, 4, False), space)
  return out


def make_layers():
  out = {}

  def case(name, make, shape):
    draw = Draw(name)
    record(out, name, make(draw), [draw.inputs(*shape)], draw)

  case("linear", lambda d: Linear(d, 6, 5), (7, 1, 1, 6))
  case("linear_without_bias", lambda d: Linear(d, 6, 5, bias=False), (7, 1, 1, 6))
  case("linear_of_space", lambda d: Linear(d, 12, 5), (4, 2, 3, 2))
  case("weight_norm", lambda d: WeightNormLinear(d, 6, 5), (7, 1, 1, 6))
  for name, epsilon, scaled, gain in (("weight_standardization", 1e-10, None, False),
                                      ("weight_standardization_epsilon", 1e-2, None, False),
                                      ("scaled_weight_standardization", 1e-10, 1.7, True),
                                      ("scaled_weight_standardization_epsilon", 1e-2, 1.0, False)):
    case(name, lambda d: Linear(d, 6, 5, mapped=standardized(epsilon, scaled), gain=gain), (7, 1, 1, 6))

  for name, function in (("relu", F.relu), ("tanh", torch.tanh), ("sigmoid", torch.sigmoid), ("softsign", F.softsign),
                         ("leaky_relu", lambda x: F.leaky_relu(x, 0.01)), ("gelu", F.gelu)):
    draw = Draw(name)
    near = 2 * draw.normal(6, 1, 1, 8)
    near[0, 0, 0, 0] = 0  # the kink of those that have one
    record(out, name, Activation(function), [near], draw)
    # the middle sets the scale of the comparison: where tanh saturates, 1 - y^2 has no correct digits in any library
    far = torch.tensor([-1e4, -90.0, -20.0, -9.0, -0.5, 0.1, 0.5, 9.0, 20.0, 90.0, 1e4]).view(1, 1, 1, 11)
    record(out, name + "_far", Activation(function), [far], draw)
  return out


def make_convolutions():
  out = {}

  def case(name, make, shape):
    draw = Draw(name)
    record(out, name, make(draw), [draw.inputs(*shape)], draw)

  for name, shape, outputs, kernel, stride, padding in (
      ("conv", (2, 5, 6, 16), 16, 3, 1, 1),
      ("conv_few_channels", (2, 5, 4, 3), 4, 3, 1, 1),
      ("conv_strided", (2, 6, 5, 4), 5, 3, 2, 1),
      ("conv_small_map", (4, 2, 2, 5), 3, 3, 1, 1),
      ("conv_rows", (3, 2, 3, 5), 4, 1, 1, 0),
      ("conv_projection", (2, 4, 5, 4), 6, 1, 2, 0),
      ("conv_wide_kernel", (2, 5, 4, 2), 3, 5, 1, 2),
      ("conv_without_padding", (2, 5, 4, 3), 2, 2, 1, 0),
  ):
    case(name, lambda d: Conv2d(d, shape[3], outputs, kernel, stride, padding), shape)
  case("max_pool", lambda d: Activation(lambda x: channels_last(F.max_pool2d(channels_first(x), 2))), (2, 4, 5, 3))
  case("average_pool", lambda d: Activation(lambda x: x.mean((1, 2), keepdim=True)), (2, 3, 4, 5))
  return out


def make_losses():
  out = {}

  def record_loss(case, output, targets, function):
    z = output.clone().requires_grad_()
    loss = function(z)
    out[f"{case}/output"], out[f"{case}/loss"] = output, loss.detach().view(1)
    out[f"{case}/gradient"] = torch.autograd.grad(loss, z)[0]
    out[f"{case}/labels" if targets.dtype == torch.int64 else f"{case}/targets"] = targets

  for case, smoothing, scale in (("cross_entropy", 0.0, 2.0), ("cross_entropy_smoothed", 0.1, 2.0),
                                 ("cross_entropy_far", 0.0, 300.0)):  # e^300 overflows a float
    draw = Draw(case)
    output, labels = scale * draw.normal(7, 5), draw.labels(7, 5)
    record_loss(case, output, labels, lambda z: F.cross_entropy(z, labels, label_smoothing=smoothing))
  for case, reduce in (("mse_mean", lambda z, t: F.mse_loss(z, t)),
                       ("mse_sum", lambda z, t: F.mse_loss(z, t, reduction="sum")),
                       ("mse_sum_over_outputs", lambda z, t: F.mse_loss(z, t, reduction="none").sum(1).mean())):
    draw = Draw(case)
    output, targets = 2 * draw.normal(7, 5), draw.normal(7, 5)
    record_loss(case, output, targets, lambda z: reduce(z, targets))
  draw = Draw("mse_of_labels")
  output, labels = draw.normal(7, 5), draw.labels(7, 5)
  record_loss("mse_of_labels", output, labels, lambda z: F.mse_loss(z, F.one_hot(labels, 5).to(z.dtype)))
  return out


def make_sgd():
  """Two parameters, a weight and a bias; the rate changes from step to step, so that where it enters is seen."""
  out = {}
  for case, momentum, nesterov, decay, decay_biases, factors in (
      ("sgd", 0.0, False, 0.0, True, (1, 1)),
      ("sgd_decay", 0.0, False, 0.05, True, (1, 1)),
      ("sgd_momentum", 0.9, False, 0.0, True, (1, 1)),
      ("sgd_momentum_decay", 0.8, False, 0.05, True, (1, 1)),
      ("sgd_nesterov", 0.9, True, 0.0, True, (1, 1)),
      ("sgd_nesterov_decay", 0.8, True, 0.05, True, (1, 1)),
      ("sgd_decay_of_weights_only", 0.9, False, 0.05, False, (1, 1)),
      ("sgd_groups", 0.9, False, 0.05, True, (1, 0.1)),
  ):
    draw = Draw(case)
    rates = torch.tensor([0.1, 0.1, 0.05, 0.2, 0.01])
    parameters = {"weight": draw.normal(6), "bias": draw.normal(3)}
    leaves = [torch.nn.Parameter(p.clone()) for p in parameters.values()]
    decays = (decay, decay if decay_biases else 0.0)
    groups = [{"params": [leaf], "weight_decay": d} for leaf, d in zip(leaves, decays)]
    optimizer = torch.optim.SGD(groups, lr=1.0, momentum=momentum, nesterov=nesterov)
    out[f"{case}/rates"] = rates
    for name, p in parameters.items():
      out[f"{case}/start.{name}"] = p
      out[f"{case}/gradients.{name}"] = draw.normal(len(rates), len(p))  # a row a step
    after = {name: [] for name in parameters}
    for step, rate in enumerate(rates.tolist()):
      for name, leaf, group, factor in zip(parameters, leaves, optimizer.param_groups, factors):
        leaf.grad = out[f"{case}/gradients.{name}"][step].clone()
        group["lr"] = rate * factor
      optimizer.step()
      for name, leaf in zip(parameters, leaves):
        after[name].append(leaf.detach().clone())
    for name in parameters:
      out[f"{case}/after.{name}"] = torch.stack(after[name])
  return out


class Net:
  """A network with our names; a parameter is drawn when it is first met, away from the starting point."""

  def __init__(self, draw, layers, norm="batch_norm"):
    self.draw, self.layers, self.norm_name, self.training = draw, layers, norm, True
    self.parameters, self.state = {}, {}

  def parameter(self, name, make):
    if name not in self.parameters:
      self.parameters[name] = make().detach().requires_grad_()
    return self.parameters[name]

  def linear(self, name, x, outputs, bias=False):
    inputs = x[0].numel()
    weight = self.parameter(name + "/weight", lambda: self.draw.normal(outputs, inputs) * (2 / inputs) ** 0.5)
    bias = self.parameter(name + "/bias", lambda: 0.3 * self.draw.normal(outputs)) if bias else None
    return F.linear(x.reshape(len(x), -1), weight, bias)

  def conv(self, name, x, outputs):
    inputs = x.shape[1]
    weight = self.parameter(name + "/weight", lambda: self.draw.normal(outputs, 3, 3, inputs) * (2 / 9 / inputs) ** 0.5)
    return F.conv2d(x, weight.permute(0, 3, 1, 2), padding=1)

  def norm(self, name, x, of=None):
    """of: whose running statistics; by default those of the same name"""
    of = of or name
    c = x.shape[1]
    gamma = self.parameter(name + "/gamma", lambda: self.draw.gains(c))
    beta = self.parameter(name + "/beta", lambda: 0.3 * self.draw.normal(c))
    if self.norm_name == "layer_norm":
      return F.layer_norm(x, (c,), gamma, beta)
    if of + "/running_mean" not in self.state:
      self.state[of + "/running_mean"] = 0.5 * self.draw.normal(c)
      self.state[of + "/running_variance"] = 0.5 + self.draw.normal(c) ** 2
    mean, variance = self.state[of + "/running_mean"].clone(), self.state[of + "/running_variance"].clone()
    return F.batch_norm(x, mean, variance, gamma, beta, training=self.training)


def mlp(activation, bias=False):
  def layers(net, x):
    for i, width in enumerate((6, 5)):
      x = net.linear(f"hidden{i + 1}/linear", x, width, bias)
      x = activation(net.norm(f"hidden{i + 1}/before_activation", x))
    return net.linear("output/linear", x, 3, True)
  return layers


def residual_mlp(net, x):
  x = net.linear("stem/linear", x, 6, True)
  for block in ("block1", "block2"):
    y = F.relu(net.norm(f"{block}/before_activation", x))
    y = net.linear(f"{block}/linear", y, 6)
    y = F.relu(net.norm(f"{block}/before_activation_2", y))
    x = x + net.linear(f"{block}/linear2", y, 6, True)
  x = F.relu(net.norm("head/before_activation", x))
  return net.linear("output/linear", x, 3, True)


def vgg(net, x):
  x = channels_first(x)
  for stage, (width, convolutions) in enumerate(((1, 1), (2, 1), (4, 2), (8, 2), (8, 2)), 1):
    for i in range(convolutions):
      x = net.conv(f"stage{stage}/conv" + ("2" if i else ""), x, width)
      x = F.relu(net.norm(f"stage{stage}/before_activation" + ("_2" if i else ""), x))
    x = F.max_pool2d(x, 2) if x.shape[2] > 1 else x
  return net.linear("output/linear", x, 3, True)


def recurrent(net, x):
  for t in range(x.shape[1]):
    a = net.norm("hidden/input_to_hidden", net.linear("input/linear", x[:, t], 5), f"step{t + 1}/input_to_hidden")
    if t > 0:
      a = a + net.norm("hidden/hidden_to_hidden", net.linear("hidden/linear", h, 5), f"step{t + 1}/hidden_to_hidden")
    h = torch.tanh(a)
  return net.linear("output/linear", h, 3, True)


def make_hessians():
  out = {}
  for case, layers, shape, norm in (("mlp_tanh", mlp(torch.tanh), (9, 1, 1, 12), "batch_norm"),
                                    ("mlp_relu", mlp(F.relu), (9, 1, 1, 12), "batch_norm"),
                                    ("mlp_layer_norm", mlp(F.relu, bias=True), (9, 1, 1, 12), "layer_norm"),
                                    ("residual_mlp", residual_mlp, (9, 1, 1, 12), "batch_norm"),
                                    ("vgg", vgg, (12, 8, 8, 3), "batch_norm"),
                                    ("recurrent", recurrent, (9, 8, 8, 3), "batch_norm")):
    draw = Draw("hessian/" + case)
    x, labels = draw.inputs(*shape), draw.labels(shape[0], 3)
    net = Net(draw, layers, norm)
    layers(net, x)  # draws the parameters
    names, leaves = list(net.parameters), list(net.parameters.values())
    v = [draw.normal(*leaf.shape) for leaf in leaves]
    out[f"{case}/x"], out[f"{case}/labels"] = x, labels
    for kind, tensors in (("parameter", net.parameters), ("state", net.state), ("v", dict(zip(names, v)))):
      for name, tensor in tensors.items():
        out[f"{case}/{kind}.{name}"] = tensor
    for mode in ("batch", "running"):
      net.training = mode == "batch"
      loss = F.cross_entropy(layers(net, x), labels)
      gradients = torch.autograd.grad(loss, leaves, create_graph=True)
      along = sum((g * d).sum() for g, d in zip(gradients, v))
      out[f"{case}/{mode}.loss"] = loss.view(1)
      for name, hv in zip(names, torch.autograd.grad(along, leaves)):
        out[f"{case}/{mode}.hv.{name}"] = hv
  return out


def main():
  check = sys.argv[1:] == ["--check"]
  if sys.argv[1:] and not check:
    sys.exit(__doc__)
  changed = []
  for name, make in (("norms", make_norms), ("layers", make_layers), ("convolutions", make_convolutions), ("losses", make_losses), ("sgd", make_sgd),
                     ("hessians", make_hessians)):
    path, new = HERE / f"{name}.safetensors", as_bytes(make())
    if not path.exists() or path.read_bytes() != new:
      changed.append(path.name)
    if not check:
      path.write_bytes(new)
      print(f"{path.name}: {len(new)} bytes")
  if check:
    print("would change: " + ", ".join(changed) if changed else "the fixtures are what PyTorch computes")
    sys.exit(1 if changed else 0)


if __name__ == "__main__":
  main()

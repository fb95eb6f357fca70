"""Plain training steps in PyTorch (forward, backward, Adam), for `ansatz bench engine --peers`.

Usage: engine_torch.py CASE ROUNDS, with CASE an object of JSON as `ansatz bench engine` makes it: kind (mlp, convolution,
attention), precision (f32, f64), activation, batch, and what the kind needs (widths; channels, kernel, extents, padding;
width, heads, tokens). As many threads as OMP_NUM_THREADS says. Prints one line of JSON: the median and the least
milliseconds of a step, of whichever way of writing it is the fastest here: Adam fused or not, convolutions on channels
first or last, attention by scaled_dot_product_attention or written out.
"""
import json
import os
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn.functional import mse_loss, scaled_dot_product_attention

ACTIVATIONS = {
    "tanh": nn.Tanh, "gelu": nn.GELU, "silu": nn.SiLU, "relu": nn.ReLU, "softplus": nn.Softplus, "sigmoid": nn.Sigmoid,
    "identity": nn.Identity,
}
PADDINGS = {"zero": "zeros", "circular": "circular", "reflect": "reflect", "replicate": "replicate"}


class Sine(nn.Module):
    def forward(self, x):
        return torch.sin(x)


class Attention(nn.Module):
    """Layer normalization, attention with several heads, output projection, input added."""

    def __init__(self, width, heads, is_written_out):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.projection = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        self.heads = heads
        self.is_written_out = is_written_out

    def forward(self, x):
        b, t, c = x.shape
        q, k, v = self.projection(self.norm(x)).view(b, t, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4)
        if self.is_written_out:
            scores = (q * (c // self.heads) ** -0.5) @ k.transpose(-2, -1)
            mixed = torch.softmax(scores, -1) @ v
        else:
            mixed = scaled_dot_product_attention(q, k, v)
        return x + self.output(mixed.transpose(1, 2).reshape(b, t, c))


def chain(layers, activation):
    """The layers with an activation between them."""
    make = Sine if activation == "sin" else ACTIVATIONS[activation]
    between = [part for layer in layers for part in (layer, make())]
    return nn.Sequential(*between[:-1])


def models(case):
    """Ways of writing the case: model, shape of the input, shape of the output, layout in memory."""
    batch = case["batch"]
    if case["kind"] == "mlp":
        widths = case["widths"]
        layers = [nn.Linear(i, o) for i, o in zip(widths[:-1], widths[1:])]
        yield chain(layers, case["activation"]), (batch, widths[0]), (batch, widths[-1]), torch.contiguous_format
    elif case["kind"] == "convolution":
        channels, extents = case["channels"], case["extents"]
        layer = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}[len(extents)]
        layouts = {1: [], 2: [torch.channels_last], 3: [torch.channels_last_3d]}[len(extents)]
        for layout in [torch.contiguous_format] + layouts:
            layers = [
                layer(i, o, case["kernel"], padding="same" if case["padding"] == "zero" else [k // 2 for k in case["kernel"]],
                      padding_mode=PADDINGS[case["padding"]])
                for i, o in zip(channels[:-1], channels[1:])
            ]
            yield chain(layers, case["activation"]), (batch, channels[0], *extents), (batch, channels[-1], *extents), layout
    else:
        shape = (batch, case["tokens"], case["width"])
        for is_written_out in [False, True]:
            yield Attention(case["width"], case["heads"], is_written_out), shape, shape, torch.contiguous_format


def times(model, inputs, outputs, layout, is_fused, rounds):
    model = model.to(memory_format=layout)
    x = torch.randn(inputs).contiguous(memory_format=layout)
    y = torch.randn(outputs).contiguous(memory_format=layout)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=is_fused)

    def step():
        optimizer.zero_grad(set_to_none=True)
        mse_loss(model(x), y).backward()
        optimizer.step()

    for _ in range(3):
        step()
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds) * 1e3, min(seconds) * 1e3


if __name__ == "__main__":
    case, rounds = json.loads(sys.argv[1]), int(sys.argv[2])
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
    torch.set_default_dtype(torch.float64 if case["precision"] == "f64" else torch.float32)
    torch.manual_seed(0)
    results = []
    for is_fused in [False, True]:
        for model, inputs, outputs, layout in models(case):
            try:
                results.append(times(model, inputs, outputs, layout, is_fused, rounds))
            except RuntimeError:
                # This release has no fused Adam on processors.
                if not is_fused:
                    raise
    print(json.dumps({"median": min(r[0] for r in results), "fastest": min(r[1] for r in results)}))

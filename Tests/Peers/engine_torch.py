"""Training steps in PyTorch on two threads, as JSON: seconds per step, the least of several rounds.

python engine_torch.py [rounds]
"""

import json
import sys
import time

import torch
from torch import nn

torch.set_num_threads(2)
torch.manual_seed(0)


class Attention(nn.Module):
    """Layer normalization, attention with three heads, output projection, input added."""

    def __init__(self, width, heads):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.projection = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        self.heads = heads

    def forward(self, x):
        b, t, c = x.shape
        qkv = self.projection(self.norm(x)).view(b, t, 3, self.heads, c // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        mixed = nn.functional.scaled_dot_product_attention(q, k, v)
        return x + self.output(mixed.transpose(1, 2).reshape(b, t, c))


def convolutions(mode):
    layers = []
    for i in range(3):
        layers.append(nn.Conv2d(24, 24, 3, padding=1, padding_mode=mode))
        if i < 2:
            layers.append(nn.GELU())
    return nn.Sequential(*layers)


def mlp():
    return nn.Sequential(
        nn.Linear(256, 512), nn.Tanh(), nn.Linear(512, 512), nn.Tanh(), nn.Linear(512, 256))


def seconds(model, shape, rounds):
    x, y = torch.randn(shape), torch.randn(shape)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step():
        optimizer.zero_grad(set_to_none=True)
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()

    best = float("inf")
    for _ in range(3):
        step()
    for _ in range(rounds):
        start = time.perf_counter()
        step()
        best = min(best, time.perf_counter() - start)
    return best


if __name__ == "__main__":
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    print(json.dumps({
        "mlp": seconds(mlp(), (4096, 256), rounds),
        "convolutions, zero": seconds(convolutions("zeros"), (16, 24, 64, 64), rounds),
        "convolutions, circular": seconds(convolutions("circular"), (16, 24, 64, 64), rounds),
        "attention": seconds(Attention(96, 3), (512, 64, 96), rounds),
        "torch": torch.__version__,
    }))

"""Adam steps of physics-informed networks in PyTorch (nested autograd), for `ansatz bench engine --peers`.

Usage: engine_pinn_torch.py CASE PRECISION ROUNDS, as engine_jax.py. Prints one line of JSON with the median milliseconds.
"""
import json, math, statistics, sys, time
import torch

case, precision, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.set_num_threads(2)
torch.set_default_dtype(torch.float64 if precision == "f64" else torch.float32)
sizes = {
    "poisson": [2, 64, 64, 64, 64, 1], "burgers": [2, 50, 50, 50, 50, 50, 1],
    "navier-stokes": [3, 64, 64, 64, 64, 3],
}[case]
layers = []
for i, o in zip(sizes[:-1], sizes[1:]):
    layers += [torch.nn.Linear(i, o), torch.nn.Tanh()]
net = torch.nn.Sequential(*layers[:-1])
points = torch.rand(10_000, sizes[0], requires_grad=True)


def gradient(y):
    return torch.autograd.grad(y.sum(), points, create_graph=True)[0]


def residual():
    w = net(points)
    if case == "poisson":
        g = gradient(w)
        laplacian = gradient(g[:, 0])[:, 0] + gradient(g[:, 1])[:, 1]
        return [-laplacian - torch.sin(math.pi * points[:, 0]) * torch.sin(math.pi * points[:, 1])]
    if case == "burgers":
        g = gradient(w)
        return [g[:, 1] + w[:, 0] * g[:, 0] - 0.003 * gradient(g[:, 0])[:, 0]]
    u, v, p = w[:, 0], w[:, 1], w[:, 2]
    gu, gv, gp = gradient(u), gradient(v), gradient(p)
    def momentum(g, pressure):
        diffusion = gradient(g[:, 0])[:, 0] + gradient(g[:, 1])[:, 1]
        return g[:, 2] + u * g[:, 0] + v * g[:, 1] + pressure - 0.01 * diffusion
    return [momentum(gu, gp[:, 0]), momentum(gv, gp[:, 1]), gu[:, 0] + gv[:, 1]]


optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)


def step():
    optimizer.zero_grad()
    loss = sum(0.5 * (r ** 2).mean() for r in residual())
    loss.backward()
    optimizer.step()


for _ in range(3):
    step()
times = []
for _ in range(rounds):
    start = time.perf_counter()
    step()
    times.append(time.perf_counter() - start)
print(json.dumps({"nested autograd": statistics.median(times) * 1e3}))

"""Adam steps of physics-informed networks in JAX (jit), for `ansatz bench engine --peers`.

Usage: engine_jax.py CASE PRECISION ROUNDS, with CASE among poisson, burgers, navier-stokes, kuramoto-sivashinsky and
PRECISION f32 or f64. Prints one line of JSON: for each way to take the derivatives, the median milliseconds per step.
"""
import json, statistics, sys, time
import jax, jax.numpy as jnp, optax
from jax.experimental import jet

case, precision, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
if precision == "f64":
    jax.config.update("jax_enable_x64", True)
dtype = jnp.float64 if precision == "f64" else jnp.float32
sizes = {
    "poisson": [2, 64, 64, 64, 64, 1], "burgers": [2, 50, 50, 50, 50, 50, 1],
    "navier-stokes": [3, 64, 64, 64, 64, 3], "kuramoto-sivashinsky": [2, 64, 64, 64, 64, 1],
}[case]
key = jax.random.PRNGKey(0)
params = []
for i, o in zip(sizes[:-1], sizes[1:]):
    key, k = jax.random.split(key)
    params.append((jax.random.normal(k, (i, o), dtype) * (2 / (i + o)) ** 0.5, jnp.zeros(o, dtype)))
points = jax.random.uniform(key, (10_000, sizes[0]), dtype)
unit = jnp.eye(sizes[0], dtype=dtype)


def net(p, x):
    for w, b in p[:-1]:
        x = jnp.tanh(x @ w + b)
    return x @ p[-1][0] + p[-1][1]


def first(f, x, v):
    return jax.jvp(f, (x,), (v,))


def second(f, x, v):
    """value, first and second derivative along v, forward over forward."""
    (y, d), (_, dd) = jax.jvp(lambda x: jax.jvp(f, (x,), (v,)), (x,), (v,))
    return y, d, dd


def second_jet(f, x, v):
    y, (d, dd) = jet.jet(f, (x,), ((v, jnp.zeros_like(v)),))
    return y, d, dd


def fourth_jet(f, x, v):
    zero = jnp.zeros_like(v)
    y, series = jet.jet(f, (x,), ((v, zero, zero, zero),))
    return y, series[0], series[1], series[3]


def fourth(f, x, v):
    def d(g):
        return lambda x: jax.jvp(g, (x,), (v,))[1]
    d1 = d(f); d2 = d(d1); d3 = d(d2); d4 = d(d3)
    return f(x), d1(x), d2(x), d4(x)


def residuals(ways):
    two, four = ways

    def poisson(p, x):
        f = lambda x: net(p, x)[0]
        return jnp.stack([-(two(f, x, unit[0])[2] + two(f, x, unit[1])[2]) - jnp.sin(jnp.pi * x[0]) * jnp.sin(jnp.pi * x[1])])

    def burgers(p, x):
        f = lambda x: net(p, x)[0]
        u, ux, uxx = two(f, x, unit[0])
        ut = first(f, x, unit[1])[1]
        return jnp.stack([ut + u * ux - 0.003 * uxx])

    def navier_stokes(p, x):
        f = lambda x: net(p, x)
        w, wx, wxx = two(f, x, unit[0])
        _, wy, wyy = two(f, x, unit[1])
        wt = first(f, x, unit[2])[1]
        u, v = w[0], w[1]
        def momentum(i, grad):
            return wt[i] + u * wx[i] + v * wy[i] + grad - 0.01 * (wxx[i] + wyy[i])
        return jnp.stack([momentum(0, wx[2]), momentum(1, wy[2]), wx[0] + wy[1]])

    def kuramoto_sivashinsky(p, x):
        f = lambda x: net(p, x)[0]
        u, ux, uxx, uxxxx = four(f, x, unit[0])
        ut = first(f, x, unit[1])[1]
        return jnp.stack([ut + u * ux + uxx + uxxxx])

    return {"poisson": poisson, "burgers": burgers, "navier-stokes": navier_stokes,
            "kuramoto-sivashinsky": kuramoto_sivashinsky}[case]


def milliseconds(residual):
    optimizer = optax.adam(1e-3)

    def loss(p):
        return 0.5 * jnp.sum(jnp.mean(jax.vmap(lambda x: residual(p, x))(points) ** 2, axis=0))

    @jax.jit
    def step(p, s):
        value, gradient = jax.value_and_grad(loss)(p)
        update, s = optimizer.update(gradient, s)
        return optax.apply_updates(p, update), s, value

    p, s = params, optimizer.init(params)
    for _ in range(3):
        p, s, value = step(p, s)
    value.block_until_ready()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        p, s, value = step(p, s)
        value.block_until_ready()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


result = {}
for name, ways in {"forward over forward": (second, fourth), "jet": (second_jet, fourth_jet)}.items():
    try:
        result[name] = milliseconds(residuals(ways))
    except Exception as error:
        print(name, repr(error)[:200], file=sys.stderr)
print(json.dumps(result))

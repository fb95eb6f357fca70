"""Times spectral time steps of exponax (JAX, just-in-time compiled, double precision) for `ansatz bench spectral --peers`.

Prints one JSON object: microseconds per ETDRK4 step by case. Needs `pip install exponax` (jax, equinox).
"""
import json
import sys
import time

import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)
import exponax as ex

REPEATS = int(sys.argv[1]) if len(sys.argv) > 1 else 15


def microseconds(stepper, state, steps):
    run = jax.jit(ex.repeat(stepper, steps))
    run(state).block_until_ready()
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        run(state).block_until_ready()
        times.append((time.perf_counter() - begin) / steps * 1e6)
    times.sort()
    return {"min": times[0], "median": times[len(times) // 2]}


key = jax.random.PRNGKey(0)
result = {
    "kuramoto-sivashinsky 1024": microseconds(
        ex.stepper.KuramotoSivashinsky(1, 60.0, 1024, 0.1, order=4), jax.random.normal(key, (1, 1024)), 500
    )
}
for n in (128, 256, 512):
    stepper = ex.stepper.NavierStokesVorticity(2, 2 * jnp.pi, n, 1e-3, diffusivity=1e-3, order=4)
    result[f"navier-stokes {n}x{n}"] = microseconds(
        stepper, jax.random.normal(key, (1, n, n)), max(4, 20 * 256 * 256 // (n * n))
    )
stepper = ex.stepper.Burgers(2, 1.0, 256, 1e-3, diffusivity=1e-3, order=4)
result["burgers 256x256"] = microseconds(stepper, 0.1 * jax.random.normal(key, (2, 256, 256)), 20)
print(json.dumps(result))

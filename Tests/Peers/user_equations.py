"""Reference values of four equations that the catalogue does not have, by SciPy's DOP853 on a pseudo-spectral method of
lines without dealiasing at twice the resolution (pip install numpy scipy). The values stand in UserEquationsTests.swift.
"""
import numpy as np
from scipy.integrate import solve_ivp


def derivative(n, length, order):
    k = 2 * np.pi / length * np.fft.fftfreq(n, 1 / n)
    if order % 2:
        k[n // 2] = 0
    symbol = (1j * k) ** order
    return lambda u: np.real(np.fft.ifft(symbol * np.fft.fft(u)))


def solve(rhs, y0, until):
    result = solve_ivp(rhs, (0, until), y0, method="DOP853", rtol=1e-11, atol=1e-12)
    assert result.success
    return result.y[:, -1]


def show(name, x, u, picks):
    print(name, [(float(x[i]), float(f"{u[i]:.10f}")) for i in picks])


# Extended Fisher-Kolmogorov: u_t = -g u_xxxx + u_xx + u - u^3 on [0, 20), g = 0.1.
n, length = 128, 20.0
x = length * np.arange(n) / n
d2, d4 = derivative(n, length, 2), derivative(n, length, 4)
u0 = 0.1 * np.cos(2 * np.pi * x / length) + 0.05 * np.sin(6 * np.pi * x / length)
u = solve(lambda t, u: -0.1 * d4(u) + d2(u) + u - u**3, u0, 5.0)
show("extended Fisher-Kolmogorov t=5", x, u, [0, 16, 48, 96])

# Brusselator: u_t = Du lap u + A - (B + 1) u + u^2 v, v_t = Dv lap v + B u - u^2 v on the square [0, 8)^2.
n, length = 48, 8.0
x = length * np.arange(n) / n
X, Y = np.meshgrid(x, x, indexing="ij")
k = 2 * np.pi / length * np.fft.fftfreq(n, 1 / n)
k2 = k[:, None] ** 2 + k[None, :] ** 2
laplacian = lambda f: np.real(np.fft.ifft2(-k2 * np.fft.fft2(f)))
A, B, Du, Dv = 1.0, 2.5, 0.05, 0.2


def brusselator(t, y):
    u, v = y.reshape(2, n, n)
    r = u * u * v
    return np.concatenate(
        [(Du * laplacian(u) + A - (B + 1) * u + r).ravel(), (Dv * laplacian(v) + B * u - r).ravel()])


c = 2 * np.pi / length
u0 = 1 + 0.2 * np.cos(c * X) * np.sin(c * Y)
v0 = 2.5 + 0.1 * np.sin(c * X + c * Y)
y = solve(brusselator, np.concatenate([u0.ravel(), v0.ravel()]), 4.0).reshape(2, n, n)
for name, f in (("u", y[0]), ("v", y[1])):
    print("Brusselator t=4", name, [((float(x[i]), float(x[j])), float(f"{f[i, j]:.10f}")) for i, j in ((0, 0), (12, 30), (36, 6))])

# Kawahara: u_t + u u_x + u_xxx - b u_xxxxx = 0 on [0, 40), b = 0.5.
n, length = 128, 40.0
x = length * np.arange(n) / n
d1, d3, d5 = (derivative(n, length, m) for m in (1, 3, 5))
u0 = np.exp(-((x - 20) ** 2) / 4)
u = solve(lambda t, u: -u * d1(u) - d3(u) + 0.5 * d5(u), u0, 2.0)
show("Kawahara t=2", x, u, [16, 48, 64, 96])

# Benjamin-Bona-Mahony: u_t + u_x + u u_x - u_xxt = 0 on [0, 40).
kk = 2 * np.pi / length * np.fft.fftfreq(n, 1 / n)
invert = lambda f: np.real(np.fft.ifft(np.fft.fft(f) / (1 + kk**2)))
u = solve(lambda t, u: -invert(d1(u) + u * d1(u)), u0, 5.0)
show("Benjamin-Bona-Mahony t=5", x, u, [16, 64, 80, 96])

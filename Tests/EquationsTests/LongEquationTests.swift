import Equations
import Geometry
import TestSupport
import Testing

/// Long right-hand sides with numbers of every kind among the fields. What is tested is that they compile at once: an
/// operator without overloads for Int and Double would cost the type checker seconds in each of these bodies.
private struct CompressibleFlow: Problem {
  let gamma = ScalarField.parameter("gamma", 1.4, in: 1.01...2)
  let viscosity = ScalarField.parameter("viscosity", 0.01, in: 1e-6...1)
  let conductivity = ScalarField.parameter("kappa", 0.02, in: 1e-6...1)
  let rho = ScalarField.unknown("rho")
  let u = VectorField.unknown("u")
  let temperature = ScalarField.unknown("T")

  var domain: Domain { .torus(0, 1, dimension: 3) }
  var equations: [Equation] {
    [
      dt(rho) + u.x * dx(rho) + u.y * dy(rho) + u.z * dz(rho) + rho * (dx(u.x) + dy(u.y) + dz(u.z)) == 0,
      dt(u) + convect(u, u) == -1 / rho * grad(rho * temperature) + viscosity / rho * laplacian(u)
        + viscosity / (3 * rho) * grad(div(u)) - 2 * cross([0, 0, 1], u) + [0, 0, -9.81],
      dt(temperature) + u.x * dx(temperature) + u.y * dy(temperature) + u.z * dz(temperature)
        + (gamma - 1) * temperature * (dx(u.x) + dy(u.y) + dz(u.z))
        == conductivity * (gamma - 1) / rho
        * (dx(dx(temperature)) + dy(dy(temperature)) + dz(dz(temperature)))
        + 2 * viscosity * (gamma - 1) / rho * (pow(dx(u.x), 2) + pow(dy(u.y), 2) + pow(dz(u.z), 2))
        + viscosity * (gamma - 1) / rho
        * (pow(dx(u.y) + dy(u.x), 2) + pow(dy(u.z) + dz(u.y), 2) + pow(dz(u.x) + dx(u.z), 2))
        - 2 / 3 * viscosity * (gamma - 1) / rho * pow(dx(u.x) + dy(u.y) + dz(u.z), 2),
    ]
  }
}

private struct MixedOperands: Problem {
  let a = ScalarField.unknown("a")
  let b = ScalarField.unknown("b")

  var domain: Domain { .torus(0, 1, dimension: 2) }
  var equations: [Equation] {
    [
      dt(a) == 1 + 2.5 * a - 3 * a * b / 4 + (1 - a) * (2 - b) * 0.5 - 7 * sin(2 * .pi * x)
        * exp(-3 * y / 2.0)
        + 0.1 * (dx(dx(a)) + 2 * dx(dy(a)) + dy(dy(a))) - 1e-3 * biharmonic(a) + a / 3 - 1 / 2.0 * b
        + pow(a, 2) * pow(b, 3) / (1 + 4 * pow(a, 2)) - 12 * dx(a * b - 3) + 5,
      dt(b) == 2 * (a - b) - 0.25 * a * a * b + 3 * dx(b) * dy(a) - 4 * dy(b) * dx(a) + 6 * (a + 1) * (b - 2)
        - 8 * cos(x + 2 * y - 3 * t) / (2 + sin(x)) + 9.5 * laplacian(b) - 10 * a + 11 * b - 12 + 13.0 * x
        * y,
    ]
  }
}

@Suite("Long equations")
struct LongEquationTests {
  @Test("compressible flow in three dimensions")
  func compressible() throws {
    let system = try PDESystem(CompressibleFlow())
    #expect(system.unknowns.map(\.name) == ["rho", "u_x", "u_y", "u_z", "T"])
    #expect(
      system.texts(ofRow: 0)
        == [
          "1 rho[x] u_x", "1 rho[y] u_y", "1 rho[z] u_z", "1 rho u_x[x]", "1 rho u_y[y]", "1 rho u_z[z]",
          "dt 1 rho",
        ].sorted())
    #expect(system.degree == nil)
    #expect(system.differential == [0, 1, 2, 3, 4])
  }

  @Test("numbers of every kind among fields")
  func mixed() throws {
    let system = try PDESystem(MixedOperands())
    #expect(system.rows.count == 2)
    // In the second row: 2(a − b) + 6ab − 12a + 6b − 12 − 10a + 11b − 12 gives −20a + 15b − 24 on the right.
    let texts = system.texts(ofRow: 1)
    for text in ["20 a", "-15 b", "24", "-6 a b", "0.25 a^2 b", "-9.5 b[xx]", "4 a[x] b[y]", "-3 a[y] b[x]"] {
      #expect(texts.contains(text), "\(text)")
    }
  }
}

import Ansatz
import Foundation
import Testing

/// Equations that the catalogue does not have, against Tests/Peers/user_equations.py (SciPy's DOP853, tolerance 1e-11).
@Suite("Equations of a user's own")
struct UserEquationsTests {
  private struct ExtendedFisherKolmogorov: Problem {
    let u = ScalarField.unknown("u")
    var domain: Domain { .interval(0, 20, periodic: true) }
    var equations: [Equation] { [dt(u) == -0.1 * biharmonic(u) + laplacian(u) + u - pow(u, 3)] }
    var conditions: [Condition] {
      [.initial(u == 0.1 * cos(2 * .pi * x / 20) + 0.05 * sin(6 * .pi * x / 20))]
    }
  }

  @Test("of fourth order: extended Fisher–Kolmogorov")
  func fourthOrder() throws {
    let u = try solve(
      ExtendedFisherKolmogorov(), with: Fourier(points: [256]), stepping: ETDRK4(step: 2e-3), until: 5
    ).field("u")
    for (x, value) in [(0.0, 0.990042201), (2.5, 0.9101325844), (7.5, -0.935441327), (15.0, 0.0870284466)] {
      #expect(abs(try u(x)[0] - value) < 1e-8, "u(\(x))")
    }
  }

  private struct Brusselator: Problem {
    var feed = ScalarField.parameter("A", 1, in: 0...10)
    var rate = ScalarField.parameter("B", 2.5, in: 0...10)
    let u = ScalarField.unknown("u")
    let v = ScalarField.unknown("v")
    var domain: Domain { .torus(0, 8, dimension: 2) }
    var equations: [Equation] {
      let reaction = u * u * v
      return [
        dt(u) == 0.05 * laplacian(u) + feed - (rate + 1) * u + reaction,
        dt(v) == 0.2 * laplacian(v) + rate * u - reaction,
      ]
    }
    var conditions: [Condition] {
      let (a, b) = (2 * .pi * x / 8, 2 * .pi * y / 8)
      return [.initial(u == 1 + 0.2 * cos(a) * sin(b)), .initial(v == 2.5 + 0.1 * sin(a + b))]
    }
  }

  @Test("a system with a cubic term: the Brusselator")
  func cubicSystem() throws {
    let solution = try solve(
      Brusselator(), with: Fourier(points: [64]), stepping: ETDRK4(step: 2e-3), until: 4)
    let (u, v) = (try solution.field("u"), try solution.field("v"))
    for (x, y, a, b) in [(0.0, 0.0, 0.9549380575, 2.6601017521), (2.0, 5.0, 0.97271843, 2.7022832715)] {
      #expect(abs(try u(x, y)[0] - a) < 1e-8, "u(\(x), \(y))")
      #expect(abs(try v(x, y)[0] - b) < 1e-8, "v(\(x), \(y))")
    }
    // u²v enters both equations: one product for the two.
    #expect(solution.statistics.transformsPerEvaluation == 3)
  }

  private struct Kawahara: Problem {
    let u = ScalarField.unknown("u")
    var domain: Domain { .interval(0, 40, periodic: true) }
    var equations: [Equation] {
      let third = dx(dx(dx(u)))
      return [dt(u) + u * dx(u) + third - 0.5 * dx(dx(third)) == 0]
    }
    var conditions: [Condition] { [.initial(u == exp(-pow(x - 20, 2) / 4))] }
  }

  @Test("a dispersive one: Kawahara")
  func dispersive() throws {
    let u = try solve(Kawahara(), with: Fourier(points: [256]), stepping: ETDRK4(step: 1e-3), until: 2).field(
      "u")
    for (x, value) in [
      (5.0, 0.0620770076), (15.0, -0.1994720176), (20.0, 0.7750486567), (30.0, 0.0258472081),
    ] {
      #expect(abs(try u(x)[0] - value) < 1e-7, "u(\(x))")
    }
  }

  private struct BenjaminBonaMahony: Problem {
    let u = ScalarField.unknown("u")
    var domain: Domain { .interval(0, 40, periodic: true) }
    var equations: [Equation] { [dt(u) + dx(u) + u * dx(u) == dt(dx(dx(u)))] }
    var conditions: [Condition] { [.initial(u == exp(-pow(x - 20, 2) / 4))] }
  }

  @Test("one with a mixed derivative in space and time: Benjamin–Bona–Mahony")
  func massMatrix() throws {
    let u = try solve(
      BenjaminBonaMahony(), with: Fourier(points: [256]), stepping: ETDRK4(step: 5e-3), until: 5
    ).field("u")
    for (x, value) in [(5.0, 7.6764e-06), (20.0, -0.2924398637), (25.0, 0.8019040461), (30.0, 0.1172349951)] {
      #expect(abs(try u(x)[0] - value) < 1e-8, "u(\(x))")
    }
  }
}

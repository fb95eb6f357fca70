import Ansatz
import Foundation
import TestSupport
import Testing

@Suite("Kuramoto–Sivashinsky, Korteweg–de Vries, Burgers")
struct DispersiveAndChaoticTests {
  // Converged values for L = 32π, u₀ = cos(x/16)(1 + sin(x/16)) (Kassam & Trefethen 2005) by an independent program.
  @Test("Kuramoto–Sivashinsky at t = 20")
  func kuramotoSivashinsky() throws {
    let solution = try solve(
      KuramotoSivashinsky(), with: Fourier(points: [384]), stepping: ETDRK4(step: 1.0 / 64), until: 20)
    let u = try solution.field("u")
    #expect(abs(try u(0)[0] - 0.413180381) < 1e-8)
    #expect(abs(try u(16 * Double.pi)[0] + 0.413180381) < 1e-8)
    let squares = u.values.reduce(0) { $0 + $1 * $1 } / Double(u.values.count)
    #expect(abs(squares - 0.3932614443) < 1e-8)
  }

  // The modes kept of 96 points, |k| <= 2, resolve the chaotic band. More modes only lower the error floor: their
  // damping rates k⁴ h leave the range in which the error is asymptotic, and the slope reaches 4 only where the error
  // reaches rounding (the same in an independent program).
  @Test("Kuramoto–Sivashinsky converges at fourth order up to t = 20", arguments: [(1.0, 2.0), (20, 8)])
  func kuramotoSivashinskyOrder(end: Double, coarsest: Double) throws {
    let run = { (step: Double) in
      try solve(KuramotoSivashinsky(), with: Fourier(points: [96]), stepping: ETDRK4(step: step), until: end)
        .field("u")
    }
    let reference = try run(1.0 / 1024)
    let steps = [1.0, 2, 4, 8, 16].map { 1 / (coarsest * $0) }
    let errors = try steps.map { try run($0).relativeError(to: reference) }
    #expect(abs(observedOrder(steps, errors) - 4) < 0.1)
    #expect(errors[4] < 1e-10)
  }

  @Test("Kuramoto–Sivashinsky with all its damped modes: the error in time at t = 20")
  func kuramotoSivashinskyStiff() throws {
    let run = { (step: Double) in
      try solve(KuramotoSivashinsky(), with: Fourier(points: [192]), stepping: ETDRK4(step: step), until: 20)
        .field("u")
    }
    #expect(try run(1.0 / 64).relativeError(to: run(1.0 / 512)) < 3e-9)
  }

  /// A soliton of speed 4 on a period of 40: u = 2 sech²(x − x₀ − 4t) for u_t + 6 u u_x + u_xxx = 0.
  private struct Soliton: Problem {
    let u = ScalarField.unknown("u")
    var domain: Domain { .interval(-20, 20, periodic: true) }
    var equations: [Equation] { [dt(u) + 6 * u * dx(u) + dx(dx(dx(u))) == 0] }
    var conditions: [Condition] { [.initial(u == 2 * pow(sech(x), 2))] }
    var exact: [Equation] { [u == 2 * pow(sech(x - 4 * t), 2)] }
  }

  @Test("a Korteweg–de Vries soliton: complex coefficients keep the order")
  func soliton() throws {
    // Four halvings.
    let steps = [4e-3, 2e-3, 1e-3, 5e-4, 2.5e-4]
    let errors = try steps.map { step in
      let u = try solve(Soliton(), with: Fourier(points: [512]), stepping: ETDRK4(step: step), until: 1)
        .field("u")
      let exact = u.grid.coordinates[0].map { 2 / pow(cosh($0 - 4), 2) }
      return zip(u.values, exact).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }
    #expect(abs(observedOrder(steps, errors) - 4) < 0.1)
    #expect(errors[2] < 1e-8)
  }

  // u₀ = −sin πx, ν = 0.01/π on [−1, 1]: the case of Basdevant et al., Comput. Fluids 14 (1986); values by the Cole–Hopf
  // formula in an independent program.
  private struct Basdevant: Problem {
    let u = ScalarField.unknown("u")
    var domain: Domain { .interval(-1, 1, periodic: true) }
    var equations: [Equation] { [dt(u) + u * dx(u) == 0.01 / Double.pi * dx(dx(u))] }
    var conditions: [Condition] { [.initial(u == -sin(.pi * x))] }
    var derived: [Derived] { [.field("slope", dx(u))] }
  }

  @Test("Burgers' equation: point values of the Cole–Hopf solution")
  func burgersValues() throws {
    let solution = try solve(
      Basdevant(), with: Fourier(points: [4096]), stepping: ETDRK4(step: 2.5e-4), until: 1,
      saving: .at([0.25, 0.5]))
    let references: [(Double, [(Double, Double)])] = [
      (0.25, [(0.05, -0.5315978594), (0.1, -0.7949743591), (0.25, -0.9920815616), (0.5, -0.8031984208)]),
      (0.5, [(0.01, -0.8980496423), (0.05, -0.9789821784), (0.25, -0.8473545245), (0.5, -0.5927695344)]),
      (
        1,
        [
          (0.01, -0.5942561676), (0.05, -0.7000270809), (0.25, -0.5591962931), (0.5, -0.3761813957),
          (0.75, -0.1889980953),
        ]
      ),
    ]
    for (time, values) in references {
      let frame = try #require(solution.frames.first { abs($0.time - time) < 1e-12 })
      let u = try frame.field("u")
      for (x, value) in values { #expect(abs(try u(x)[0] - value) < 1e-8, "u(\(x), \(time))") }
    }
  }

  @Test("Burgers' equation: the largest slope")
  func burgersSlope() throws {
    let end = 1.603688 / Double.pi
    let solution = try solve(
      Basdevant(), with: Fourier(points: [4096]), stepping: ETDRK4(step: 2.5e-4), until: end)
    #expect(abs(abs(try solution.field("slope")(0)[0]) - 152.00516) < 1e-3)
  }

  @Test("Burgers' equation between walls against the integrals of Cole and Hopf")
  func burgersWalls() throws {
    let solution = try solve(
      BurgersShock(), with: SuitableBasis(points: [2049]), stepping: ETDRK4(step: 2.5e-4), until: 0.75,
      saving: .count(4))
    let viscosity = 0.01 / Double.pi
    // u = −∫ sin πy f(y) exp(−s²) ds / ∫ f(y) exp(−s²) ds with y = x − s √(4νt), f = exp(−cos πy / (2πν)); the trapezoidal
    // rule converges faster than any power. Cole (1951).
    func exact(_ x: Double, _ t: Double) -> Double {
      var (above, below) = (0.0, 0.0)
      for k in -8000...8000 {
        let s = Double(k) * 2e-3
        let y = x - s * (4 * viscosity * t).squareRoot()
        let weight = Foundation.exp(-s * s - (Foundation.cos(.pi * y) + 1) / (2 * .pi * viscosity))
        above += Foundation.sin(.pi * y) * weight
        below += weight
      }
      return -above / below
    }
    for frame in solution.frames.dropFirst() {
      for x in [-0.9, -0.41, -0.05, -0.01, 0.003, 0.02, 0.3, 0.77] {
        let u = try frame.field("u")(x)[0]
        #expect(abs(u - exact(x, frame.time)) < 1e-8, "u(\(x), \(frame.time)) = \(u)")
      }
    }
  }
}

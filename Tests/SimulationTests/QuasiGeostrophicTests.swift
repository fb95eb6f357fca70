import Ansatz
import Foundation
import Testing

/// Two equal layers with opposite mean flows ±U (Phillips 1954), without friction.
private struct Phillips: Problem {
  var beta: Double
  var wavenumber: Int
  let q1 = ScalarField.unknown("q1")
  let q2 = ScalarField.unknown("q2")
  let psi1 = ScalarField.unknown("psi1")
  let psi2 = ScalarField.unknown("psi2")

  var domain: Domain { .torus(0, 2 * .pi, dimension: 2) }
  var equations: [Equation] {
    let F = 25.0
    let U = 1.0
    return [
      dt(q1) + convect(perp(psi1) * -1, q1) + U * dx(q1) + (beta + 2 * F * U) * dx(psi1) == 0,
      dt(q2) + convect(perp(psi2) * -1, q2) - U * dx(q2) + (beta - 2 * F * U) * dx(psi2) == 0,
      q1 == laplacian(psi1) + F * (psi2 - psi1),
      q2 == laplacian(psi2) + F * (psi1 - psi2),
    ]
  }
  var conditions: [Condition] {
    let k = Double(wavenumber)
    return [.initial(q1 == 1e-9 * cos(k * x)), .initial(q2 == 1e-9 * sin(k * x))]
  }
}

@Suite("Two-layer quasi-geostrophic flow")
struct QuasiGeostrophicTests {
  /// The growth rate of the amplitude of one mode once the unstable eigenvector has taken over.
  private func growthRate(wavenumber: Int, beta: Double) throws -> Double {
    let solution = try solve(
      Phillips(beta: beta, wavenumber: wavenumber), with: Fourier(points: [24, 8]),
      stepping: ETDRK4(step: 2e-3),
      until: 10, saving: .at([8]))
    let norms = try solution.frames.suffix(2).map { try $0.field("psi1").l2Norm }
    return log(norms[1] / norms[0]) / 2
  }

  // σ = k U √((2F − k²)/(2F + k²)) for β = 0 (Phillips 1954), F = 25, U = 1.
  @Test("growth rates of Phillips' problem", arguments: 1...7)
  func phillips(k: Int) throws {
    let square = Double(k * k)
    let rate = Double(k) * ((50 - square) / (50 + square)).squareRoot()
    #expect(abs(try growthRate(wavenumber: k, beta: 0) - rate) < 1e-4)
  }

  @Test("β = 40 leaves two unstable waves", arguments: [(5, 1.105542), (6, 1.450752)])
  func beta(k: Int, rate: Double) throws {
    #expect(abs(try growthRate(wavenumber: k, beta: 40) - rate) < 1e-4)
  }
}

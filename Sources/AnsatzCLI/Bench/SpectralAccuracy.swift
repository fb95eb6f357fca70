import Ansatz
import Foundation

/// Accuracy cases of the spectral benchmark: a computed number, the reference it is held against, and the bound.
struct AccuracyCase: Sendable {
  var name: String
  /// What the number is and where the reference comes from.
  var source: String
  var bound: Double
  /// The error, or the deviation from a theoretical order.
  var error: @Sendable () throws -> Double
}

enum SpectralAccuracy {
  static let cases: [AccuracyCase] = [
    AccuracyCase(
      name: "navier-stokes energy t=5", source: "0.124820956776, independent program, 128² and 256²",
      bound: 1e-8
    ) {
      let solution = try solve(
        NavierStokes2D(), with: Fourier(points: [128]), stepping: ETDRK4(step: 0.01), until: 5)
      return abs((try solution.last.numbers.first { $0.name == "energy" }?.value ?? .nan) - 0.124820956776)
    },
    AccuracyCase(
      name: "taylor-green 3-d energy t=0.1", source: "0.124953117517, Mortensen & Langtangen (2016)",
      bound: 1e-8
    ) {
      let solution = try solve(
        TaylorGreenVortex3D(viscosity: 0.000625), with: Fourier(points: [32]), stepping: RK4(step: 0.01),
        until: 0.1)
      return abs((try solution.last.numbers.first { $0.name == "energy" }?.value ?? .nan) - 0.124953117517)
    },
    AccuracyCase(
      name: "kuramoto-sivashinsky u(0) t=20", source: "0.413180381, independent program, N = 256 and 384",
      bound: 1e-6
    ) {
      let u = try solve(
        KuramotoSivashinsky(), with: Fourier(points: [384]), stepping: ETDRK4(step: 1.0 / 64), until: 20
      ).field("u")
      return abs(try u(0)[0] - 0.413180381)
    },
    AccuracyCase(name: "burgers, cole-hopf t=1", source: "closed form (Cole 1951, Hopf 1950)", bound: 1e-10) {
      try exactError(BurgersColeHopf(), points: [256], step: 1e-3, until: 1)
    },
    AccuracyCase(name: "sine-gordon breather", source: "closed form", bound: 1e-8) {
      try exactError(SineGordon(), points: [512], step: 2e-3, until: 2)
    },
    AccuracyCase(name: "taylor-green 2-d t=2", source: "closed form (Taylor & Green 1937)", bound: 1e-12) {
      try exactError(TaylorGreenVortex2D(), points: [32], step: 0.01, until: 2)
    },
    AccuracyCase(name: "nonlinear schroedinger soliton t=1", source: "closed form", bound: 1e-11) {
      try exactError(NonlinearSchroedinger(), points: [1024], step: 1e-3, until: 1)
    },
    AccuracyCase(
      name: "order of ETDRK4, korteweg-de vries", source: "|slope − 4| over four halvings", bound: 0.1
    ) {
      let steps = [4e-3, 2e-3, 1e-3, 5e-4]
      let errors = try steps.map { try exactError(KortewegDeVries(), points: [512], step: $0, until: 1) }
      let slopes = zip(errors, errors.dropFirst()).map { log2($0 / $1) }
      let mean: Double = slopes.reduce(0, +) / Double(slopes.count)
      return abs(mean - 4)
    },
  ]

  private static func exactError(
    _ problem: some Problem, points: [Int], step: Double, until end: Double
  ) throws -> Double {
    let solution = try solve(problem, with: Fourier(points: points), stepping: ETDRK4(step: step), until: end)
    return try solution.last.exactErrors.map(\.value).max() ?? .nan
  }
}

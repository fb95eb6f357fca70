import Ansatz
import Foundation
import Testing

/// Kuramoto–Sivashinsky on a short period, from a random state without its symmetries.
private struct ShortKuramotoSivashinsky: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 22, periodic: true) }
  var equations: [Equation] { [dt(u) + u * dx(u) + dx(dx(u)) + dx(dx(dx(dx(u)))) == 0] }
  var conditions: [Condition] { [.initial(u == .random(.fourierSeries(highest: 4)))] }
}

@Suite("Lyapunov exponents")
struct LyapunovTests {
  // Published for L = 22 without the mean mode: 0.048, 0, 0, −0.003, −0.189, −0.256, −0.290, −0.310 (Cvitanović, Davidchack
  // & Siminos, SIAM J. Appl. Dyn. Syst. 9, 2010); the conserved mean adds a third zero.
  @Test("Kuramoto–Sivashinsky at L = 22")
  func kuramotoSivashinsky() throws {
    let spectrum = try lyapunovSpectrum(
      of: ShortKuramotoSivashinsky(), with: Fourier(points: [64]), stepping: ETDRK4(step: 0.25), count: 10,
      time: 2e4, transient: 500)
    let λ = spectrum.exponents
    print("Lyapunov exponents of Kuramoto–Sivashinsky, L = 22:", λ.map { String(format: "%.4f", $0) })
    #expect(abs(λ[0] - 0.048) < 0.004)
    for i in 1...3 { #expect(abs(λ[i]) < 0.002, "exponent \(i + 1)") }
    #expect(abs(λ[4] + 0.003) < 0.003)
    for (i, reference) in [(5, -0.189), (6, -0.256), (7, -0.290), (8, -0.310)] {
      #expect(abs(λ[i] - reference) < 0.008, "exponent \(i + 1)")
    }
    #expect(abs(spectrum.kaplanYorkeDimension - 5.24) < 0.1)
  }

  /// A linear equation: every perturbation grows at the rate of its mode.
  private struct Linear: Problem {
    let u = ScalarField.unknown("u")
    var domain: Domain { .interval(0, 2 * .pi, periodic: true) }
    var equations: [Equation] { [dt(u) == 0.3 * u + 0.1 * dx(dx(u)) + dx(u)] }
    var conditions: [Condition] { [.initial(u == cos(x))] }
  }

  @Test("a linear equation has the growth rates of its modes")
  func linear() throws {
    let spectrum = try lyapunovSpectrum(
      of: Linear(), with: Fourier(points: [16]), stepping: ETDRK4(step: 0.1), count: 5, time: 200,
      transient: 200)
    for (exponent, rate) in zip(spectrum.exponents, [0.3, 0.2, 0.2, -0.1, -0.1]) {
      #expect(abs(exponent - rate) < 1e-3)
    }
  }
}

import Ansatz
import Foundation
struct KS22: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 22, periodic: true) }
  var equations: [Equation] { [dt(u) + u * dx(u) + dx(dx(u)) + dx(dx(dx(dx(u)))) == 0] }
  var conditions: [Condition] { [.initial(u == .random(.fourierSeries(highest: 4)))] }
}
let start = Date()
for t in [1e4, 2e4, 4e4] {
  let s = try lyapunovSpectrum(
    of: KS22(), with: Fourier(points: [64]), stepping: ETDRK4(step: 0.25), count: 10, time: t, transient: 500)
  print(
    s.exponents.map { String(format: "%.4f", $0) }, s.standardErrors.map { String(format: "%.4f", $0) },
    s.kaplanYorkeDimension, Date().timeIntervalSince(start))
}

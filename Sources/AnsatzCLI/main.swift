import Ansatz
import Foundation
struct NS: Problem {
  let w = ScalarField.unknown("w"), psi = ScalarField.unknown("psi")
  var domain: Domain { .torus(0, 2 * .pi, dimension: 2) }
  var equations: [Equation] { [dt(w) + convect(perp(psi), w) == 1e-3 * laplacian(w), laplacian(psi) == -w] }
  var conditions: [Condition] { [.initial(w == .random(.noise(standardDeviation: 1)))] }
}
struct KS: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 60, periodic: true) }
  var equations: [Equation] { [dt(u) + u * dx(u) + dx(dx(u)) + dx(dx(dx(dx(u)))) == 0] }
  var conditions: [Condition] { [.initial(u == .random(.noise(standardDeviation: 1)))] }
}
struct B2: Problem {
  let u = VectorField.unknown("u")
  var domain: Domain { .torus(0, 1, dimension: 2) }
  var equations: [Equation] { [dt(u) + convect(u, u) == 1e-3 * laplacian(u)] }
  var conditions: [Condition] {
    [.initial(u == [.random(.noise(standardDeviation: 0.1)), .random(.noise(standardDeviation: 0.1))])]
  }
}
func bench(_ name: String, _ p: any Problem, _ n: Int, _ h: Double, _ steps: Int) throws {
  let e = try Evolution(p, with: Fourier(points: [n]))
  let s = e.system.makeStepper(
    StepCoefficients(ETDRK4(step: h), step: h, system: e.system), state: e.initialState, time: 0,
    stepIndex: 0, pool: .shared)
  for _ in 0..<5 { s.advance() }
  var t: [Double] = []
  for _ in 0..<15 {
    let a = DispatchTime.now().uptimeNanoseconds; for _ in 0..<steps { s.advance() };
    t.append(Double(DispatchTime.now().uptimeNanoseconds - a) / Double(steps) * 1e-3)
  }
  t.sort()
  print(name, n, String(format: "min %.1f median %.1f us/step", t[0], t[7]))
}
let only = CommandLine.arguments.dropFirst().first
if only == nil || only == "ks" { try bench("KS", KS(), 1024, 0.1, 500) }
for n in [128, 256, 512] where only == nil || only == "\(n)" {
  try bench("NS", NS(), n, 1e-3, 4_000_000 / n / n)
}
if only == nil || only == "b" { try bench("B2", B2(), 256, 1e-3, 40) }

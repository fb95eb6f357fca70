import Ansatz
import Foundation
struct KS: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 60, periodic: true) }
  var equations: [Equation] { [dt(u) == -u * dx(u) - dx(dx(u)) - dx(dx(dx(dx(u))))] }
}
struct NS: Problem {
  let w = ScalarField.unknown("w"), psi = ScalarField.unknown("psi")
  var nu: ScalarField = 0.01
  var domain: Domain { .torus(0, 2 * .pi, dimension: 2) }
  var equations: [Equation] { [dt(w) + convect(perp(psi), w) == nu * laplacian(w), laplacian(psi) == -w] }
}
struct B2: Problem {
  let u = VectorField.unknown("u")
  var domain: Domain { .torus(0, 2 * .pi, dimension: 2) }
  var equations: [Equation] { [dt(u) + convect(u, u) == 0.01 * laplacian(u)] }
}
struct NS3: Problem {
  let u = VectorField.unknown("u"), p = ScalarField.unknown("p")
  var domain: Domain { .torus(0, 2 * .pi, dimension: 3) }
  var equations: [Equation] { [dt(u) + convect(u, u) == 0.000625 * laplacian(u) - grad(p), div(u) == 0] }
}
func run(_ problem: some Problem, _ n: [Int], _ h: Double, _ method: any SemilinearMethod, steps: Int, initial: [(Double, Double, Double) -> Double], report: (FourierStepper) -> Void = { _ in }) throws {
  var t0 = Date()
  let system = try PDESystem(problem)
  let fourier = try FourierSystem(system, points: n)
  let tb = Date().timeIntervalSince(t0); t0 = Date()
  let c = StepCoefficients(method, step: h, modes: fourier.layout.modeCount, variables: fourier.variables.count, coupled: fourier.isCoupled) { fourier.linearPart($0) }
  let tc = Date().timeIntervalSince(t0)
  let tr = FourierTransform(fourier.layout)
  let cs = fourier.layout.coordinates
  let state = initial.map { f in
    var g: [Double] = []
    for x in cs[0] { if n.count == 1 { g.append(f(x, 0, 0)) } else { for y in cs[1] { if n.count == 2 { g.append(f(x, y, 0)) } else { for z in cs[2] { g.append(f(x, y, z)) } } } } }
    return tr.spectrum(of: g) }
  let s = FourierStepper(fourier, c, state: state)
  s.advance()
  t0 = Date()
  for _ in 1..<steps { s.advance() }
  let dtm = Date().timeIntervalSince(t0) / Double(steps - 1)
  print(problem.name, n, "inputs", fourier.plan.inputs.count, "products", fourier.plan.products.count, String(format: "%.1f us/step", dtm * 1e6), "setup", tb, tc, "ms", s.meanSquares)
  report(s)
}
try run(NS(), [256, 256], 5.0 / 500, ETDRK4(step: 0.01), steps: 3000, initial: [{ x, y, _ in sin(x) * sin(y) + cos(2 * y) + sin(x + 2 * y) }])

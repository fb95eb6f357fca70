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
try run(KS(), [1024], 0.01, ETDRK4(step: 0.01), steps: 2000, initial: [{ x, _, _ in cos(x / 60 * 2 * .pi) }])
for n in [128, 256, 512] {
try run(NS(), [n, n], 5.0 / 500, ETDRK4(step: 0.01), steps: 500, initial: [{ x, y, _ in sin(x) * sin(y) + cos(2 * y) + sin(x + 2 * y) }]) { s in
  let w = s.modes(0)
  var e = 0.0, z = 0.0, w0 = 0.0
  for m in 0..<s.system.layout.modeCount {
    let k = s.system.layout.wavenumbers(m); let k2 = Double(k[0]*k[0]+k[1]*k[1])
    let wt = s.system.layout.weight(ofColumn: m / s.system.layout.columnLength, index: m % s.system.layout.columnLength)
    let a = w[2*m]*w[2*m]+w[2*m+1]*w[2*m+1]
    if k2 > 0 { e += 0.5 * wt * a / k2 }; z += 0.5 * wt * a; w0 += wt * w[2*m]
  }
  print("t", s.time, "E", e, "Z", z, "w0", w0, " ref 0.124820956776 0.374072787070 -0.4737572208")
}}
try run(B2(), [256, 256], 1e-3, ETDRK4(step: 0.01), steps: 50, initial: [{ x, y, _ in sin(x) * sin(y) }, { x, y, _ in cos(x) * sin(y) }])
try run(NS3(), [32, 32, 32], 0.01, RK4(step: 0.01), steps: 10, initial: [{ x, y, z in sin(x) * cos(y) * cos(z) }, { x, y, z in -cos(x) * sin(y) * cos(z) }, { _, _, _ in 0 }]) { s in
 let total: Double = s.meanSquares.reduce(0, +); print(total / 2, "ref 0.124953117517") }

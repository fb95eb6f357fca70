import Ansatz
import Foundation

/// Incompressible flows by Taylor–Hood elements against published values: the lid-driven cavity, the cylinder in a channel.
struct FlowSuite: BenchmarkSuite {
  let name = "flows"
  let summary = "Steady and unsteady flows by finite elements: errors against published tables"

  func run(_ options: BenchmarkOptions) throws -> [BenchmarkRecord] {
    print("flows, Taylor–Hood elements of order 2\n")
    print("quantity                                    value    reference        error     bound   seconds")
    var records: [BenchmarkRecord] = []
    for reynolds in [100, 400, 1000] { records += try cavity(reynolds, cells: options.isQuick ? 48 : 64) }
    records += try steadyCylinder(cells: options.isQuick ? 20 : 24)
    // Twenty-odd periods from rest: minutes.
    if !options.isQuick { records += try wake(cells: 16, step: 0.004) }
    return records
  }

  private func report(
    _ name: String, value: Double, reference: Double, error: Double, bound: Double, seconds: Double
  ) -> BenchmarkRecord {
    let hasPassed = error <= bound
    print(
      name.padded(38),
      String(format: "%10.6f %12.6f %12.2e %9.0e %8.1f", value, reference, error, bound, seconds)
        + (hasPassed ? "" : "   fail"))
    return BenchmarkRecord(
      name: name,
      figures: ["value": value, "reference": reference, "error": error, "bound": bound, "s": seconds],
      hasPassed: hasPassed)
  }

  /// The largest deviation from Ghia's tables; the tables themselves are good to some thousandths.
  private func cavity(_ reynolds: Int, cells: Int) throws -> [BenchmarkRecord] {
    let start = Date()
    let solution = try solve(
      LidDrivenCavity(), with: FiniteElementMethod(order: 2, cells: [cells, cells]),
      parameters: ["reynolds": Double(reynolds)])
    let seconds = Date().timeIntervalSince(start)
    let velocity = try solution.field("u")
    let bound = reynolds == 100 ? 0.01 : 0.02
    func deviation(_ table: [Double]?, _ points: [[Double]], _ component: Int, _ name: String) throws
      -> BenchmarkRecord?
    {
      guard let table else { return nil }
      let found = try velocity.values(at: points)[component]
      let errors = zip(found, table).map { abs($0 - $1) }
      let worst = errors.indices.max { errors[$0] < errors[$1] }!
      return report(
        "cavity, Re \(reynolds), \(name)", value: found[worst], reference: table[worst], error: errors[worst],
        bound: bound,
        seconds: seconds)
    }
    return [
      try deviation(GhiaTables.u[reynolds], GhiaTables.y.map { [0.5, $0] }, 0, "u on x = 1/2, worst point"),
      try deviation(GhiaTables.v[reynolds], GhiaTables.x.map { [$0, 0.5] }, 1, "v on y = 1/2, worst point"),
    ].compactMap { $0 }
  }

  // Schäfer & Turek (1996), case 2D-1; values of G. Nabh (1998).
  private func steadyCylinder(cells: Int) throws -> [BenchmarkRecord] {
    let start = Date()
    let problem = CylinderFlow(cells: cells)
    let elements = try FiniteElementMethod(order: 2).discretize(PDESystem(problem))
    let flow = try elements.solve()
    let force = try CylinderForce(elements).force(flow.values, rate: nil)
    let seconds = Date().timeIntervalSince(start)
    let pressures = try flow.values(of: "p", at: [[0.15, 0.2], [0.25, 0.2]])
    // 2 F / (ρ Ū² D) with the mean velocity 0.2.
    let scale = 2 / (0.2 * 0.2 * 0.1)
    return [
      ("cylinder 2D-1, drag coefficient", force.x * scale, 5.57953523384, 0.005),
      ("cylinder 2D-1, lift coefficient", force.y * scale, 0.010618948146, 0.05),
      ("cylinder 2D-1, pressure difference", pressures[0] - pressures[1], 0.11752016697, 0.005),
    ].map { name, value, reference, bound in
      report(
        name, value: value, reference: reference, error: abs(value / reference - 1), bound: bound,
        seconds: seconds)
    }
  }

  /// Case 2D-2: the frequency of the lift over the last periods of a run from rest.
  private func wake(cells: Int, step: Double) throws -> [BenchmarkRecord] {
    let start = Date()
    let problem = CylinderFlow(isUnsteady: true, cells: cells)
    let elements = try FiniteElementMethod(order: 2).discretize(PDESystem(problem, parameters: ["peak": 1.5]))
    let run = try FiniteElementEvolution(elements, scheme: .bdf2)
    let force = CylinderForce(elements)
    var lifts: [(time: Double, value: Double)] = []
    var (drags, previous) = ([Double](), run.solution.values)
    let end = 8.0
    try run.advance(until: end, step: step) { run in
      let values = run.solution.values
      let rate = zip(values, previous).map { ($0 - $1) / step }
      previous = values
      guard run.time > 5 else { return }
      let f = try force.force(values, rate: rate)
      // Ū = 1.
      lifts.append((run.time, 2 * f.y / 0.1))
      drags.append(2 * f.x / 0.1)
    }
    let seconds = Date().timeIntervalSince(start)
    var crossings: [Double] = []
    for (a, b) in zip(lifts, lifts.dropFirst()) where a.value < 0 && b.value >= 0 {
      crossings.append(a.time + (b.time - a.time) * (-a.value) / (b.value - a.value))
    }
    guard crossings.count > 3 else {
      print("cylinder 2D-2: the lift does not oscillate   fail")
      return [
        BenchmarkRecord(name: "cylinder 2D-2, Strouhal number", figures: ["s": seconds], hasPassed: false)
      ]
    }
    let frequency = Double(crossings.count - 1) / (crossings[crossings.count - 1] - crossings[0])
    // St = D f / Ū.
    let strouhal = 0.1 * frequency
    return [
      report(
        "cylinder 2D-2, Strouhal number", value: strouhal, reference: 0.301841,
        error: abs(strouhal / 0.301841 - 1),
        bound: 0.01, seconds: seconds),
      report(
        "cylinder 2D-2, largest drag", value: drags.max() ?? 0, reference: 3.2274,
        error: abs((drags.max() ?? 0) / 3.2274 - 1),
        bound: 0.02, seconds: seconds),
    ]
  }
}

/// The force of a flow on the cylinder, from the residual of the momentum equations at its nodes: as accurate as the energy
/// norm squared, unlike an integral of stresses (John & Matthies 2001).
struct CylinderForce {
  private let elements: FiniteElementSystem

  init(_ elements: FiniteElementSystem) { self.elements = elements }

  /// The force that acts on the cylinder, per density.
  func force(_ state: [Double], rate: [Double]?) throws -> (x: Double, y: Double) {
    let solution = FiniteElementSolution(elements, values: state)
    let part = WeakForm.BoundaryPart(["cylinder"])
    // The boundary pushes the fluid; the fluid pushes back.
    return (
      -(try solution.reaction(of: "u_x", on: part, rate: rate)),
      -(try solution.reaction(of: "u_y", on: part, rate: rate))
    )
  }
}

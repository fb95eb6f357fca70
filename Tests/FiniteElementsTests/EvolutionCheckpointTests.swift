import Equations
import FiniteElements
import Geometry
import Testing

@Suite("Evolutions that stop and go on")
struct EvolutionCheckpointTests {
  /// A flow whose derivative is kept over steps (chord method), and a linear problem with one matrix.
  private func system(isLinear: Bool) throws -> FiniteElementSystem {
    let (u, p) = (VectorField.unknown("u"), ScalarField.unknown("p"))
    let (x, y, t) = (ScalarField.x, ScalarField.y, ScalarField.t)
    if isLinear {
      let v = ScalarField.unknown("v")
      let heat = GivenProblem(
        domain: .rectangle((0, 1), (0, 1)), equations: [dt(v) == laplacian(v) + sin(t)],
        conditions: [.initial(v == x * y), .dirichlet(v == y * cos(t), on: .left)])
      return try FiniteElementSystem(PDESystem(heat), mesh: unitMesh(.quadrilateral, 6), order: 2)
    }
    let zero: VectorField = [0, 0]
    let lid: VectorField = [sin(t) * x * (1 - x), 0]
    let momentum: Equation = dt(u) + convect(u, u) + grad(p) == 0.01 * laplacian(u)
    let start: Condition = .initial(u == zero)
    let moving: Condition = .dirichlet(u == lid, on: .top)
    let resting: Condition = .dirichlet(u == zero, on: [.left, .right, .bottom])
    let flow = GivenProblem(
      domain: .rectangle((0, 1), (0, 1)), equations: [momentum, div(u) == 0],
      conditions: [start, moving, resting])
    return try FiniteElementSystem(PDESystem(flow), mesh: unitMesh(.triangle, 6), order: 2)
  }

  @Test(
    "the same bits as without a stop, for every scheme", arguments: ImplicitScheme.allCases, [true, false])
  func bits(_ scheme: ImplicitScheme, _ isLinear: Bool) throws {
    let system = try system(isLinear: isLinear)
    let whole = try FiniteElementEvolution(system, scheme: scheme)
    var saved: [FiniteElementEvolution.Checkpoint] = [whole.checkpoint]
    for _ in 0..<8 {
      try whole.advance(by: 0.05)
      saved.append(whole.checkpoint)
    }
    #expect(whole.state.contains { abs($0) > 1e-6 })
    for (k, checkpoint) in saved.enumerated() {
      let part = try FiniteElementEvolution(self.system(isLinear: isLinear), scheme: scheme, from: checkpoint)
      while part.steps < 8 { try part.advance(by: 0.05) }
      #expect(part.state == whole.state && part.time == whole.time, "after \(k) steps")
      #expect(part.checkpoint == whole.checkpoint)
    }
  }
}

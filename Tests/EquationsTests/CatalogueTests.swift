import Equations
import Foundation
import Geometry
import Problems
import TestSupport
import Testing

@Suite("The catalogue")
struct CatalogueTests {
  static let allNames = Catalogue.all.map(\.name)
  static let exactNames = Catalogue.all.filter { !$0.exact.isEmpty }.map(\.name)
  /// Problems whose coefficients are formulas: a random field has no symbolic derivative.
  static let differentiableNames = Catalogue.all.filter { problem in
    var isRandom = false
    for equation in problem.equations { equation.visit { if case .random = $0 { isRandom = true } } }
    return !isRandom
  }.map(\.name)
  static let evolving = Catalogue.all.filter { $0.suggested.stepper != nil }.map(\.name)

  private func problem(_ name: String) throws -> any Problem { try #require(Catalogue.named(name)) }

  @Test("names are unique, in kebab case, and find their problem")
  func names() {
    #expect(Self.allNames.count >= 32 && Set(Self.allNames).count == Self.allNames.count)
    for name in Self.allNames {
      #expect(name.wholeMatch(of: /[a-z][a-z0-9]*(-[a-z0-9]+)*/) != nil, "\(name)")
      #expect(Catalogue.named(name)?.name == name)
    }
    #expect(Catalogue.named("no-such-problem") == nil)
  }

  @Test(
    "every problem lowers, states a sentence, sane parameters and a run that fits it", arguments: allNames)
  func problem(name: String) throws {
    let problem = try problem(name)
    #expect(problem.name == name)
    #expect(problem.summary.hasSuffix(".") && problem.summary.count > 20)
    let system = try PDESystem(problem)
    let run = problem.suggested
    #expect(run.points.count == (system.mesh == nil ? system.dimension : 0))
    for parameter in problem.parameters {
      #expect(parameter.range.contains(parameter.defaultValue))
      #expect(parameter.range.upperBound < 1e6, "\(parameter.name) has no physical range")
      if ["viscosity", "diffusivity", "Du", "Dv", "epsilon"].contains(parameter.name) {
        #expect(parameter.range.lowerBound > 0)
      }
    }
    if system.isEvolution {
      #expect(run.stepper == (system.mesh == nil ? "ETDRK4" : nil))
      let steps = run.until / run.step
      #expect(abs(steps - steps.rounded()) < 1e-9 * steps)
      #expect(Int(steps.rounded()) % (run.frames - 1) == 0, "frames fall between steps")
      // A side that is no seam of a period has a condition.
      let walls = system.box.intervals.count { !$0.isPeriodic }
      #expect(system.mesh != nil || system.boundary.count == 2 * walls)
      for u in system.differential { #expect(system.initial[u] != nil) }
    } else {
      // Systems and meshes may leave part of the boundary free.
      #expect(!system.namedBoundary.isEmpty)
      if system.mesh == nil, system.unknowns.count == 1 {
        #expect(system.boundary.count == 2 * system.dimension)
      }
    }
  }

  @Test("the linear part is stable for high wavenumbers", arguments: evolving)
  func linearPart(name: String) throws {
    // Of the even orders of a row's own unknown, the highest must damp: a stepper takes it exactly.
    let system = try PDESystem(try problem(name))
    for row in system.rows {
      guard let mass = row.mass.first else { continue }
      let even = row.linear.filter { $0.unknown == mass.unknown && $0.orders.total % 2 == 0 }
      guard let order = even.map(\.orders.total).max(), order > 0 else { continue }
      for term in even where term.orders.total == order {
        // ∂⁴ has the symbol +k⁴ and stands on the left, ∂² has −k².
        #expect(term.coefficient * mass.coefficient * (order % 4 == 0 ? 1 : -1) > 0)
      }
    }
  }

  // MARK: Exact solutions

  @Test("exact solutions annihilate the residual", arguments: exactNames)
  func exactResidual(name: String) throws {
    let system = try PDESystem(try problem(name))
    let residual = try system.exactResidual(at: system.scatteredPoints(25), times: [0, 0.37, 1.9])
    #expect(residual < 1e-10)
  }

  @Test("exact solutions hold for other dimensions and parameters")
  func otherParameters() throws {
    let problems: [any Problem] = [
      Poisson(dimension: 1), PoissonManufactured(dimension: 1), PoissonManufactured(dimension: 3),
      Helmholtz(wavenumber: 3, dimension: 1), Helmholtz(wavenumber: 20, dimension: 3),
      Heat(diffusivity: 2, dimension: 1), Heat(diffusivity: 0.01, dimension: 3),
      BurgersColeHopf(viscosity: 0.03, amplitude: 0.5), Advection(speed: -2), Wave(speed: 3),
      Wave2D(speed: 0.5),
      SineGordon(frequency: 0.3), KortewegDeVries(speed: 9),
      NonlinearSchroedinger(amplitude: 2, velocity: -0.7), TaylorGreenVortex2D(viscosity: 0.3),
    ]
    for problem in problems {
      let system = try PDESystem(problem)
      let residual = try system.exactResidual(at: system.scatteredPoints(20), times: [0, 0.6])
      #expect(residual < 1e-10, "\(problem.name)")
    }
  }

  @Test("a wrong solution leaves a residual of order one")
  func wrongSolution() throws {
    let u = ScalarField.unknown("u")
    let sketch = { (exact: ScalarField) in
      ProblemSketch(dt(u) + u * dx(u) == 0.1 * dx(dx(u)), exact: [u == exact])
    }
    let x = ScalarField.x
    for wrong in [sin(x) * exp(-0.1 * .t), 1 + 0.001 * x] {
      let residual = try PDESystem(sketch(wrong)).exactResidual(at: [[0.2], [0.7]], times: [0.5])
      #expect(residual > 0.1)
    }
    #expect(try PDESystem(sketch(log(x - 5))).exactResidual(at: [[0.2]], times: [0]) == .infinity)
    #expect(try PDESystem(sketch(3)).exactResidual(at: [[0.2]], times: [0]) == 0)
  }

  @Test("exact solutions start at the initial value and are periodic", arguments: exactNames)
  func exactStart(name: String) throws {
    let system = try PDESystem(try problem(name))
    for (u, exact) in system.exact.enumerated() {
      guard let exact else { continue }
      for point in system.scatteredPoints(20) {
        if let initial = system.initial[u] {
          #expect(abs(try initial.value(at: point) - exact.value(at: point)) < 1e-13)
        }
        for (axis, interval) in system.box.intervals.enumerated() where interval.isPeriodic {
          var (lower, upper) = (point, point)
          lower[axis] = interval.lower
          upper[axis] = interval.upper
          let jump = try exact.value(at: upper, time: 0.8) - exact.value(at: lower, time: 0.8)
          #expect(abs(jump) < 1e-12)
        }
      }
    }
  }

  /// The integral of a derived quantity of the exact solution by the trapezoidal rule, which converges geometrically
  /// for periodic integrands.
  private func integral(_ name: String, of problem: some Problem, time: Double) throws -> Double {
    let system = try PDESystem(problem)
    let quantity = try #require(system.derived.first { $0.name == name })
    #expect(quantity.components.count == 1)
    let node = system.exactNode(quantity.components[0])
    let n = system.dimension == 1 ? 512 : 16
    var sum = 0.0
    for i in 0..<n {
      for j in 0..<(system.dimension == 1 ? 1 : n) {
        let point = zip(system.box.intervals, [i, j]).map { $0.lower + Double($1) / Double(n) * $0.length }
        sum += try node.value(at: point, time: time)
      }
    }
    let mean = sum / Foundation.pow(Double(n), Double(system.dimension))
    return quantity.kind == .integral ? mean * system.box.volume : mean
  }

  @Test("derived quantities take their closed forms on exact solutions")
  func closedForms() throws {
    for time in [0.0, 0.7] {
      let kdv = KortewegDeVries()
      #expect(abs(try integral("mass", of: kdv, time: time) - 4) < 1e-10)
      #expect(abs(try integral("momentum", of: kdv, time: time) - 16.0 / 3) < 1e-10)
      #expect(abs(try integral("energy", of: kdv, time: time) + 6.4) < 1e-9)
      let soliton = NonlinearSchroedinger(amplitude: 2, velocity: 0.5)
      #expect(abs(try integral("mass", of: soliton, time: time) - 4) < 1e-10)
      #expect(abs(try integral("momentum", of: soliton, time: time) - 2) < 1e-10)
      #expect(abs(try integral("energy", of: soliton, time: time) - (0.5 - 8.0 / 3)) < 1e-9)
      #expect(abs(try integral("energy", of: SineGordon(), time: time) - 12.8) < 1e-9)
      #expect(abs(try integral("energy", of: Wave(), time: time) - .pi) < 1e-12)
      #expect(abs(try integral("energy", of: Wave2D(), time: time) - 2.5 * .pi * .pi) < 1e-11)
      let vortices = TaylorGreenVortex2D(viscosity: 0.2)
      let decay = Foundation.exp(-0.8 * time)
      #expect(abs(try integral("energy", of: vortices, time: time) - 0.25 * decay) < 1e-14)
      #expect(abs(try integral("enstrophy", of: vortices, time: time) - 0.5 * decay) < 1e-14)
    }
  }

  // MARK: Lowering against the tree

  /// Each equation made to have a chosen solution by adding what it lacks: the lowered rows must then vanish on it. The
  /// addition is computed from the tree that the user wrote, the residual from the expanded terms.
  @Test("lowered equations agree with the tree on a manufactured solution", arguments: differentiableNames)
  func manufactured(name: String) throws {
    let original = try problem(name)
    let chosen = ChosenFields(for: original)
    var sketch = ProblemSketch(on: original.domain, exact: chosen.exact)
    sketch.equations = original.equations.map(chosen.completed)
    let completed = try PDESystem(sketch)
    let points = completed.scatteredPoints(10)
    #expect(try completed.exactResidual(at: points, times: [0.3, 1.1]) < 1e-12)
    sketch.equations = original.equations
    #expect(try PDESystem(sketch).exactResidual(at: points, times: [0.3]) > 1e-6)
  }

  // MARK: Linear theory

  @Test("two-layer flow has the growth rates of Phillips' problem")
  func phillips() throws {
    // Growth rates k U √((2F − k²)/(2F + k²)) for F = 25, U = 1, β = 0.
    let table = [0.980196, 1.845916, 2.500847, 2.870962, 2.886751, 2.420840, 0.703526]
    for (i, expected) in table.enumerated() {
      #expect(abs(try phillipsGrowth(k: Double(i + 1), beta: 0) - expected) < 1e-6)
    }
    #expect(try phillipsGrowth(k: 8, beta: 0) == 0)
    // For β = 40 only two wavenumbers grow.
    let planetary = try (1...8).map { try phillipsGrowth(k: Double($0), beta: 40) }
    #expect(planetary.indices.filter { planetary[$0] > 0 } == [4, 5])
    #expect(abs(planetary[4] - 1.105542) < 1e-6)
    #expect(abs(planetary[5] - 1.450752) < 1e-6)
  }

  /// The growth rate of exp(ikx) from the linear terms of the lowered system.
  private func phillipsGrowth(k: Double, beta: Double) throws -> Double {
    let system = try PDESystem(
      TwoLayerQuasiGeostrophic(), parameters: ["drag": 0, "hyperviscosity": 0, "beta": beta])
    // coefficient · (ik)ⁿ with the factor i left out: −k² for ∂xx, k for ∂x.
    let symbol = { (row: Int, unknown: Int) in
      system.rows[row].linear.filter { $0.unknown == unknown && $0.orders.y == 0 }.reduce(0.0) {
        $0 + $1.coefficient * [1, k, -k * k][$1.orders.x]
      }
    }
    // Constraints S ψ = q, so q_t = −i (A + B S⁻¹) q.
    let (a, b, c, d) = (symbol(2, 1), symbol(2, 3), symbol(3, 1), symbol(3, 3))
    let determinant = a * d - b * c
    let inverse = [[d / determinant, -b / determinant], [-c / determinant, a / determinant]]
    let g = (0..<2).map { i in
      (0..<2).map { j in symbol(i, 2 * j) + symbol(i, 2 * i + 1) * inverse[i][j] }
    }
    let half = (g[0][0] + g[1][1]) / 2
    let discriminant = half * half - (g[0][0] * g[1][1] - g[0][1] * g[1][0])
    return discriminant < 0 ? (-discriminant).squareRoot() : 0
  }
}

/// Smooth fields of all coordinates and time in place of a problem's unknowns.
private struct ChosenFields {
  private var fields: [(unknown: Unknown, components: [Node])] = []

  init(for problem: some Problem) {
    let dimension = problem.domain.dimension
    for unknown in problem.unknowns {
      let count = unknown.kind == .vector ? dimension : 1
      let components = (0..<count).map { i in
        Self.field(phase: 0.3 * Double(fields.count + i + 1), dimension, isComplex: unknown.kind == .complex)
      }
      fields.append((unknown, components.map(\.node)))
    }
  }

  private static func field(phase: Double, _ dimension: Int, isComplex: Bool) -> ScalarField {
    let coordinates: [ScalarField] = [.x, 0.7 * .y, 0.4 * .z]
    let plane = coordinates.prefix(dimension).reduce(phase * .t) { $0 + $1 }
    let real = 0.5 + phase * sin(plane) + 0.2 * cos(2 * plane + phase)
    return isComplex ? real + .i * cos(plane) : real
  }

  /// The equations u == chosen field.
  var exact: [Equation] {
    fields.map { unknown, components in
      unknown.kind == .vector
        ? VectorField(.unknown(unknown)) == VectorField(.components(components))
        : ScalarField(.unknown(unknown)) == ScalarField(components[0])
    }
  }

  /// left − right = what left − right is for the chosen fields.
  func completed(_ equation: Equation) -> Equation {
    switch equation.sides {
    case .scalar(let left, let right):
      return ScalarField(left - right) == ScalarField(replaced(left - right))
    case .vector(let left, let right):
      let difference = VectorField(left) - VectorField(right)
      return difference == VectorField(replaced(difference.node))
    }
  }

  private func replaced(_ node: Node) -> Node {
    if case .unknown(let u) = node, let field = fields.first(where: { $0.unknown == u }) {
      return field.components[0]
    }
    return node.mapChildren(replaced, replaced)
  }

  private func replaced(_ node: VectorNode) -> VectorNode {
    if case .unknown(let u) = node, let field = fields.first(where: { $0.unknown == u }) {
      return .components(field.components)
    }
    return node.mapChildren(replaced, replaced)
  }
}

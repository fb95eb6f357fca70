import Equations
import Geometry
import Tensors

/// A state of a finite element system: degrees of freedom at one time, as fields.
public struct FiniteElementSolution: Sendable {
  /// The discretised problem.
  public let system: FiniteElementSystem
  /// The degrees of freedom, numbered as in `system.space`.
  public let values: [Double]
  /// The time derivatives of the degrees of freedom, where an evolution has found them.
  public let rate: [Double]?
  /// The time of an evolution.
  public let time: Double
  /// What the solve took.
  public let statistics: FiniteElementStatistics

  /// A state with given degrees of freedom.
  public init(
    _ system: FiniteElementSystem, values: [Double], rate: [Double]? = nil, time: Double = 0,
    statistics: FiniteElementStatistics = FiniteElementStatistics()
  ) {
    precondition(
      values.count == system.dofCount, "\(values.count) values for \(system.dofCount) degrees of freedom")
    precondition(
      rate.map { $0.count == values.count } ?? true,
      "\(rate?.count ?? 0) time derivatives for \(values.count) degrees of freedom")
    (self.system, self.values, self.rate, self.time, self.statistics) = (
      system, values, rate, time, statistics
    )
  }

  /// Errors of one unknown against a closed form.
  public struct ErrorNorms: Sendable, Equatable {
    /// √∫(u − uₕ)² dx.
    public var l2: Double
    /// √∫|∇(u − uₕ)|² dx.
    public var h1Seminorm: Double
    /// The largest |u − uₕ| at nodes and quadrature points.
    public var maximum: Double
  }

  /// The index of an unknown.
  func index(of name: String) throws(FiniteElementError) -> Int {
    guard let i = system.system.unknowns.firstIndex(where: { $0.name == name }) else {
      throw FiniteElementError(
        "there is no unknown '\(name)': choose one of "
          + system.system.unknowns.map(\.name).joined(separator: ", "))
    }
    return i
  }

  /// The errors of an unknown against the problem's exact solution. The difference is formed at the points of a rule of
  /// high degree before it is squared, so that nothing cancels.
  ///
  /// - Parameter degree: The quadrature degree; by default at least 10.
  /// - Throws: ``FiniteElementError`` when the problem states no exact solution.
  public func errors(of name: String, degree: Int? = nil) throws -> ErrorNorms {
    let u = try index(of: name)
    guard let exact = system.system.exact[u] else {
      throw FiniteElementError(
        "\(system.system.name) states no exact solution of '\(name)': add one to 'exact'")
    }
    return try errors(of: name, exact: exact, degree: degree)
  }

  /// The errors of an unknown against a formula of the coordinates.
  public func errors(of name: String, exact: ScalarField, degree: Int? = nil) throws -> ErrorNorms {
    try errors(of: name, exact: try system.system.lowered(exact), degree: degree)
  }

  private func errors(of name: String, exact: Node, degree: Int?) throws -> ErrorNorms {
    let u = try index(of: name)
    let square = { (node: Node) in Node.raise(node, .constant(2)) }
    let axes = Axis.allCases.prefix(system.mesh.dimension)
    let value = square(.jet(Jet(u)) - exact)
    let gradient = Node.sum(
      of: try axes.map { square(.jet(Jet(u, MultiIndex($0))) - (try exact.differentiated(.axis($0)))) })
    let order = system.space.fields[u].space.degree
    let integrals = try CellIntegrals(system, [value, gradient], degree: degree ?? max(10, 2 * order + 4))
    let totals = integrals.totals(values, time: time)
    return ErrorNorms(
      l2: totals[0].squareRoot(), h1Seminorm: totals[1].squareRoot(),
      maximum: try maximum(.jet(Jet(u)) - exact))
  }

  /// ∫ formula dx over the domain, or over a part of the boundary, where the formula may contain the normal.
  public func integral(_ formula: ScalarField, over place: WeakForm.Place = .cells, degree: Int? = nil) throws
    -> Double
  {
    let node = try system.system.lowered(formula, onBoundary: place != .cells)
    return try CellIntegrals(system, [node], over: place, degree: degree).totals(values, time: time)[0]
  }

  /// ∮ F·n ds over a part of the boundary where an unknown is prescribed, with the flux F of its equation −∇·F + … = 0: the
  /// heat that leaves, or the force σn on the boundary, n pointing outwards.
  ///
  /// It is read from the equations of the prescribed degrees of freedom, which converges twice as fast as the integral of
  /// derivatives of the solution (Babuška & Miller 1984).
  ///
  /// - Parameter rate: The time derivative of an evolution's state; by default the one that belongs to the solution.
  public func reaction(of name: String, on part: WeakForm.BoundaryPart, rate: [Double]? = nil) throws
    -> Double
  {
    let field = system.space.fields[try index(of: name)]
    let residual = try system.fullResidual(values, rate: rate ?? self.rate, time: time)
    return field.space.dofs(onFacets: try system.space.facets(at: part)).reduce(0) {
      $0 + residual[field.index($1)]
    }
  }

  /// √∫ u² dx of an unknown.
  public func l2Norm(of name: String) throws -> Double {
    let jet = Node.jet(Jet(try index(of: name)))
    return try CellIntegrals(system, [jet * jet]).totals(values, time: time)[0].squareRoot()
  }

  /// √∫ |∇u|² dx of an unknown.
  public func h1Seminorm(of name: String) throws -> Double {
    let u = try index(of: name)
    let terms = Axis.allCases.prefix(system.mesh.dimension).map {
      Node.raise(.jet(Jet(u, MultiIndex($0))), .constant(2))
    }
    return try CellIntegrals(system, [.sum(of: terms)]).totals(values, time: time)[0].squareRoot()
  }

  /// The largest magnitude of a formula over jets at the points of cells: those of a rule, and the corners.
  func maximum(_ node: Node) throws -> Double {
    var largest = 0.0
    for b in system.mesh.cells.indices where system.mesh.cells[b].count > 0 {
      let shape = system.mesh.cells[b].shape
      let points = shape.referenceVertices + Quadrature(shape, degree: 5).points
      for value in try CellSampler(system, block: b, points: points, [node]).values(values, time: time)[0] {
        guard !value.isNaN else { return .nan }
        largest = max(largest, abs(value))
      }
    }
    return largest
  }
}

/// Values of formulas over jets at the same reference points of every cell of a block.
struct CellSampler {
  private let system: FiniteElementSystem
  private let block: Int
  private let points: [[Double]]
  private let nodes: [Node]

  init(_ system: FiniteElementSystem, block: Int, points: [[Double]], _ nodes: [Node]) throws {
    (self.system, self.block, self.points, self.nodes) = (system, block, points, nodes)
  }

  /// One array per formula with one value per cell and point, points within cells.
  func values(_ state: [Double], cells: [Int]? = nil, time: Double) throws -> [[Double]] {
    let list = CellList(system.space, block: block, cells: cells, pattern: nil, pairs: [])
    let count = points.count
    guard list.count > 0 else { return nodes.map { _ in [] } }
    let plan = try BlockPlan(system.space, block: block, points: points, list: list, nodes: nodes)
    plan.setTime(time)
    let scratch = BlockScratch(plan)
    var result = nodes.map { _ in [Double](repeating: 0, count: list.count * count) }
    state.withUnsafeBufferPointer { state in
      let targets = AssemblyTargets(state: state.baseAddress)
      for start in stride(from: 0, to: list.count, by: BlockPlan.lanes) {
        let cells = min(BlockPlan.lanes, list.count - start)
        plan.evaluate(start, cells, targets, scratch)
        for k in nodes.indices {
          for c in 0..<cells {
            for q in 0..<count {
              result[k][(start + c) * count + q] = plan.sampled(k, q, c, scratch)
            }
          }
        }
      }
    }
    return result
  }
}

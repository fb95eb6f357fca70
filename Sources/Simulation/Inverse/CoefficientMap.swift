import Algebra
import Equations
import FiniteElements
import Geometry
import Tensors

/// From the coefficients of modes of an unknown field to what is measured, by finite elements: F(c), and its derivative
/// ∂F/∂c by direct sensitivities.
///
/// The field becomes a further unknown of the discretised problem, so that one assembly gives the derivatives of the
/// residual R(u, a) by both: K = ∂R/∂u and B = ∂R/∂a. A state is found by Newton's method in u, its derivatives by
/// K ∂u/∂cₖ = −B φₖ for all modes with the factors of the last step's matrix: CHOLMOD's where K is symmetric, UMFPACK's
/// elsewhere. Any steady problem of the language that finite elements take will do.
public final class CoefficientMap {
  /// The modes.
  public let modes: CosineModes
  /// The discretised problem, with the field as a further unknown.
  public let system: FiniteElementSystem
  /// Factorisations so far.
  public private(set) var factorizations = 0

  private let name: String
  private let points: [[Double]]
  private let unknowns: [String]
  private let locator: MeshLocator
  /// Degrees of freedom of the problem's own unknowns, and the place of every one among them; -1 for those of the field.
  private let own: [Int]
  private let place: [Int32]
  /// The first degree of freedom of the field.
  private let first: Int
  /// The field's degrees of freedom for no modes, and those of every mode.
  private let base: [Double]
  private let shapes: [[Double]]
  private var symmetric: CHOLMODFactorization?
  private var general: UMFPACKFactorization?
  /// The values of the matrix that there are factors of.
  private var factorized: Buffer<Double>?
  private var state: [Double]
  /// Places of entries of ∂R/∂u within those of the whole derivative.
  private let places: [Int]
  private let pattern: SparsityPattern

  /// A problem whose coefficient is expanded in modes about its stated formula.
  ///
  /// - Parameters:
  ///   - coefficient: The name of the coefficient, or of a parameter that becomes a function.
  ///   - method: The elements; their order is that of the field's as well.
  ///   - unknowns: What is measured, by name, at all points.
  ///   - points: Where it is measured, [points][coordinates].
  /// - Throws: ``EquationError`` for a problem without that coefficient or with a time derivative, and `FiniteElementError`, too
  ///   for points outside of the domain.
  public init(
    _ problem: some Problem, parameters: ParameterValues = [:], coefficient name: String, modes: CosineModes,
    method: FiniteElementMethod, measuring unknowns: [String], at points: [[Double]]
  ) throws {
    // Whatever cannot be found is told here, by the same words as for a training.
    let field = try PointwiseSystem(problem, parameters: parameters, fields: [name]).fields[0]
    var stated = StatedProblem(problem)
    let unknown = Unknown(name: name, kind: .scalar)
    stated.replaceTerminals { node in
      switch node {
      case .coefficient(name, _): .unknown(unknown)
      case .parameter(let p) where p.name == name: .unknown(unknown)
      default: nil
      }
    }
    stated.equations.append(ScalarField(.unknown(unknown)) == ScalarField(field.formula))
    let lowered = try PDESystem(stated, parameters: parameters)
    guard !lowered.isEvolution else {
      throw EquationError(
        "\(problem.name) has a time derivative, and sensitivities here are those of steady problems: train a network"
      )
    }
    guard modes.counts.count == lowered.dimension else {
      throw EquationError(
        "\(modes.counts.count) numbers of modes for the \(lowered.dimension) coordinates of \(problem.name): give one for "
          + "each")
    }
    system = try method.discretize(lowered)
    (self.name, self.modes, self.points, self.unknowns) = (name, modes, points, unknowns)
    locator = try MeshLocator(system.mesh)
    let index = lowered.unknowns.firstIndex { $0.name == name }!
    let space = system.space.fields[index]
    let range = space.first..<space.first + space.space.dofCount
    first = space.first
    let own = (0..<system.dofCount).filter { !range.contains($0) }
    var place = [Int32](repeating: -1, count: system.dofCount)
    for (i, dof) in own.enumerated() { place[dof] = Int32(i) }
    (self.own, self.place) = (own, place)
    base = try space.space.interpolate(field.formula)
    shapes = try (0..<modes.count).map {
      try space.space.interpolate(modes.formula(of: $0, dimension: lowered.dimension))
    }
    state = try system.initialState()
    var (starts, columns, places): ([Int32], [Int32], [Int]) = ([0], [], [])
    for row in own {
      for p in system.pattern.entries(ofRow: row) {
        let column = place[Int(system.pattern.columnIndices.pointer[p])]
        guard column >= 0 else { continue }
        columns.append(column)
        places.append(p)
      }
      starts.append(Int32(columns.count))
    }
    self.places = places
    pattern = try SparsityPattern(
      rows: own.count, columns: own.count, rowStarts: starts, columnIndices: columns)
    guard try observed(state).allSatisfy(\.isFinite) else {
      throw FiniteElementError("a measured point lies outside of the domain of \(problem.name): leave it out")
    }
  }

  /// The number of measured values: point by point for the first unknown, then for the next.
  public var measurementCount: Int { points.count * unknowns.count }

  /// F(c).
  ///
  /// - Throws: `FiniteElementError` where Newton's method does not converge, `DirectSolverError` where ∂R/∂u is singular.
  public func callAsFunction(_ coefficients: [Double]) throws -> [Double] {
    try solve(coefficients)
    return try observed(state)
  }

  /// F(c) and ∂F/∂c, [measurements, modes].
  public func derivative(at coefficients: [Double]) throws -> (values: [Double], jacobian: Matrix<Double>) {
    let derivative = try solve(coefficients)
    var columns: [Double] = []
    columns.reserveCapacity(measurementCount * modes.count)
    for shape in shapes {
      var right = [Double](repeating: 0, count: own.count)
      for (i, row) in own.enumerated() {
        var sum = 0.0
        for p in system.pattern.entries(ofRow: row) {
          let column = Int(system.pattern.columnIndices.pointer[p])
          if place[column] < 0 { sum += derivative.values.pointer[p] * shape[column - first] }
        }
        right[i] = -sum
      }
      var sensitivity = [Double](repeating: 0, count: system.dofCount)
      for (dof, value) in zip(own, back(right)) { sensitivity[dof] = value }
      columns += try observed(sensitivity)
    }
    return (
      try observed(state),
      Matrix(rows: measurementCount, columns: modes.count, columnMajor: columns)
    )
  }

  /// The state that was found last, as fields.
  public var solution: FiniteElementSolution { FiniteElementSolution(system, values: state) }

  // MARK: - Solving

  private func observed(_ values: [Double]) throws -> [Double] {
    let solution = FiniteElementSolution(system, values: values)
    return try unknowns.flatMap { try solution.values(of: $0, at: points, locator: locator) }
  }

  /// Finds the state by Newton's method from the last one.
  ///
  /// - Returns: ∂R/∂(u, a) there.
  @discardableResult
  private func solve(_ coefficients: [Double]) throws -> SparseMatrix<Double> {
    precondition(
      coefficients.count == modes.count, "\(coefficients.count) coefficients for \(modes.count) modes")
    for i in base.indices {
      state[first + i] = zip(coefficients, shapes).reduce(base[i]) { $0 + $1.0 * $1.1[i] }
    }
    for _ in 0..<40 {
      let derivative = try system.jacobian(state)
      try factorize(derivative)
      let residual = try system.residual(state)
      let step = back(own.map { -residual[$0] })
      let size = step.reduce(0) { max($0, abs($1)) }
      guard size.isFinite else { break }
      for (dof, change) in zip(own, step) { state[dof] += change }
      // The second step of a linear problem has the same matrix, and is one of rounding.
      if size <= 1e-9 * own.reduce(0, { max($0, abs(state[$1])) }) { return derivative }
    }
    throw FiniteElementError(
      "Newton's method for \(system.system.name) does not converge with this \(name): give a stronger prior or another "
        + "start")
  }

  private func factorize(_ derivative: SparseMatrix<Double>) throws {
    let values = Buffer<Double>(uninitialized: places.count)
    var isNew = factorized == nil
    for (i, p) in places.enumerated() {
      values.pointer[i] = derivative.values.pointer[p]
      isNew = isNew || values.pointer[i] != factorized!.pointer[i]
    }
    guard isNew else { return }
    factorized = nil
    defer { if general != nil || symmetric != nil { factorized = values } }
    let matrix = SparseMatrix(pattern: pattern, values: values)
    factorizations += 1
    if general == nil, matrix.isSymmetric() {
      do {
        if symmetric == nil {
          symmetric = try CHOLMOD().prepare(matrix)
        } else {
          try symmetric!.refactorize(matrix)
        }
        return
      } catch is DirectSolverError {
        // Symmetric and indefinite.
        symmetric = nil
      }
    }
    if general == nil { general = try UMFPACK().prepare(matrix) } else { try general!.refactorize(matrix) }
  }

  private func back(_ right: [Double]) -> [Double] {
    general?.solve(right) ?? symmetric!.solve(right)
  }
}

import Algebra
import Equations
import Geometry
import Tensors

/// A problem discretised by finite elements on a mesh: spaces, weak form and assembly.
///
/// ```swift
/// let system = try FiniteElementSystem(PDESystem(Poisson(), mesh: mesh), order: 2)
/// let solution = try system.solve()
/// ```
///
/// Linear steady problems are assembled into a matrix and a right-hand side; nonlinear ones give a residual and its
/// derivative to Newton's method, evolutions the same with a time derivative. Unknowns that act as pressures get elements of
/// one order less (Taylor & Hood 1973).
public final class FiniteElementSystem: @unchecked Sendable {
  // Unchecked: assemblers hold scratch; one assembly or solve at a time, which callers see to.

  /// The problem.
  public let system: PDESystem
  /// Unknowns in their spaces, in the order of `system.unknowns`.
  public let space: MixedSpace
  /// The integrals and essential conditions.
  public let weak: WeakProblem
  /// Whether the weak form is linear in the unknowns.
  public let isLinear: Bool
  /// Whether matrices come out symmetric.
  public let isSymmetric: Bool
  /// Whether a time derivative appears.
  public let isEvolution: Bool
  /// The number of degrees of freedom of all unknowns, prescribed ones included.
  public var dofCount: Int { space.dofCount }
  /// Where matrices have entries.
  public var pattern: SparsityPattern { assembly.pattern }
  /// The mesh.
  public var mesh: Mesh { space.mesh }
  let pool: WorkerPool
  let assembly: AssemblyPattern
  let forms: [PointForm]
  let essential: EssentialValues
  let degree: Int?
  private var assemblers: [Purpose: Assembler] = [:]

  /// What an assembler is for.
  enum Purpose: Hashable { case linear, residual, tangent, mass, start }

  /// Discretises a problem.
  ///
  /// - Parameters:
  ///   - mesh: The mesh, where the problem's own domain is not one; its boundaries carry the names of the conditions.
  ///   - order: The order of the elements; unknowns that act as pressures get one less.
  ///   - elements: Other elements for some unknowns, by name.
  ///   - form: Integrals of one's own in place of those derived from the equations; conditions on values stay.
  ///   - quadratureDegree: The degree of quadrature rules; by default the estimate from the formulas.
  ///   - stabilization: What is added where convection dominates.
  ///   - random: What draws random fields, which are interpolated from a grid around the mesh.
  /// - Throws: ``EquationError`` when the problem does not fit, ``FiniteElementError`` and `MeshError` for elements and
  ///   meshes.
  public convenience init(
    _ system: PDESystem, mesh: Mesh? = nil, order: Int = 1, elements: [String: ElementFamily] = [:],
    form: WeakForm? = nil, quadratureDegree: Int? = nil, stabilization: Stabilization = .none,
    random: RandomFieldSource? = nil, pool: WorkerPool = .shared
  ) throws {
    guard let mesh = mesh ?? system.mesh else {
      throw FiniteElementError(
        "\(system.name) is posed on a box: give a mesh of it, such as .rectangle(cells: [64, 64])")
    }
    guard mesh.dimension == system.dimension else {
      throw FiniteElementError(
        "\(system.name) has \(system.dimension) dimensions, and the mesh \(mesh.dimension): give a mesh of the same dimension"
      )
    }
    try mesh.validate()
    let weak = try WeakProblem(system)
    for name in elements.keys
    where !system.unknowns.contains(where: { $0.name == name || $0.source.name == name }) {
      throw FiniteElementError(
        "there is no unknown '\(name)' to choose elements for: choose among "
          + system.unknowns.map(\.name).joined(separator: ", "))
    }
    let sources = system.unknowns.map(\.source)
    let components = try system.unknowns.enumerated().map { i, unknown in
      let chosen = elements[unknown.name] ?? elements[unknown.source.name]
      if chosen == nil, weak.multipliers.contains(i), order < 2 {
        throw FiniteElementError(
          "'\(unknown.name)' acts as a pressure, and elements of order 1 for it and the velocity are unstable: use order 2 (Taylor–Hood)"
        )
      }
      let family = chosen ?? .lagrange(weak.multipliers.contains(i) ? order - 1 : order)
      let group = unknown.source.kind == .vector ? sources.firstIndex(of: unknown.source)! : -1
      return MixedSpace.Component(unknown.name, family, group: unknown.isVelocity ? -1 : group)
    }
    try self.init(
      system, weak, on: try MixedSpace(mesh, components, random: random), form: form,
      quadratureDegree: quadratureDegree,
      stabilization: stabilization, pool: pool)
  }

  /// Discretises a problem in spaces that are there already: one component per unknown, in the order of the unknowns.
  public convenience init(
    _ system: PDESystem, on space: MixedSpace, form: WeakForm? = nil, quadratureDegree: Int? = nil,
    stabilization: Stabilization = .none, pool: WorkerPool = .shared
  ) throws {
    guard space.fields.count == system.unknowns.count else {
      throw FiniteElementError(
        "\(space.fields.count) spaces for the \(system.unknowns.count) unknowns of \(system.name): give one for each"
      )
    }
    try self.init(
      system, WeakProblem(system), on: space, form: form, quadratureDegree: quadratureDegree,
      stabilization: stabilization, pool: pool)
  }

  private init(
    _ system: PDESystem, _ problem: WeakProblem, on space: MixedSpace, form: WeakForm?,
    quadratureDegree: Int?,
    stabilization: Stabilization, pool: WorkerPool
  ) throws {
    (self.system, self.space, self.pool, degree) = (system, space, pool, quadratureDegree)
    var weak = problem
    if let form { weak.form = form }
    weak.form.terms += try stabilization.terms(system, weak, space)
    self.weak = weak
    let terms = weak.form.terms
    forms = try weak.form.places.map { try PointForm($0, terms, dimension: space.mesh.dimension) }
    isLinear = forms.allSatisfy(\.isLinear)
    isSymmetric = isLinear && forms.allSatisfy(\.isSymmetric)
    isEvolution = forms.contains { !$0.mass.isEmpty }
    let count = system.unknowns.count
    var couples = Array(repeating: Array(repeating: false, count: count), count: count)
    for form in forms {
      for pair in Array(form.jacobian.keys) + form.mass.keys {
        // Elimination needs the transposed places too.
        couples[pair.test][pair.trial] = true
        couples[pair.trial][pair.test] = true
      }
    }
    assembly = try AssemblyPattern(space, couples: couples, pool: pool)
    essential = try EssentialValues(space, weak.essential, pattern: assembly.pattern)
    let jets = forms.flatMap { form in form.residual.values.joined().flatMap(\.jets) }
    for (u, unknown) in system.unknowns.enumerated() where !jets.contains(where: { $0.unknown == u }) {
      throw FiniteElementError("the weak form does not contain '\(unknown.name)': add its terms")
    }
  }

  // MARK: - Assembly

  func assembler(_ purpose: Purpose) throws -> Assembler {
    if let known = assemblers[purpose] { return known }
    let requests = forms.map { form -> AssemblyRequest in
      var request = AssemblyRequest(place: form.place, matrix: [:], vector: [:])
      switch purpose {
      case .linear:
        request.matrix = form.jacobian
        request.vector = form.residual.mapValues { $0.map { -$0.withoutUnknowns } }
      case .residual: request.vector = form.residual
      case .tangent:
        request.matrix = form.jacobian
        for (pair, mass) in form.mass {
          let shifted = mass.map { $0.map { $0.isZero ? $0 : BlockPlan.shift * $0 } }
          request.matrix[pair] =
            request.matrix[pair].map { zip($0, shifted).map { zip($0, $1).map { $0 + $1 } } } ?? shifted
        }
      case .mass: request.matrix = form.mass
      case .start:
        // Laplace's operator for every unknown that has second derivatives.
        request.vector = form.residual.mapValues { $0.map { -$0.withoutUnknowns } }
        for (pair, nodes) in form.jacobian where pair.test == pair.trial && form.place == .cells {
          let d = mesh.dimension
          guard (1...d).contains(where: { !nodes[$0][$0].isZero }) else { continue }
          request.matrix[pair] = (0...d).map { a in (0...d).map { $0 == a && a > 0 ? .one : .zero } }
        }
      }
      return request
    }
    let made = try Assembler(assembly, requests, degree: degree, pool: pool)
    assemblers[purpose] = made
    return made
  }

  /// The matrix and the right-hand side of a linear steady problem, with prescribed values eliminated symmetrically.
  ///
  /// - Throws: ``FiniteElementError`` for a nonlinear problem, and what the formulas throw.
  public func assemble(time: Double = 0) throws -> AssembledSystem {
    guard isLinear else {
      throw FiniteElementError(
        "\(system.name) is nonlinear, so that there is no single matrix: use residual and jacobian, or solve")
    }
    let values = Buffer<Double>(uninitialized: pattern.entryCount)
    var vector = [Double](repeating: 0, count: dofCount)
    let assembler = try assembler(.linear)
    vector.withUnsafeMutableBufferPointer { vector in
      assembler.run(AssemblyTargets(matrix: values.pointer, vector: vector.baseAddress), time: time)
      essential.eliminate(values.pointer, vector.baseAddress, values: essential.values(at: time))
    }
    return AssembledSystem(
      matrix: SparseMatrix(pattern: pattern, values: values), rightHandSide: vector, isSymmetric: isSymmetric)
  }

  /// The residual of every equation: the weak form for all test functions, zero at prescribed places.
  ///
  /// - Parameters:
  ///   - state: The degrees of freedom.
  ///   - rate: Those of the time derivative.
  public func residual(_ state: [Double], rate: [Double]? = nil, time: Double = 0) throws -> [Double] {
    var result = try fullResidual(state, rate: rate, time: time)
    for dof in essential.dofs { result[dof] = 0 }
    return result
  }

  /// The residual with what remains at prescribed places: the reactions there.
  func fullResidual(_ state: [Double], rate: [Double]?, time: Double) throws -> [Double] {
    var result = [Double](repeating: 0, count: dofCount)
    let assembler = try assembler(.residual)
    withPointers(state, rate) { state, rate in
      result.withUnsafeMutableBufferPointer {
        assembler.run(AssemblyTargets(vector: $0.baseAddress, state: state, rate: rate), time: time)
      }
    }
    return result
  }

  /// The derivative of the residual with respect to the state, plus `shift` times that with respect to its time
  /// derivative, with prescribed places eliminated.
  public func jacobian(_ state: [Double], rate: [Double]? = nil, shift: Double = 0, time: Double = 0) throws
    -> SparseMatrix<Double>
  {
    let values = Buffer<Double>(uninitialized: pattern.entryCount)
    let assembler = try assembler(.tangent)
    withPointers(state, rate) { state, rate in
      assembler.run(
        AssemblyTargets(matrix: values.pointer, state: state, rate: rate, shift: shift), time: time)
    }
    essential.eliminate(values.pointer, nil, values: Array(repeating: 0, count: essential.dofs.count))
    return SparseMatrix(pattern: pattern, values: values)
  }

  /// The derivative of the residual with respect to the time derivative: the mass matrix, nothing eliminated.
  public func massMatrix(_ state: [Double]? = nil, time: Double = 0) throws -> SparseMatrix<Double> {
    let values = Buffer<Double>(uninitialized: pattern.entryCount)
    let assembler = try assembler(.mass)
    withPointers(state ?? Array(repeating: 0, count: dofCount), nil) { state, _ in
      assembler.run(AssemblyTargets(matrix: values.pointer, state: state, rate: state), time: time)
    }
    return SparseMatrix(pattern: pattern, values: values)
  }

  private func withPointers(
    _ state: [Double], _ rate: [Double]?,
    _ body: (UnsafePointer<Double>?, UnsafePointer<Double>?) -> Void
  ) {
    precondition(state.count == dofCount, "\(state.count) values for \(dofCount) degrees of freedom")
    precondition(
      rate == nil || rate!.count == dofCount, "\(rate!.count) rates for \(dofCount) degrees of freedom")
    state.withUnsafeBufferPointer { s in
      if let rate {
        rate.withUnsafeBufferPointer { body(s.baseAddress, $0.baseAddress) }
      } else {
        body(s.baseAddress, nil)
      }
    }
  }
}

/// A linear system from finite elements.
public struct AssembledSystem: Sendable {
  /// The matrix, prescribed rows and columns replaced by multiples of those of the identity.
  public var matrix: SparseMatrix<Double>
  /// The right-hand side.
  public var rightHandSide: [Double]
  /// Whether the matrix is symmetric.
  public var isSymmetric: Bool
}

extension PointForm {
  /// Whether coefficients show the Jacobian symmetric.
  var isSymmetric: Bool {
    for blocks in [jacobian, mass] {
      for (pair, nodes) in blocks {
        guard let other = blocks[Pair(test: pair.trial, trial: pair.test)] else { return false }
        for a in nodes.indices { for b in nodes.indices where nodes[a][b] != other[b][a] { return false } }
      }
    }
    return true
  }
}

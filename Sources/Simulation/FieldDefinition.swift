import Equations
import Geometry

/// A named field of a solution as formulas over jets of the unknowns.
struct FieldDefinition: Sendable {
  var name: String
  var componentNames: [String]
  var formulas: [Node]

  /// The unknowns of a system, vectors together, then its derived fields. Velocities that the reduction to first order
  /// added are left out, and so are multipliers, which have no value of their own.
  static func all(of system: PDESystem, without hidden: Set<Int>) -> [FieldDefinition] {
    var definitions: [FieldDefinition] = []
    for (i, unknown) in system.unknowns.enumerated() where !unknown.isVelocity && !hidden.contains(i) {
      if case .component(let axis) = unknown.role, axis != .x {
        definitions[definitions.count - 1].componentNames.append(unknown.name)
        definitions[definitions.count - 1].formulas.append(.jet(Jet(i)))
        continue
      }
      let name = if case .component = unknown.role { unknown.source.name } else { unknown.name }
      definitions.append(
        FieldDefinition(name: name, componentNames: [unknown.name], formulas: [.jet(Jet(i))]))
    }
    for quantity in system.derived where quantity.kind == .field {
      let n = quantity.components.count
      let names =
        n == 1 ? [quantity.name] : Axis.allCases.prefix(n).map { "\(quantity.name)_\($0.name)" }
      definitions.append(
        FieldDefinition(name: quantity.name, componentNames: names, formulas: quantity.components))
    }
    return definitions
  }
}

/// What a solver knows of its solution at one time: values of jets on its grid and anywhere else.
///
/// Everything else about a solution (fields, derived quantities, norms, files) is made from this.
public protocol SolutionState: Sendable {
  /// The lowered problem.
  var system: PDESystem { get }
  /// The time; 0 for steady problems.
  var time: Double { get }
  /// The points on which fields are sampled.
  var grid: RectilinearGrid { get }
  /// Integration weights of the grid's points along each axis.
  var weights: [[Double]] { get }
  /// Unknowns without values.
  var hidden: Set<Int> { get }
  /// Derivatives of the unknowns on the grid, x slowest, one array per jet.
  func values(of jets: [Jet]) throws -> [[Double]]
  /// Derivatives of the unknowns at any points, one array per jet; NaN outside the domain.
  func values(of jets: [Jet], at points: [[Double]]) throws -> [[Double]]
  /// A random field of the problem on the grid, or at any points.
  func values(of random: RandomField, at points: [[Double]]?) throws -> [Double]
  /// Formulas over jets, coordinates and time, on the grid or at given points.
  func evaluate(_ formulas: [Node], at points: [[Double]]?) throws -> [[Double]]
  /// ∫ of a formula over the domain.
  func integral(of formula: Node) throws -> Double
  /// The mesh that the solution lives on, where that is no grid.
  var mesh: Mesh? { get }
  /// Formulas at the points of the mesh.
  func meshValues(of formulas: [Node]) throws -> [[Double]]
  /// Whether the domain is all of the box of the grid, so that sums over the grid are integrals over the domain.
  var fillsBox: Bool { get }
}

extension SolutionState {
  /// Refuses: a state that keeps its seed and grid of random fields gives them.
  public func values(of random: RandomField, at points: [[Double]]?) throws -> [Double] {
    throw EquationError(
      "the random field \(random.label) is not kept by the method that solved \(system.name): leave it out of derived fields"
    )
  }
}

extension SolutionState {
  /// None.
  public var mesh: Mesh? { nil }
  /// Where there is no mesh.
  public var fillsBox: Bool { mesh == nil }
  /// Refuses: only states on meshes have values at their points.
  public func meshValues(of formulas: [Node]) throws -> [[Double]] {
    throw EquationError("the solution of \(system.name) lives on a grid and has no mesh")
  }

  /// Compiles the formulas and runs them over arrays of their jets and coordinates.
  public func evaluate(_ formulas: [Node], at points: [[Double]]?) throws -> [[Double]] {
    var jets: [Jet] = []
    for formula in formulas {
      formula.visit { if case .jet(let jet) = $0, !jets.contains(jet) { jets.append(jet) } }
    }
    // A lone jet needs no program.
    if formulas.count == jets.count, zip(formulas, jets).allSatisfy({ $0 == .jet($1) }) {
      return try points.map { try values(of: jets, at: $0) } ?? values(of: jets)
    }
    let fields = try points.map { try values(of: jets, at: $0) } ?? values(of: jets)
    // Coordinates of a fine grid are many numbers, so they are made only for formulas that read them.
    let axes = formulas.contains(where: \.dependsOnSpace) ? Array(Axis.allCases.prefix(system.dimension)) : []
    let coordinates = axes.map { axis in
      points.map { $0.map { $0[axis.rawValue] } } ?? grid.values(of: axis)
    }
    var random: [RandomField] = []
    for formula in formulas {
      formula.visit { if case .random(let field) = $0, !random.contains(field) { random.append(field) } }
    }
    let drawn = try random.map { try values(of: $0, at: points) }
    let program = try PointwiseProgram(
      formulas, inputs: jets.map { .jet($0) } + axes.map { .coordinate($0) } + random.map { .random($0) })
    return program.values(fields + coordinates + drawn, count: points?.count ?? grid.pointCount, time: time)
  }

  /// The quadrature of the grid's weights.
  public func integral(of formula: Node) throws -> Double {
    let field = try SolutionField(
      FieldDefinition(name: "integral", componentNames: ["integral"], formulas: [formula]), self)
    return field.integrals[0]
  }
}

/// A field of a solution at one time.
public struct SolutionField: Field {
  public let name: String
  public let componentNames: [String]
  /// The time of the field.
  public let time: Double
  public let gridValues: [[Double]]
  private let state: any SolutionState
  private let formulas: [Node]

  init(_ definition: FieldDefinition, _ state: any SolutionState) throws {
    name = definition.name
    componentNames = definition.componentNames
    formulas = definition.formulas
    time = state.time
    self.state = state
    gridValues = try state.evaluate(formulas, at: nil)
  }

  public var box: Box { state.system.box }
  public var grid: RectilinearGrid { state.grid }
  public var weights: [[Double]] { state.weights }

  public func values(at points: [[Double]]) throws -> [[Double]] { try state.evaluate(formulas, at: points) }

  /// The values of a scalar field on the grid, x slowest.
  ///
  /// - Precondition: the field is a scalar.
  public var values: [Double] {
    precondition(gridValues.count == 1, "\(name) has \(gridValues.count) components: use gridValues")
    return gridValues[0]
  }
}

extension RectilinearGrid {
  /// One coordinate of every point, x slowest.
  fileprivate func values(of axis: Axis) -> [Double] {
    let inner = shape[(axis.rawValue + 1)...].reduce(1, *)
    let block = coordinates[axis.rawValue].flatMap { repeatElement($0, count: inner) }
    return Array(repeatElement(block, count: pointCount / block.count).joined())
  }
}

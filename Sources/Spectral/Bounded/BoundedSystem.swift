import Algebra
import Equations
import Foundation
import Geometry
import Tensors

/// An evolution equation on a box, each axis periodic or bounded, discretised by waves (Fourier, sine, cosine) or by
/// Chebyshev collocation: w' = L w + N(w, t).
///
/// Along sine and cosine axes fields are odd or even about the sides, and every term must be so too. Along Chebyshev axes
/// the values on the sides follow from the conditions; the modes are eigenvectors of the second derivative (with the
/// first derivative, where both appear in one proportion) under the conditions, so that L is a number or a small matrix
/// per mode. Data of conditions are lifted: the modes are those of the field minus the steady one that the data alone
/// would bring about, and only the change of that is stepped explicitly.
///
/// Grids of bounded axes include both ends; see ``AxisBasis``. Immutable; steppers with their own memory run on it.
public final class BoundedSystem: Sendable {
  /// The lowered problem.
  public let system: PDESystem
  /// The basis of each axis.
  public let basis: [AxisBasis]
  /// How terms that are not diagonal in the basis are evaluated.
  public let plan: NonlinearPlan
  /// Sentences on terms that are stepped explicitly although they are linear, which limits the step.
  public var notes: [String] { structure.notes }
  /// Unknowns that are stepped, by index into `system.unknowns`.
  public var variables: [Int] { structure.variables }

  let structure: BoundedStructure
  /// Sources of the form f(t) · g(x), in modes.
  let sources: [Source]
  /// Coefficients that depend on space alone, as nodes and values on the grid.
  let coefficients: [Node]
  let coefficientValues: [Buffer<Double>]
  /// The formulas with coefficients as inputs.
  let program: PointwiseProgram
  let boundarySolver: BoundarySolver
  /// Whether any condition has data.
  let hasBoundaryData: Bool
  /// Mean squares are Σ weight · |mode|², per variable.
  let meanSquareWeights: [Buffer<Double>]

  /// A source's modes per variable, nil where it does not enter, and the factor that multiplies them over time.
  struct Source: Sendable {
    var modes: [Buffer<Double>?]
    var factor: Node
  }

  /// Discretises a system.
  ///
  /// - Parameters:
  ///   - system: The lowered problem.
  ///   - basis: The basis of each axis: Fourier exactly on periodic ones.
  ///   - points: Grid points per axis, both ends of bounded axes included.
  ///   - dealiasing: How products are kept free of aliases. `automatic` cuts wave series as
  ///     ``Dealiasing/automatic`` says (their period is twice the length for sine and cosine series) and keeps all
  ///     polynomials; `fraction` also evaluates products of polynomials on a finer grid than they are kept.
  ///   - random: Values of random fields on the grid of `points`, for sources and coefficients that contain some.
  /// - Throws: ``EquationError`` when the system does not fit the basis.
  public init(
    _ system: PDESystem, basis: [AxisBasis], points: [Int], dealiasing: Dealiasing = .automatic,
    random: (RandomField) throws -> [Double] = { _ in throw EquationError("no seed for a random source") }
  ) throws {
    self.system = system
    self.basis = basis
    let structure = try BoundedStructure(system, basis: basis, points: points, dealiasing: dealiasing)
    self.structure = structure

    var separable: [(row: Int, term: ExpandedTerm)] = []
    var pointwise: [(row: Int, term: ExpandedTerm)] = []
    for (row, term) in structure.explicitTerms {
      if !term.dependsOnUnknowns && term.isSeparable {
        separable.append((row, term))
      } else {
        pointwise.append((row, term))
      }
    }
    let plan = NonlinearPlan(
      system, terms: pointwise,
      PlanningContext(mayRewrite: false, vanishes: { _ in false }, laplacianFactor: { _, _ in nil }))
    self.plan = plan

    let coordinates = structure.coordinateValues
    func evaluate(_ node: Node) throws -> [Double] {
      let values = try structure.gridValues(of: node, coordinates: coordinates, random: random)
      try system.requireFinite(values, node)
      return values
    }
    coefficients = plan.products.flatMap { $0.formula.spatialCoefficients }.reduce(into: []) { list, node in
      if !list.contains(node) { list.append(node) }
    }
    coefficientValues = try coefficients.map { Buffer(copying: try evaluate($0)) }
    program = try PointwiseProgram(
      plan.products.map(\.formula), inputs: plan.inputs.map { .jet($0) } + coefficients)

    sources = try Self.sources(separable, structure, evaluate)
    hasBoundaryData = structure.variables.contains { u in
      structure.axes.contains { axis in
        axis.basis == .chebyshev
          && [false, true].contains {
            structure.conditions[u, Side(axis.axis, upper: $0)].map { !$0.data.isZero } ?? false
          }
      }
    }
    boundarySolver = hasBoundaryData ? BoundarySolver(structure) : BoundarySolver.none
    if hasBoundaryData {
      // Formulas that cannot be evaluated are found now and not in the first step.
      try BoundaryForcing(structure, solver: boundarySolver, workers: 1)?.checkFinite(at: 0)
    }
    meanSquareWeights = structure.variables.indices.map { v in
      Buffer(
        copying: (0..<structure.modeCount).map { structure.meanSquareWeight(v, structure.indices($0)) })
    }
  }

  /// Discretises a system in the basis that ``suitableBasis(for:)`` finds.
  ///
  /// - Throws: ``EquationError`` when the system does not fit.
  public convenience init(
    _ system: PDESystem, points: [Int], dealiasing: Dealiasing = .automatic,
    random: (RandomField) throws -> [Double] = { _ in throw EquationError("no seed for a random source") }
  ) throws {
    try self.init(
      system, basis: Self.suitableBasis(for: system), points: points, dealiasing: dealiasing, random: random)
  }

  private static func sources(
    _ terms: [(row: Int, term: ExpandedTerm)], _ structure: BoundedStructure,
    _ evaluate: (Node) throws -> [Double]
  ) throws -> [Source] {
    var result: [Source] = []
    for (row, term) in terms {
      let (space, time) = term.separated
      let grid = try evaluate(space)
      if space.hasRandomField {
        try structure.checkSides(of: grid, "the source '\(term.readable(structure.system))'")
      }
      let analysis = FieldAnalysis(
        structure,
        [[.init(variable: row, coefficient: term.coefficient, outer: term.outer, isDividedByMass: true)]],
        workers: WorkerPool.shared.threadCount)
      analysis.fields[0].pointer.update(from: grid, count: grid.count)
      analysis.run(.shared)
      let modes = analysis.modes[row]!
      let count = (structure.isComplex ? 2 : 1) * structure.modeCount
      if let i = result.firstIndex(where: { $0.factor == time }) {
        if let sum = result[i].modes[row] {
          for j in 0..<count { sum.pointer[j] += modes[j] }
        } else {
          result[i].modes[row] = Buffer(copying: Array(UnsafeBufferPointer(start: modes, count: count)))
        }
      } else {
        var parts: [Buffer<Double>?] = structure.variables.map { _ in nil }
        parts[row] = Buffer(copying: Array(UnsafeBufferPointer(start: modes, count: count)))
        result.append(Source(modes: parts, factor: time))
      }
    }
    return result
  }

  /// The matrix L of one mode, over the variables.
  public func linearPart(_ mode: Int) -> SmallComplexMatrix { structure.linearPart(mode) }

  /// Whether L couples variables.
  public var isCoupled: Bool { structure.entries.contains { $0.row != $0.column } }
}

extension BoundarySolver {
  /// For systems without data.
  static var none: BoundarySolver { BoundarySolver() }

  private init() { (inverse, square, rest, restOfInverse) = ([], [], [], []) }
}

extension BoundedStructure {
  /// The coordinates of every grid point, one array per axis, in the grid's order (x slowest).
  var coordinateValues: [[Double]] {
    let points = axes.map(\.points)
    return axes.indices.map { a in
      let (own, inner) = (axes[a].coordinates, points[(a + 1)...].reduce(1, *))
      return (0..<points.reduce(1, *)).map { own[$0 / inner % points[a]] }
    }
  }

  /// A node without unknowns on the grid.
  func gridValues(
    of node: Node, coordinates: [[Double]], time: Double = 0, random: (RandomField) throws -> [Double]
  ) throws -> [Double] {
    var inputs: [Node] = axes.map { .coordinate($0.axis) }
    var values = coordinates
    var fields: [RandomField] = []
    node.visit { if case .random(let field) = $0, !fields.contains(field) { fields.append(field) } }
    for field in fields {
      inputs.append(.random(field))
      values.append(try random(field))
    }
    let count = axes.reduce(1) { $0 * $1.points }
    return try PointwiseProgram([node], inputs: inputs).values(values, count: count, time: time)[0]
  }

  /// Whether a field vanishes on the sides of sine axes.
  ///
  /// - Throws: ``EquationError`` when it does not.
  func checkSides(of field: [Double], _ what: String) throws {
    let largest = field.reduce(0) { max($0, abs($1)) }
    let points = axes.map(\.points)
    for (a, axis) in axes.enumerated() where axis.basis == .sine {
      let line = ArrayShape(points, 1).line(a)
      for o in 0..<line.outer {
        for j in [0, points[a] - 1] {
          for k in 0..<line.inner {
            guard abs(field[(o * points[a] + j) * line.inner + k]) <= 1e-10 * largest else {
              throw EquationError(
                "\(what) does not vanish on the sides of \(axis.axis.name), as the sine basis needs: use the "
                  + "Chebyshev basis along \(axis.axis.name)")
            }
          }
        }
      }
    }
  }
}

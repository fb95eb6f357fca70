import Algebra
import Equations
import Foundation
import Geometry
import Tensors

/// An evolution equation on a periodic box, discretised by Fourier modes: v' = L v + N(v, t).
///
/// Immutable; steppers with their own memory run on it.
public final class FourierSystem: Sendable {
  /// The lowered problem.
  public let system: PDESystem
  public let layout: FourierLayout
  public let structure: LinearStructure
  /// How nonlinear terms are evaluated.
  public let plan: NonlinearPlan
  /// Unknowns that are stepped, by index into `system.unknowns`.
  public var variables: [Int] { structure.variables }

  /// Symbols of the plan's inputs over the variables: `inputSymbols[input][variable]`.
  let inputSymbols: [[ModeSymbol?]]
  /// Symbols with which products enter the variables' equations, the transform's 1/N included.
  let outputSymbols: [[ModeSymbol?]]
  /// Sources of the form f(t) · g(x), in modes.
  let sources: [Source]
  /// Coefficients that depend on space alone, as nodes and values on the grid.
  let coefficients: [Node]
  let coefficientValues: [[Double]]
  /// The formulas with coefficients as inputs.
  let program: PointwiseProgram
  private let linear: [SmallComplexMatrix]
  /// S: what each determined unknown is of the variables.
  let determinedSymbols: [[ModeSymbol?]]

  /// A source's modes per variable, and the factor that multiplies them over time.
  struct Source: Sendable {
    var modes: [Buffer<Double>]
    var factor: Node
  }

  /// Discretises a system.
  ///
  /// - Parameters:
  ///   - system: The lowered problem; its domain is periodic.
  ///   - points: Grid points per axis.
  ///   - dealiasing: How products are kept free of aliases.
  ///   - random: Values of random fields on the grid of `points`, for sources that contain some.
  /// - Throws: ``EquationError`` when the system does not fit the method.
  public init(
    _ system: PDESystem, points: [Int], dealiasing: Dealiasing = .automatic,
    random: (RandomField) throws -> [Double] = { _ in throw EquationError("no seed for a random source") }
  ) throws {
    guard system.box.isPeriodic else {
      throw EquationError(
        "the Fourier method needs a domain that is periodic along every axis: use Chebyshev, Sine or Cosine instead"
      )
    }
    self.system = system
    let structure = try LinearStructure(system)
    self.structure = structure
    let degree = system.degree
    let isLinear = !system.rows.contains { $0.terms.contains { $0.dependsOnUnknowns } }
    try dealiasing.validate()
    let cutoff = points.map { dealiasing.cutoff(points: $0, degree: isLinear ? 1 : degree) }
    if let a = cutoff.firstIndex(where: { $0 < 1 }) {
      throw EquationError(
        "\(points[a]) points along \(Axis.allCases[a].name) leave no wave free of aliases: give at least "
          + "\(max(8, 4 * (degree ?? 2)))")
    }
    let layout = FourierLayout(box: system.box, points: points, cutoff: cutoff)
    self.layout = layout

    // Every mode's matrices, in parallel.
    let modes = layout.matrices(of: structure)
    for m in modes.indices where modes[m].isSingular {
      try structure.checkMode(layout.physicalWavenumbers(m))
    }
    linear = modes.map(\.L)
    determinedSymbols = structure.determined.indices.map { row in
      structure.variables.indices.map { v in ModeSymbol(modes.map { $0.S[row, v] }) }
    }

    var separable: [(row: Int, term: ExpandedTerm)] = []
    var pointwise: [(row: Int, term: ExpandedTerm)] = []
    for (r, row) in structure.evolutionRows.enumerated() {
      for term in system.rows[row].terms {
        if !term.dependsOnUnknowns && term.isSeparable {
          separable.append((r, term))
        } else {
          pointwise.append((r, term))
        }
      }
    }
    let wavenumbers = (0..<layout.modeCount).map { layout.physicalWavenumbers($0) }
    // What cancels within a G that projects is small beside the largest of any mode.
    let largest = structure.evolutionRows.indices.map { row in
      modes.reduce(0.0) { largest, mode in
        (0..<mode.G.rows).reduce(largest) { Swift.max($0, mode.G[$1, row].magnitude) }
      }
    }
    plan = NonlinearPlan(
      system, terms: pointwise,
      PlanningContext(
        mayRewrite: dealiasing.isExact(points: points, degree: degree),
        vanishes: { contributions in
          Self.vanishes(contributions, modes: modes, wavenumbers: wavenumbers, largest: largest)
        },
        laplacianFactor: { psi, w in
          Self.laplacianFactor(psi, w, structure: structure, modes: modes, wavenumbers: wavenumbers)
        }))

    // The form of an input as symbols over the variables.
    let plan = plan
    inputSymbols = plan.inputs.map { input in
      structure.variables.indices.map { v in
        ModeSymbol(
          (0..<layout.modeCount).map { m in
            plan.form(input).parts.reduce(Complex<Double>.zero) { sum, part in
              sum + part.coefficient * LinearStructure.symbol(part.jet.orders, wavenumbers[m])
                * structure.value(of: part.jet.unknown, variable: v, in: modes[m])
            }
          })
      }
    }
    let norm = 1 / Double(layout.pointCount)
    outputSymbols = plan.products.map { product in
      structure.variables.indices.map { v in
        ModeSymbol(
          (0..<layout.modeCount).map { m in
            product.contributions.reduce(Complex<Double>.zero) { sum, c in
              sum + c.coefficient * LinearStructure.symbol(c.outer, wavenumbers[m]) * modes[m].G[v, c.row]
            }
          }, scale: norm)
      }
    }

    let coordinateValues = layout.coordinateValues
    func evaluate(_ node: Node) throws -> [Double] {
      let values = try layout.gridValues(of: node, coordinates: coordinateValues, random: random)
      try system.requireFinite(values, node)
      return values
    }
    coefficients = plan.products.flatMap { $0.formula.spatialCoefficients }.reduce(into: []) { list, node in
      if !list.contains(node) { list.append(node) }
    }
    coefficientValues = try coefficients.map(evaluate)
    program = try PointwiseProgram(
      plan.products.map(\.formula), inputs: plan.inputs.map { .jet($0) } + coefficients)

    var sources: [Source] = []
    let transform = FourierTransform(layout)
    for (row, term) in separable {
      let (space, time) = term.separated
      let grid = try evaluate(.constant(term.coefficient) * space)
      let spectrum = transform.spectrum(of: grid)
      let largest = spectrum.reduce(0) { Swift.max($0, abs($1)) }
      if largest > 0 {
        try structure.checkMean(ofSource: term, row: row, relativeMean: abs(spectrum[0]) / largest)
      }
      let parts = structure.variables.indices.map { v in
        let buffer = Buffer<Double>(count: 2 * layout.modeCount)
        for m in 0..<layout.modeCount {
          let value =
            modes[m].G[v, row] * LinearStructure.symbol(term.outer, wavenumbers[m])
            * Complex(spectrum[2 * m], spectrum[2 * m + 1])
          buffer.pointer[2 * m] = value.real
          buffer.pointer[2 * m + 1] = value.imaginary
        }
        return buffer
      }
      if let i = sources.firstIndex(where: { $0.factor == time }) {
        for (sum, part) in zip(sources[i].modes, parts) {
          for j in 0..<sum.count { sum.pointer[j] += part.pointer[j] }
        }
      } else {
        sources.append(Source(modes: parts, factor: time))
      }
    }
    self.sources = sources
  }

  /// The matrix L of one mode, over the variables.
  public func linearPart(_ mode: Int) -> SmallComplexMatrix { linear[mode] }

  /// Whether L couples variables.
  public var isCoupled: Bool {
    linear.contains { matrix in
      (0..<matrix.rows).contains { i in
        (0..<matrix.columns).contains { j in i != j && matrix[i, j] != .zero }
      }
    }
  }

  /// The symbol that gives ∂ᵅ of any unknown that is not a multiplier from the variables.
  public func jetSymbol(_ jet: Jet) -> [ModeSymbol?] {
    let modes = layout.matrices(of: structure)
    return structure.variables.indices.map { v in
      ModeSymbol(
        (0..<layout.modeCount).map { m in
          LinearStructure.symbol(jet.orders, layout.physicalWavenumbers(m))
            * structure.value(of: jet.unknown, variable: v, in: modes[m])
        })
    }
  }

  private static func vanishes(
    _ contributions: [NonlinearPlan.Contribution], modes: [LinearStructure.Mode], wavenumbers: [[Double]],
    largest: [Double]
  ) -> Bool {
    for m in modes.indices {
      for v in 0..<modes[m].G.rows {
        var (sum, size) = (Complex<Double>.zero, 0.0)
        for c in contributions {
          let symbol = LinearStructure.symbol(c.outer, wavenumbers[m])
          let term = c.coefficient * symbol * modes[m].G[v, c.row]
          sum += term
          size += abs(c.coefficient) * symbol.magnitude * largest[c.row]
        }
        if sum.magnitude > 1e-12 * size { return false }
      }
    }
    return true
  }

  private static func laplacianFactor(
    _ psi: Int, _ w: Int, structure: LinearStructure, modes: [LinearStructure.Mode], wavenumbers: [[Double]]
  ) -> Double? {
    var factor: Double?
    for m in modes.indices {
      let k2 = wavenumbers[m].reduce(0) { $0 + $1 * $1 }
      for v in structure.variables.indices where k2 > 0 {
        let (p, q) = (
          structure.value(of: psi, variable: v, in: modes[m]),
          structure.value(of: w, variable: v, in: modes[m])
        )
        let laplacian = -k2 * p
        if factor == nil, laplacian != .zero { factor = (q / laplacian).real }
        if (q - (factor ?? 0) * laplacian).magnitude > 1e-12 * Swift.max(q.magnitude, laplacian.magnitude) {
          return nil
        }
      }
    }
    return factor
  }
}

extension LinearStructure {
  /// The factor of a variable in an unknown: 1 for itself, S for a determined unknown.
  func value(of unknown: Int, variable: Int, in mode: Mode) -> Complex<Double> {
    if variables[variable] == unknown { return .one }
    guard let row = determined.firstIndex(of: unknown) else { return .zero }
    return mode.S[row, variable]
  }
}

extension FourierLayout {
  /// 2π k/L per axis.
  func physicalWavenumbers(_ mode: Int) -> [Double] {
    zip(wavenumbers(mode), fundamentals).map { Double($0) * $1 }
  }

  func matrices(of structure: LinearStructure) -> [LinearStructure.Mode] {
    let empty = LinearStructure.Mode(
      L: .init(rows: 0, columns: 0), G: .init(rows: 0, columns: 0), S: .init(rows: 0, columns: 0))
    var result = Array(repeating: empty, count: modeCount)
    result.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let modes = buffer
      // Tiles write disjoint parts of the array.
      WorkerPool.shared.forEach(tiles: columnCount) { column, _ in
        for m in column * columnLength..<(column + 1) * columnLength {
          modes[m] = structure.mode(physicalWavenumbers(m))
        }
      }
    }
    return result
  }

  /// The coordinates of every grid point, one array per axis, in the grid's order (x slowest).
  var coordinateValues: [[Double]] {
    let axes = coordinates
    return axes.indices.map { a in
      let inner = points[(a + 1)...].reduce(1, *)
      return (0..<pointCount).map { axes[a][$0 / inner % points[a]] }
    }
  }

  /// A node without unknowns and time on the grid.
  func gridValues(
    of node: Node, coordinates: [[Double]], time: Double = 0, random: (RandomField) throws -> [Double]
  ) throws -> [Double] {
    var inputs: [Node] = Axis.allCases.prefix(dimension).map { .coordinate($0) }
    var values = coordinates
    var fields: [RandomField] = []
    node.visit { if case .random(let field) = $0, !fields.contains(field) { fields.append(field) } }
    for field in fields {
      inputs.append(.random(field))
      values.append(try random(field))
    }
    return try PointwiseProgram([node], inputs: inputs).values(values, count: pointCount, time: time)[0]
  }
}

extension PDESystem {
  /// - Throws: ``EquationError`` when a coefficient or source is infinite or not a number at a grid point.
  func requireFinite(_ values: [Double], _ node: Node) throws {
    if values.allSatisfy(\.isFinite) { return }
    throw EquationError(
      "'\(node.readable(self))' is not finite at a point of the grid: correct the formula, or move the domain so that "
        + "no point lies there")
  }
}

extension ExpandedTerm {
  /// Whether each factor depends on space or on time, but none on both.
  var isSeparable: Bool { factors.allSatisfy { !($0.node.dependsOnTime && $0.node.dependsOnSpace) } }

  /// The product of factors that depend on space (or nothing), and that of those that depend on time.
  var separated: (space: Node, time: Node) {
    let nodes = factors.map { Node.raise($0.node, .constant(Double($0.power))) }
    return (
      .product(of: nodes.filter { !$0.dependsOnTime }), .product(of: nodes.filter { $0.dependsOnTime })
    )
  }
}

extension Node {
  /// The largest subexpressions that depend on space but on neither unknowns nor time, and coordinates that remain.
  var spatialCoefficients: [Node] {
    if dependsOnSpace && !dependsOnTime && !dependsOnUnknowns { return [self] }
    var found: [Node] = []
    _ = mapChildren(
      { child in
        found += child.spatialCoefficients
        return child
      }, { $0 })
    return found
  }
}

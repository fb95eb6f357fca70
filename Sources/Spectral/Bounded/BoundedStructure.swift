import Algebra
import Equations
import Geometry
import Tensors

/// The linear part of a system on a box, split into what is diagonal in the basis and what is stepped explicitly.
struct BoundedStructure: Sendable {
  /// coefficient · ∂ᵅ of a variable in the equation of another: K in m u' + K u + … = 0.
  struct Entry: Sendable {
    var row: Int
    var column: Int
    var coefficient: Double
    var orders: MultiIndex
    /// The Chebyshev axis whose eigenvalues it takes.
    var chebyshevAxis: Int?
  }

  let system: PDESystem
  let evolution: EvolutionRows
  let conditions: BoundaryConditions
  let axes: [BoundedAxis]
  /// `lines[axis][variable]`, for Chebyshev axes.
  let lines: [[ChebyshevLine]]
  let entries: [Entry]
  /// Everything else, by row.
  let explicitTerms: [(row: Int, term: ExpandedTerm)]
  /// What the user should know about the split.
  let notes: [String]
  /// Modes per axis.
  let modeShape: [Int]

  var variables: [Int] { evolution.variables }
  /// Whether modes are complex: there is a Fourier axis.
  var isComplex: Bool { axes.contains { $0.basis == .fourier } }
  var modeCount: Int { modeShape.reduce(1, *) }

  init(
    _ system: PDESystem, basis: [AxisBasis], points: [Int], dealiasing: Dealiasing
  ) throws {
    self.system = system
    let evolution = try EvolutionRows(system)
    let conditions = try BoundaryConditions(system)
    (self.evolution, self.conditions) = (evolution, conditions)
    let checks = BasisChecks(system: system, rows: evolution, conditions: conditions, bases: basis)
    try checks.validate()
    precondition(
      points.count == system.dimension, "\(points.count) point counts in \(system.dimension) dimensions")
    let isLinear = !evolution.rows.contains { $0.terms.contains { $0.dependsOnUnknowns } }
    try dealiasing.validate()
    let lastFourier = basis.lastIndex(of: .fourier)
    let axes = Axis.allCases.prefix(system.dimension).map { axis in
      let a = axis.rawValue
      return BoundedAxis(
        axis, basis[a], system.box.intervals[a], points: points[a], isHalf: lastFourier == a,
        degree: isLinear ? 1 : system.degree, dealiasing: dealiasing)
    }
    self.axes = axes
    for axis in axes {
      let least = axis.basis == .chebyshev ? 5 : 4
      guard axis.points >= least, axis.cutoff >= 1 else {
        throw EquationError(
          "\(axis.points) points along \(axis.axis.name) are too few for the \(axis.basis.rawValue) basis: give at "
            + "least \(max(least, 8))")
      }
    }

    var notes: [String] = []
    var chosen = LineChoice(system, evolution, conditions, axes)
    lines = try axes.indices.map { try chosen.lines(along: $0, &notes) }
    let lines = lines
    modeShape = axes.indices.map { a in
      axes[a].basis == .chebyshev ? lines[a].map(\.modeCount).max() ?? 0 : axes[a].extent
    }

    var entries: [Entry] = []
    var explicit: [(row: Int, term: ExpandedTerm)] = []
    for (v, row) in evolution.rows.enumerated() {
      for term in row.terms { explicit.append((v, term)) }
      for term in row.linear {
        let w = evolution.variables.firstIndex(of: term.unknown)!
        switch Self.place(of: term, v, w, axes, lines) {
        case .diagonal(let axis):
          entries.append(
            Entry(row: v, column: w, coefficient: term.coefficient, orders: term.orders, chebyshevAxis: axis))
        case .absorbed: break
        case .explicit(let reason):
          let node = Node.constant(term.coefficient) * .jet(Jet(term.unknown, term.orders))
          explicit += try node.expandedTerms().map { (v, $0) }
          let text = Node.jet(Jet(term.unknown, term.orders)).readable(system)
          notes.append("\(text) in '\(row.text)' is stepped explicitly: \(reason)")
        }
      }
    }
    self.entries = entries
    explicitTerms = explicit
    self.notes = notes
    try checkMasses()
  }

  /// Refuses masses that cancel in a mode, and those that vanish for the mean while the rest of the equation does not.
  private func checkMasses() throws {
    for (v, row) in evolution.rows.enumerated() where row.mass.contains(where: { $0.orders != .zero }) {
      for mode in 0..<modeCount {
        let indices = indices(mode)
        let parts = row.mass.map { $0.coefficient * waveSymbol($0.orders, indices) }
        let size = parts.reduce(0) { $0 + $1.magnitude }
        guard parts.reduce(Complex.zero, +).magnitude <= 1e-13 * size else { continue }
        let name = system.unknowns[variables[v]].name
        let numbers = indices.indices.map { "\(axes[$0].wavenumber(indices[$0]))" }.joined(separator: ", ")
        guard size == 0 else {
          throw EquationError(
            "the time derivatives of \(name) in '\(row.text)' cancel in the mode with \(numbers) waves: change a "
              + "coefficient or the size of the domain")
        }
        if row.linear.contains(where: { waveSymbol($0.orders, indices) != .zero }) {
          throw EquationError(
            "'\(row.text)' has no time derivative of the mean of \(name), which its other terms contain: add one, or write "
              + "the equation for an unknown whose mean is zero")
        }
      }
    }
  }

  private enum Place {
    case diagonal(axis: Int?)
    /// Part of the operator whose eigenvectors are the modes.
    case absorbed
    case explicit(String)
  }

  private static func place(
    of term: PDESystem.LinearTerm, _ v: Int, _ w: Int, _ axes: [BoundedAxis], _ lines: [[ChebyshevLine]]
  ) -> Place {
    let chebyshev = axes.indices.filter { axes[$0].basis == .chebyshev }
    let active = chebyshev.filter { term.orders[axes[$0].axis] > 0 }
    if active.count > 1 {
      return .explicit("it has derivatives along more than one Chebyshev axis")
    }
    for a in chebyshev
    where lines[a][v].conditions != lines[a][w].conditions || lines[a][v].kind != lines[a][w].kind {
      return .explicit("the two unknowns obey different conditions along \(axes[a].axis.name)")
    }
    guard let a = active.first else { return .diagonal(axis: nil) }
    let order = term.orders[axes[a].axis]
    guard case .eigenvectors(let advection) = lines[a][w].kind else {
      return .explicit(
        "no second derivative of it along \(axes[a].axis.name) gives modes that diagonalise it")
    }
    if advection == 0 {
      return order == 2
        ? .diagonal(axis: a)
        : .explicit("the modes along \(axes[a].axis.name) are eigenvectors of the second derivative alone")
    }
    guard term.orders.total == order else {
      return .explicit(
        "the modes along \(axes[a].axis.name) are eigenvectors of first and second derivatives together")
    }
    return order == 2 ? .diagonal(axis: a) : .absorbed
  }

  // MARK: - Modes

  /// The indices along each axis of the mode with index `mode`.
  func indices(_ mode: Int) -> [Int] {
    var (rest, result) = (mode, Array(repeating: 0, count: modeShape.count))
    for a in modeShape.indices.reversed() {
      (rest, result[a]) = rest.quotientAndRemainder(dividingBy: modeShape[a])
    }
    return result
  }

  /// ∂ᵅ along the wave axes.
  func waveSymbol(_ orders: MultiIndex, _ indices: [Int]) -> Complex<Double> {
    var result = Complex<Double>.one
    for (a, axis) in axes.enumerated() where axis.basis.isTrigonometric && orders[axis.axis] > 0 {
      result *= axis.symbol(orders[axis.axis], indices[a])
    }
    return result
  }

  /// −1/m of a variable's equation; zero where its time derivative drops out.
  func inverseMass(_ variable: Int, _ indices: [Int]) -> Complex<Double> {
    let value = evolution.rows[variable].mass.reduce(Complex<Double>.zero) {
      $0 + $1.coefficient * waveSymbol($1.orders, indices)
    }
    return value == .zero ? .zero : Complex(-1) / value
  }

  /// Whether a variable has a mode with these indices: axes on which others have fewer conditions hold more.
  func exists(_ variable: Int, _ indices: [Int]) -> Bool {
    axes.indices.allSatisfy { lines[$0].isEmpty || indices[$0] < lines[$0][variable].modeCount }
  }

  /// L of a mode, variables × variables.
  ///
  /// - Parameter tolerance: Elements whose terms cancel up to this part of the largest are zero.
  func linearPart(_ mode: Int, tolerance: Double = 0) -> SmallComplexMatrix {
    let indices = indices(mode)
    var result = SmallComplexMatrix(rows: variables.count, columns: variables.count)
    var sizes = Array(repeating: 0.0, count: result.elements.count)
    for entry in entries where exists(entry.row, indices) {
      let value = value(of: entry, indices)
      let i = entry.row * variables.count + entry.column
      result.elements[i] += value
      sizes[i] = max(sizes[i], value.magnitude)
    }
    for i in sizes.indices where result.elements[i].magnitude <= tolerance * sizes[i] {
      result.elements[i] = .zero
    }
    return result
  }

  /// What an entry contributes to L.
  func value(of entry: Entry, _ indices: [Int]) -> Complex<Double> {
    var value = entry.coefficient * waveSymbol(entry.orders, indices) * inverseMass(entry.row, indices)
    if let a = entry.chebyshevAxis { value *= Complex(lines[a][entry.column].eigenvalues[indices[a]]) }
    return value
  }

  /// Mean square of a variable's field ≈ Σ weight · |mode|².
  func meanSquareWeight(_ variable: Int, _ indices: [Int]) -> Double {
    guard exists(variable, indices) else { return 0 }
    return axes.indices.reduce(1) { product, a in
      product
        * (lines[a].isEmpty
          ? axes[a].meanSquareWeight(indices[a]) : lines[a][variable].meanSquareWeights[indices[a]])
    }
  }
}

/// Chooses the modes of every variable along Chebyshev axes.
private struct LineChoice {
  private let system: PDESystem
  private let evolution: EvolutionRows
  private let conditions: BoundaryConditions
  private let axes: [BoundedAxis]

  init(
    _ system: PDESystem, _ evolution: EvolutionRows, _ conditions: BoundaryConditions, _ axes: [BoundedAxis]
  ) {
    (self.system, self.evolution, self.conditions, self.axes) = (system, evolution, conditions, axes)
  }

  mutating func lines(along a: Int, _ notes: inout [String]) throws -> [ChebyshevLine] {
    guard axes[a].basis == .chebyshev else { return [] }
    let axis = axes[a].axis
    let ends = evolution.variables.map { conditions.ends($0, axis) }
    var known: [EndConditions: ChebyshevLine] = [:]
    for conditions in ends where known[conditions] == nil {
      // Variables that obey the same conditions share their modes, so that L may couple them.
      let group = ends.indices.filter { ends[$0] == conditions }
      known[conditions] = try line(conditions, group, axes[a], &notes)
    }
    return ends.map { known[$0]! }
  }

  private func line(
    _ conditions: EndConditions, _ group: [Int], _ axis: BoundedAxis, _ notes: inout [String]
  ) throws -> ChebyshevLine {
    let grid = axis.nodes
    let needsSecond = evolution.rows.contains { row in
      row.linear.contains { term in
        term.orders[axis.axis] == 2 && group.contains { evolution.variables[$0] == term.unknown }
      }
    }
    do {
      if conditions.count < 2 || !needsSecond {
        return try ChebyshevLine(kind: .nodal, conditions: conditions, grid: grid)
      }
      let advection = sharedAdvection(group, axis.axis)
      if advection != 0 {
        if let line = try? ChebyshevLine(
          kind: .eigenvectors(advection: advection), conditions: conditions, grid: grid)
        {
          return line
        }
        notes.append(
          "first derivatives along \(axis.axis.name) are too strong beside the second ones for joint eigenvectors"
        )
      }
      return try ChebyshevLine(kind: .eigenvectors(advection: 0), conditions: conditions, grid: grid)
    } catch is ChebyshevLine.Failure {
      let names = group.map { system.unknowns[evolution.variables[$0]].name }.joined(separator: ", ")
      throw EquationError(
        "the conditions on \(names) along \(axis.axis.name) do not determine the values on its sides, or give a second "
          + "derivative whose eigenvalues are not real: check the signs of their factors")
    }
  }

  /// The ratio of first to second derivative along the axis, if it is the same for all of these variables and nothing
  /// else stands in its way.
  private func sharedAdvection(_ group: [Int], _ axis: Axis) -> Double {
    var ratio: Double?
    for v in group {
      let unknown = evolution.variables[v]
      var (first, second) = (0.0, 0.0)
      for (w, row) in evolution.rows.enumerated() {
        for term in row.linear where term.unknown == unknown && term.orders[axis] > 0 {
          guard w == v, term.orders.total == term.orders[axis] else { return 0 }
          if term.orders[axis] == 1 { first += term.coefficient } else { second += term.coefficient }
        }
      }
      guard second != 0, ratio == nil || ratio == first / second else { return 0 }
      ratio = first / second
    }
    return ratio ?? 0
  }
}

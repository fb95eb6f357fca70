import CKernels
import Tensors

/// The operator −∇·(k ∇u) + a u on a box with a structured grid, in second-order differences, as a stencil of 3, 5 or 7
/// points that needs no matrix.
///
/// Rows are those of the usual difference formula, (2 u_i − u_{i−1} − u_{i+1})/h² and so on, multiplied by the share of
/// a cell that their unknown stands for: 1, and 1/2 for each Neumann end that it lies on. That makes the operator
/// symmetric. Unknowns are in row-major order, the last axis fastest.
///
/// Given values at Dirichlet ends and given fluxes at Neumann ends belong to the right-hand side.
public struct GridOperator<Scalar: SparseScalar>: LinearOperator {
  /// The axes, one to three, the last one fastest in memory.
  public let axes: [GridAxis]
  /// Where the unknowns are.
  public let placement: GridPlacement
  let coefficients: GridCoefficients
  let stencil: GridStencil<Scalar>
  /// The part of a cell that unknowns stand for along each axis of memory order, where a separable operator has
  /// unknowns with less than a cell.
  let masses: [[Double]]

  /// The number of unknowns.
  public var rows: Int { axes.reduce(1) { $0 * $1.count } }
  public var columns: Int { rows }
  /// The constants, where the operator is singular.
  public var nullSpace: NullSpace<Scalar>? { isSingular ? .constant(rows) : nil }

  /// Whether constants are in the null space: no Dirichlet end and no reaction.
  public let isSingular: Bool

  /// The operator with a diffusion coefficient k > 0 and a reaction a ≥ 0.
  /// - Throws: ``GridOperatorError`` when coefficients are not as many as there are unknowns, or are not positive.
  public init(
    axes: [GridAxis], placement: GridPlacement = .vertices, diffusion: GridCoefficient = .constant(1),
    reaction: GridCoefficient = .constant(0)
  ) throws(GridOperatorError) {
    precondition((1...3).contains(axes.count), "a grid has one to three axes, not \(axes.count)")
    self.axes = axes
    self.placement = placement
    let count = axes.reduce(1) { $0 * $1.count }
    guard count <= Int(Int32.max) else { throw .tooManyUnknowns(count) }
    try GridOperatorError.check(
      diffusion, name: "diffusion", axes: axes.count, count: count, allowsZero: false)
    try GridOperatorError.check(reaction, name: "reaction", axes: nil, count: count, allowsZero: true)

    let positions = Self.memoryAxes(axes.count)
    let missing = SeparableAxis(GridAxis(count: 1, spacing: 1, boundary: .neumann), placement: .cells)
    var separable = [SeparableAxis](repeating: missing, count: 3)
    for (axis, position) in zip(axes.reversed(), positions) {
      separable[position] = SeparableAxis(axis, placement: placement)
    }
    let hasDirichlet = axes.contains { $0.low == .dirichlet || $0.high == .dirichlet }
    var hasReaction = true
    if case .constant(let value) = reaction { hasReaction = value > 0 }
    if case .perUnknown(let values) = reaction { hasReaction = values.contains { $0 > 0 } }
    isSingular = !hasDirichlet && !hasReaction

    var factors: [Double]?
    switch diffusion {
    case .constant(let k): factors = [Double](repeating: k, count: 3)
    case .perAxis(let k):
      var all = [Double](repeating: 1, count: 3)
      for (value, position) in zip(k.reversed(), positions) { all[position] = value }
      factors = all
    case .perUnknown: factors = nil
    }
    if let factors, case .constant(let a) = reaction {
      for axis in 0..<3 {
        for face in separable[axis].faces.indices { separable[axis].faces[face] *= factors[axis] }
      }
      coefficients = .separable(separable, reaction: a)
      masses = separable.map(\.mass)
    } else {
      coefficients = .faces(
        FaceArrays(separable, diffusion: diffusion, reaction: reaction, factors: factors, axes: positions))
      masses = separable.map { [Double](repeating: 1, count: $0.count) }
    }
    stencil = GridStencil(coefficients, scale: 1)
  }

  /// Where the axes of a grid stand among the three of memory order, the fastest first: those of a plane are rows and
  /// planes, so that passes over planes work on a few rows at a time.
  static func memoryAxes(_ dimension: Int) -> [Int] { [[0], [0, 2], [0, 1, 2]][dimension - 1] }

  /// The same operator in another precision.
  public init<Other: SparseScalar>(_ other: GridOperator<Other>) {
    (axes, placement, isSingular) = (other.axes, other.placement, other.isSingular)
    (coefficients, masses) = (other.coefficients, other.masses)
    stencil = GridStencil(coefficients, scale: 1)
  }

  public var isKnownSymmetric: Bool { true }

  public func makeAction(pool: WorkerPool) -> LinearAction<Scalar> {
    LinearAction(rows: rows, columns: rows, makeTiledProduct(), pool: pool)
  }

  public func makeTiledProduct(pool: WorkerPool) -> TiledProduct<Scalar>? { makeTiledProduct() }

  private func makeTiledProduct() -> TiledProduct<Scalar> {
    let (stencil, tiles) = (stencil, PlaneTiles(stencil.counts))
    let masses = GridMasses<Scalar>(masses)
    return TiledProduct(
      tiles: tiles.count,
      rows: { tiles[$0].lowerBound * stencil.planeSize..<tiles[$0].upperBound * stencil.planeSize },
      multiply: { x, y, tile in
        for z in tiles[tile] {
          let (plane, out) = (stencil.planeSize * z, y + stencil.planeSize * z)
          Scalar.gridApply(
            stencil.plane(z), out, x + plane, below: stencil.neighbour(x, z, -1),
            above: stencil.neighbour(x, z, 1))
          masses.multiply(out, plane: z)
        }
      })
  }

  /// The same operator as an assembled matrix.
  public func assembled() -> SparseMatrix<Scalar> {
    let (counts, periodic) = (stencil.counts, stencil.isPeriodic)
    var (starts, columns, values): ([Int32], [Int32], [Scalar]) = ([0], [], [])
    starts.reserveCapacity(rows + 1)
    var strides = [1, counts[0], counts[0] * counts[1]]
    strides.append(rows)
    for index in 0..<rows {
      let position = (0..<3).map { index / strides[$0] % counts[$0] }
      var row: [Int32: Double] = [:]
      var diagonal = 0.0
      for axis in 0..<3 {
        let (before, after) = couplings(at: position, axis: axis)
        diagonal += before + after
        for (offset, value) in [(-1, before), (1, after)] where value != 0 {
          var other = position[axis] + offset
          if !(0..<counts[axis]).contains(other) {
            guard periodic[axis] else { continue }
            other = (other + counts[axis]) % counts[axis]
          }
          row[Int32(index + (other - position[axis]) * strides[axis]), default: 0] -= value
        }
      }
      row[Int32(index), default: 0] += diagonal + shift(at: position)
      for (column, value) in row.sorted(by: { $0.key < $1.key }) {
        columns.append(column)
        values.append(Scalar(value))
      }
      starts.append(Int32(columns.count))
    }
    return SparseMatrix(
      pattern: SparsityPattern(
        rows: rows, columns: rows, rowStarts: Buffer(starts), columnIndices: Buffer(columns)),
      values: Buffer(values))
  }

  private func couplings(at position: [Int], axis: Int) -> (Double, Double) {
    switch coefficients {
    case .separable(let axes, _):
      let others = (0..<3).filter { $0 != axis }.reduce(1.0) { $0 * axes[$1].mass[position[$1]] }
      return (axes[axis].faces[position[axis]] * others, axes[axis].faces[position[axis] + 1] * others)
    case .faces(let arrays):
      guard let faces = arrays.faces[axis] else { return (0, 0) }
      let counts = FaceArrays.faceCounts(arrays.counts, axis: axis)
      let index = position[0] + counts[0] * (position[1] + counts[1] * position[2])
      let stride = [1, counts[0], counts[0] * counts[1]][axis]
      return (faces.pointer[index], faces.pointer[index + stride])
    }
  }

  private func shift(at position: [Int]) -> Double {
    switch coefficients {
    case .separable(let axes, let reaction):
      return reaction * (0..<3).reduce(1.0) { $0 * axes[$1].mass[position[$1]] }
    case .faces(let arrays):
      let counts = arrays.counts
      return arrays.shift?.pointer[position[0] + counts[0] * (position[1] + counts[1] * position[2])] ?? 0
    }
  }
}

/// Why an operator on a grid cannot be made.
public enum GridOperatorError: Error, Equatable, CustomStringConvertible {
  /// A number of coefficients that fits neither the axes nor the unknowns.
  case coefficientCount(name: String, found: Int, expected: Int)
  /// A coefficient that is negative, zero where it must not be, infinite or NaN.
  case coefficientValue(name: String, index: Int, value: Double)
  /// More unknowns than 32-bit indices can count.
  case tooManyUnknowns(Int)

  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .coefficientCount(let name, let found, let expected):
      return
        "The \(name) coefficient has \(found) values where \(expected) are needed; give one per unknown or per axis."
    case .coefficientValue(let name, let index, let value):
      let sign = name == "reaction" ? "finite and not negative" : "finite and positive"
      return
        "The \(name) coefficient is \(value) at index \(index), but must be \(sign) for multigrid; use GMRES on the "
        + "assembled matrix for an indefinite operator."
    case .tooManyUnknowns(let count):
      return "A grid of \(count) unknowns exceeds 32-bit indices (\(Int32.max)); use a coarser grid."
    }
  }

  static func check(
    _ coefficient: GridCoefficient, name: String, axes: Int?, count: Int, allowsZero: Bool
  ) throws(GridOperatorError) {
    let values: [Double]
    switch coefficient {
    case .constant(let value): values = [value]
    case .perAxis(let all):
      guard let axes, all.count == axes else {
        throw .coefficientCount(name: name, found: all.count, expected: axes ?? count)
      }
      values = all
    case .perUnknown(let all):
      guard all.count == count else { throw .coefficientCount(name: name, found: all.count, expected: count) }
      values = all
    }
    for (index, value) in values.enumerated()
    where !(value.isFinite && (value > 0 || allowsZero && value == 0)) {
      throw .coefficientValue(name: name, index: index, value: value)
    }
  }
}

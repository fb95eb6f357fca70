import Algebra
import Equations
import Geometry
import Tensors

extension GridDiffusion {
  /// Assembles an equation.
  ///
  /// - Parameters:
  ///   - equation: The equation.
  ///   - system: The problem that it belongs to, for the box and the conditions.
  ///   - points: Vertices per axis; on a bounded axis both ends count.
  ///   - random: Values of random fields on the grid.
  /// - Throws: ``EquationError`` that names the condition or coefficient at fault, and what `random` throws.
  public init(
    _ equation: SecondOrderEquation, of system: PDESystem, points: [Int],
    random: (RandomField, RectilinearGrid) throws -> [Double]
  ) throws {
    let box = system.box
    let d = box.dimension
    precondition(points.count == d, "\(points.count) point counts for \(d) axes")
    let sides = try GridSides(equation, system)
    for (axis, count) in zip(Axis.allCases, points) where count < 3 {
      throw EquationError(
        "\(count) points along \(axis.name) are too few for a second-order stencil: give at least 3")
    }
    isPeriodic = box.intervals.map(\.isPeriodic)
    let spacing = zip(box.intervals, points).map { $0.length / Double($0.isPeriodic ? $1 : $1 - 1) }
    let coordinates = zip(box.intervals, points).enumerated().map { axis, pair in
      (0..<pair.1).map {
        $0 == pair.1 - 1 && !pair.0.isPeriodic ? pair.0.upper : pair.0.lower + Double($0) * spacing[axis]
      }
    }
    let grid = RectilinearGrid(coordinates: coordinates)
    self.grid = grid
    free = points.indices.map { axis in
      let (lower, upper) = (sides.isDirichlet(axis, upper: false), sides.isDirichlet(axis, upper: true))
      return (lower ? 1 : 0)..<(upper ? points[axis] - 1 : points[axis])
    }
    let coefficients = try GridCoefficients(equation, on: grid) { node in
      try grid.values(of: node) { try random($0, grid) }
    }
    try sides.check(coefficients, isPeriodic: isPeriodic)
    isSymmetric = !coefficients.hasConvection
    leavesConstantFree =
      coefficients.reaction == nil
      && box.intervals.indices.allSatisfy { box.intervals[$0].isPeriodic || sides.isPureNeumann($0) }
    prescribed = try sides.prescribed(on: grid)
    let stencil = GridStencil(
      grid: grid, free: free, isPeriodic: isPeriodic, spacing: spacing, coefficients: coefficients,
      natural: try sides.natural(on: grid), prescribed: prescribed)
    (matrix, rightHandSide) = try stencil.assemble()
    let free = free
    multigrid = MultigridData(
      axes: points.indices.map { axis in
        let kind = { (isUpper: Bool) -> GridBoundary in
          box.intervals[axis].isPeriodic
            ? .periodic : sides.isDirichlet(axis, upper: isUpper) ? .dirichlet : .neumann
        }
        return GridAxis(count: free[axis].count, spacing: spacing[axis], low: kind(false), high: kind(true))
      }, diffusion: coefficients.gridDiffusion(free, points),
      reaction: coefficients.gridReaction(free, points, hasNaturalValue: sides.hasNaturalValue))
  }
}

/// The coefficients of an equation at the vertices; nil where they vanish, so that no array of zeros is kept.
struct GridCoefficients {
  /// The diagonal of D per axis.
  var diffusion: [[Double]]
  /// The entries of D off its diagonal, by pair of axes.
  var mixed: [(a: Int, b: Int, values: [Double])] = []
  var convection: [[Double]?]
  var reaction: [Double]?
  var source: [Double]

  var hasConvection: Bool { convection.contains { $0 != nil } }

  /// The diffusion at the free vertices, where it is the same along all axes; its value per axis where it is constant.
  func gridDiffusion(_ free: [Range<Int>], _ shape: [Int]) -> GridCoefficient? {
    if diffusion.allSatisfy({ values in values.allSatisfy { $0 == values[0] } }) {
      return .perAxis(diffusion.map { $0[0] })
    }
    guard diffusion.allSatisfy({ $0 == diffusion[0] }) else { return nil }
    return .perUnknown(Self.restricted(diffusion[0], free, shape))
  }

  /// The reaction at the free vertices. Robin sides, which would be lost, become a small one everywhere.
  func gridReaction(_ free: [Range<Int>], _ shape: [Int], hasNaturalValue: Bool) -> GridCoefficient {
    if let reaction, reaction.contains(where: { $0 > 0 }) {
      return .perUnknown(Self.restricted(reaction.map { max($0, 0) }, free, shape))
    }
    return .constant(hasNaturalValue ? diffusion[0].reduce(0, +) / Double(diffusion[0].count) : 0)
  }

  private static func restricted(_ values: [Double], _ free: [Range<Int>], _ shape: [Int]) -> [Double] {
    var result: [Double] = []
    let shape = GridDiffusion.padded(shape, with: 1)
    let free = free + Array(repeating: 0..<1, count: 3 - free.count)
    for i in free[0] {
      for j in free[1] {
        for k in free[2] { result.append(values[(i * shape[1] + j) * shape[2] + k]) }
      }
    }
    return result
  }

  init(
    _ equation: SecondOrderEquation, on grid: RectilinearGrid, _ values: (Node) throws -> [Double]
  ) throws {
    let d = grid.dimension
    func optional(_ node: Node) throws -> [Double]? { node.isZero ? nil : try values(node) }
    let finite = { (what: String, array: [Double]) throws -> [Double] in
      if let i = array.firstIndex(where: { !$0.isFinite }) {
        let place = grid.coordinatesOfPoint(i).map { "\($0)" }.joined(separator: ", ")
        throw EquationError("\(what) of '\(equation.text)' is not finite at (\(place)): correct its formula")
      }
      return array
    }
    diffusion = try (0..<d).map { try finite("the diffusion", values(equation.diffusion[$0][$0])) }
    for a in 0..<d {
      guard diffusion[a].allSatisfy({ $0 > 0 }) || diffusion[a].allSatisfy({ $0 < 0 }) else {
        throw EquationError(
          "the coefficient of the second derivative along \(Axis.allCases[a].name) in '\(equation.text)' vanishes or changes "
            + "sign on the domain: an elliptic equation needs one sign")
      }
      for b in (a + 1)..<max(d, a + 1) {
        if let array = try optional(equation.diffusion[a][b]) {
          mixed.append((a, b, try finite("the diffusion", array)))
        }
      }
    }
    convection = try equation.convection.map { try optional($0).map { try finite("the convection", $0) } }
    reaction = try optional(equation.reaction).map { try finite("the reaction", $0) }
    source = try finite("the source", values(equation.source))
    if diffusion[0][0] < 0 {
      // The same equation with the sign for which the matrix is positive definite.
      let negated = { (values: [Double]) in values.map { -$0 } }
      diffusion = diffusion.map(negated)
      mixed = mixed.map { ($0.a, $0.b, negated($0.values)) }
      convection = convection.map { $0.map(negated) }
      reaction = reaction.map(negated)
      source = negated(source)
    }
  }
}

extension RectilinearGrid {
  /// The coordinates of the point with an index in row-major order.
  func coordinatesOfPoint(_ index: Int) -> [Double] {
    var rest = index
    var result: [Double] = []
    for axis in coordinates.reversed() {
      result.insert(axis[rest % axis.count], at: 0)
      rest /= axis.count
    }
    return result
  }
}

import Equations
import Geometry

/// The residual-based a-posteriori estimate of the energy error (Babuška & Rheinboldt 1978; Verfürth, A Posteriori Error
/// Estimation Techniques for Finite Element Methods, 2013):
///
/// η_K² = h_K² ‖residual‖²_K + ½ Σ h_K ‖jump of flux · n‖² over inner sides + Σ h_K ‖flux · n − prescribed‖² over outer ones,
///
/// with h_K / p and h_K / p for elements of order p. Up to constants that depend on the shape of cells alone, the sum bounds
/// the error from both sides, where coefficients do not jump strongly.
public struct ErrorEstimate: Sendable {
  /// η_K² of every cell, cells being numbered block after block.
  public let squares: [Double]
  /// √Σ η_K².
  public var total: Double { squares.reduce(0, +).squareRoot() }

  /// Estimates the error of a solution, all equations together.
  ///
  /// - Throws: What the formulas throw when they cannot be differentiated.
  public init(_ solution: FiniteElementSolution) throws {
    let system = solution.system
    let mesh = system.mesh
    let axes = Array(Axis.allCases.prefix(mesh.dimension))
    var sum = [Double](repeating: 0, count: mesh.cellCount)
    let add = { (values: [Double]) in for (i, value) in values.enumerated() { sum[i] += value } }
    let h = BlockPlan.diameter
    for equation in system.weak.equations where !equation.flux.allSatisfy(\.isZero) {
      let p = Double(max(system.space.fields[equation.test].space.degree, 1))
      let divergence = try Node.sum(of: axes.map { try equation.flux[$0.rawValue].differentiated(.axis($0)) })
      let residual = equation.density + divergence
      let inner = Node.raise(h / .constant(p), .constant(2)) * .raise(residual, .constant(2))
      add(
        try CellIntegrals(system, [inner], degree: Self.degree(system, equation)).values(
          solution.values, time: solution.time)[0])
      let outward = Node.sum(of: axes.map { equation.flux[$0.rawValue] * .normal($0) })
      // Where a value is prescribed there is no residual; elsewhere the flux is the prescribed one, or zero.
      let valued = system.weak.essential.filter { $0.unknown == equation.test }
      for (part, flux) in equation.prescribed {
        let mismatch = h / .constant(p) * .raise(outward - flux, .constant(2))
        add(
          try CellIntegrals(system, [mismatch], over: .boundary(part)).values(
            solution.values, time: solution.time)[0])
      }
      if let free = Self.rest(of: valued.map(\.part) + equation.prescribed.map(\.part)) {
        let mismatch = h / .constant(p) * .raise(outward, .constant(2))
        add(
          try CellIntegrals(system, [mismatch], over: .boundary(free)).values(
            solution.values, time: solution.time)[0])
      }
      let jumps = try FluxJumps(system).squares(outward, solution.values, time: solution.time)
      for jump in jumps {
        for cell in [jump.first, jump.second] { sum[cell.number] += 0.5 * cell.diameter / p * jump.square }
      }
    }
    squares = sum
  }

  /// Enough for the square of the residual of a source that is no polynomial.
  private static func degree(_ system: FiniteElementSystem, _ equation: WeakProblem.StrongEquation) -> Int {
    min(2 * system.space.fields[equation.test].space.degree + 4, 10)
  }

  /// What parts leave of the boundary, or nil for nothing.
  private static func rest(of parts: [WeakForm.BoundaryPart]) -> WeakForm.BoundaryPart? {
    if parts.contains(where: \.names.isEmpty) { return nil }
    return WeakForm.BoundaryPart([], except: parts.flatMap(\.names))
  }

  /// The cells that carry a share of the estimate: the smallest set whose squares sum up to at least `fraction` of the
  /// total (Dörfler 1996).
  public func marked(fraction: Double = 0.5) -> [Int] {
    precondition(fraction > 0 && fraction <= 1, "a fraction of \(fraction)")
    let goal = fraction * squares.reduce(0, +)
    let order = squares.indices.sorted { (squares[$0], $1) > (squares[$1], $0) }
    var (sum, marked): (Double, [Int]) = (0, [])
    for cell in order {
      if sum >= goal { break }
      sum += squares[cell]
      marked.append(cell)
    }
    return marked.sorted()
  }
}

/// Squares of jumps of a normal flux across the inner sides of a mesh.
struct FluxJumps {
  /// A cell at a side.
  struct Cell {
    var number: Int
    var diameter: Double
  }

  /// ∫ (flux · n from both sides)² over one side.
  struct Jump {
    var first: Cell
    var second: Cell
    var square: Double
  }

  private let system: FiniteElementSystem

  init(_ system: FiniteElementSystem) { self.system = system }

  /// A side of a cell with its corners in the order of the mesh's points, so that both cells see the same points.
  private struct Key: Hashable, Comparable {
    var block: Int
    var side: Int
    var order: [Int]
    static func < (a: Key, b: Key) -> Bool {
      a.block != b.block
        ? a.block < b.block : a.side != b.side ? a.side < b.side : a.order.lexicographicallyPrecedes(b.order)
    }
  }

  func squares(_ outward: Node, _ state: [Double], time: Double) throws -> [Jump] {
    let topology = system.space.topology
    let mesh = system.mesh
    let inner = (0..<topology.facetCount).filter { topology.facetCells[2 * $0 + 1] >= 0 }
    guard !inner.isEmpty else { return [] }
    var groups: [Key: [(facet: Int, element: Int, which: Int)]] = [:]
    for (i, facet) in inner.enumerated() {
      for which in 0..<2 {
        let (block, element) = topology.place(ofCell: Int(topology.facetCells[2 * facet + which]))
        let side = Int(topology.facetSides[2 * facet + which])
        let nodes = mesh.cells[block].nodes(of: element)
        let corners = mesh.cells[block].shape.facets[side]
        let point = { (corner: Int) in nodes[nodes.startIndex + corner] }
        groups[Key(block: block, side: side, order: Self.ordered(corners, point)), default: []].append(
          (i, element, which))
      }
    }
    let degree = 2 * (system.space.spaces.map(\.degree).max() ?? 1) + 2
    let counts = Dictionary(
      uniqueKeysWithValues: Set(mesh.cells.map(\.shape.facetShape)).map {
        ($0, Quadrature($0, degree: degree))
      })
    let most = counts.values.map(\.points.count).max() ?? 1
    var sums = [Double](repeating: 0, count: inner.count * most)
    var measures = [Double](repeating: 0, count: inner.count * most)
    var diameters = [Double](repeating: 0, count: inner.count * 2)
    for (key, members) in groups.sorted(by: { $0.key < $1.key }) {
      let shape = mesh.cells[key.block].shape
      let rule = counts[shape.facetShape]!
      let frame = SideFrame(shape, key.side, order: key.order)
      let list = CellList(
        system.space, block: key.block, cells: members.map(\.element), pattern: nil, pairs: [])
      let plan = try BlockPlan(
        system.space, block: key.block, points: rule.points.map(frame.point),
        area: SideFrame(shape, key.side).area,
        list: list, nodes: [outward, BlockPlan.diameter])
      plan.setTime(time)
      let scratch = BlockScratch(plan)
      state.withUnsafeBufferPointer { state in
        for start in stride(from: 0, to: members.count, by: BlockPlan.lanes) {
          let count = min(BlockPlan.lanes, members.count - start)
          plan.evaluate(start, count, AssemblyTargets(state: state.baseAddress), scratch)
          for c in 0..<count {
            let member = members[start + c]
            diameters[2 * member.facet + member.which] = plan.sampled(1, 0, c, scratch)
            for q in rule.points.indices {
              sums[member.facet * most + q] += plan.sampled(0, q, c, scratch)
              measures[member.facet * most + q] = plan.measure(q, c, scratch) * rule.weights[q]
            }
          }
        }
      }
    }
    return inner.enumerated().map { i, facet in
      var square = 0.0
      for q in i * most..<(i + 1) * most { square += measures[q] * sums[q] * sums[q] }
      return Jump(
        first: Cell(number: Int(topology.facetCells[2 * facet]), diameter: diameters[2 * i]),
        second: Cell(number: Int(topology.facetCells[2 * facet + 1]), diameter: diameters[2 * i + 1]),
        square: square)
    }
  }

  /// The corners of a side from that with the lowest point, towards its neighbour with the lower point; in a triangle by
  /// their points.
  private static func ordered(_ corners: [Int], _ point: (Int) -> Int32) -> [Int] {
    guard corners.count == 4 else { return corners.sorted { point($0) < point($1) } }
    let first = corners.indices.min { point(corners[$0]) < point(corners[$1]) }!
    let (next, last) = (corners[(first + 1) % 4], corners[(first + 3) % 4])
    let opposite = corners[(first + 2) % 4]
    return point(next) < point(last)
      ? [corners[first], next, opposite, last] : [corners[first], last, opposite, next]
  }
}

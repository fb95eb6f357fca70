import Equations
import Geometry

extension FiniteElementSolution {
  /// The values of an unknown at points, NaN outside of the mesh.
  ///
  /// - Parameters:
  ///   - points: The coordinates of each point.
  ///   - locator: A locator of the system's mesh, where there is one already.
  /// - Throws: ``FiniteElementError`` when there is no such unknown.
  public func values(of name: String, at points: [[Double]], locator: MeshLocator? = nil) throws -> [Double] {
    try values(of: [.jet(Jet(index(of: name)))], at: points, locator: locator)[0]
  }

  /// The values of formulas in the problem's unknowns, such as `dx(u)` or `k * grad(u).x`, at points; NaN outside of the
  /// mesh. On edges between cells, derivatives are those of one of them.
  public func values(of formula: ScalarField, at points: [[Double]], locator: MeshLocator? = nil) throws
    -> [Double]
  {
    try values(of: [system.system.lowered(formula)], at: points, locator: locator)[0]
  }

  /// The values of formulas over jets up to second order at points, one array per formula; NaN outside of the mesh.
  public func values(of formulas: [Node], at points: [[Double]], locator: MeshLocator? = nil) throws
    -> [[Double]]
  {
    let d = system.mesh.dimension
    for point in points where point.count != d {
      preconditionFailure("a point of \(point.count) coordinates for a mesh in \(d) dimensions")
    }
    var result = formulas.map { _ in [Double](repeating: .nan, count: points.count) }
    let finder = try locator ?? MeshLocator(system.mesh)
    let places = finder.locate(points: points.flatMap { $0 })
    // Jets by unknown: basis functions at the point, combined with the cell's degrees of freedom.
    let evaluator = try PointEvaluator(system, formulas)
    for (i, place) in places.enumerated() {
      guard let place else { continue }
      let reference = (0..<d).map { place.reference[$0] }
      let found = evaluator.values(
        values, block: place.block, element: place.element, reference: reference, point: points[i], time: time
      )
      for k in formulas.indices { result[k][i] = found[k] }
    }
    return result
  }

  /// The values of formulas over jets at the points of the mesh, for output; where cells differ, the mean of theirs. Points
  /// that no cell has are NaN.
  public func pointValues(of formulas: [Node]) throws -> [[Double]] {
    let mesh = system.mesh
    var sums = formulas.map { _ in [Double](repeating: 0, count: mesh.pointCount) }
    var counts = [Double](repeating: 0, count: mesh.pointCount)
    for (b, block) in mesh.cells.enumerated() where block.count > 0 {
      let nodes = system.space.spaces[0].blocks[b].geometry.element.nodes
      let sampled = try CellSampler(system, block: b, points: nodes, formulas).values(values, time: time)
      for (i, point) in block.nodes.enumerated() {
        counts[Int(point)] += 1
        for k in formulas.indices { sums[k][Int(point)] += sampled[k][i] }
      }
    }
    return sums.map { zip($0, counts).map { $1 > 0 ? $0 / $1 : .nan } }
  }

  /// The values of an unknown at the points of the mesh.
  public func pointValues(of name: String) throws -> [Double] {
    try pointValues(of: [.jet(Jet(index(of: name)))])[0]
  }
}

/// Evaluates formulas over jets at single points of cells.
struct PointEvaluator {
  private let system: FiniteElementSystem
  private let program: PointwiseProgram
  private let inputs: [Node]
  private var random: [Node: GridInterpolant] = [:]

  init(_ system: FiniteElementSystem, _ formulas: [Node]) throws {
    self.system = system
    var leaves: [Node] = []
    for formula in formulas {
      formula.visit { leaf in
        switch leaf {
        case .coordinate, .jet, .region, .random: if !leaves.contains(leaf) { leaves.append(leaf) }
        default: break
        }
      }
    }
    inputs = leaves
    for leaf in leaves {
      if case .random(let field) = leaf { random[leaf] = try system.space.random.interpolant(field) }
    }
    program = try PointwiseProgram(formulas, inputs: leaves)
  }

  func values(
    _ state: [Double], block b: Int, element: Int, reference: [Double], point: [Double], time: Double
  ) -> [Double] {
    let space = system.space
    let d = space.mesh.dimension
    let geometry = GeometryAtPoint(space, block: b, element: element, reference: reference)
    let arguments = inputs.map { leaf -> [Double] in
      switch leaf {
      case .coordinate(let axis): return [point[axis.rawValue]]
      case .random:
        var x = SIMD3<Double>.zero
        for (axis, value) in point.enumerated() { x[axis] = value }
        return [random[leaf]!(x)]
      case .region(let name):
        let tags = (try? space.mesh.regionTags(named: name)) ?? []
        return [tags.contains(space.mesh.cells[b].tags[element]) ? 1 : 0]
      case .jet(let jet):
        let field = space.fields[jet.unknown]
        let own = field.space.blocks[b]
        let n = own.element.functionCount
        let coefficients = (0..<n).map { state[field.index(Int(own.dofs.pointer[element * n + $0]))] }
        let axes = Axis.allCases.flatMap { Array(repeating: $0.rawValue, count: jet.orders[$0]) }
        return [geometry.derivative(own.element, coefficients, axes, dimension: d)]
      default: return [0]
      }
    }
    return program.values(arguments, count: 1, time: time).map { $0[0] }
  }
}

/// The map of one cell at one point, for derivatives in space.
private struct GeometryAtPoint {
  let reference: [Double]
  /// inverse[b][a] = ∂ξ_b/∂x_a.
  var inverse: [[Double]] = []
  /// ∂²x_k/∂ξ_a∂ξ_b.
  var seconds: [[[Double]]] = []

  init(_ space: MixedSpace, block: Int, element: Int, reference: [Double]) {
    self.reference = reference
    let own = space.spaces[0].blocks[block]
    let (d, m) = (space.mesh.dimension, own.geometry.nodeCount)
    let x = (0..<d).map { axis in
      (0..<m).map { space.mesh.coordinates[Int(own.points.pointer[element * m + $0]) * d + axis] }
    }
    let dot = { (a: [Double], b: [Double]) in zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    let slopes = (0..<d).map {
      own.geometry.element.values(at: [reference], derivative: Self.orders([$0]))[0]
    }
    let jacobian = (0..<d).map { a in (0..<d).map { b in dot(slopes[b], x[a]) } }
    inverse = Self.inverse(jacobian)
    seconds = (0..<d).map { k in
      (0..<d).map { a in
        (0..<d).map { b in
          dot(own.geometry.element.values(at: [reference], derivative: Self.orders([a, b]))[0], x[k])
        }
      }
    }
  }

  func derivative(_ element: FiniteElement, _ coefficients: [Double], _ axes: [Int], dimension d: Int)
    -> Double
  {
    let combine = { (orders: [Int]) in
      zip(element.values(at: [reference], derivative: Self.orders(orders))[0], coefficients).reduce(0) {
        $0 + $1.0 * $1.1
      }
    }
    if axes.isEmpty { return combine([]) }
    let slopes = (0..<d).map { combine([$0]) }
    let gradient = (0..<d).map { axis in (0..<d).reduce(0) { $0 + inverse[$1][axis] * slopes[$1] } }
    if axes.count == 1 { return gradient[axes[0]] }
    var sum = 0.0
    for a in 0..<d {
      for b in 0..<d {
        var h = combine([a, b])
        for k in 0..<d { h -= gradient[k] * seconds[k][a][b] }
        sum += inverse[a][axes[0]] * inverse[b][axes[1]] * h
      }
    }
    return sum
  }

  private static func orders(_ axes: [Int]) -> [Int] {
    var orders = [0, 0, 0]
    for axis in axes { orders[axis] += 1 }
    return orders
  }

  private static func inverse(_ m: [[Double]]) -> [[Double]] {
    switch m.count {
    case 1: return [[1 / m[0][0]]]
    case 2:
      let det = m[0][0] * m[1][1] - m[0][1] * m[1][0]
      return [[m[1][1] / det, -m[0][1] / det], [-m[1][0] / det, m[0][0] / det]]
    default:
      let cofactor = { (i: Int, j: Int) in
        m[(i + 1) % 3][(j + 1) % 3] * m[(i + 2) % 3][(j + 2) % 3]
          - m[(i + 1) % 3][(j + 2) % 3] * m[(i + 2) % 3][(j + 1) % 3]
      }
      let det = (0..<3).reduce(0) { $0 + m[0][$1] * cofactor(0, $1) }
      return (0..<3).map { i in (0..<3).map { cofactor($0, i) / det } }
    }
  }
}

extension Mesh {
  /// The length, area or volume of each cell, in the order of the blocks; exact for cells of either order.
  public var volumes: [Double] {
    var result: [Double] = []
    result.reserveCapacity(cellCount)
    for block in cells {
      let cell = ReferenceCell(block.shape, order: block.order)
      let rule = cell.volumeRule
      let slopes = rule.map { cell.gradients(at: $0.point) }
      for element in 0..<block.count {
        let nodes = block.nodes(of: element)
        var volume = 0.0
        for (q, slopes) in zip(rule, slopes) {
          volume += q.weight * determinant(nodes, slopes)
        }
        result.append(volume)
      }
    }
    return result
  }

  /// The length, area or volume of the mesh.
  public var volume: Double { volumes.reduce(0, +) }

  /// Points in the cells and weights of a rule of degree 5, exact up to curved cells: what integrates smooth functions.
  public var quadrature: (points: [[Double]], weights: [Double]) {
    var (points, weights): ([[Double]], [Double]) = ([], [])
    for block in cells {
      let cell = ReferenceCell(block.shape, order: block.order)
      let rule = cell.collapsedRule
      let values = rule.map { cell.values(at: $0.point) }
      let slopes = rule.map { cell.gradients(at: $0.point) }
      for element in 0..<block.count {
        let nodes = block.nodes(of: element)
        for (q, place) in rule.enumerated() {
          var x = [Double](repeating: 0, count: dimension)
          for (node, value) in zip(nodes, values[q]) {
            for axis in 0..<dimension { x[axis] += value * coordinates[dimension * Int(node) + axis] }
          }
          points.append(x)
          weights.append(place.weight * determinant(nodes, slopes[q]))
        }
      }
    }
    return (points, weights)
  }

  private func determinant(_ nodes: ArraySlice<Int32>, _ slopes: [[Double]]) -> Double {
    var j = (SIMD3<Double>.zero, SIMD3<Double>.zero, SIMD3<Double>.zero)
    for (node, slope) in zip(nodes, slopes) {
      var x = SIMD3<Double>.zero
      for axis in 0..<dimension { x[axis] = coordinates[dimension * Int(node) + axis] }
      j.0 += slope[0] * x
      if dimension > 1 { j.1 += slope[1] * x }
      if dimension > 2 { j.2 += slope[2] * x }
    }
    switch dimension {
    case 1: return j.0.x
    case 2: return j.0.x * j.1.y - j.0.y * j.1.x
    default:
      return j.0.x * (j.1.y * j.2.z - j.1.z * j.2.y) - j.0.y * (j.1.x * j.2.z - j.1.z * j.2.x)
        + j.0.z * (j.1.x * j.2.y - j.1.y * j.2.x)
    }
  }
}

extension ReferenceCell {
  /// A rule that integrates the Jacobian determinant exactly: three Gauss points per axis, of degree 5 in each variable,
  /// collapsed onto simplices (Duffy 1982).
  fileprivate var volumeRule: [(point: [Double], weight: Double)] {
    if shape.isSimplex, order == 1 { return [(centre, 1 / Double([1, 1, 2, 6][shape.dimension]))] }
    return collapsedRule
  }

  /// Three Gauss points per axis, collapsed onto simplices (Duffy 1982).
  fileprivate var collapsedRule: [(point: [Double], weight: Double)] {
    let d = shape.dimension
    let offset = 0.6.squareRoot() / 2
    let line = [(0.5 - offset, 5.0 / 18), (0.5, 8.0 / 18), (0.5 + offset, 5.0 / 18)]
    var rule: [(point: [Double], weight: Double)] = [([], 1)]
    for _ in 0..<d {
      rule = rule.flatMap { base in line.map { (point: base.point + [$0.0], weight: base.weight * $0.1) } }
    }
    guard shape.isSimplex else { return rule }
    return rule.map { point, weight in
      var (collapsed, rest, factor) = ([Double](), 1.0, weight)
      for (axis, t) in point.enumerated() {
        collapsed.append(rest * t)
        for _ in (axis + 1)..<d { factor *= 1 - t }
        rest *= 1 - t
      }
      return (collapsed, factor)
    }
  }
}

/// A quantity over a box that can be evaluated, measured and exported: every solution, classical or learned, gives some.
public protocol Field: EvaluableField {
  var box: Box { get }
  /// The points that the field is sampled on by default.
  var grid: RectilinearGrid { get }
  /// Integration weights of the grid's points along each axis.
  var weights: [[Double]] { get }
  /// One array per component with one value per grid point, x slowest.
  var gridValues: [[Double]] { get }
}

extension EvaluableField {
  /// The field at one point, one value per component.
  public func callAsFunction(_ coordinates: Double...) throws -> [Double] {
    try values(at: [coordinates]).map { $0[0] }
  }
}

extension Field {
  /// ∫ f dx over the box for each component.
  public var integrals: [Double] { gridValues.map { integral(of: $0) } }
  /// √∫|f|² dx, all components together.
  public var l2Norm: Double { gridValues.reduce(0) { $0 + integral(of: $1.map { $0 * $0 }) }.squareRoot() }
  /// The largest |value| on the grid, of any component.
  public var maxNorm: Double { gridValues.reduce(0) { $1.reduce($0) { max($0, abs($1)) } } }

  /// ‖f − g‖₂ / ‖g‖₂ on this field's grid; the absolute norm where g vanishes.
  ///
  /// - Precondition: both fields have as many components.
  public func relativeError(to reference: some Field) throws -> Double {
    let other = try reference.values(at: grid.points)
    precondition(
      other.count == gridValues.count,
      "\(name) has \(gridValues.count) components, \(reference.name) \(other.count)")
    return relativeError(to: other)
  }

  /// ‖f − g‖₂ / ‖g‖₂ for values g on this field's grid, one array per component.
  public func relativeError(to reference: [[Double]]) -> Double {
    var (difference, size) = (0.0, 0.0)
    for (a, b) in zip(gridValues, reference) {
      difference += integral(of: zip(a, b).map { ($0 - $1) * ($0 - $1) })
      size += integral(of: b.map { $0 * $0 })
    }
    return (size > 0 ? difference / size : difference).squareRoot()
  }

  private func integral(of values: [Double]) -> Double {
    precondition(values.count == grid.pointCount, "\(values.count) values on a grid of \(grid.shape)")
    let inner = weights.dropFirst().reduce([1.0]) { rows, axis in
      rows.flatMap { row in axis.map { row * $0 } }
    }
    var total = 0.0
    for (i, weight) in weights[0].enumerated() {
      var sum = 0.0
      for (j, w) in inner.enumerated() { sum += w * values[i * inner.count + j] }
      total += weight * sum
    }
    return total
  }
}

extension RectilinearGrid {
  /// The coordinates of every point, x slowest.
  public var points: [[Double]] {
    coordinates.reduce([[]]) { points, axis in points.flatMap { point in axis.map { point + [$0] } } }
  }
}

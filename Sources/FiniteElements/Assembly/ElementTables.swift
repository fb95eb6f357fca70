import CKernels
import Geometry
import Tensors

/// A matrix of constants that combines rows of numbers per cell.
struct Table: Sendable {
  let rows: Int
  let depth: Int
  let values: Buffer<Double>

  init(rows: Int, depth: Int, _ element: (Int, Int) -> Double) {
    (self.rows, self.depth) = (rows, depth)
    values = Buffer(uninitialized: max(rows * depth, 1))
    for r in 0..<rows { for k in 0..<depth { values.pointer[r * depth + k] = element(r, k) } }
  }

  /// out = table · in for `lanes` cells side by side.
  @inline(__always)
  func contract(
    _ input: UnsafePointer<Double>, to out: UnsafeMutablePointer<Double>, lanes: Int, accumulate: Bool = false
  ) {
    ck_elements_contract(
      out, values.pointer, input, Int64(rows), Int64(depth), Int64(lanes), accumulate ? 1 : 0)
  }
}

/// Values and derivatives of an element's functions at quadrature points: [order][point][function].
struct Tabulation: Sendable {
  let functions: Int
  let points: Int
  let dimension: Int
  /// Values.
  let values: [[Double]]
  /// First derivatives by axis.
  let gradients: [[[Double]]]
  /// Second derivatives by pairs of axes a ≤ b, in the order (0,0), (0,1), …, (1,1), ….
  let seconds: [[[Double]]]

  init(_ element: FiniteElement, at points: [[Double]], seconds: Bool = false) {
    functions = element.functionCount
    self.points = points.count
    let d = element.shape.dimension
    dimension = d
    values = element.values(at: points)
    let orders = { (axes: [Int]) -> [Int] in
      var orders = [0, 0, 0]
      for axis in axes { orders[axis] += 1 }
      return orders
    }
    gradients = (0..<d).map { element.values(at: points, derivative: orders([$0])) }
    self.seconds =
      seconds
      ? (0..<d).flatMap { a in (a..<d).map { b in element.values(at: points, derivative: orders([a, b])) } }
      : []
  }

  /// Coefficients to values, one row per point.
  var valueTable: Table { Table(rows: points, depth: functions) { values[$0][$1] } }
  /// Coefficients to reference gradients, points within axes.
  var gradientTable: Table {
    Table(rows: dimension * points, depth: functions) { gradients[$0 / points][$0 % points][$1] }
  }
  /// Coefficients to reference second derivatives, points within pairs of axes.
  var secondTable: Table {
    Table(rows: seconds.count * points, depth: functions) { seconds[$0 / points][$0 % points][$1] }
  }

  /// The function of a slot: its value, or its derivative along axis slot − 1.
  func slot(_ slot: Int, _ point: Int, _ function: Int) -> Double {
    slot == 0 ? values[point][function] : gradients[slot - 1][point][function]
  }
}

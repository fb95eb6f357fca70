import Equations
import Geometry

/// What is assembled over one place: coefficients of matrix blocks and of vectors, over jets at a point.
struct AssemblyRequest {
  var place: WeakForm.Place
  var matrix: [PointForm.Pair: [[Node]]]
  var vector: [Int: [Node]]

  /// The quadrature degree that integrates the coefficients as polynomials of their estimated degree.
  ///
  /// - Parameter limit: Estimates of coefficients end here.
  func degree(_ space: MixedSpace, block: Int, limit: Int = 12) -> Int {
    let blocks = space.fields.map { $0.space.blocks[block] }
    let isSimplex = blocks[0].element.shape.isSimplex
    let geometry = blocks[0].geometry
    // Derivatives of P_k have degree k − 1; of Q_k they keep degree k along other axes.
    let reduced = { (degree: Int, order: Int) in isSimplex ? max(degree - order, 0) : degree }
    let of = { (node: Node) in
      min(
        node.estimatedDegree(
          { reduced(blocks[$0.unknown].element.polynomialDegree, $0.orders.total) },
          coordinateDegree: geometry.order), limit)
    }
    var degree = 0
    for (pair, nodes) in matrix {
      for (a, row) in nodes.enumerated() {
        for (b, node) in row.enumerated() where !node.isZero {
          let (test, trial) = (
            reduced(blocks[pair.test].element.polynomialDegree, a > 0 ? 1 : 0),
            reduced(blocks[pair.trial].element.polynomialDegree, b > 0 ? 1 : 0)
          )
          degree = max(degree, of(node) + test + trial)
        }
      }
    }
    for (test, nodes) in vector {
      for (a, node) in nodes.enumerated() where !node.isZero {
        degree = max(degree, of(node) + reduced(blocks[test].element.polynomialDegree, a > 0 ? 1 : 0))
      }
    }
    return degree + geometry.determinantDegree
  }
}

import Geometry

extension FiniteElement {
  /// Polynomials without continuity between cells: constants, or those of order 1 (P1 on simplices, Q1 on others) with
  /// nodes at the corners.
  ///
  /// - Throws: ``FiniteElementError`` for other orders.
  public static func discontinuous(_ order: Int, on shape: CellShape) throws(FiniteElementError)
    -> FiniteElement
  {
    guard shape != .vertex, (0...1).contains(order) else {
      throw FiniteElementError(
        "there is no discontinuous element of order \(order) on a \(shape.rawValue): choose order 0 or 1")
    }
    let points = order == 0 ? [shape.center(of: Array(0..<shape.vertexCount))] : shape.referenceVertices
    return FiniteElement(
      name: (shape.isSimplex ? "P" : "Q") + "\(order) discontinuous", shape: shape, degree: order,
      nodes: points.enumerated().map {
        (Entity(dimension: shape.dimension, index: 0, position: $0), $1)
      },
      monomials: shape.monomials(degree: order), isContinuous: false)
  }
}

import Geometry

extension FiniteElement {
  /// The nonconforming linear element with nodes at the midpoints of sides (Crouzeix & Raviart 1973).
  ///
  /// - Throws: ``FiniteElementError`` on shapes other than triangles and tetrahedra.
  public static func crouzeixRaviart(on shape: CellShape) throws(FiniteElementError) -> FiniteElement {
    guard shape == .triangle || shape == .tetrahedron else {
      throw FiniteElementError(
        "there is no Crouzeix–Raviart element on a \(shape.rawValue): use triangles or tetrahedra, or a Lagrange element"
      )
    }
    return FiniteElement(
      name: "Crouzeix–Raviart", shape: shape, degree: 1,
      nodes: shape.facets.enumerated().map {
        (Entity(dimension: shape.dimension - 1, index: $0), shape.center(of: $1))
      },
      monomials: shape.monomials(degree: 1), isContinuous: false)
  }
}

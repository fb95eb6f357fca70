import Geometry

/// A choice of element that does not depend on the shape of cells.
public enum ElementFamily: Hashable, Sendable, CustomStringConvertible {
  /// Continuous polynomials: P1 to P3 on intervals, triangles and tetrahedra, Q1 and Q2 on quadrilaterals and hexahedra.
  case lagrange(Int)
  /// Polynomials of order 0 or 1 in each cell, without continuity.
  case discontinuous(Int)
  /// Piecewise linear functions, continuous at the midpoints of sides.
  case crouzeixRaviart

  /// The element on cells of one shape.
  ///
  /// - Throws: ``FiniteElementError`` when there is none.
  public func element(on shape: CellShape) throws(FiniteElementError) -> FiniteElement {
    switch self {
    case .lagrange(let order): try .lagrange(order, on: shape)
    case .discontinuous(let order): try .discontinuous(order, on: shape)
    case .crouzeixRaviart: try .crouzeixRaviart(on: shape)
    }
  }

  public var description: String {
    switch self {
    case .lagrange(let order): "Lagrange \(order)"
    case .discontinuous(let order): "discontinuous \(order)"
    case .crouzeixRaviart: "Crouzeix–Raviart"
    }
  }
}

/// A mesh, element, form or condition that the finite element method cannot take, in one sentence with the remedy.
public struct FiniteElementError: Error, Equatable, Sendable, CustomStringConvertible {
  public var description: String

  public init(_ description: String) { self.description = description }
}

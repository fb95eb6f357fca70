import Geometry

/// A finite element on a reference shape in the sense of Ciarlet (1978): polynomials, and points whose values determine
/// them.
///
/// Every element here is nodal: degree of freedom i is the value at node i, so that interpolation evaluates a function at
/// the nodes.
public struct FiniteElement: Sendable {
  /// The part of a cell to which a node belongs: nodes on shared parts are shared between cells.
  public struct Entity: Hashable, Sendable {
    /// 0 for a corner, 1 for an edge, and so on; the cell's dimension for its interior.
    public var dimension: Int
    /// The number of the corner, edge or side within the cell.
    public var index: Int
    /// The position among the nodes of an edge, from its first corner to its second.
    public var position = 0
  }

  /// The name in the literature, such as "P2" or "Q1".
  public let name: String
  /// The shape of the cells.
  public let shape: CellShape
  /// The highest degree such that all polynomials of that total degree (along each axis for Q) are in the space.
  public let degree: Int
  /// Reference coordinates of the nodes.
  public let nodes: [[Double]]
  /// Where each node belongs.
  public let entities: [Entity]
  /// Exponents of the monomials that span the space.
  package let monomials: [[Int]]
  /// coefficients[i][m]: the coefficient of monomial m in basis function i.
  let coefficients: [[Double]]

  /// The number of basis functions.
  public var functionCount: Int { nodes.count }
  /// Whether functions are continuous from cell to cell: nodes lie on sides, and determine the values there.
  public let isContinuous: Bool
  /// The highest degree of a basis function along a direction or in total, which quadrature has to meet.
  let polynomialDegree: Int

  /// The element with the given nodes and polynomials.
  init(
    name: String, shape: CellShape, degree: Int, nodes: [(Entity, [Double])], monomials: [[Int]],
    isContinuous: Bool
  ) {
    precondition(
      nodes.count == monomials.count, "\(nodes.count) nodes for \(monomials.count) polynomials of \(name)")
    (self.name, self.shape, self.degree) = (name, shape, degree)
    (self.nodes, self.entities) = (nodes.map(\.1), nodes.map(\.0))
    (self.monomials, self.isContinuous) = (monomials, isContinuous)
    polynomialDegree =
      monomials.map { shape.isSimplex ? $0.reduce(0, +) : ($0.max() ?? 0) }.max() ?? 0
    coefficients = Self.inverse(nodes.map { node in monomials.map { Self.value($0, node.1) } })
  }

  /// The values or a partial derivative of every basis function at reference points.
  ///
  /// - Parameters:
  ///   - points: Reference coordinates.
  ///   - orders: How often to differentiate along each axis; none by default.
  /// - Returns: One array per point with one number per basis function.
  public func values(at points: [[Double]], derivative orders: [Int] = [0, 0, 0]) -> [[Double]] {
    points.map { point in
      let powers = monomials.map { Self.value($0, point, orders) }
      return coefficients.map { row in
        var sum = 0.0
        for (c, p) in zip(row, powers) { sum += c * p }
        return sum
      }
    }
  }

  /// ∂ᵅ of a monomial.
  private static func value(_ exponents: [Int], _ point: [Double], _ orders: [Int] = [0, 0, 0]) -> Double {
    var result = 1.0
    for (axis, exponent) in exponents.enumerated() {
      let order = orders[axis]
      if order > exponent { return 0 }
      for k in 0..<order { result *= Double(exponent - k) }
      for _ in 0..<exponent - order { result *= point[axis] }
    }
    return result
  }

  /// The transposed inverse of a small matrix by Gauss–Jordan elimination with pivots: columns of the inverse are the
  /// coefficients of the basis functions.
  private static func inverse(_ matrix: [[Double]]) -> [[Double]] {
    let n = matrix.count
    var rows = matrix.enumerated().map { i, row in row + (0..<n).map { $0 == i ? 1 : 0 } }
    for k in 0..<n {
      let pivot = (k..<n).max { abs(rows[$0][k]) < abs(rows[$1][k]) }!
      precondition(abs(rows[pivot][k]) > 1e-12, "the nodes do not determine the polynomials")
      rows.swapAt(k, pivot)
      let scale = rows[k][k]
      for j in rows[k].indices { rows[k][j] /= scale }
      for i in 0..<n where i != k && rows[i][k] != 0 {
        let factor = rows[i][k]
        for j in rows[i].indices { rows[i][j] -= factor * rows[k][j] }
      }
    }
    // Coefficients of these small spaces are multiples of 1/2; what elimination leaves beside them is rounding.
    return (0..<n).map { i in
      (0..<n).map { m in
        let value = rows[m][n + i]
        let near = (value * 2).rounded() / 2
        return abs(value - near) < 1e-11 ? near : value
      }
    }
  }
}

extension CellShape {
  /// Reference coordinates of the corners.
  public var referenceVertices: [[Double]] {
    switch self {
    case .vertex: [[]]
    case .interval: [[0], [1]]
    case .triangle: [[0, 0], [1, 0], [0, 1]]
    case .quadrilateral: [[0, 0], [1, 0], [1, 1], [0, 1]]
    case .tetrahedron: [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    case .hexahedron:
      [
        [0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1],
      ]
    }
  }

  /// The volume of the reference shape.
  public var referenceVolume: Double { self == .triangle ? 1.0 / 2 : self == .tetrahedron ? 1.0 / 6 : 1 }

  /// Exponents of all monomials up to a degree: in total on simplices, along each axis on others.
  package func monomials(degree: Int) -> [[Int]] {
    let all = (0..<dimension).reduce([[Int]()]) { list, _ in
      list.flatMap { e in (0...degree).map { e + [$0] } }
    }
    return isSimplex ? all.filter { $0.reduce(0, +) <= degree } : all
  }

  /// The mean of some corners.
  func center(of corners: [Int]) -> [Double] {
    (0..<dimension).map { axis in
      corners.reduce(0) { $0 + referenceVertices[$1][axis] } / Double(corners.count)
    }
  }
}

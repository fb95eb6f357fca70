import Foundation
import Geometry
import Testing

import FiniteElements

@Suite("Quadrature")
struct QuadratureTests {
  /// The integral of a monomial over the reference shape.
  private func exact(_ shape: CellShape, _ exponents: [Int]) -> Double {
    guard shape.isSimplex else { return exponents.reduce(1) { $0 / Double($1 + 1) } }
    let factorial = { (n: Int) in (1...max(n, 1)).reduce(1.0) { $0 * Double($1) } }
    return exponents.reduce(1) { $0 * factorial($1) } / factorial(exponents.reduce(0, +) + shape.dimension)
  }

  @Test(
    "every monomial up to the degree is integrated exactly, with positive weights at inner points",
    arguments: [CellShape.interval, .triangle, .quadrilateral, .tetrahedron, .hexahedron], Array(0...14))
  func monomials(shape: CellShape, degree: Int) {
    let rule = Quadrature(shape, degree: degree)
    for exponents in shape.monomials(degree: degree) {
      var sum = 0.0
      for (point, weight) in zip(rule.points, rule.weights) {
        sum += zip(point, exponents).reduce(weight) { $0 * pow($1.0, Double($1.1)) }
      }
      #expect(abs(sum - exact(shape, exponents)) < 3e-15, "\(shape) \(exponents)")
    }
    #expect(rule.weights.allSatisfy { $0 > 0 })
    #expect(rule.points.allSatisfy { $0.allSatisfy { $0 > 0 && $0 < 1 } })
    if shape.isSimplex { #expect(rule.points.allSatisfy { $0.reduce(0, +) < 1 }) }
  }

  @Test("a rule is not exact beyond its degree", arguments: [2, 4, 6, 8, 10])
  func sharpness(degree: Int) {
    // A Gauss rule of n points has degree 2n − 1 and no more.
    let rule = Quadrature(.interval, degree: degree - 1)
    let sum = zip(rule.points, rule.weights).reduce(0) { $0 + pow($1.0[0], Double(degree)) * $1.1 }
    #expect(abs(sum - 1 / Double(degree + 1)) > 1e-12)
  }
}

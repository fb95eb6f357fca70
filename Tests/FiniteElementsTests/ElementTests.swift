import Foundation
import Geometry
import Testing

import FiniteElements

@Suite("Elements")
struct ElementTests {
  static let elements: [FiniteElement] = CellShape.allCases.filter { $0 != .vertex }.flatMap { shape in
    [
      ElementFamily.lagrange(1), .lagrange(2), .lagrange(3), .discontinuous(0), .discontinuous(1),
      .crouzeixRaviart,
    ]
    .compactMap { try? $0.element(on: shape) }
  }

  @Test("there are 25 elements")
  func count() {
    // P1 to P3 on three simplices, Q1 and Q2 on two shapes, two discontinuous ones on five, Crouzeix–Raviart on two.
    #expect(Self.elements.count == 9 + 4 + 10 + 2)
  }

  @Test("basis functions are 1 at their node and 0 at the others", arguments: elements.indices)
  func nodal(index: Int) {
    let element = Self.elements[index]
    for (i, row) in element.values(at: element.nodes).enumerated() {
      for (j, value) in row.enumerated() { #expect(abs(value - (i == j ? 1 : 0)) < 1e-13, "\(element.name)") }
    }
  }

  @Test(
    "interpolation reproduces the element's polynomials and their derivatives", arguments: elements.indices)
  func reproduction(index: Int) {
    let element = Self.elements[index]
    let points = Quadrature(element.shape, degree: 5).points
    for exponents in element.shape.monomials(degree: element.degree) {
      let monomial = { (x: [Double], e: [Int]) in zip(x, e).reduce(1.0) { $0 * pow($1.0, Double($1.1)) } }
      let nodal = element.nodes.map { monomial($0, exponents) }
      for axis in 0...element.shape.dimension {
        var orders = [0, 0, 0]
        var lower = exponents
        var factor = 1.0
        if axis < element.shape.dimension {
          orders[axis] = 1
          factor = Double(exponents[axis])
          lower[axis] = max(exponents[axis] - 1, 0)
        }
        for (point, row) in zip(points, element.values(at: points, derivative: orders)) {
          let value = zip(row, nodal).reduce(0) { $0 + $1.0 * $1.1 }
          #expect(abs(value - factor * monomial(point, lower)) < 1e-12, "\(element.name) \(exponents)")
        }
      }
    }
  }

  @Test("orders that do not exist are refused with what there is")
  func refusals() {
    #expect(
      throws: FiniteElementError(
        "there is no Lagrange element of order 4 on a triangle: choose an order from 1 to 3")
    ) {
      try ElementFamily.lagrange(4).element(on: .triangle)
    }
    #expect(throws: FiniteElementError.self) { try ElementFamily.lagrange(3).element(on: .hexahedron) }
    #expect(throws: FiniteElementError.self) { try ElementFamily.crouzeixRaviart.element(on: .quadrilateral) }
    #expect(throws: FiniteElementError.self) { try ElementFamily.discontinuous(2).element(on: .interval) }
  }
}

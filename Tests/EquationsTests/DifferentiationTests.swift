import Equations
import Foundation
import Testing

/// Symbolic derivatives against central differences of fourth order, which are right to about 1e-11 here.
@Suite("Symbolic differentiation")
struct DifferentiationTests {
  static let x = ScalarField.x
  static let y = ScalarField.y
  static let t = ScalarField.t
  private static let inner = 0.7 * sin(x) * cos(y) + 0.1 * t

  /// Each function on an argument that stays within its domain and off its kinks, at points with x in (0.4, 1.2).
  private static func argument(of function: Equations.Function) -> ScalarField {
    switch function {
    case .log: 2 + inner
    case .abs, .sign, .step: inner - 3
    default: inner
    }
  }

  private static let points = stride(from: 0.4, to: 1.2, by: 0.1).map { s in [s, 0.7 * s] }

  /// The largest error of the symbolic derivatives of `field` along x, y and t, relative to 1 + |derivative|.
  private func error(of field: ScalarField) throws -> Double {
    let h = 1e-3
    var largest = 0.0
    for point in Self.points {
      let value = { (shift: [Double]) in
        try field.node.value(at: [point[0] + shift[0], point[1] + shift[1]], time: 0.4 + shift[2])
      }
      for (axis, derivative) in [dx(field), dy(field), dt(field)].enumerated() {
        let at = { (steps: Double) in
          var shift = [0.0, 0, 0]
          shift[axis] = steps * h
          return try value(shift)
        }
        let difference = (8 * (try at(1) - at(-1)) - (try at(2) - at(-2))) / (12 * h)
        let exact = try derivative.node.value(at: point, time: 0.4)
        largest = max(largest, abs(exact - difference) / (1 + abs(exact)))
      }
    }
    return largest
  }

  @Test("every function", arguments: Equations.Function.allCases)
  func functions(_ function: Equations.Function) throws {
    let field = ScalarField(.function(function, Self.argument(of: function).node))
    #expect(try error(of: field) < 1e-10)
    // The derivative of the derivative, which the rules build from other functions.
    #expect(try error(of: dx(field)) < 1e-9)
  }

  static let combined: [ScalarField] = [
    pow(inner + 2, 3), pow(inner + 2, -2), sqrt(inner + 2), pow(inner + 2, 1.7), pow(inner + 2, inner),
    pow(2, inner), x * y * t * inner, (x + t) / (1 + y * y), min(inner, 2), max(inner, 2), min(inner + 5, y),
    max(x * x + 4, t), less(inner, 2) * x, sech(inner), exp(-x * y) * sin(t * x), atan(tan(inner)),
  ]

  @Test("sums, products, powers, quotients and choices", arguments: combined.indices)
  func composites(_ i: Int) throws {
    #expect(try error(of: Self.combined[i]) < 1e-10)
  }

  @Test("differential operators of known fields")
  func operators() throws {
    let f = Self.x * Self.x * Self.y + sin(Self.y) * Self.t
    let point = [0.8, 0.6]
    let at = { (field: ScalarField) in try field.node.value(at: point, time: 2) }
    #expect(try abs(at(laplacian(f)) - (2 * 0.6 - 2 * Foundation.sin(0.6))) < 1e-14)
    #expect(try abs(at(dx(dy(f))) - 1.6) < 1e-14)
    #expect(try abs(at(biharmonic(f)) - 2 * Foundation.sin(0.6)) < 1e-14)
    #expect(try abs(at(dot(grad(f), perp(f)))) < 1e-14)
    #expect(try abs(at(div(perp(f)))) < 1e-14)
    #expect(try abs(at(rot(perp(f)) + laplacian(f))) < 1e-14)
    #expect(try abs(at(convect([1, Self.x], f)) - at(dx(f) + Self.x * dy(f))) < 1e-14)
    #expect(try abs(at(re(exp(.i * f) * conjugate(exp(.i * f)))) - 1) < 1e-14)
  }

  @Test("a function of a constant is a constant")
  func constants() throws {
    for function in Equations.Function.allCases {
      let value = function.value(at: 0.3)
      #expect(Node.apply(function, .constant(0.3)) == .constant(value))
    }
    #expect(Node.raise(.constant(2), .constant(10)) == .constant(1024))
  }
}

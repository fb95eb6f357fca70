import Foundation
import Geometry
import Spectral
import Tensors
import Testing

/// The five pairs of sides without Robin conditions.
let sidePairs: [AxisConditions] = [
  .periodic, .dirichlet, .neumann, .init(.dirichlet, .neumann), .init(.neumann, .dirichlet),
]

@Suite("Elliptic problems on Chebyshev points and Fourier modes")
struct EllipticChebyshevTests {
  static let intervals = [
    Box.Interval(-0.3, 1.1, periodic: false), Box.Interval(0.2, 2.0, periodic: false),
    Box.Interval(-1, 0.5, periodic: false),
  ]

  /// Two products of factors that suit the sides, no two alike.
  static func exact(_ conditions: [AxisConditions], _ box: Box) -> Manufactured {
    let products = (0..<2).map { p -> [Factor] in
      conditions.enumerated().map { a, pair -> Factor in
        let phase = 0.4 + Double(a) + 1.3 * Double(p)
        if pair.isPeriodic { return .periodic(2 * .pi / box.intervals[a].length, phase) }
        return .wave(0.5 - 0.7 * Double(p), 2 + Double(a) - Double(p), phase)
      }
    }
    return Manufactured(products: products)
  }

  static func solve(
    _ conditions: [AxisConditions], shift: Double, diffusivity: [Double], points: Int = 28
  ) throws -> Double {
    let box = Box(
      zip(intervals, conditions).map { .init($0.lower, $0.upper, periodic: $1.isPeriodic) })
    let solver = try HelmholtzSolver(
      box: box, points: conditions.map { $0.isPeriodic ? points + 4 : points }, conditions: conditions,
      discretization: conditions.map { $0.isPeriodic ? .spectral() : .chebyshev }, shift: shift,
      diffusivity: Array(diffusivity.prefix(conditions.count)))
    return try error(of: exact(conditions, box), solver, conditions: conditions)
  }

  @Test("one dimension, every pair of sides", arguments: sidePairs)
  func oneDimension(_ pair: AxisConditions) throws {
    for shift in [0, 2.5, -3.7] {
      let error = try Self.solve([pair], shift: shift, diffusivity: [1.3])
      #expect(error < 1e-13, "\(pair) \(shift)")
    }
  }

  @Test("two dimensions, every pair of pairs", arguments: sidePairs, sidePairs)
  func twoDimensions(_ x: AxisConditions, _ y: AxisConditions) throws {
    for shift in [0, 2.5, -3.7] {
      let error = try Self.solve([x, y], shift: shift, diffusivity: [1.3, 0.8])
      #expect(error < 1e-12, "\(x) \(y) \(shift)")
    }
  }

  @Test("three dimensions, a third of the triples", arguments: sidePairs, sidePairs)
  func threeDimensions(_ x: AxisConditions, _ y: AxisConditions) throws {
    let z = sidePairs[(sidePairs.firstIndex(of: x)! + 2 * sidePairs.firstIndex(of: y)! + 1) % 5]
    for shift in [0, 2.5, -3.7] {
      let error = try Self.solve([x, y, z], shift: shift, diffusivity: [1.3, 0.8, 1.1], points: 24)
      #expect(error < 1e-12, "\(x) \(y) \(z) \(shift)")
    }
  }

  /// Pairs with Robin conditions, of stable and unstable sign.
  static let robinPairs: [AxisConditions] = [
    .init(.robin(value: 1, normal: 2), .dirichlet), .init(.neumann, .robin(value: 3, normal: -0.5)),
    .init(.robin(value: 2, normal: 1), .robin(value: 2, normal: 1)),
    .init(.robin(value: -1.5, normal: 1), .robin(value: 1, normal: 0.1)),
  ]

  @Test("Robin conditions with every pair of sides", arguments: robinPairs, sidePairs + robinPairs)
  func robin(_ x: AxisConditions, _ y: AxisConditions) throws {
    for shift in [0, 2.5, -3.7] {
      #expect(try Self.solve([x], shift: shift, diffusivity: [1.3]) < 1e-12, "\(x) \(shift)")
      #expect(
        try Self.solve([x, y], shift: shift, diffusivity: [1.3, 0.8]) < 1e-12, "\(x) \(y) \(shift)")
      #expect(
        try Self.solve([y, x], shift: shift, diffusivity: [1.3, 0.8]) < 1e-12, "\(y) \(x) \(shift)")
    }
  }

  @Test("many points lose no digits", arguments: [128, 257])
  func manyPoints(_ points: Int) throws {
    for pair in [AxisConditions.dirichlet, .neumann, .init(.neumann, .dirichlet)] {
      for shift in [0, 2.5] {
        let error = try Self.solve([pair, .dirichlet], shift: shift, diffusivity: [1, 1], points: points)
        #expect(error < 1e-12, "\(pair)")
      }
    }
  }

  @Test("the stencil along one axis and a spectral basis along the other", arguments: sidePairs)
  func stencilBesides(_ pair: AxisConditions) throws {
    // The stencil on vertices is exact for quadratics.
    let quadratic = Factor(value: { 1 + $0 - 0.7 * $0 * $0 }, first: { 1 - 1.4 * $0 }, second: { _ in -1.4 })
    for other in [AxisConditions.dirichlet, .neumann, .init(.neumann, .dirichlet)] {
      for first in [false, true] {
        let conditions = first ? [other, pair] : [pair, other]
        let box = Box(
          conditions.map { .init(0, $0.isPeriodic ? 2 * .pi : 1.2, periodic: $0.isPeriodic) })
        let smooth: Factor = pair.isPeriodic ? .periodic(1, 0.3) : .wave(0.4, 2, 0.3)
        let spectral: AxisDiscretization = pair.isPeriodic ? .spectral() : .chebyshev
        let solver = try HelmholtzSolver(
          box: box, points: first ? [15, 32] : [32, 15], conditions: conditions,
          discretization: first ? [.finiteDifference(), spectral] : [spectral, .finiteDifference()],
          shift: 1.5)
        let exact = Manufactured(products: [first ? [quadratic, smooth] : [smooth, quadratic]])
        #expect(try error(of: exact, solver, conditions: conditions) < 1e-12, "\(pair) \(other) \(first)")
      }
    }
  }
}

import Foundation
import Geometry
import Spectral
import Testing

@Suite("Elliptic problems in sines and cosines")
struct EllipticTrigonometricTests {
  static let intervals = [
    Box.Interval(-0.3, 1.1, periodic: false), Box.Interval(0.2, 2.0, periodic: false),
    Box.Interval(-1, 0.5, periodic: false),
  ]

  static func box(_ conditions: [AxisConditions]) -> Box {
    Box(zip(intervals, conditions).map { .init($0.lower, $0.upper, periodic: $1.isPeriodic) })
  }

  /// Functions whose rest after subtraction of polynomials is a trigonometric sum: `lifted` says on which axes data on
  /// the sides are not zero.
  static func factor(_ pair: AxisConditions, _ interval: Box.Interval, lifted: Bool, _ p: Double) -> Factor {
    let (lower, length) = (interval.lower, interval.length)
    let modes = { (sine: Bool, shift: Double) in
      Factor.modes(
        sine, [(1 + shift, 0.8), (2 + shift, -0.3 * p), (4 + shift, 0.2)], lower: lower, length: length)
    }
    switch (pair.lower, pair.upper) {
    case (.periodic, _): return .periodic(2 * .pi / length, p)
    case (.dirichlet, .dirichlet):
      return modes(true, 0) + (lifted ? .polynomial(0.7, -0.4 * p) : .polynomial(0, 0))
    case (.neumann, .neumann):
      return modes(false, 0) + (lifted ? .polynomial(0.3, 0.5 * p, -0.6) : .polynomial(0.4, 0))
    case (.dirichlet, _):
      return modes(true, -0.5) + (lifted ? .polynomial(0.7, -0.4 * p) : .polynomial(0, 0))
    default: return modes(false, -0.5) + (lifted ? .polynomial(0.7, -0.4 * p) : .polynomial(0, 0))
    }
  }

  /// Where two Neumann axes meet, the data's own derivative along the other side must vanish: products lift one of them.
  static func exact(_ conditions: [AxisConditions]) -> Manufactured {
    let neumann = conditions.indices.filter { conditions[$0] == .neumann }
    let products = (0..<Swift.max(neumann.count, 2)).map { p in
      conditions.indices.map { a in
        factor(
          conditions[a], intervals[a],
          lifted: conditions[a] != .neumann || neumann.firstIndex(of: a) == p % Swift.max(neumann.count, 1),
          0.6 + Double(p) + 0.3 * Double(a))
      }
    }
    return Manufactured(products: products)
  }

  static func error(_ conditions: [AxisConditions], shift: Double, points: [Int]) throws -> Double {
    let solver = try HelmholtzSolver(
      box: box(conditions), points: points, conditions: conditions,
      discretization: conditions.map { _ in .spectral() }, shift: shift,
      diffusivity: Array([1.3, 0.8, 1.1].prefix(conditions.count)))
    return try SpectralTests.error(of: exact(conditions), solver, conditions: conditions)
  }

  @Test("one dimension, every pair of sides with data", arguments: sidePairs)
  func oneDimension(_ pair: AxisConditions) throws {
    for shift in [0, 2.5, -3.7] {
      #expect(try Self.error([pair], shift: shift, points: [41]) < 1e-13, "\(pair) \(shift)")
    }
  }

  @Test("two dimensions, every pair of pairs with data", arguments: sidePairs, sidePairs)
  func twoDimensions(_ x: AxisConditions, _ y: AxisConditions) throws {
    for shift in [0, 2.5, -3.7] {
      #expect(try Self.error([x, y], shift: shift, points: [42, 41]) < 1e-12, "\(x) \(y) \(shift)")
    }
  }

  @Test("three dimensions, a fifth of the triples with data", arguments: sidePairs, sidePairs)
  func threeDimensions(_ x: AxisConditions, _ y: AxisConditions) throws {
    let z = sidePairs[(sidePairs.firstIndex(of: x)! + 2 * sidePairs.firstIndex(of: y)! + 1) % 5]
    for shift in [0, 2.5, -3.7] {
      #expect(
        try Self.error([x, y, z], shift: shift, points: [x, y, z].map { $0.isPeriodic ? 38 : 22 }) < 1e-12,
        "\(x) \(y) \(z) \(shift)")
    }
  }

  @Test("Chebyshev points along one axis and sines or cosines along another", arguments: sidePairs, sidePairs)
  func mixed(_ x: AxisConditions, _ y: AxisConditions) throws {
    guard !y.isPeriodic else { return }
    let conditions = [x, y]
    let solver = try HelmholtzSolver(
      box: Self.box(conditions), points: [41, 28], conditions: conditions,
      discretization: [.spectral(), .chebyshev], shift: 0.7)
    let exact = Manufactured(products: [
      [Self.factor(x, Self.intervals[0], lifted: true, 0.5), .wave(0.4, 2, 0.3)],
      [Self.factor(x, Self.intervals[0], lifted: true, 1.5), .wave(-0.3, 1, 1.2)],
    ])
    #expect(try SpectralTests.error(of: exact, solver, conditions: conditions) < 1e-12, "\(x) \(y)")
  }

  @Test("cell centres, homogeneous sides", arguments: sidePairs, sidePairs)
  func cellCentres(_ x: AxisConditions, _ y: AxisConditions) throws {
    let conditions = [x, y]
    let exact = Manufactured(
      products: (0..<2).map { p in
        conditions.indices.map {
          Self.factor(conditions[$0], Self.intervals[$0], lifted: false, 0.5 + Double(p))
        }
      })
    let solver = try HelmholtzSolver(
      box: Self.box(conditions), points: [36, 37], conditions: conditions,
      discretization: [.spectral(.cellCentres), .spectral(.cellCentres)], shift: 0)
    let source = solver.gridValues { exact.source($0, shift: 0, diffusivity: [1, 1]) }
    let values = try solver.solve(source).values
    #expect(deviation(values, solver.gridValues(exact.value), free: solver.isSingular) < 1e-12)
  }

  @Test("sources that do not vanish on Dirichlet sides leave sines with algebraic accuracy only")
  func algebraic() throws {
    let conditions = [AxisConditions.dirichlet]
    let exact = Manufactured(products: [[.wave(1, 2, 0.3)]])
    var errors: [Double] = []
    for n in [33, 65, 129] {
      let solver = try HelmholtzSolver(
        box: Self.box(conditions), points: [n], conditions: conditions, discretization: [.spectral()])
      errors.append(try SpectralTests.error(of: exact, solver, conditions: conditions))
    }
    let rates = zip(errors, errors.dropFirst()).map { log2($0 / $1) }
    // Aliased sine coefficients of the source decay like 1/k, and the solution's error like 1/k³ of the cut.
    #expect(rates.allSatisfy { $0 > 1.8 && $0 < 3.2 }, "\(errors)")
  }
}

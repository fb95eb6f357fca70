import Equations
import Foundation
import Geometry
import Spectral
import Testing

@Suite("Every mix of sides, from the language, with the automatic method")
struct EllipticAutomaticTests {
  private static let coordinates: [ScalarField] = [.x, .y, .z]

  /// A smooth function along one axis, with the period 2π where it is periodic.
  private static func factor(_ pair: AxisConditions, _ axis: Int) -> ScalarField {
    let q = coordinates[axis]
    if pair.isPeriodic { return exp(0.5 * sin(q + 0.3 * Double(axis + 1))) }
    return exp((0.6 - 0.4 * Double(axis)) * q) * cos((1.5 + 0.5 * Double(axis)) * q + 0.4)
  }

  private static func derivative(_ f: ScalarField, _ axis: Int) -> ScalarField {
    [dx, dy, dz][axis](f)
  }

  static func error(_ pairs: [AxisConditions], shift: Double, points: [Int]) throws -> Double {
    let u = ScalarField.unknown("u")
    let exact = pairs.indices.reduce(ScalarField(1.0)) { $0 * factor(pairs[$1], $1) }
    var conditions: [Condition] = []
    for (a, pair) in pairs.enumerated() where !pair.isPeriodic {
      for isUpper in [false, true] {
        let side = Sides(Side(Axis(rawValue: a)!, upper: isUpper))
        let slope = isUpper ? derivative(exact, a) : -derivative(exact, a)
        conditions.append(
          (isUpper ? pair.upper : pair.lower) == .dirichlet
            ? .dirichlet(u == exact, on: side) : .neumann(dn(u) == slope, on: side))
      }
    }
    let problem = Steady(
      domain: .box(
        pairs.map { $0.isPeriodic ? (0, 2 * .pi) : (-0.2, 1.1) },
        periodic: pairs.indices.filter { pairs[$0].isPeriodic }.map { Axis(rawValue: $0)! }),
      equations: [shift * u - laplacian(u) == shift * exact - laplacian(exact)], conditions: conditions)
    let solution = try problem.solution(points)
    let values = try RectilinearGridValues.of(exact, on: solution.grid)
    let isSingular = shift == 0 && pairs.allSatisfy { $0.isPeriodic || $0 == .neumann }
    return deviation(solution.values[0], values, free: isSingular)
  }

  @Test("one dimension", arguments: sidePairs)
  func one(_ x: AxisConditions) throws {
    for shift in [0, 3, -2.3] { #expect(try Self.error([x], shift: shift, points: [36]) < 1e-12) }
  }

  @Test("two dimensions", arguments: sidePairs, sidePairs)
  func two(_ x: AxisConditions, _ y: AxisConditions) throws {
    for shift in [0, 3, -2.3] {
      #expect(try Self.error([x, y], shift: shift, points: [36, 34]) < 1e-12, "\(x) \(y) \(shift)")
    }
  }

  @Test("three dimensions, a fifth of the triples", arguments: sidePairs, sidePairs)
  func three(_ x: AxisConditions, _ y: AxisConditions) throws {
    let z = sidePairs[(2 * sidePairs.firstIndex(of: x)! + sidePairs.firstIndex(of: y)! + 4) % 5]
    for shift in [0, 3, -2.3] {
      #expect(
        try Self.error([x, y, z], shift: shift, points: [36, 34, 35]) < 1e-12, "\(x) \(y) \(z) \(shift)")
    }
  }
}

/// Formulas on grids.
enum RectilinearGridValues {
  static func of(_ formula: ScalarField, on grid: RectilinearGrid) throws -> [Double] {
    let places = grid.coordinates.reduce([[]] as [[Double]]) { list, axis in
      list.flatMap { head in axis.map { head + [$0] } }
    }
    let inputs = Axis.allCases.prefix(grid.dimension).map { Node.coordinate($0) }
    return try PointwiseProgram([formula.node], inputs: inputs).values(
      grid.coordinates.indices.map { a in places.map { $0[a] } }, count: places.count, time: 0)[0]
  }
}

import Foundation
import Geometry
import Spectral
import Testing

/// The second-order stencil written out point by point, independently of any transform.
struct Stencil {
  var conditions: [AxisConditions]
  var grid: UniformGrid
  var points: [Int]
  var box: Box
  var shift: Double
  var diffusivity: [Double]

  func spacing(_ a: Int) -> Double {
    let n = points[a]
    return box.intervals[a].length
      / Double(conditions[a].isPeriodic || grid == .cellCentres ? n : n - 1)
  }

  func index(_ i: [Int]) -> Int { zip(i, points).reduce(0) { $0 * $1.1 + $1.0 } }

  var places: [[Int]] {
    points.reduce([[]]) { list, n in list.flatMap { head in (0..<n).map { head + [$0] } } }
  }

  func isOnDirichlet(_ i: [Int]) -> Bool {
    guard grid == .vertices else { return false }
    return i.indices.contains { a in
      i[a] == 0 && conditions[a].lower == .dirichlet
        || i[a] == points[a] - 1 && conditions[a].upper == .dirichlet
    }
  }

  /// shift u − Σ c (u₋ − 2u + u₊)/h² at a point, with neighbours beyond a side from the condition.
  func apply(_ u: [Double], at i: [Int], _ data: [Side: [Double]]) -> Double {
    var result = shift * u[index(i)]
    for a in i.indices {
      let (n, h) = (points[a], spacing(a))
      var neighbours = 0.0
      for isUpper in [false, true] {
        var j = i
        j[a] += isUpper ? 1 : -1
        if conditions[a].isPeriodic {
          j[a] = (j[a] + n) % n
          neighbours += u[index(j)]
        } else if (0..<n).contains(j[a]) {
          neighbours += u[index(j)]
        } else {
          var sidePoints = points
          sidePoints[a] = 1
          var k = i
          k[a] = 0
          let g = data[Side(Axis(rawValue: a)!, upper: isUpper)]![
            zip(k, sidePoints).reduce(0) { $0 * $1.1 + $1.0 }]
          let condition = isUpper ? conditions[a].upper : conditions[a].lower
          var inner = i
          inner[a] += isUpper ? -1 : 1
          switch (condition, grid) {
          case (.dirichlet, _): neighbours += 2 * g - u[index(i)]
          case (_, .vertices): neighbours += u[index(inner)] + 2 * h * g
          case (_, .cellCentres): neighbours += u[index(i)] + h * g
          }
        }
      }
      result -= diffusivity[a] * (neighbours - 2 * u[index(i)]) / (h * h)
    }
    return result
  }
}

@Suite("Elliptic problems with the second-order stencil")
struct EllipticStencilTests {
  /// Pseudo-random numbers in [−1, 1].
  static func noise(_ count: Int, _ seed: Int) -> [Double] {
    (0..<count).map { sin(Double(($0 + 1) * (seed + 3)) * 12.9898) }
  }

  static func residual(
    _ conditions: [AxisConditions], _ grid: UniformGrid, _ points: [Int], shift: Double
  ) throws -> Double {
    let stencil = Stencil(
      conditions: conditions, grid: grid, points: points,
      box: EllipticTrigonometricTests.box(conditions), shift: shift,
      diffusivity: Array([1.3, 0.8, 1.1].prefix(points.count)))
    let solver = try HelmholtzSolver(
      box: stencil.box, points: points, conditions: conditions,
      discretization: conditions.map { _ in .finiteDifference(grid) }, shift: shift,
      diffusivity: stencil.diffusivity)
    var data: [Side: [Double]] = [:]
    for (a, pair) in conditions.enumerated() where !pair.isPeriodic {
      for isUpper in [false, true] {
        let side = Side(Axis(rawValue: a)!, upper: isUpper)
        data[side] = noise(solver.sideValues(side) { _ in 0 }.count, 7 * a + (isUpper ? 1 : 0))
      }
    }
    var source = noise(solver.grid.pointCount, 5)
    if solver.isSingular {
      // A source that some field produces is compatible.
      let some = noise(source.count, 11)
      for i in stencil.places { source[stencil.index(i)] = stencil.apply(some, at: i, data) }
    }
    let u = try solver.solve(source, boundary: data).values
    // The right-hand side that the unknowns see contains the data.
    let zero = source.map { _ in 0.0 }
    var (worst, scale) = (0.0, 0.0)
    for i in stencil.places where !stencil.isOnDirichlet(i) {
      scale = max(scale, abs(source[stencil.index(i)] - stencil.apply(zero, at: i, data)))
      worst = max(worst, abs(stencil.apply(u, at: i, data) - source[stencil.index(i)]))
    }
    // Values on Dirichlet sides are the data.
    if grid == .vertices {
      for (a, pair) in conditions.enumerated() {
        for isUpper in [false, true] where (isUpper ? pair.upper : pair.lower) == .dirichlet {
          for i in stencil.places where i[a] == (isUpper ? points[a] - 1 : 0) {
            // At edges the last axis's data hold.
            let earlier = (a + 1..<points.count).contains { e in
              i[e] == 0 && conditions[e].lower == .dirichlet
                || i[e] == points[e] - 1 && conditions[e].upper == .dirichlet
            }
            if earlier { continue }
            var (k, sidePoints) = (i, points)
            (k[a], sidePoints[a]) = (0, 1)
            let g = data[Side(Axis(rawValue: a)!, upper: isUpper)]![
              zip(k, sidePoints).reduce(0) { $0 * $1.1 + $1.0 }]
            worst = max(worst, abs(u[stencil.index(i)] - g))
          }
        }
      }
    }
    return worst / scale
  }

  @Test("the stencil is inverted in one dimension", arguments: sidePairs, UniformGrid.allCases)
  func oneDimension(_ pair: AxisConditions, _ grid: UniformGrid) throws {
    for (n, shift) in [(17, 0), (16, 2.5), (33, -3.7)] {
      #expect(try Self.residual([pair], grid, [n], shift: shift) < 1e-12)
    }
  }

  @Test("the stencil is inverted in two dimensions", arguments: sidePairs, sidePairs)
  func twoDimensions(_ x: AxisConditions, _ y: AxisConditions) throws {
    for grid in UniformGrid.allCases {
      for shift in [0, 2.5, -3.7] {
        #expect(
          try Self.residual([x, y], grid, [20, 23], shift: shift) < 1e-12, "\(x) \(y) \(grid) \(shift)")
      }
    }
  }

  @Test("the stencil is inverted in three dimensions", arguments: sidePairs, sidePairs)
  func threeDimensions(_ x: AxisConditions, _ y: AxisConditions) throws {
    let z = sidePairs[(3 * sidePairs.firstIndex(of: x)! + sidePairs.firstIndex(of: y)! + 2) % 5]
    for grid in UniformGrid.allCases {
      for shift in [0, 2.5] {
        #expect(
          try Self.residual([x, y, z], grid, [12, 15, 10], shift: shift) < 1e-12,
          "\(x) \(y) \(z) \(grid) \(shift)")
      }
    }
  }
}

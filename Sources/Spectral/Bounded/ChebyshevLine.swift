import Algebra
import Foundation
import Tensors
import Transforms

/// One unknown along one bounded axis: polynomials through the Chebyshev points that obey its end conditions, in a basis
/// in which the axis' linear operator is diagonal.
///
/// Collocation at the n − 2 interior points, with the end values eliminated by the conditions, turns D = ∂² + β ∂ into
/// a matrix A. Its eigenvalues λ and eigenvectors are those of (A − σ)⁻¹, whose elements follow from integrating
/// Chebyshev series twice (Greengard, 1991; Wang, Samson & Zhao, 2014): taken from A itself, whose norm grows as n⁴,
/// the smooth modes would lose that much accuracy.
struct ChebyshevLine: Sendable {
  /// How the modes are chosen.
  enum Kind: Hashable, Sendable {
    /// Eigenvectors of ∂² + β ∂.
    case eigenvectors(advection: Double)
    /// The values at the points without condition: no operator is diagonal.
    case nodal
  }

  let kind: Kind
  let conditions: EndConditions
  /// Points, both ends included.
  let count: Int
  /// Modes.
  let modeCount: Int
  /// How many modes are even about the middle: they come first, the others are odd. Nil where modes are neither.
  let evenModeCount: Int?
  /// Eigenvalues of ∂² + β ∂, descending (among even and among odd modes); zero for nodal modes.
  let eigenvalues: [Double]
  /// Values at all points from the modes, by rows: `count` × `modeCount`.
  let synthesis: [Double]
  /// Modes from the values at all points (those with a condition do not count), by rows: `modeCount` × `count`.
  let analysis: [Double]
  /// The end values that unit data of a condition bring about: `fill[end][side]`, 0 the lower and 1 the upper.
  let fill: [[Double]]
  /// The modes of the operator's value that unit data of a condition bring about, per side.
  let forcing: [[Double]]
  /// Mean square of a field ≈ Σ weight · mode².
  let meanSquareWeights: [Double]
  /// The condition number of the eigenvectors in the 1-norm.
  let eigenvectorCondition: Double

  /// Why eigenvectors cannot serve as modes.
  enum Failure: Error { case complexEigenvalues, illConditioned(Double), singularConditions }

  /// Beyond this condition number modes would lose too many digits.
  static let largestCondition = 1e6

  /// The modes for points on an interval.
  ///
  /// - Throws: ``Failure`` when the eigenvalues are not real, or the eigenvectors nearly dependent.
  init(kind: Kind, conditions: EndConditions, grid: ChebyshevGrid) throws {
    self.kind = kind
    self.conditions = conditions
    count = grid.count
    let ends = try EndElimination(conditions, grid)
    fill = ends.fill
    let weights = grid.quadratureWeights
    let length = grid.interval.upperBound - grid.interval.lowerBound
    let free = ends.freePoints
    modeCount = free.count
    switch kind {
    case .nodal:
      evenModeCount = nil
      eigenvalues = Array(repeating: 0, count: free.count)
      var (synthesis, analysis) = (
        Array(repeating: 0.0, count: count * free.count), Array(repeating: 0.0, count: count * free.count)
      )
      for (m, j) in free.enumerated() {
        synthesis[j * free.count + m] = 1
        analysis[m * count + j] = 1
        for end in ends.boundPoints { synthesis[end * free.count + m] = ends.elimination(end, j) }
      }
      (self.synthesis, self.analysis) = (synthesis, analysis)
      forcing = [[], []]
      meanSquareWeights = free.map { weights[$0] / length }
      eigenvectorCondition = 1
    case .eigenvectors(let advection):
      precondition(conditions.count == 2, "a second derivative needs a condition on both ends")
      let spectrum = try EigenLine(conditions, grid, advection: advection)
      evenModeCount = spectrum.evenCount
      eigenvalues = spectrum.values
      let n = free.count
      // Full columns, scaled to a mean square of 1.
      var scales: [Double] = []
      var synthesis = Array(repeating: 0.0, count: count * n)
      for m in 0..<n {
        var column = Array(repeating: 0.0, count: count)
        for (i, j) in free.enumerated() { column[j] = spectrum.vectors[i, m] }
        for end in ends.boundPoints {
          column[end] = free.reduce(0) { $0 + ends.elimination(end, $1) * column[$1] }
        }
        let square = zip(weights, column).reduce(0) { $0 + $1.0 * $1.1 * $1.1 } / length
        scales.append(1 / square.squareRoot())
        for j in 0..<count { synthesis[j * n + m] = scales[m] * column[j] }
      }
      var analysis = Array(repeating: 0.0, count: count * n)
      for m in 0..<n {
        for (i, j) in free.enumerated() { analysis[m * count + j] = spectrum.inverse[m, i] / scales[m] }
      }
      (self.synthesis, self.analysis) = (synthesis, analysis)
      // In the mean-square norm: rows of the inverse against columns of the vectors.
      eigenvectorCondition = Self.condition(synthesis, analysis, free, n, count)
      guard eigenvectorCondition <= Self.largestCondition else {
        throw Failure.illConditioned(eigenvectorCondition)
      }
      let (lifts, operated) = ends.lifts(advection: advection)
      let values = spectrum.values
      let points = count
      forcing = (0..<2).map { side in
        (0..<n).map { m in
          var (lift, image) = (0.0, 0.0)
          for j in free {
            lift += analysis[m * points + j] * lifts[side][j]
            image += analysis[m * points + j] * operated[side][j]
          }
          return image - values[m] * lift
        }
      }
      meanSquareWeights = Array(repeating: 1, count: n)
    }
  }

  private static func condition(
    _ synthesis: [Double], _ analysis: [Double], _ free: [Int], _ n: Int, _ count: Int
  ) -> Double {
    let largest = (0..<n).map { m in free.reduce(0) { $0 + abs(synthesis[$1 * n + m]) } }.max() ?? 0
    let inverse = free.map { j in (0..<n).reduce(0) { $0 + abs(analysis[$1 * count + j]) } }.max() ?? 0
    return largest * inverse
  }
}

/// The end values in terms of the others and of the data of the conditions.
struct EndElimination {
  let freePoints: [Int]
  /// The ends that have a condition.
  let boundPoints: [Int]
  let fill: [[Double]]
  private let grid: ChebyshevGrid
  private let conditions: EndConditions
  /// −B_bb⁻¹ B, one row per end.
  private let rows: [[Double]]

  init(_ conditions: EndConditions, _ grid: ChebyshevGrid) throws {
    self.grid = grid
    self.conditions = conditions
    let n = grid.count
    let ends = [0, n - 1]
    boundPoints = ends.enumerated().filter { conditions[$0.offset == 1] != nil }.map(\.element)
    let bound = boundPoints
    freePoints = (0..<n).filter { !bound.contains($0) }
    let derivative = grid.differentiationMatrix().elements
    // The condition of an end as a row over the points.
    let operators = ends.enumerated().map { side, end -> [Double] in
      guard let factors = conditions[side == 1] else { return Array(repeating: 0, count: n) }
      let sign = side == 1 ? 1.0 : -1.0
      return (0..<n).map { j in
        (j == end ? factors.value : 0) + sign * factors.normal * derivative[end * n + j]
      }
    }
    // The inverse of the part that acts on the ends.
    var inverse = [[0.0, 0.0], [0.0, 0.0]]
    let b = operators.map { row in ends.map { row[$0] } }
    switch (conditions.lower != nil, conditions.upper != nil) {
    case (true, true):
      let determinant = b[0][0] * b[1][1] - b[0][1] * b[1][0]
      let size = abs(b[0][0] * b[1][1]) + abs(b[0][1] * b[1][0])
      guard abs(determinant) > 1e-10 * size else { throw ChebyshevLine.Failure.singularConditions }
      inverse = [
        [b[1][1] / determinant, -b[0][1] / determinant], [-b[1][0] / determinant, b[0][0] / determinant],
      ]
    case (true, false): inverse[0][0] = 1 / b[0][0]
    case (false, true): inverse[1][1] = 1 / b[1][1]
    case (false, false): break
    }
    guard inverse.joined().allSatisfy(\.isFinite) else { throw ChebyshevLine.Failure.singularConditions }
    fill = inverse
    rows = (0..<2).map { end in
      (0..<n).map { j in -(inverse[end][0] * operators[0][j] + inverse[end][1] * operators[1][j]) }
    }
  }

  /// What the value at the free point `j` adds to the value at an end.
  func elimination(_ end: Int, _ j: Int) -> Double { rows[end == 0 ? 0 : 1][j] }

  /// Quadratic polynomials that meet one condition with unit data and the other with none, and ∂² + β ∂ of them, at
  /// the points.
  func lifts(advection: Double) -> (values: [[Double]], operated: [[Double]]) {
    let (a, b) = (grid.interval.lowerBound, grid.interval.upperBound)
    let (middle, half) = ((a + b) / 2, (b - a) / 2)
    // Conditions on 1, ξ and ξ² with ξ = (x − middle)/half.
    let rows = [false, true].map { isUpper -> [Double] in
      let (factors, end) = (conditions[isUpper]!, isUpper ? 1.0 : -1.0)
      return [
        factors.value, factors.value * end + end * factors.normal / half,
        factors.value + end * factors.normal * 2 * end / half,
      ]
    }
    // The least coefficients that meet both: Bᵀ (B Bᵀ)⁻¹.
    let dot = { (x: [Double], y: [Double]) in zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
    let (p, q, r) = (dot(rows[0], rows[0]), dot(rows[0], rows[1]), dot(rows[1], rows[1]))
    let determinant = p * r - q * q
    let inverse = [[r / determinant, -q / determinant], [-q / determinant, p / determinant]]
    var (values, operated): ([[Double]], [[Double]]) = ([], [])
    for side in 0..<2 {
      let c = (0..<3).map { rows[0][$0] * inverse[0][side] + rows[1][$0] * inverse[1][side] }
      let xi = grid.points.map { ($0 - middle) / half }
      values.append(xi.map { c[0] + $0 * (c[1] + $0 * c[2]) })
      operated.append(xi.map { 2 * c[2] / (half * half) + advection * (c[1] + 2 * c[2] * $0) / half })
    }
    return (values, operated)
  }
}

import Algebra
import Foundation
import Tensors
import Transforms

/// Eigenvalues and eigenvectors of ∂² + β ∂ by collocation at the interior Chebyshev points, under end conditions.
struct EigenLine {
  /// Even modes, which come first; nil where modes are neither even nor odd.
  let evenCount: Int?
  /// Descending, among even and among odd modes.
  let values: [Double]
  /// Values at the interior points, one mode per column.
  let vectors: Matrix<Double>
  let inverse: Matrix<Double>

  init(_ conditions: EndConditions, _ grid: ChebyshevGrid, advection: Double) throws {
    let half = (grid.interval.upperBound - grid.interval.lowerBound) / 2
    let integrals = DoubleIntegrals(count: grid.count)
    let isSymmetric = conditions.isSymmetric && advection == 0
    // A shift keeps the inverse bounded where the operator is singular, as with Neumann conditions on both ends.
    for shift in [0, 1, 2.7, 11.3] {
      guard
        let inverse = try? integrals.inverse(
          conditions, half: half, advection: advection * half, shift: shift)
      else { continue }
      let parts =
        isSymmetric
        ? try Self.symmetricParts(of: inverse, shift) : [try Self.part(inverse, shift)]
      self = EigenLine(parts, scale: 1 / (half * half))
      return
    }
    throw ChebyshevLine.Failure.singularConditions
  }

  /// A set of modes on all interior points.
  private struct Part {
    var values: [Double]
    /// Columns.
    var vectors: [[Double]]
    /// Rows of the inverse.
    var inverse: [[Double]]
  }

  private init(_ parts: [Part], scale: Double) {
    let all = Part(
      values: parts.flatMap(\.values), vectors: parts.flatMap(\.vectors), inverse: parts.flatMap(\.inverse))
    let even = parts.count == 2 ? parts[0].values.count : nil
    evenCount = even
    let order = all.values.indices.sorted {
      let (isEven, other) = ($0 < even ?? 0, $1 < even ?? 0)
      return isEven == other ? all.values[$0] > all.values[$1] : isEven
    }
    let n = order.count
    let largest = all.values.map { abs($0) }.filter { $0 > 0.1 }.min() ?? 1
    values = order.map { i in
      // A mode that the operator annihilates comes out with rounding errors.
      abs(all.values[i]) < 1e-9 * largest ? 0 : scale * all.values[i]
    }
    var (vectors, inverse) = (Matrix<Double>(rows: n, columns: n), Matrix<Double>(rows: n, columns: n))
    vectors.withUnsafeMutablePointer { pointer in
      for (m, i) in order.enumerated() { (pointer + m * n).update(from: all.vectors[i], count: n) }
    }
    inverse.withUnsafeMutablePointer { pointer in
      for (m, i) in order.enumerated() { for j in 0..<n { pointer[m + j * n] = all.inverse[i][j] } }
    }
    (self.vectors, self.inverse) = (vectors, inverse)
  }

  private static func part(_ matrix: Matrix<Double>, _ shift: Double) throws -> Part {
    let (values, vectors, inverse) = try decomposed(matrix, shift)
    let n = matrix.rows
    return Part(
      values: values, vectors: (0..<n).map(vectors.column),
      inverse: (0..<n).map { i in (0..<n).map { inverse[i, $0] } })
  }

  /// The even and the odd modes, each from a matrix of half the size.
  private static func symmetricParts(of matrix: Matrix<Double>, _ shift: Double) throws -> [Part] {
    let n = matrix.rows
    return try [1.0, -1.0].compactMap { sign in
      let m = sign > 0 ? (n + 1) / 2 : n / 2
      if m == 0 { return nil }
      var folded = Matrix<Double>(rows: m, columns: m)
      for i in 0..<m {
        for j in 0..<m {
          folded[i, j] = j == n - 1 - j ? matrix[i, j] : matrix[i, j] + sign * matrix[i, n - 1 - j]
        }
      }
      let (values, vectors, inverse) = try decomposed(folded, shift)
      return Part(
        values: values,
        vectors: (0..<m).map { k in
          // Odd modes vanish in the middle.
          (0..<n).map { j in
            j < m ? vectors[j, k] : n - 1 - j < m ? sign * vectors[n - 1 - j, k] : 0
          }
        },
        inverse: (0..<m).map { k in
          (0..<n).map { j in
            if j == n - 1 - j { return sign > 0 ? inverse[k, j] : 0 }
            return j < n / 2 ? 0.5 * inverse[k, j] : 0.5 * sign * inverse[k, n - 1 - j]
          }
        })
    }
  }

  /// Eigenvalues σ + 1/μ of the operator, eigenvectors and their inverse, from the matrix (A − σ)⁻¹.
  private static func decomposed(_ matrix: Matrix<Double>, _ shift: Double) throws -> (
    [Double], Matrix<Double>, Matrix<Double>
  ) {
    let eigen = try GeneralEigen(matrix)
    let n = matrix.rows
    guard eigen.values.allSatisfy({ abs($0.imaginary) <= 1e-12 * $0.magnitude && $0.real != 0 }) else {
      throw ChebyshevLine.Failure.complexEigenvalues
    }
    var vectors = Matrix<Double>(rows: n, columns: n)
    vectors.withUnsafeMutablePointer { pointer in
      for (k, vector) in eigen.rightVectors.enumerated() {
        for (i, value) in vector.enumerated() { pointer[k * n + i] = value.real }
      }
    }
    guard let inverse = try? LUFactorization(vectors).inverse, inverse.isFinite else {
      throw ChebyshevLine.Failure.illConditioned(.infinity)
    }
    return (eigen.values.map { shift + 1 / $0.real }, vectors, inverse)
  }
}

/// Matrices on [−1, 1] that integrate twice the polynomial through values at the interior Chebyshev points.
private struct DoubleIntegrals {
  let count: Int
  /// The second and the first integral at all points: `count` × (`count` − 2).
  private let second: Matrix<Double>
  private let first: Matrix<Double>
  private let points: [Double]

  init(count: Int) {
    self.count = count
    let (n, last) = (count - 2, Double(count - 1))
    points = ChebyshevGrid(count: count).points
    // f = Σ c_k U_k from its interior values.
    var series = Matrix<Double>(rows: n, columns: n)
    var (zero, one) = (Matrix<Double>(rows: count, columns: n), Matrix<Double>(rows: count, columns: n))
    // cos and sin at multiples of π/last, by table: arguments stay below 2π.
    let period = 2 * (count - 1)
    let cosines = (0..<period).map { cos(.pi * Double($0) / last) }
    let sines = (0..<period).map { sin(.pi * Double($0) / last) }
    for k in 0..<n {
      for i in 0..<n {
        let j = count - 2 - i
        series[k, i] = 2 / last * sines[(k + 1) * j % period] * sines[j]
      }
      for i in 0..<count {
        let j = count - 1 - i
        // ∫ U_k = T_{k+1}/(k+1), and 2 ∫ T_m = T_{m+1}/(m+1) − T_{m−1}/(m−1).
        let order = Double(k + 1)
        one[i, k] = cosines[(k + 1) * j % period] / order
        let lower = k == 0 ? 0 : cosines[k * j % period] / Double(k)
        zero[i, k] = (cosines[(k + 2) * j % period] / Double(k + 2) - lower) / (2 * order)
      }
    }
    (second, first) = (zero * series, one * series)
  }

  /// (∂² + β ∂ − σ)⁻¹ on the interior points under the conditions, on [−1, 1].
  func inverse(_ conditions: EndConditions, half: Double, advection: Double, shift: Double) throws -> Matrix<
    Double
  > {
    let (n, size) = (count - 2, count)
    // Unknowns: u″ at the interior points, and c₁, c₀ in u = ∬u″ + c₁ x + c₀.
    var system = Matrix<Double>(rows: size, columns: size)
    for i in 0..<n {
      for j in 0..<n {
        system[i, j] =
          (i == j ? 1 : 0) + advection * first[i + 1, j] - shift * second[i + 1, j]
      }
      system[i, n] = advection - shift * points[i + 1]
      system[i, n + 1] = -shift
    }
    for isUpper in [false, true] {
      let (row, end, sign) = isUpper ? (n + 1, count - 1, 1.0) : (n, 0, -1.0)
      let factors = conditions[isUpper]!
      let (a, b) = (factors.value, sign * factors.normal / half)
      for j in 0..<n { system[row, j] = a * second[end, j] + b * first[end, j] }
      system[row, n] = a * sign + b
      system[row, n + 1] = a
    }
    let factors = try LUFactorization(system)
    guard factors.reciprocalCondition > 1e-3 / Double(count * count) else {
      throw ChebyshevLine.Failure.singularConditions
    }
    var sides = Matrix<Double>(rows: size, columns: n)
    for i in 0..<n { sides[i, i] = 1 }
    let solution = factors.solve(sides)
    var values = Matrix<Double>(rows: n, columns: size)
    for i in 0..<n {
      for j in 0..<n { values[i, j] = second[i + 1, j] }
      values[i, n] = points[i + 1]
      values[i, n + 1] = 1
    }
    return values * solution
  }
}

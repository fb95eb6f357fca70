import Algebra
import Foundation
import Geometry
import Transforms

/// Mass and stiffness of polynomials up to degree n − 1 on an interval, in a basis with one function for every end that
/// is not Dirichlet and functions that vanish at both ends ("bubbles").
struct LegendreForms {
  let count: Int
  /// Half the length.
  let half: Double
  /// Which ends have a function of their own.
  let natural: (lower: Bool, upper: Bool)
  /// value / normal of a Robin condition, 0 without one.
  private let robin: (lower: Double, upper: Double)

  /// Modes as columns over the basis, from smooth to rough.
  struct Modes {
    var vectors: Matrix<Double>
    var mass: [Double]
    var stiffness: [Double]
  }

  init(interval: Box.Interval, count: Int, conditions: AxisConditions) {
    func ratio(_ condition: SideCondition) -> Double {
      if case .robin(let value, let normal) = condition { return value / normal }
      return 0
    }
    self.count = count
    half = interval.length / 2
    natural = (conditions.lower != .dirichlet, conditions.upper != .dirichlet)
    robin = (ratio(conditions.lower), ratio(conditions.upper))
  }

  private var bubbles: Int { count - 2 }
  /// Positions of the end functions in the basis, after the bubbles.
  private var lowerIndex: Int? { natural.lower ? bubbles : nil }
  private var upperIndex: Int? { natural.upper ? bubbles + (natural.lower ? 1 : 0) : nil }
  private var size: Int { bubbles + (natural.lower ? 1 : 0) + (natural.upper ? 1 : 0) }

  /// Bubble k is scale(k) (L_{k+2} − L_k): its derivative has norm 1 on [−1, 1].
  private func scale(_ k: Int) -> Double { 1 / Double(2 * (2 * k + 3)).squareRoot() }
  /// ∫ L_k² on [−1, 1].
  private func norm(_ k: Int) -> Double { 2 / Double(2 * k + 1) }

  /// The basis functions' Legendre coefficients.
  private func legendre(_ index: Int) -> [(degree: Int, coefficient: Double)] {
    if index < bubbles { return [(index, -scale(index)), (index + 2, scale(index))] }
    return [(0, 0.5), (1, index == lowerIndex ? -0.5 : 0.5)]
  }

  private var massMatrix: Matrix<Double> {
    var result = Matrix<Double>(rows: size, columns: size)
    let functions = (0..<size).map(legendre)
    for i in 0..<size {
      // Bubbles meet their neighbours of the same parity only; the end functions the first two.
      for j in 0..<size where abs(i - j) <= 2 || Swift.max(i, j) >= bubbles {
        for (k, a) in functions[i] {
          for (l, b) in functions[j] where k == l { result[i, j] += half * a * b * norm(k) }
        }
      }
    }
    return result
  }

  private var stiffnessMatrix: Matrix<Double> {
    var result = Matrix<Double>(rows: size, columns: size)
    for k in 0..<bubbles { result[k, k] = 1 / half }
    if let i = lowerIndex { result[i, i] = 1 / (2 * half) + robin.lower }
    if let i = upperIndex { result[i, i] = 1 / (2 * half) + robin.upper }
    if let i = lowerIndex, let j = upperIndex {
      result[i, j] = -1 / (2 * half)
      result[j, i] = -1 / (2 * half)
    }
    return result
  }

  /// Whether modes are even or odd about the middle.
  var isSymmetric: Bool { natural.lower == natural.upper && robin.lower == robin.upper }

  /// Solves the pencil: the even modes come first if there is symmetry, each kind from smooth to rough.
  func modes() throws(FactorizationError) -> Modes {
    let (mass, stiffness) = (massMatrix, stiffnessMatrix)
    // Without end functions the stiffness is definite. With them the mass is added, enough of it to outweigh what a
    // Robin condition of the unstable sign takes away.
    var shift = natural.lower || natural.upper ? 1 / (half * half) : 0
    while true {
      do {
        _ = try Cholesky(stiffness + shift * mass)
        break
      } catch {
        guard case .notPositiveDefinite = error else { throw error }
        shift = 4 * Swift.max(shift, 1 / (half * half))
      }
    }
    var (columns, masses): ([Double], [Double]) = ([], [])
    for block in blocks {
      let (vectors, values) = try solve(
        mass: reduced(mass, block), sum: reduced(stiffness + shift * mass, block))
      // LAPACK's values ascend; the largest mass belongs to the smoothest mode.
      for j in block.indices.reversed() {
        var column = Array(repeating: 0.0, count: size)
        for (i, function) in block.enumerated() {
          for (index, factor) in function { column[index] += factor * vectors[i, j] }
        }
        columns += column
      }
      masses += values.reversed()
    }
    var stiffnesses = masses.map { 1 - shift * $0 }
    if natural.lower, natural.upper, robin == (0, 0) {
      // The constant is a mode with stiffness exactly zero.
      let value = 1 / (2 * half * shift).squareRoot()
      for i in 0..<size { columns[i] = i < bubbles ? 0 : value }
      (masses[0], stiffnesses[0]) = (1 / shift, 0)
    }
    return Modes(
      vectors: Matrix(rows: size, columns: size, columnMajor: columns), mass: masses, stiffness: stiffnesses)
  }

  private typealias Combination = [(index: Int, factor: Double)]

  /// Combinations of basis functions that are even, and those that are odd; or all of them.
  private var blocks: [[Combination]] {
    guard isSymmetric else { return [(0..<size).map { [(index: $0, factor: 1)] }] }
    return [1.0, -1.0].map { sign in
      var block: [Combination] = stride(from: sign > 0 ? 0 : 1, to: bubbles, by: 2).map {
        [(index: $0, factor: 1)]
      }
      if let i = lowerIndex, let j = upperIndex {
        block.append([(index: i, factor: sign * 0.5.squareRoot()), (index: j, factor: 0.5.squareRoot())])
      }
      return block
    }.filter { !$0.isEmpty }
  }

  private func reduced(_ matrix: Matrix<Double>, _ block: [Combination]) -> Matrix<Double> {
    var result = Matrix<Double>(rows: block.count, columns: block.count)
    for (i, f) in block.enumerated() {
      for (j, g) in block.enumerated() {
        for (k, a) in f { for (l, b) in g { result[i, j] += a * b * matrix[k, l] } }
      }
    }
    return result
  }

  /// B x = μ S x for a definite S = L Lᵀ, from L⁻¹ B L⁻ᵀ; the values ascend.
  private func solve(
    mass: Matrix<Double>, sum: Matrix<Double>
  ) throws(FactorizationError) -> (vectors: Matrix<Double>, values: [Double]) {
    let upper = try Cholesky(sum).lower.transposed
    let left = upper.solvedTransposed(mass)
    let product = upper.solvedTransposed(left.transposed)
    let eigen = try SymmetricEigen(0.5 * (product + product.transposed))
    return (upper.solvedUpper(eigen.vectors), eigen.values)
  }

  /// Legendre polynomials (columns) at the Chebyshev points (rows).
  var vandermonde: Matrix<Double> {
    Matrix(rows: count, columns: count, columnMajor: polynomials)
  }

  /// The values of polynomial k at point i, at i + k · count.
  private var polynomials: [Double] {
    var result = Array(repeating: 0.0, count: count * count)
    for (i, x) in ChebyshevGrid(count: count).points.enumerated() {
      var (previous, current) = (0.0, 1.0)
      for k in 0..<count {
        result[i + k * count] = current
        (previous, current) = (
          current, (Double(2 * k + 1) * x * current - Double(k) * previous) / Double(k + 1)
        )
      }
    }
    return result
  }

  /// ∫ φ_j L_k over the interval, as columns.
  func moments(_ vectors: Matrix<Double>) -> Matrix<Double> {
    let v = vectors.columnMajorElements
    var result = Array(repeating: 0.0, count: count * size)
    for i in 0..<size {
      for (k, a) in legendre(i) {
        let factor = half * a * norm(k)
        for j in 0..<size { result[k + j * count] += factor * v[i + j * size] }
      }
    }
    return Matrix(rows: count, columns: size, columnMajor: result)
  }

  /// ∫ φ_j' L_k' without the part of the end functions, as columns: a polynomial's bubble k has the amplitude
  /// Σ a_{k+2+2l} / scale(k), by its Legendre coefficients a.
  func bubbleStiffness(_ vectors: Matrix<Double>) -> Matrix<Double> {
    let v = vectors.columnMajorElements
    var result = Array(repeating: 0.0, count: count * size)
    for degree in 2..<Swift.max(count, 2) {
      let factor = 1 / (scale(degree - 2) * half)
      for j in 0..<size {
        result[degree + j * count] = v[degree - 2 + j * size] * factor + result[degree - 2 + j * count]
      }
    }
    return Matrix(rows: count, columns: size, columnMajor: result)
  }

  /// What the end values of a polynomial contribute to its form with mode j, Robin terms included.
  func vertexStiffness(_ vectors: Matrix<Double>, mode j: Int) -> (lower: Double, upper: Double) {
    let lower = lowerIndex.map { vectors[$0, j] } ?? 0
    let upper = upperIndex.map { vectors[$0, j] } ?? 0
    let slope = (upper - lower) / (2 * half)
    return (-slope + robin.lower * lower, slope + robin.upper * upper)
  }

  /// Modes at the Chebyshev points: mode j at point i is at i + j · count.
  func values(_ vectors: Matrix<Double>) -> [Double] {
    let polynomials = polynomials
    var basis = Array(repeating: 0.0, count: count * size)
    for function in 0..<size {
      for (k, a) in legendre(function) {
        for i in 0..<count { basis[i + function * count] += a * polynomials[i + k * count] }
      }
      // Exact at the ends, where differences of Legendre polynomials may leave rounding.
      basis[function * count] = function == lowerIndex ? 1 : 0
      basis[function * count + count - 1] = function == upperIndex ? 1 : 0
    }
    return (Matrix(rows: count, columns: size, columnMajor: basis) * vectors).columnMajorElements
  }
}

extension Matrix where Scalar == Double {
  /// U⁻ᵀ B for this upper triangular matrix U.
  fileprivate func solvedTransposed(_ b: Matrix) -> Matrix { solved(b, transposed: true) }
  /// U⁻¹ B for this upper triangular matrix U.
  fileprivate func solvedUpper(_ b: Matrix) -> Matrix { solved(b, transposed: false) }

  private func solved(_ b: Matrix, transposed: Bool) -> Matrix {
    var x = b
    let (n, columns) = (rows, b.columns)
    withUnsafePointer { u in
      x.withUnsafeMutablePointer { _ = Double.trtrs(transposed: transposed, n, columns, u, n, $0, n) }
    }
    return x
  }
}

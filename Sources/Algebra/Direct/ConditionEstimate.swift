import Tensors

extension SparseFactorization {
  /// An estimate of 1 / (‖A‖₁ ‖A⁻¹‖₁) of a square matrix, from a few solutions with A and Aᵀ: below the unit roundoff
  /// a solution may have no correct digit.
  ///
  /// Source: Higham, ACM Trans. Math. Softw. 14 (1988), 381, algorithm 4.1; the estimate of ‖A⁻¹‖₁ is a lower bound,
  /// almost always within a factor of 3.
  public var reciprocalCondition: Double {
    precondition(rows == columns, "a condition number of a matrix of \(rows) × \(columns)")
    let one = [Double](repeating: 1, count: rows)
    return reciprocal(norm1, inverseNorm1(rowScales: one, columnScales: one))
  }

  /// The same for the matrix with rows and columns scaled to largest entries of about 1, which tells singular matrices
  /// from badly scaled ones.
  func equilibratedReciprocalCondition(_ matrix: SparseMatrix<Double>) -> Double {
    let (rowScales, columnScales) = matrix.equilibration()
    let scaled = matrix.scaled(rows: rowScales, columns: columnScales)
    return reciprocal(scaled.norm1, inverseNorm1(rowScales: rowScales, columnScales: columnScales))
  }

  private func reciprocal(_ norm: Double, _ inverse: Double) -> Double {
    norm > 0 && inverse.isFinite ? 1 / (norm * inverse) : 0
  }

  /// A lower bound of the 1-norm of the inverse of R A C for diagonal matrices R and C.
  private func inverseNorm1(rowScales: [Double], columnScales: [Double]) -> Double {
    let n = rows
    let solve = makeSolve(rightHandSides: 1, transposed: false)
    let solveTransposed = makeSolve(rightHandSides: 1, transposed: true)
    var x = [Double](repeating: 1 / Double(n), count: n)
    var (y, z, right) = (x, x, x)
    func norm(_ v: [Double]) -> Double { v.reduce(0) { $0 + abs($1) } }
    func signs(_ v: [Double]) -> [Double] { v.map { $0 < 0 ? -1 : 1 } }
    func apply() {
      for i in 0..<n { right[i] = x[i] / rowScales[i] }
      solve.apply(right, to: &y)
      for i in 0..<n { y[i] /= columnScales[i] }
    }

    apply()
    guard n > 1 else { return abs(y[0]) }
    var estimate = norm(y)
    var directions = signs(y)
    var previous = -1
    for _ in 0..<5 {
      for i in 0..<n { right[i] = directions[i] / columnScales[i] }
      solveTransposed.apply(right, to: &z)
      for i in 0..<n { z[i] /= rowScales[i] }
      guard let j = z.indices.max(by: { abs(z[$0]) < abs(z[$1]) }), j != previous,
        previous < 0 || abs(z[j]) > abs(z[previous])
      else { break }
      previous = j
      for i in 0..<n { x[i] = i == j ? 1 : 0 }
      apply()
      let next = norm(y)
      let nextDirections = signs(y)
      if next <= estimate { break }
      estimate = next
      if nextDirections == directions { break }
      directions = nextDirections
    }
    // A vector that catches the cases where cancellation deceives the search.
    for i in 0..<n { x[i] = (i % 2 == 0 ? 1 : -1) * (1 + Double(i) / Double(n - 1)) }
    apply()
    let other = 2 * norm(y) / Double(3 * n)
    // Not max, which may drop a NaN.
    return other > estimate || !other.isFinite ? other : estimate
  }
}

/// Whether factors whose smallest pivot is `ratio` times what it was eliminated from may be those of a singular matrix:
/// only then is the condition estimated. Rounding leaves pivots of a few n ε.
func isSuspicious(pivot ratio: Double) -> Bool { !(ratio > 1e-8) }

/// The reciprocal condition number below which a matrix is singular to working precision: the unit roundoff.
let singularityThreshold = Double.ulpOfOne / 2

extension SparseMatrix where Scalar == Double {
  /// Factors for rows and columns that make the largest entry of each about 1 (Ruiz, RAL-TR-2001-034), powers of two.
  func equilibration() -> (rows: [Double], columns: [Double]) {
    var rowScales = [Double](repeating: 1, count: rows)
    var columnScales = [Double](repeating: 1, count: columns)
    for _ in 0..<20 {
      var rowMaxima = [Double](repeating: 0, count: rows)
      var columnMaxima = [Double](repeating: 0, count: columns)
      for i in 0..<rows {
        for p in pattern.entries(ofRow: i) {
          let j = Int(pattern.columnIndices.pointer[p])
          let magnitude = abs(values.pointer[p]) * rowScales[i] * columnScales[j]
          rowMaxima[i] = max(rowMaxima[i], magnitude)
          columnMaxima[j] = max(columnMaxima[j], magnitude)
        }
      }
      var isDone = true
      func update(_ scales: inout [Double], _ maxima: [Double]) {
        for i in scales.indices where maxima[i] > 0 {
          if maxima[i] < 0.25 || maxima[i] > 4 { isDone = false }
          scales[i] *= Double(sign: .plus, exponent: -Int(maxima[i].exponent) / 2, significand: 1)
        }
      }
      update(&rowScales, rowMaxima)
      update(&columnScales, columnMaxima)
      if isDone { break }
    }
    return (rowScales, columnScales)
  }

  /// The matrix with rows and columns multiplied by factors.
  func scaled(rows rowScales: [Double], columns columnScales: [Double]) -> SparseMatrix {
    let scaled = Buffer<Double>(uninitialized: entryCount)
    for i in 0..<rows {
      for p in pattern.entries(ofRow: i) {
        scaled.pointer[p] =
          values.pointer[p] * rowScales[i] * columnScales[Int(pattern.columnIndices.pointer[p])]
      }
    }
    return withValues(scaled)
  }
}

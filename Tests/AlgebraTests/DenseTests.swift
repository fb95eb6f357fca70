import Algebra
import Foundation
import Tensors
import Testing

func randomMatrix<Scalar: LAPACKScalar>(
  _ rows: Int, _ columns: Int, seed: UInt64, as _: Scalar.Type = Scalar.self
) -> Matrix<Scalar> {
  var stream = RandomStream(seed: seed)
  return Matrix(Tensor<Scalar>.randomNormal([rows, columns], from: &stream))
}

func distance<Scalar: Real>(_ a: [Scalar], _ b: [Scalar]) -> Scalar {
  precondition(a.count == b.count)
  return zip(a, b).map { abs($0 - $1) }.max() ?? 0
}

@Suite("Dense matrices and factorisations")
struct DenseTests {
  // Both sides of the order from which several threads take part.
  static let orders = [1, 2, 5, 60, 300]

  @Test("matrices are values with column-major elements")
  func matrices() {
    let a = Matrix<Double>([[1, 2, 3], [4, 5, 6]])
    #expect(a.rows == 2 && a.columns == 3)
    #expect(a.columnMajorElements == [1, 4, 2, 5, 3, 6])
    #expect(a == Matrix(rows: 2, columns: 3, columnMajor: [1, 4, 2, 5, 3, 6]))
    #expect(a.tensor == Tensor(rows: [[1, 2, 3], [4, 5, 6]]) && Matrix(a.tensor) == a)
    var b = a
    b[1, 0] = 9
    #expect(a[1, 0] == 4 && b.column(0) == [1, 9])
    #expect(a.transposed == Matrix([[1, 4], [2, 5], [3, 6]]))
    #expect(a * a.transposed == Matrix([[14, 32], [32, 77]]))
    #expect(a * [1, 0, -1] == [-2, -2])
    #expect(a + a == 2 * a && a - a == Matrix(rows: 2, columns: 3) && -a == -1 * a)
    #expect(Matrix<Double>.diagonal([2, 3]) * Matrix.identity(2) == Matrix([[2, 0], [0, 3]]))
    let c = Matrix<Double>([[1, -7], [-2, 3]])
    #expect(c.norm1 == 10 && c.normInfinity == 8 && c.maxMagnitude == 7)
    #expect(abs(c.frobeniusNorm - 63.0.squareRoot()) < 1e-14)
  }

  @Test("LU solves systems and their transposes", arguments: orders)
  func lu(n: Int) throws {
    let a = randomMatrix(n, n, seed: 1) as Matrix<Double>
    let x = randomMatrix(n, 3, seed: 2) as Matrix<Double>
    let lu = try LUFactorization(a)
    #expect((lu.solve(a * x) - x).maxMagnitude < 1e-9)
    #expect((lu.solve(a.transposed * x, transposed: true) - x).maxMagnitude < 1e-9)
    #expect(distance(lu.solve(a * x.column(0)), x.column(0)) < 1e-9)
    #expect((lu.inverse * a - .identity(n)).maxMagnitude < 1e-9)
    let single = randomMatrix(n, n, seed: 1) as Matrix<Float>
    let y = randomMatrix(n, 1, seed: 2, as: Float.self).column(0)
    #expect(distance(try LUFactorization(single).solve(single * y), y) < 0.05)
  }

  @Test("determinant and condition of matrices with known ones")
  func condition() throws {
    // The Hilbert matrix of order 4: determinant 1/6048000, condition number 28375 in the 1-norm.
    let hilbert = Matrix<Double>((0..<4).map { i in (0..<4).map { 1 / Double(i + $0 + 1) } })
    let lu = try LUFactorization(hilbert)
    #expect(abs(lu.determinant * 6_048_000 - 1) < 1e-11)
    #expect(abs(lu.reciprocalCondition * 28375 - 1) < 1e-9)
    let swap = Matrix<Double>([[0, 1], [1, 0]])
    #expect(try LUFactorization(swap).determinant == -1)
  }

  @Test("singular and broken matrices are refused in words")
  func errors() {
    let singular = Matrix<Double>([[2, 0, 0], [0, 1, 2], [0, 2, 4]])
    #expect(throws: FactorizationError.singular(pivot: 2, count: 3)) { try LUFactorization(singular) }
    #expect("\(FactorizationError.singular(pivot: 2, count: 3))".contains("pivot 2"))
    let indefinite = Matrix<Double>([[1, 2], [2, 1]])
    #expect(throws: FactorizationError.notPositiveDefinite(row: 1, count: 2)) { try Cholesky(indefinite) }
    var broken = Matrix<Double>.identity(3)
    broken[1, 2] = .nan
    #expect(throws: FactorizationError.notFinite) { try LUFactorization(broken) }
    #expect(throws: FactorizationError.notFinite) { try SVD(broken) }
    #expect(throws: FactorizationError.notFinite) { try SymmetricEigen(broken) }
    #expect(throws: FactorizationError.notFinite) { try GeneralEigen(broken) }
    #expect(throws: FactorizationError.notFinite) { try QRFactorization(broken) }
    let deficient = Matrix<Double>([[1, 2], [2, 4], [3, 6]])
    #expect(throws: FactorizationError.rankDeficient(column: 1, columns: 2)) {
      try QRFactorization(deficient).solve([1, 2, 3])
    }
    #expect(throws: FactorizationError.singular(pivot: 1, count: 2)) {
      try TridiagonalLU<Double>(lower: [2], diagonal: [1, 4], upper: [2])
    }
    #expect(throws: FactorizationError.singular(pivot: 0, count: 3)) {
      try BandedLU(BandedMatrix<Double>(count: 3, lower: 1, upper: 0))
    }
  }

  @Test("Cholesky factorises positive definite matrices", arguments: orders)
  func cholesky(n: Int) throws {
    let b = randomMatrix(n, n, seed: 3) as Matrix<Double>
    let a = b * b.transposed + Double(n) * Matrix.identity(n)
    let factor = try Cholesky(a)
    #expect((factor.lower * factor.lower.transposed - a).maxMagnitude < 1e-12 * Double(n))
    let x = randomMatrix(n, 2, seed: 4) as Matrix<Double>
    #expect((factor.solve(a * x) - x).maxMagnitude < 1e-12)
    #expect(distance(factor.solve(a * x.column(1)), x.column(1)) < 1e-12)
    if n <= 5 {
      #expect(abs(factor.logDeterminant - log(try LUFactorization(a).determinant)) < 1e-12)
    }
    // Only the lower triangle is read.
    var lower = a
    for j in 0..<n { for i in 0..<j { lower[i, j] = 1e9 } }
    #expect(distance(try Cholesky(lower).solve(a * x.column(0)), x.column(0)) < 1e-12)
  }

  @Test(
    "QR has orthonormal columns and solves least squares", arguments: [(1, 1), (5, 3), (80, 20), (400, 300)])
  func qr(rows: Int, columns: Int) throws {
    let a = randomMatrix(rows, columns, seed: 5) as Matrix<Double>
    let qr = try QRFactorization(a)
    let q = qr.q
    #expect((q.transposed * q - .identity(columns)).maxMagnitude < 1e-13)
    #expect((q * qr.r - a).maxMagnitude < 1e-12)
    let b = randomMatrix(rows, 1, seed: 6, as: Double.self).column(0)
    let x = try qr.solve(b)
    let residual = zip(a * x, b).map { $0 - $1 }
    // The residual is orthogonal to the columns.
    #expect((a.transposed * residual).map(abs).max()! < 1e-11)
    #expect(distance(try SVD(a).solve(b), x) < 1e-9)
  }

  @Test("the symmetric eigenvalues of the second difference are the closed ones", arguments: orders)
  func symmetricEigen(n: Int) throws {
    var a = Matrix<Double>(rows: n, columns: n)
    for i in 0..<n {
      a[i, i] = 2
      if i > 0 { a[i, i - 1] = -1 }
    }
    let eigen = try SymmetricEigen(a)
    for k in 1...n {
      let exact = 4 * pow(sin(.pi * Double(k) / Double(2 * (n + 1))), 2)
      #expect(abs(eigen.values[k - 1] - exact) < 1e-13)
    }
    let v = eigen.vectors
    #expect((v.transposed * v - .identity(n)).maxMagnitude < 1e-12)
    for i in 1..<max(n, 1) where n > 1 { a[i - 1, i] = -1 }
    #expect((a * v - v * .diagonal(eigen.values)).maxMagnitude < 1e-12)
  }

  @Test("general eigenvectors, left and right, with conjugate pairs", arguments: [2, 3, 8, 40])
  func generalEigen(n: Int) throws {
    let a = randomMatrix(n, n, seed: 7) as Matrix<Double>
    let eigen = try GeneralEigen(a)
    for (j, value) in eigen.values.enumerated() {
      let (v, u) = (eigen.rightVectors[j], eigen.leftVectors[j])
      for i in 0..<n {
        var (right, left) = (Complex<Double>.zero, Complex<Double>.zero)
        for k in 0..<n {
          right += a[i, k] * v[k]
          left += a[k, i] * u[k].conjugate
        }
        #expect((right - value * v[i]).magnitude < 1e-12)
        #expect((left - value * u[i].conjugate).magnitude < 1e-12)
      }
      #expect(abs(v.reduce(0) { $0 + $1.squaredMagnitude } - 1) < 1e-12)
    }
    // The trace is the sum of the eigenvalues.
    let trace = (0..<n).reduce(0) { $0 + a[$1, $1] }
    let sum = eigen.values.reduce(Complex<Double>.zero, +)
    #expect((sum - Complex(trace)).magnitude < 1e-12)
    let rotation = try GeneralEigen(Matrix<Double>([[0, -2], [2, 0]]))
    #expect((rotation.values[0] - Complex(0, 2)).magnitude < 1e-14)
    #expect(rotation.values[1] == rotation.values[0].conjugate)
  }

  @Test(
    "singular values, vectors, rank and shortest solution", arguments: [(1, 1), (6, 4), (4, 6), (300, 280)])
  func svd(rows: Int, columns: Int) throws {
    let a = randomMatrix(rows, columns, seed: 8) as Matrix<Double>
    let svd = try SVD(a)
    let k = min(rows, columns)
    #expect(svd.values == svd.values.sorted(by: >) && svd.values.allSatisfy { $0 >= 0 })
    #expect((svd.u.transposed * svd.u - .identity(k)).maxMagnitude < 1e-12)
    #expect((svd.vTransposed * svd.vTransposed.transposed - .identity(k)).maxMagnitude < 1e-12)
    #expect((svd.u * .diagonal(svd.values) * svd.vTransposed - a).maxMagnitude < 1e-11)
    #expect(svd.rank() == k)
    let deficient = try SVD(Matrix<Double>([[1, 2], [2, 4], [3, 6]]))
    #expect(deficient.rank() == 1)
    #expect(abs(deficient.values[0] - 70.0.squareRoot()) < 1e-14)
    // The shortest solution is a multiple of (1, 2).
    #expect(distance(deficient.solve([5, 10, 15]), [1, 2]) < 1e-14)
  }

  @Test(
    "banded and tridiagonal systems agree with the dense ones", arguments: [(1, 0, 0), (9, 2, 1), (50, 1, 3)])
  func banded(n: Int, lower: Int, upper: Int) throws {
    let dense = randomMatrix(n, n, seed: 9) as Matrix<Double>
    var band = BandedMatrix<Double>(count: n, lower: lower, upper: upper)
    var full = Matrix<Double>(rows: n, columns: n)
    for i in 0..<n {
      for j in max(0, i - lower)..<min(n, i + upper + 1) {
        // Small diagonals make rows change places.
        let value = i == j ? 0.1 * dense[i, j] : dense[i, j]
        band[i, j] = value
        full[i, j] = value
      }
    }
    #expect(band[0, n - 1] == full[0, n - 1])
    let b = dense.column(0)
    let (banded, lu) = (try BandedLU(band), try LUFactorization(full))
    for transposed in [false, true] {
      let (x, y) = (banded.solve(b, transposed: transposed), lu.solve(b, transposed: transposed))
      #expect(distance(x, y) <= 1e-9 * (y.map(abs).max()! + 1))
    }
  }

  @Test("tridiagonal systems with row exchanges", arguments: [1, 2, 3, 40])
  func tridiagonal(n: Int) throws {
    let stream = RandomStream(seed: 10)
    func diagonal(_ count: Int, _ first: Int) -> [Double] {
      (0..<count).map { stream.normal(at: UInt64(first + $0)) }
    }
    let (dl, d, du) = (diagonal(n - 1, 0), diagonal(n, 100).map { 0.1 * $0 }, diagonal(n - 1, 200))
    var full = Matrix<Double>(rows: n, columns: n)
    for i in 0..<n {
      full[i, i] = d[i]
      if i + 1 < n {
        full[i + 1, i] = dl[i]
        full[i, i + 1] = du[i]
      }
    }
    let b = diagonal(n, 300)
    let (tridiagonal, lu) = (try TridiagonalLU(lower: dl, diagonal: d, upper: du), try LUFactorization(full))
    for transposed in [false, true] {
      let (x, y) = (tridiagonal.solve(b, transposed: transposed), lu.solve(b, transposed: transposed))
      #expect(distance(x, y) <= 1e-10 * (y.map(abs).max()! + 1))
    }
  }

  @Test("small and large factorisations give the same bits whatever other threads do meanwhile")
  func threads() throws {
    let (small, large) = (
      randomMatrix(100, 100, seed: 11) as Matrix<Double>, randomMatrix(280, 280, seed: 12) as Matrix<Double>
    )
    let (b, c) = (small.column(3), large.column(3))
    let (x, y) = (try LUFactorization(small).solve(b), try LUFactorization(large).solve(c))
    let wrong = Buffer<Int>(count: 64)
    DispatchQueue.concurrentPerform(iterations: 64) { i in
      if i % 2 == 0 {
        if (try? LUFactorization(small).solve(b)) != x { wrong.pointer[i] = 1 }
      } else {
        if (try? LUFactorization(large).solve(c)) != y { wrong.pointer[i] = 1 }
      }
    }
    #expect(wrong.elements.reduce(0, +) == 0)
    // Inside a region everything runs on one thread.
    WorkerPool.shared.forEach(tiles: 32) { tile, _ in
      wrong.pointer[tile] = (try? LUFactorization(small).solve(b)) == x ? 0 : 1
    }
    #expect(wrong.elements.reduce(0, +) == 0)
  }
}

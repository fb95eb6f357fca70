import Foundation
import Tensors
import Testing

@Suite("Products of matrices")
struct ProductTests {
  /// α A B + β C by plain sums in double precision, beside the kernel's result.
  private func check<Scalar: Real>(
    _ type: Scalar.Type, rows: Int, columns: Int, inner: Int, beta: Double, tolerance: Double
  ) {
    // Rows lie apart, and what lies between them stays.
    let (lda, ldb, ldc) = (inner + 3, columns + 2, columns + 5)
    let a = randomArray(rows * lda, seed: 1, as: Scalar.self)
    let b = randomArray(max(inner, 1) * ldb, seed: 2, as: Scalar.self)
    let before = randomArray(rows * ldc, seed: 3, as: Scalar.self)
    // With β = 0 the result is not read.
    var c = beta == 0 ? [Scalar](repeating: .nan, count: rows * ldc) : before
    for i in 0..<rows { for j in columns..<ldc { c[i * ldc + j] = before[i * ldc + j] } }
    c.withUnsafeMutableBufferPointer { c in
      a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
          Scalar.multiplyMatrices(
            rows: rows, columns: columns, inner: inner, alpha: 1.5, a.baseAddress!, leading: lda,
            transposed: false, b.baseAddress!, leading: ldb, transposed: false, beta: Scalar(beta),
            c.baseAddress!, leading: ldc)
        }
      }
    }
    var worst = 0.0
    for i in 0..<rows {
      for j in 0..<ldc {
        var expected = Double(before[i * ldc + j])
        if j < columns {
          let sum = (0..<inner).reduce(0.0) { $0 + Double(a[i * lda + $1]) * Double(b[$1 * ldb + j]) }
          expected = 1.5 * sum + (beta == 0 ? 0 : beta * expected)
        }
        let difference = abs(Double(c[i * ldc + j]) - expected)
        worst = difference <= worst ? worst : difference
      }
    }
    #expect(worst <= tolerance * Double(inner + 1), "\(rows) × \(inner) × \(columns), β = \(beta): \(worst)")
  }

  @Test("products of any number of columns agree with sums", arguments: [0.0, 1, -0.5])
  func columns(beta: Double) {
    for columns in Array(1...20) + [24, 33, 40, 50, 65] {
      for (rows, inner) in [(1, 5), (7, 33), (19, 64), (33, 1), (8, 130), (3, 1025)] {
        check(Double.self, rows: rows, columns: columns, inner: inner, beta: beta, tolerance: 1e-15)
        check(Float.self, rows: rows, columns: columns, inner: inner, beta: beta, tolerance: 2e-7)
      }
      check(Double.self, rows: 4, columns: columns, inner: 0, beta: beta, tolerance: 1e-15)
    }
  }
}

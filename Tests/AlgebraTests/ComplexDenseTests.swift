import Algebra
import Tensors
import Testing

@Suite("Complex dense routines")
struct ComplexDenseTests {
  private typealias Number = (re: Double, im: Double)

  /// Random pairs.
  private func pairs(_ count: Int, seed: UInt64) -> [Double] {
    var stream = RandomStream(seed: seed)
    return (0..<2 * count).map { _ in stream.nextNormal() }
  }

  private func product(_ a: [Double], _ i: Int, _ b: [Double], _ j: Int) -> Number {
    let (x, y) = ((a[2 * i], a[2 * i + 1]), (b[2 * j], b[2 * j + 1]))
    return (x.0 * y.0 - x.1 * y.1, x.0 * y.1 + x.1 * y.0)
  }

  private func conjugate(_ a: [Double]) -> [Double] { a.enumerated().map { $0 % 2 == 0 ? $1 : -$1 } }

  @Test("products of complex matrices and adjoints", arguments: [false, true], [false, true])
  func products(aIsAdjoint: Bool, bIsAdjoint: Bool) {
    let (m, n, k) = (5, 7, 3)
    let (a, b, c) = (pairs(m * k, seed: 1), pairs(k * n, seed: 2), pairs(m * n, seed: 3))
    let (lda, ldb) = (aIsAdjoint ? m : k, bIsAdjoint ? k : n)
    var out = c
    Double.multiplyComplexMatrices(
      rows: m, columns: n, inner: k, alpha: 2, a, leading: lda, adjoint: aIsAdjoint, b, leading: ldb,
      adjoint: bIsAdjoint, beta: 0.5, &out, leading: n)
    var single = c.map { Float($0) }
    Float.multiplyComplexMatrices(
      rows: m, columns: n, inner: k, alpha: 2, a.map { Float($0) }, leading: lda, adjoint: aIsAdjoint,
      b.map { Float($0) }, leading: ldb, adjoint: bIsAdjoint, beta: 0.5, &single, leading: n)
    let (x, y) = (aIsAdjoint ? conjugate(a) : a, bIsAdjoint ? conjugate(b) : b)
    for i in 0..<m {
      for j in 0..<n {
        let place = 2 * (i * n + j)
        var (re, im) = (0.5 * c[place], 0.5 * c[place + 1])
        for l in 0..<k {
          let term = product(x, aIsAdjoint ? l * m + i : i * k + l, y, bIsAdjoint ? j * k + l : l * n + j)
          (re, im) = (re + 2 * term.re, im + 2 * term.im)
        }
        #expect(abs(out[place] - re) + abs(out[place + 1] - im) < 1e-13)
        #expect(abs(Double(single[place]) - re) + abs(Double(single[place + 1]) - im) < 1e-4)
      }
    }
  }

  @Test("eigenvectors of Hermitian matrices, column by column", arguments: [1, 2, 9, 40])
  func eigenvectors(n: Int) {
    // A + Aᴴ, of which only the lower triangle is read.
    let a = pairs(n * n, seed: 4)
    var matrix = a
    for i in 0..<n {
      for j in 0..<n {
        matrix[2 * (i + j * n)] = a[2 * (i + j * n)] + a[2 * (j + i * n)]
        matrix[2 * (i + j * n) + 1] = a[2 * (i + j * n) + 1] - a[2 * (j + i * n) + 1]
      }
    }
    var (copy, values, z) = (
      matrix, [Double](repeating: 0, count: n), [Double](repeating: 0, count: 2 * n * n)
    )
    var (work, real) = ([Double](repeating: 0, count: 200 * n), [Double](repeating: 0, count: 24 * n))
    var (whole, support) = ([Int32](repeating: 0, count: 10 * n), [Int32](repeating: 0, count: 2 * n))
    #expect(
      Double.heevr(n, &copy, n, &values, &z, n, &support, &work, 100 * n, &real, 24 * n, &whole, 10 * n) == 0)
    for k in 0..<n {
      for i in 0..<n {
        var (re, im) = (0.0, 0.0)
        for j in 0..<n {
          let term = product(matrix, i + j * n, z, j + k * n)
          (re, im) = (re + term.re, im + term.im)
        }
        let place = 2 * (i + k * n)
        #expect(abs(re - values[k] * z[place]) + abs(im - values[k] * z[place + 1]) < 1e-11)
      }
    }
    #expect(values == values.sorted())
  }

  @Test("eigenvectors of symmetric matrices are those of divide and conquer", arguments: [1, 3, 17, 70])
  func symmetric(n: Int) throws {
    var stream = RandomStream(seed: 5)
    var matrix = Matrix<Double>(rows: n, columns: n)
    for i in 0..<n {
      for j in 0...i {
        let value = stream.nextNormal()
        (matrix[i, j], matrix[j, i]) = (value, value)
      }
    }
    let expected = try SymmetricEigen(matrix)
    var (values, z) = ([Double](repeating: 0, count: n), [Double](repeating: 0, count: n * n))
    var (work, whole) = ([Double](repeating: 0, count: 100 * n), [Int32](repeating: 0, count: 10 * n))
    var support = [Int32](repeating: 0, count: 2 * n)
    let info = matrix.withUnsafeMutablePointer {
      Double.syevr(n, $0, n, &values, &z, n, &support, &work, 100 * n, &whole, 10 * n)
    }
    #expect(info == 0)
    for k in 0..<n {
      #expect(abs(values[k] - expected.values[k]) < 1e-11)
      let cosine = (0..<n).reduce(0) { $0 + z[k * n + $1] * expected.vectors[$1, k] }
      #expect(abs(abs(cosine) - 1) < 1e-8)
    }
  }

  @Test("Q of complex matrices is unitary, and R triangular")
  func factorization() {
    let n = 12
    let a = pairs(n * n, seed: 6)
    var (q, tau, work) = (a, [Double](repeating: 0, count: 2 * n), [Double](repeating: 0, count: 200 * n))
    #expect(Double.complexGeqrf(n, n, &q, n, &tau, &work, 100 * n) == 0)
    #expect(Double.ungqr(n, n, n, &q, n, &tau, &work, 100 * n) == 0)
    let bar = conjugate(q)
    for i in 0..<n {
      for j in 0..<n {
        var (unit, triangle) = ((re: 0.0, im: 0.0), (re: 0.0, im: 0.0))
        for k in 0..<n {
          let (u, t) = (product(bar, k + i * n, q, k + j * n), product(bar, k + i * n, a, k + j * n))
          unit = (unit.re + u.re, unit.im + u.im)
          triangle = (triangle.re + t.re, triangle.im + t.im)
        }
        #expect(abs(unit.re - (i == j ? 1 : 0)) + abs(unit.im) < 1e-13)
        if i > j { #expect(abs(triangle.re) + abs(triangle.im) < 1e-12) }
      }
    }
  }
}

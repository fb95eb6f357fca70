import Tensors
import Testing

import Algebra

@Suite("Sparse least squares")
struct LeastSquaresTests {
  @Test("SPQR's solution is that of LAPACK's QR")
  func overdetermined() throws {
    let a = SparseSamples.random(120, 40, perRow: 3, diagonal: 1, seed: 3)
    let b = SparseSamples.vector(120)
    let factors = try SPQR().prepare(a)
    #expect(factors.rank == 40)
    let expected = try QRFactorization(SparseSamples.dense(a)).solve(b)
    let x = factors.solve(b)
    #expect(zip(x, expected).allSatisfy { abs($0 - $1) < 1e-12 })
    // Two right-hand sides at once.
    let both = factors.solve(Matrix(rows: 120, columns: 2, columnMajor: b + b.map { -2 * $0 }))
    #expect(zip(both.column(1), expected).allSatisfy { abs($0 + 2 * $1) < 1e-12 })
    // The transposed solve gives the shortest solution of Aᵀ y = c: one in the range of A, y = A (AᵀA)⁻¹ c.
    let c = SparseSamples.vector(40)
    let y = factors.solve(c, transposed: true)
    #expect(SparseSamples.residual(a, y, c, transposed: true) < 1e-13)
    let back = a.multiply(factors.solve(y))
    #expect(zip(y, back).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test("with fewer rows than columns, the shortest solution and the transposed least squares")
  func underdetermined() throws {
    let tall = SparseSamples.random(90, 30, perRow: 3, diagonal: 1, seed: 5)
    let dense = SparseSamples.dense(tall)
    var entries: [(Int, Int, Double)] = []
    for i in 0..<90 { for j in 0..<30 where dense[i, j] != 0 { entries.append((j, i, dense[i, j])) } }
    let wide = SparseSamples.matrix(30, 90, entries)
    let factors = try SPQR().prepare(wide)
    let c = SparseSamples.vector(30)
    let x = factors.solve(c)
    #expect(SparseSamples.residual(wide, x, c) < 1e-13)
    let expected = try SPQR().prepare(tall).solve(c, transposed: true)
    #expect(zip(x, expected).allSatisfy { abs($0 - $1) < 1e-12 })
    let b = SparseSamples.vector(90)
    let y = factors.solve(b, transposed: true)
    let leastSquares = try QRFactorization(dense).solve(b)
    #expect(zip(y, leastSquares).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test("the rank of matrices with dependent columns")
  func rank() throws {
    for (columns, dependent) in [(20, 1), (30, 7), (12, 11)] {
      let a = SparseSamples.random(80, columns, perRow: 4, diagonal: 1, seed: UInt64(columns))
      let dense = SparseSamples.dense(a)
      var entries: [(Int, Int, Double)] = []
      for i in 0..<80 {
        for j in 0..<columns { entries.append((i, j, dense[i, j])) }
        // Sums of two of the columns before.
        for k in 0..<dependent {
          entries.append((i, columns + k, dense[i, k] + 2 * dense[i, (k + 1) % columns]))
        }
      }
      let factors = try SPQR().prepare(SparseSamples.matrix(80, columns + dependent, entries))
      #expect(factors.rank == columns)
      #expect(factors.statistics.rank == columns)
      // A basic solution leaves the residual of the least-squares solution without the dependent columns.
      let b = SparseSamples.vector(80)
      let x = factors.solve(b)
      let full = SparseSamples.matrix(80, columns + dependent, entries)
      let best = SparseSamples.residual(a, try QRFactorization(dense).solve(b), b)
      #expect(abs(SparseSamples.residual(full, x, b) - best) < 1e-12)
    }
  }

  @Test("values change, the pattern stays")
  func refactorization() throws {
    let a = SparseSamples.random(100, 25, perRow: 3, diagonal: 1, seed: 9)
    var factors = try SPQR().prepare(a)
    let b = SparseSamples.vector(100)
    for step in 1...3 {
      let next = DirectSolverTests.changed(a, by: 0.5 * Double(step))
      try factors.refactorize(next)
      let expected = try QRFactorization(SparseSamples.dense(next)).solve(b)
      #expect(zip(factors.solve(b), expected).allSatisfy { abs($0 - $1) < 1e-12 })
    }
  }
}

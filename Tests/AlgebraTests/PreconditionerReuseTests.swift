import Tensors
import Testing

import Algebra

@Suite("Preconditioners in use: threads, precision, updates, bad matrices")
struct PreconditionerReuseTests {
  typealias Samples = PreconditionerSamples

  static let all: [any Preconditioner] = [
    SSORPreconditioner(relaxation: 1.3), IncompleteCholesky(), IncompleteCholesky(precision: .full),
    IncompleteCholesky.modified, IncompleteLU(), ThresholdIncompleteCholesky(), ThresholdIncompleteLU(),
    FactorizedApproximateInverse(power: 2), PolynomialPreconditioner(), BlockJacobi(blockSize: 3),
    BlockPreconditioner(rowsPerBlock: 1500), BlockPreconditioner(rowsPerBlock: 3000, inner: IncompleteLU()),
  ]

  /// Rows and columns in a scattered order: row i of the result is row i · factor mod n of the matrix.
  private func scattered(_ a: SparseMatrix<Double>, factor: Int) -> SparseMatrix<Double> {
    let n = a.rows
    var place = [Int](repeating: 0, count: n)
    for i in 0..<n { place[i * factor % n] = i }
    var entries: [(Int, Int, Double)] = []
    for i in 0..<n {
      let row = i * factor % n
      for p in a.pattern.entries(ofRow: row) {
        entries.append((i, place[Int(a.pattern.columnIndices.pointer[p])], a.values.pointer[p]))
      }
    }
    return SparseSamples.matrix(n, n, entries)
  }

  /// Matrices whose sweeps are scheduled by lines, by planes, by levels, and not at all.
  private var matrices: [(String, SparseMatrix<Double>)] {
    let noise = Samples.uniform(3 * 40_000, seed: 7)
    func conductance(_ i: Int, _ axis: Int) -> Double { Double.exp(2 * noise[3 * i + axis]) }
    return [
      ("lines", Samples.diffusion([60, 300], conductance)),
      ("planes", Samples.diffusion([20, 25, 24], conductance)),
      ("levels", scattered(Samples.diffusion([90, 91], conductance), factor: 2741)),
      ("chain", Samples.diffusion([6000], conductance)),
      ("small", Samples.diffusion([9, 8], conductance)),
    ]
  }

  @Test("one, two and three threads give the same bits, again and again")
  func threads() throws {
    let pools = [1, 2, 3].map { WorkerPool(threads: $0) }
    for (label, a) in matrices {
      let b = Samples.uniform(a.rows)
      for preconditioner in Self.all {
        let expected = try preconditioner.prepare(a, pool: pools[0]).multiply(b, pool: pools[0])
        for pool in pools {
          let m = try preconditioner.prepare(a, pool: pool)
          for _ in 0..<3 {
            let same = m.multiply(b, pool: pool) == expected
            #expect(same, "\(preconditioner.name), \(label), \(pool.threadCount) threads")
          }
        }
        #expect(expected.allSatisfy { $0.isFinite })
      }
    }
  }

  @Test("inside a region of the same pool a solve is serial, and the same")
  func nested() throws {
    let a = Samples.laplacian(130, dimensions: 2)
    let b = Samples.uniform(a.rows)
    let pool = WorkerPool(threads: 2)
    let m = try IncompleteCholesky().prepare(a, pool: pool)
    let expected = m.multiply(b, pool: pool)
    let results = Buffer<Int>(count: 4)
    pool.forEach(tiles: 4) { tile, _ in results.pointer[tile] = m.multiply(b, pool: pool) == expected ? 1 : 0
    }
    #expect(results.elements.allSatisfy { $0 == 1 })
  }

  @Test("an update gives what a new set-up gives, on the same pattern and on another")
  func updates() throws {
    let a = Samples.diffusion([70, 80]) { i, axis in 1 + Double((i + axis) % 7) }
    let other = Samples.diffusion([70, 80]) { i, axis in 2 + Double((i * 3 + axis) % 11) }
    let larger = Samples.diffusion([75, 80]) { _, _ in 1 }
    for preconditioner in Self.all {
      let m = try preconditioner.prepare(a, pool: .shared)
      for matrix in [other, larger] {
        let b = Samples.uniform(matrix.rows)
        let updated = try m.updated(matrix, pool: .shared)
        let fresh = try preconditioner.prepare(matrix, pool: .shared)
        let same = updated.multiply(b) == fresh.multiply(b)
        #expect(same, "\(preconditioner.name)")
        #expect(updated.statistics.bytes == fresh.statistics.bytes)
      }
      // The first set-up is what it was.
      let b = Samples.uniform(a.rows)
      let again = try preconditioner.prepare(a, pool: .shared).multiply(b)
      let same = m.multiply(b) == again
      #expect(same)
    }
  }

  @Test("factors in single precision take as many iterations, and matrices in Float are taken")
  func precision() throws {
    let noise = Samples.uniform(2 * 96 * 96, seed: 3)
    for a in [
      Samples.laplacian(96, dimensions: 2),
      Samples.diffusion([96, 96]) { i, axis in Double.exp(4 * noise[2 * i + axis]) },
    ] {
      let b = Samples.uniform(a.rows)
      for modification in [0, 0.97] {
        let counts = try [FactorPrecision.full, .single, .automatic].map { precision in
          let m = try IncompleteCholesky(modification: modification, precision: precision).prepare(
            a, pool: .shared)
          return try Samples.iterations(a, b, m)
        }
        #expect(counts[0] > 0 && counts[1] <= counts[0] + 1 && counts[2] <= counts[0] + 1, "\(counts)")
      }
      let floats = Buffer<Float>(uninitialized: a.entryCount)
      for p in 0..<a.entryCount { floats.pointer[p] = Float(a.values.pointer[p]) }
      let single = SparseMatrix<Float>(pattern: a.pattern, values: floats)
      for preconditioner in Self.all {
        let expected = try preconditioner.prepare(a, pool: .shared).multiply(b)
        let found = try preconditioner.prepare(single, pool: .shared).multiply(b.map { Float($0) })
        let scale = expected.reduce(0) { max($0, abs($1)) }
        let error = zip(found, expected).reduce(0) { max($0, abs(Double($1.0) - $1.1)) }
        #expect(error < 2e-3 * scale, "\(preconditioner.name): \(error / scale)")
      }
    }
  }

  @Test("pivots out of the range of Float keep factors in double precision")
  func range() throws {
    let a = Samples.diffusion([30, 30]) { _, _ in 1e-60 }
    let m = try IncompleteCholesky().prepare(a, pool: .shared)
    let iterations = try Samples.iterations(a, Samples.uniform(a.rows), m)
    let expected = Samples.laplacian(30, dimensions: 2)
    let plain = try IncompleteCholesky(precision: .full).prepare(expected, pool: .shared)
    let expectedCount = try Samples.iterations(expected, Samples.uniform(a.rows), plain)
    #expect(abs(iterations - expectedCount) <= 1)
  }

  @Test("a symmetric matrix that keeps a zero on one side only is taken")
  func halfPattern() throws {
    let a = Samples.laplacian(12, dimensions: 2)
    var entries = [(5, 100, 0.0)]
    for i in 0..<a.rows {
      for p in a.pattern.entries(ofRow: i) {
        entries.append((i, Int(a.pattern.columnIndices.pointer[p]), a.values.pointer[p]))
      }
    }
    let half = SparseSamples.matrix(a.rows, a.rows, entries)
    #expect(half.entryCount == a.entryCount + 1)
    let b = Samples.uniform(a.rows)
    for preconditioner: any Preconditioner in [IncompleteCholesky(), ThresholdIncompleteCholesky()] {
      let m = try preconditioner.prepare(half, pool: .shared)
      let again = try m.updated(half, pool: .shared)
      let same = again.multiply(b) == m.multiply(b)
      #expect(same)
      let iterations = try Samples.iterations(a, b, m)
      let whole = try Samples.iterations(a, b, preconditioner.prepare(a, pool: .shared))
      #expect(iterations > 0 && iterations <= whole + 1)
    }
  }

  @Test("matrices without rows")
  func empty() throws {
    let a = SparseSamples.matrix(0, 0, [])
    for preconditioner in Self.all {
      let z = try preconditioner.prepare(a, pool: .shared).multiply([])
      #expect(z.isEmpty, "\(preconditioner.name)")
    }
  }

  private func failure(_ preconditioner: any Preconditioner, _ a: SparseMatrix<Double>) -> (any Error)? {
    do { _ = try preconditioner.prepare(a, pool: .shared) } catch { return error }
    return nil
  }

  @Test("bad matrices are refused with the reason")
  func refusals() throws {
    let a = Samples.laplacian(6, dimensions: 2)
    for preconditioner in Self.all {
      let name = preconditioner.name
      let wide = failure(preconditioner, SparseSamples.random(5, 7, perRow: 2, diagonal: 1, seed: 1))
      #expect("\(wide!)".contains("needs a square matrix, and this one is 5 × 7"), "\(name)")
      let broken = SparseSamples.map(a) { i, j, entry in i == 17 && j == 11 ? .nan : entry }
      #expect(
        failure(preconditioner, broken) as? SparseMatrixError == .notFinite(row: 17, column: 11), "\(name)")
    }
    for preconditioner in Self.all where !(preconditioner is BlockJacobi) {
      let hollow = SparseSamples.map(a) { i, j, entry in i == j && i == 7 ? 0 : entry }
      #expect("\(failure(preconditioner, hollow)!)".contains("row 7 has none"), "\(preconditioner.name)")
      let missing = SparseSamples.matrix(2, 2, [(0, 0, 1), (0, 1, 1), (1, 0, 1)])
      #expect("\(failure(preconditioner, missing)!)".contains("row 1 has none"), "\(preconditioner.name)")
    }
    let symmetric: [any Preconditioner] = [
      IncompleteCholesky(), ThresholdIncompleteCholesky(), FactorizedApproximateInverse(),
      PolynomialPreconditioner(),
    ]
    for preconditioner in symmetric {
      let lopsided = SparseSamples.map(a) { i, j, entry in i == 8 && j == 9 ? -0.5 : entry }
      #expect(
        "\(failure(preconditioner, lopsided)!)".contains("needs a symmetric matrix"), "\(preconditioner.name)"
      )
      let negative = SparseSamples.map(a) { i, j, entry in i == j && i == 20 ? -4 : entry }
      #expect(
        failure(preconditioner, negative) as? FactorizationError == .notPositiveDefinite(row: 20, count: 36))
    }
    let singular = SparseSamples.matrix(
      4, 4, [(0, 0, 1), (1, 1, 1), (2, 2, 1), (2, 3, 2), (3, 2, 2), (3, 3, 4)])
    #expect(
      failure(BlockJacobi(blockSize: 2), singular) as? FactorizationError == .singular(pivot: 3, count: 4))
    // SSOR of a matrix with a negative diagonal entry is no preconditioner for conjugate gradients.
    let negative = SparseSamples.map(a) { i, j, entry in i == j && i == 20 ? -4 : entry }
    let indefinite = try SSORPreconditioner().prepare(negative, pool: .shared)
    #expect(!indefinite.isSymmetric)
  }
}

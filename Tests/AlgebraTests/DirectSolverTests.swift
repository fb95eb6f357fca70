import Tensors
import Testing

import Algebra

@Suite("Direct solvers")
struct DirectSolverTests {
  static let symmetric: [any DirectSolver] = [
    CHOLMOD(), CHOLMOD(storage: .simplicial), CHOLMOD(storage: .supernodal), CHOLMOD(.ldl),
  ]
  static let general: [any DirectSolver] = [UMFPACK(), KLU(), SPQR()]

  /// A copy of the matrix with every entry times a function of its place that keeps the diagonal largest.
  static func changed(_ a: SparseMatrix<Double>, by factor: Double) -> SparseMatrix<Double> {
    SparseSamples.map(a) { i, j, value in
      value * (i == j ? 1 + factor : 1 + factor * Double((i * j) % 7) / 8)
    }
  }

  @Test("solve, transposed and for several right-hand sides", arguments: [0, 1, 2, 3, 4, 5, 6])
  func solves(index: Int) throws {
    let solver = (Self.symmetric + Self.general)[index]
    let a =
      index < 4
      ? SparseSamples.laplacian(13, dimensions: 3)
      : SparseSamples.random(900, 900, perRow: 5, diagonal: 3, seed: 7)
    let factors = try solver.prepare(a)
    let b = SparseSamples.vector(a.rows)
    for transposed in [false, true] {
      let x = factors.solve(b, transposed: transposed)
      #expect(SparseSamples.residual(a, x, b, transposed: transposed) < 1e-13, "\(solver.name)")
      // Seven at a time: more than the four that the libraries take together.
      var columns = [Double]()
      for k in 0..<7 { columns += b.map { $0 * Double(k + 1) - Double(k) } }
      let many = factors.solve(
        Matrix(rows: a.rows, columns: 7, columnMajor: columns), transposed: transposed)
      for k in 0..<7 {
        let right = Array(columns[k * a.rows..<(k + 1) * a.rows])
        #expect(SparseSamples.residual(a, many.column(k), right, transposed: transposed) < 1e-13)
      }
    }
    #expect(factors.statistics.factorEntries > 0)
    #expect(factors.statistics.bytes > 0)
    #expect(factors.statistics.flops > 0)
  }

  @Test(
    "refactorisation keeps the analysis, and copies keep their factors", arguments: [0, 1, 2, 3, 4, 5, 6])
  func refactorizes(index: Int) throws {
    let solver = (Self.symmetric + Self.general)[index]
    let a = SparseSamples.laplacian(30, dimensions: 2)
    let b = SparseSamples.vector(a.rows)
    var factors: any SparseFactorization = try solver.prepare(a)
    let action = factors.makeSolve()
    let copy = factors
    for step in 1...3 {
      let next = Self.changed(a, by: Double(step))
      try factors.refactorize(next)
      #expect(factors.statistics.analysisSeconds == 0 || solver is SPQR)
      #expect(SparseSamples.residual(next, factors.solve(b), b) < 1e-13)
      // The copy and the action made before still belong to the first matrix.
      #expect(SparseSamples.residual(a, copy.solve(b), b) < 1e-13)
      var x = b
      action.apply(b, to: &x)
      #expect(SparseSamples.residual(a, x, b) < 1e-13)
    }
    // Another pattern is analysed anew.
    let other = SparseSamples.laplacian(9, dimensions: 3)
    try factors.refactorize(other)
    let c = SparseSamples.vector(other.rows)
    #expect(SparseSamples.residual(other, factors.solve(c), c) < 1e-13)
  }

  @Test("the same bits as from a fresh factorisation", arguments: [0, 1, 2, 3, 4, 6])
  func bits(index: Int) throws {
    let solver = (Self.symmetric + Self.general)[index]
    let a = SparseSamples.laplacian(20, dimensions: 3)
    let b = SparseSamples.vector(a.rows)
    let first = try solver.prepare(a).solve(b)
    var again: any SparseFactorization = try solver.prepare(Self.changed(a, by: 1))
    try again.refactorize(a)
    // Refinement and kept pivots leave the solution, though not the factors, free to differ in the last digits.
    let difference = zip(first, again.solve(b)).map { $0 - $1 }
    #expect(SparseSamples.norm(difference) <= 1e-13 * SparseSamples.norm(first))
    #expect(try solver.prepare(a).solve(b) == first)
  }

  @Test("determinants are LAPACK's and the closed form's", arguments: [0, 1, 2, 3, 4, 5])
  func determinants(index: Int) throws {
    let solver = (Self.symmetric + Self.general)[index]
    if index >= 4 {
      for seed in 1...6 as ClosedRange<UInt64> {
        let a = SparseSamples.random(60, 60, perRow: 4, diagonal: 0.3, seed: seed)
        let expected = try LUFactorization(SparseSamples.dense(a)).determinant
        let found = try #require(try solver.prepare(a).determinant)
        #expect(found.sign == (expected < 0 ? -1 : 1))
        #expect(abs(found.logMagnitude - Double.log(abs(expected))) < 1e-9)
      }
    }
    // The eigenvalues of the Laplacian are sums of 4 sin²(π k / 2(n + 1)).
    let n = 40
    let s = (1...n).map { k in
      let r = Double.sin(.pi * Double(k) / Double(2 * (n + 1)))
      return 4 * r * r
    }
    let expected = s.reduce(0) { sum, x in s.reduce(sum) { $0 + Double.log(x + $1) } }
    let found = try #require(try solver.prepare(SparseSamples.laplacian(n, dimensions: 2)).determinant)
    #expect(found.sign == 1)
    #expect(abs(found.logMagnitude - expected) < 1e-10 * expected)
  }

  @Test("condition estimates are within a factor of three of the inverse's norm", arguments: [0, 3, 4, 5, 6])
  func condition(index: Int) throws {
    let solver = (Self.symmetric + Self.general)[index]
    let matrices =
      index < 4
      ? [SparseSamples.laplacian(14, dimensions: 2)]
      : (1...4).map { SparseSamples.random(150, 150, perRow: 4, diagonal: 0.5, seed: $0) }
    for a in matrices {
      let exact =
        1 / (SparseSamples.dense(a).norm1 * (try LUFactorization(SparseSamples.dense(a))).inverse.norm1)
      let estimate = try solver.prepare(a).reciprocalCondition
      #expect(estimate >= exact * (1 - 1e-9))
      #expect(estimate <= 3 * exact)
    }
  }

  @Test("LDLᵀ counts negative eigenvalues")
  func inertia() throws {
    // A shift between the eigenvalues of the Laplacian, which are 4 sin²(π k / 2(n + 1)).
    let n = 200
    for shift in [0.0001, 0.5, 1.9, 3.99] {
      var entries: [(Int, Int, Double)] = []
      for i in 0..<n {
        entries.append((i, i, 2 - shift))
        if i > 0 { entries.append((i, i - 1, -1)) }
        if i < n - 1 { entries.append((i, i + 1, -1)) }
      }
      let expected = (1...n).filter { k in
        let r = Double.sin(.pi * Double(k) / Double(2 * (n + 1)))
        return 4 * r * r < shift
      }.count
      let factors = try CHOLMOD(.ldl).prepare(SparseSamples.matrix(n, n, entries))
      #expect(factors.statistics.negativePivots == expected)
    }
  }

  @Test("nested dissection needs fewer entries than minimum degree, and both fewer than none")
  func orderings() throws {
    let a = SparseSamples.laplacian(24, dimensions: 3)
    let b = SparseSamples.vector(a.rows)
    var entries: [FillReducingOrdering: Int] = [:]
    for ordering in FillReducingOrdering.allCases {
      let factors = try CHOLMOD(ordering: ordering).prepare(a)
      entries[ordering] = factors.statistics.factorEntries
      #expect(SparseSamples.residual(a, factors.solve(b), b) < 1e-13)
      #expect(factors.statistics.kind == "supernodal LLᵀ")
    }
    #expect(entries[.nestedDissection]! < entries[.minimumDegree]!)
    #expect(entries[.minimumDegree]! < entries[.natural]! / 2)
    #expect(entries[.automatic]! <= entries[.minimumDegree]!)
    for ordering in FillReducingOrdering.allCases {
      let small = SparseSamples.laplacian(40, dimensions: 2)
      let c = SparseSamples.vector(small.rows)
      let x = try UMFPACK(ordering: ordering).prepare(small).solve(c)
      #expect(SparseSamples.residual(small, x, c) < 1e-13)
      let y = try SPQR(ordering: ordering).prepare(small).solve(c)
      #expect(SparseSamples.residual(small, y, c) < 1e-13)
    }
  }

  @Test("LU of a saddle point, with pivots near the diagonal and with rows of any kind")
  func saddlePoint() throws {
    // [A Bᵀ; B 0] with −Δ for A, and differences along one axis for B: no entries on the lower diagonal.
    let n = 40
    let a = SparseSamples.laplacian(n, dimensions: 2)
    var entries: [(Int, Int, Double)] = []
    for i in 0..<a.rows {
      for p in a.pattern.entries(ofRow: i) {
        entries.append((i, Int(a.pattern.columnIndices.pointer[p]), a.values.pointer[p]))
      }
    }
    var row = a.rows
    for i in stride(from: 0, to: n, by: 2) {
      for j in stride(from: 0, to: n - 1, by: 2) {
        for (column, value) in [(i * n + j, -1.0), (i * n + j + 1, 1.0)] {
          entries += [(row, column, value), (column, row, value)]
        }
        row += 1
      }
    }
    let saddle = SparseSamples.matrix(row, row, entries)
    let b = SparseSamples.vector(row)
    for strategy in UMFPACK.Strategy.allCases {
      let factors = try UMFPACK(ordering: .minimumDegree, strategy: strategy).prepare(saddle)
      #expect(factors.statistics.kind.contains("diagonal") == (strategy == .symmetric), "\(strategy)")
      for transposed in [false, true] {
        let x = factors.solve(b, transposed: transposed)
        #expect(SparseSamples.residual(saddle, x, b, transposed: transposed) < 1e-13, "\(strategy)")
      }
    }
  }

  @Test("as preconditioners, in both precisions")
  func preconditioners() throws {
    let a = SparseSamples.laplacian(20, dimensions: 2)
    let b = SparseSamples.vector(a.rows)
    let single = SparseMatrix<Float>(
      pattern: a.pattern, values: SparseSamples.buffer(a.values.elements.map { Float($0) }))
    for solver in Self.symmetric + Self.general {
      let prepared = try solver.prepare(a, pool: .shared)
      #expect(prepared.isSymmetric == (solver is CHOLMOD))
      #expect(SparseSamples.residual(a, prepared.multiply(b), b) < 1e-13)
      let changed = Self.changed(a, by: 2)
      let updated = try prepared.updated(changed, pool: .shared)
      #expect(SparseSamples.residual(changed, updated.multiply(b), b) < 1e-13)
      let inSingle = try solver.prepare(single, pool: .shared).multiply(b.map { Float($0) })
      #expect(SparseSamples.residual(a, inSingle.map { Double($0) }, b) < 1e-5)
      #expect(throws: SparseMatrixError.self) {
        _ = try solver.prepare(SparseSamples.random(5, 4, perRow: 2, diagonal: 1, seed: 1), pool: .shared)
      }
    }
  }

  @Test("several threads solve with one factorisation", arguments: [0, 3, 4, 5, 6])
  func sharing(index: Int) async throws {
    let solver = (Self.symmetric + Self.general)[index]
    let a = SparseSamples.laplacian(25, dimensions: 2)
    let b = SparseSamples.vector(a.rows)
    let factors: any SparseFactorization = try solver.prepare(a)
    let expected = factors.solve(b)
    await withTaskGroup(of: [Double].self) { group in
      for _ in 0..<8 { group.addTask { factors.solve(b) } }
      for await x in group { #expect(x == expected) }
    }
  }
}

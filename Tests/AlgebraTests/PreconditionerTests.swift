import Tensors
import Testing

import Algebra

@Suite("Preconditioners are what their definitions say")
struct PreconditionerTests {
  typealias Dense = PreconditionerDense
  typealias Samples = PreconditionerSamples

  /// A diffusion matrix with random conductances over five decades.
  private func rough(_ points: [Int], seed: UInt32 = 5) -> SparseMatrix<Double> {
    let noise = Samples.uniform(points.reduce(1, *) * points.count, seed: seed)
    return Samples.diffusion(points) { i, axis in Double.exp(6 * noise[i * points.count + axis]) }
  }

  /// The same with transport: not symmetric, rows still dominated by their diagonals.
  private func transport(_ points: [Int]) -> SparseMatrix<Double> {
    SparseSamples.map(Samples.diffusion(points) { _, _ in 1 }) { i, j, value in
      i == j ? value + 1 : value * (j > i ? 0.6 : 1.3)
    }
  }

  // MARK: - Incomplete factorisations

  @Test("without dropped entries a factorisation is exact")
  func exact() throws {
    let line = rough([40])
    for preconditioner: any Preconditioner in [
      IncompleteCholesky(precision: .full), IncompleteCholesky(modification: 0.97, precision: .full),
      IncompleteLU(precision: .full), ThresholdIncompleteCholesky(dropTolerance: 0, precision: .full),
    ] {
      let m = try preconditioner.prepare(line, pool: .shared)
      let identity = Dense.product(Dense.inverse(m), Dense.rows(line))
      #expect(
        Dense.maximum(identity, Dense.rows(.identity(40))) < 1e-10, "\(preconditioner.name)")
    }
    // With room for all fill the factors by magnitude are complete.
    let plane = rough([7, 6])
    for preconditioner: any Preconditioner in [
      ThresholdIncompleteCholesky(dropTolerance: 0, fill: 42, precision: .full),
      ThresholdIncompleteLU(dropTolerance: 0, fill: 42, precision: .full),
    ] {
      let m = try preconditioner.prepare(plane, pool: .shared)
      let identity = Dense.product(Dense.inverse(m), Dense.rows(plane))
      #expect(Dense.maximum(identity, Dense.rows(.identity(42))) < 1e-9, "\(preconditioner.name)")
    }
    let moving = transport([7, 6])
    let m = try ThresholdIncompleteLU(dropTolerance: 0, fill: 42, precision: .full).prepare(
      moving, pool: .shared)
    let identity = Dense.product(Dense.inverse(m), Dense.rows(moving))
    #expect(Dense.maximum(identity, Dense.rows(.identity(42))) < 1e-10)
    #expect(!m.isSymmetric)
  }

  @Test("the product of factors without fill equals the matrix on its pattern")
  func agreesOnPattern() throws {
    let cases: [(any Preconditioner, SparseMatrix<Double>)] = [
      (IncompleteCholesky(precision: .full), rough([8, 7])),
      (IncompleteCholesky(precision: .full), rough([4, 3, 5])),
      (IncompleteLU(precision: .full), transport([8, 7])),
      (IncompleteLU(precision: .full), SparseSamples.random(40, 40, perRow: 4, diagonal: 9, seed: 3)),
    ]
    for (preconditioner, a) in cases {
      let m = try preconditioner.prepare(a, pool: .shared)
      let product = Dense.inverted(Dense.inverse(m))
      let scale = Dense.magnitude(product)
      for i in 0..<a.rows {
        for p in a.pattern.entries(ofRow: i) {
          let j = Int(a.pattern.columnIndices.pointer[p])
          #expect(abs(product[i][j] - a[i, j]) < 1e-10 * scale, "\(preconditioner.name) at (\(i), \(j))")
        }
      }
    }
  }

  @Test("a modification of 1 keeps row sums, and leaves the entries off the diagonal")
  func keepsRowSums() throws {
    for (preconditioner, a): (any Preconditioner, SparseMatrix<Double>) in [
      (IncompleteCholesky(modification: 1, precision: .full), rough([6, 9])),
      (IncompleteLU(modification: 1, precision: .full), transport([6, 9])),
    ] {
      let m = try preconditioner.prepare(a, pool: .shared)
      let product = Dense.inverted(Dense.inverse(m))
      let scale = Dense.magnitude(product)
      for i in 0..<a.rows {
        let expected = (0..<a.columns).reduce(0) { $0 + a[i, $1] }
        #expect(abs(product[i].reduce(0, +) - expected) < 1e-9 * scale)
        for p in a.pattern.entries(ofRow: i) {
          let j = Int(a.pattern.columnIndices.pointer[p])
          if i != j { #expect(abs(product[i][j] - a[i, j]) < 1e-9 * scale) }
        }
      }
    }
  }

  @Test("fewer entries are dropped, fewer iterations are left")
  func dropTolerance() throws {
    let a = Samples.laplacian(64, dimensions: 2)
    let b = Samples.uniform(a.rows)
    let counts = try [1e-1, 1e-2, 1e-3, 1e-4].map { tolerance in
      let m = try ThresholdIncompleteCholesky(dropTolerance: tolerance, fill: 30).prepare(a, pool: .shared)
      return try Samples.iterations(a, b, m)
    }
    for (more, fewer) in zip(counts, counts.dropFirst()) { #expect(fewer > 0 && fewer < more) }
    // IC(0) takes 65 here, and complete factors 1.
    #expect(counts[0] <= 65 && counts[3] <= 8)
  }

  @Test("a breakdown is answered by a shift that the statistics tell")
  func breakdown() throws {
    // Positive definite, but the factorisation without fill meets a negative pivot (Kershaw, J. Comput. Phys. 26
    // (1978), 43).
    let kershaw = SparseSamples.matrix(
      4, 4,
      [
        (0, 0, 3), (0, 1, -2), (0, 3, 2), (1, 0, -2), (1, 1, 3), (1, 2, -2), (2, 1, -2), (2, 2, 3),
        (2, 3, -2),
        (3, 0, 2), (3, 2, -2), (3, 3, 3),
      ])
    let m = try IncompleteCholesky().prepare(kershaw, pool: .shared)
    let doublings = (m.statistics.shift / 1e-3).rounded()
    #expect(m.statistics.shift >= 1e-3 && doublings == Double(1 << Int(doublings).trailingZeroBitCount))
    let iterations = try Samples.iterations(kershaw, [1, 2, 3, 4], m)
    #expect((1...4).contains(iterations))
  }

  // MARK: - Others

  @Test("SSOR is (D + ωL) D⁻¹ (D + ωU) / (ω (2 − ω))", arguments: [0.6, 1, 1.7])
  func ssor(relaxation: Double) throws {
    for a in [rough([5, 8]), transport([5, 8])] {
      let m = try SSORPreconditioner(relaxation: relaxation).prepare(a, pool: .shared)
      let all = Dense.rows(a)
      func triangle(_ isKept: (Int, Int) -> Bool) -> Dense.Rows {
        all.enumerated().map { i, row in
          row.enumerated().map { j, value in i == j ? value : isKept(i, j) ? relaxation * value : 0 }
        }
      }
      let scaled = triangle { $0 < $1 }.enumerated().map { i, row in
        row.map { $0 / (all[i][i] * relaxation * (2 - relaxation)) }
      }
      let expected = Dense.product(triangle { $0 > $1 }, scaled)
      let product = Dense.product(Dense.inverse(m), expected)
      #expect(Dense.maximum(product, Dense.rows(.identity(40))) < 1e-11)
    }
  }

  @Test("FSAI makes the diagonal of G A Gᵀ one, and tends to the inverse with the power")
  func approximateInverse() throws {
    let a = Samples.laplacian(24, dimensions: 2)
    let b = Samples.uniform(a.rows)
    let counts = try (1...4).map { power in
      try Samples.iterations(a, b, FactorizedApproximateInverse(power: power).prepare(a, pool: .shared))
    }
    for (more, fewer) in zip(counts, counts.dropFirst()) { #expect(fewer > 0 && fewer < more) }
    // trace(Gᵀ G A) = trace(G A Gᵀ) is the number of rows.
    let small = rough([6, 5])
    let m = try FactorizedApproximateInverse(power: 2).prepare(small, pool: .shared)
    let product = Dense.product(Dense.inverse(m), Dense.rows(small))
    #expect(abs((0..<30).reduce(0) { $0 + product[$1][$1] } - 30) < 1e-9)
    // The whole lower triangle as pattern makes it exact.
    let line = rough([5])
    let exact = try FactorizedApproximateInverse(power: 4).prepare(line, pool: .shared)
    let identity = Dense.product(Dense.inverse(exact), Dense.rows(line))
    #expect(Dense.maximum(identity, Dense.rows(.identity(5))) < 1e-11)
  }

  @Test("block Jacobi inverts the diagonal blocks, the last one smaller too", arguments: [1, 3, 4, 7, 60])
  func blockJacobi(size: Int) throws {
    for (a, isSymmetric) in [(rough([5, 6]), true), (transport([5, 6]), false)] {
      let m = try BlockJacobi(blockSize: size).prepare(a, pool: .shared)
      #expect(m.isSymmetric == (isSymmetric || size == 1))
      let blocks = Dense.rows(a).enumerated().map { i, row in
        row.enumerated().map { j, value in i / size == j / size ? value : 0 }
      }
      let identity = Dense.product(Dense.inverse(m), blocks)
      #expect(Dense.maximum(identity, Dense.rows(.identity(30))) < 1e-10)
    }
  }

  @Test("blocks of rows are handed to the inner preconditioner")
  func blocks() throws {
    let a = rough([9, 10])
    let m = try BlockPreconditioner(rowsPerBlock: 10, inner: IncompleteCholesky(precision: .full)).prepare(
      a, pool: .shared)
    // Lines of ten rows are tridiagonal, and their factorisations complete.
    let lines = Dense.rows(a).enumerated().map { i, row in
      row.enumerated().map { j, value in i / 10 == j / 10 ? value : 0 }
    }
    let identity = Dense.product(Dense.inverse(m), lines)
    #expect(Dense.maximum(identity, Dense.rows(.identity(90))) < 1e-10)
    #expect(m.isSymmetric && m.statistics.shift == 0)
  }

  @Test("the polynomial is Chebyshev's: it divides iterations by about its degree")
  func polynomial() throws {
    let a = Samples.laplacian(64, dimensions: 2)
    let b = Samples.uniform(a.rows)
    let plain = try Samples.iterations(a, b, PolynomialPreconditioner(degree: 0).prepare(a, pool: .shared))
    for degree in [1, 2, 3, 6] {
      let m = try PolynomialPreconditioner(degree: degree).prepare(a, pool: .shared)
      let iterations = try Samples.iterations(a, b, m)
      // A polynomial of degree k spends k + 1 products, and cannot do more than as many plain iterations.
      #expect(iterations * (degree + 1) >= plain - degree)
      #expect(Double(iterations * (degree + 1)) < 1.6 * Double(plain), "degree \(degree): \(iterations)")
    }
  }

  @Test("symmetric preconditioners of rough diffusion lower the iterations of conjugate gradients")
  func rough() throws {
    let a = rough([40, 40])
    let b = Samples.uniform(a.rows)
    let jacobi = try Samples.iterations(
      a, b, PolynomialPreconditioner(degree: 0).prepare(a, pool: .shared), limit: 9000)
    for preconditioner: any Preconditioner in [
      SSORPreconditioner(relaxation: 1.4), IncompleteCholesky(), IncompleteCholesky.modified,
      ThresholdIncompleteCholesky(), FactorizedApproximateInverse(power: 2),
      PolynomialPreconditioner(degree: 5),
      BlockJacobi(blockSize: 20), BlockPreconditioner(rowsPerBlock: 400),
    ] {
      let m = try preconditioner.prepare(a, pool: .shared)
      #expect(m.isSymmetric && m.statistics.bytes > 0 && m.statistics.seconds > 0)
      let iterations = try Samples.iterations(a, b, m)
      #expect(iterations > 0 && iterations < jacobi, "\(preconditioner.name): \(iterations) of \(jacobi)")
      // (M⁻¹u)·v = u·(M⁻¹v)
      let v = Samples.uniform(a.rows, seed: 9)
      let (left, right) = (
        zip(m.multiply(b), v).map(*).reduce(0, +), zip(m.multiply(v), b).map(*).reduce(0, +)
      )
      let scale = zip(m.multiply(b), b).map(*).reduce(0, +)
      #expect(scale > 0 && abs(left - right) < 1e-9 * scale, "\(preconditioner.name)")
    }
  }
}

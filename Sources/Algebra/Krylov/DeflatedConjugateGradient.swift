import Foundation
import Tensors

/// Conjugate gradients in the A-orthogonal complement of a coarse space W, in which the system is solved exactly
/// (Nicolaides 1987; Saad, Yeung, Erhel & Guyomarc'h 2000): what W holds of the small eigenvalues slows nothing down.
public struct DeflatedConjugateGradient: IterativeSolver {
  /// The coarse space.
  public enum Space: Sendable, Equatable {
    /// Constants on this many blocks of consecutive unknowns.
    case blocks(Int)
    /// Constants on the unknowns of equal label; labels count from 0.
    case labels([Int32])
    /// The span of vectors.
    case vectors([[Double]])
  }

  public var stopping: StoppingCriterion
  /// The coarse space.
  public var space: Space
  public var name: String { "deflated CG" }
  public var requirements: IterativeRequirements {
    var requirements = IterativeRequirements()
    requirements.symmetricOperator = true
    requirements.symmetricPreconditioner = true
    return requirements
  }

  /// Conjugate gradients deflated by a space.
  public init(_ stopping: StoppingCriterion = StoppingCriterion(), space: Space) {
    (self.stopping, self.space) = (stopping, space)
  }

  /// W as a matrix with a column per coarse unknown.
  private func coarse<Scalar: SparseScalar>(rows n: Int, pool: WorkerPool) throws -> SparseMatrix<Scalar> {
    switch space {
    case .blocks(let count):
      precondition(count > 0 && count <= n, "\(count) blocks of \(n) unknowns")
      return try Self.indicator((0..<n).map { Int32($0 * count / n) }, pool: pool)
    case .labels(let labels):
      precondition(labels.count == n, "\(labels.count) labels for \(n) unknowns")
      return try Self.indicator(labels, pool: pool)
    case .vectors(let vectors):
      precondition(
        vectors.allSatisfy { $0.count == n }, "vectors of \(vectors.map(\.count)) elements for \(n) unknowns")
      var (rows, columns, values): ([Int32], [Int32], [Scalar]) = ([], [], [])
      for (k, vector) in vectors.enumerated() {
        for (i, value) in vector.enumerated() where value != 0 {
          rows.append(Int32(i))
          columns.append(Int32(k))
          values.append(Scalar(value))
        }
      }
      return try SparseMatrix(
        rows: n, columns: vectors.count, rowIndices: rows, columnIndices: columns, values: values, pool: pool)
    }
  }

  private static func indicator<Scalar: SparseScalar>(_ labels: [Int32], pool: WorkerPool) throws
    -> SparseMatrix<Scalar>
  {
    try SparseMatrix(
      rows: labels.count, columns: Int(labels.max() ?? -1) + 1, rowIndices: labels.indices.map { Int32($0) },
      columnIndices: labels, values: [Scalar](repeating: 1, count: labels.count), pool: pool)
  }

  public func iterate<Scalar: SparseScalar>(_ system: IterativeSystem<Scalar>) throws -> IterationStatus {
    let (x, passes) = (system.x, system.passes)
    let projection = try CoarseProjection(system, coarse(rows: system.rows, pool: system.pool))
    let (r, p, q, z) = (system.vector(), system.vector(), system.vector(), system.vector())
    var norm = system.residual(into: r)
    try system.recordStart(norm)
    if norm <= system.target { return .converged }
    /// x += W E⁻¹ Wᵀ r, after which Wᵀ r = 0; then p = z.
    func begin() -> Double {
      projection.correct(r, x)
      norm = system.residual(into: r)
      system.applyPreconditioner(r, to: z)
      passes.copy(z, to: p)
      projection.deflate(z, p)
      return passes.inner(r, z)
    }
    var product = begin()
    if norm <= system.target { return .converged }
    guard product > 0 else { return .indefinitePreconditioner }
    while system.mayContinue {
      let curvature = system.applyInner(p, to: q)
      guard curvature > 0 || curvature.isNaN else { return .indefiniteMatrix }
      let alpha = Scalar(product / curvature)
      passes.axpy(alpha, p, x)
      norm = passes.subtractNorm(r, q, alpha).squareRoot()
      if try system.record(norm) {
        let computed = system.residual(into: q)
        switch system.verify(computed: computed, carried: norm) {
        case .end(let status): return status
        case .proceed: break
        case .restart:
          passes.copy(q, to: r)
          product = begin()
          guard product > 0 else { return .indefinitePreconditioner }
          continue
        }
      }
      system.applyPreconditioner(r, to: z)
      let next = passes.inner(r, z)
      guard next > 0 || next.isNaN else { return .indefinitePreconditioner }
      passes.axpby(1, z, Scalar(next / product), p)
      projection.deflate(z, p)
      product = next
    }
    return .iterationLimit
  }
}

/// The exact solution in a coarse space W: E = Wᵀ A W, factorised.
private final class CoarseProjection<Scalar: SparseScalar> {
  private let prolong, restrict, restrictProduct: LinearAction<Scalar>
  private let factor: Cholesky<Scalar>
  private let coarse, fine: Buffer<Scalar>
  private let passes: VectorPasses<Scalar>

  init(_ system: IterativeSystem<Scalar>, _ w: SparseMatrix<Scalar>) throws {
    let (pool, n, k) = (system.pool, system.rows, w.columns)
    passes = system.passes
    (coarse, fine) = (Buffer(count: k), Buffer(count: n))
    let restriction = w.transposed(pool: pool)
    // (A W)ᵀ, sparse where A is a matrix, column by column where it is not.
    let product: SparseMatrix<Scalar>
    if let matrix = system.matrix as? SparseMatrix<Scalar> {
      product = try matrix.product(w, pool: pool).transposed(pool: pool)
    } else {
      product = try Self.transposedProduct(system, restriction)
    }
    let small = try product.product(w, pool: pool)
    var dense = Matrix<Scalar>(rows: k, columns: k)
    for i in 0..<k {
      for p in small.pattern.entries(ofRow: i) {
        dense[i, Int(small.pattern.columnIndices.pointer[p])] = small.values.pointer[p]
      }
    }
    factor = try Cholesky(dense)
    prolong = w.makeAction(pool: pool)
    restrict = restriction.makeAction(pool: pool)
    restrictProduct = product.makeAction(pool: pool)
  }

  private static func transposedProduct(_ system: IterativeSystem<Scalar>, _ rows: SparseMatrix<Scalar>)
    throws
    -> SparseMatrix<Scalar>
  {
    let (source, image) = (system.vector(), system.vector())
    var (rowIndices, columns, values): ([Int32], [Int32], [Scalar]) = ([], [], [])
    for k in 0..<rows.rows {
      system.passes.zero(source)
      for p in rows.pattern.entries(ofRow: k) {
        source[Int(rows.pattern.columnIndices.pointer[p])] = rows.values.pointer[p]
      }
      system.apply(source, to: image)
      for i in 0..<system.rows where image[i] != 0 {
        rowIndices.append(Int32(k))
        columns.append(Int32(i))
        values.append(image[i])
      }
    }
    return try SparseMatrix(
      rows: rows.rows, columns: system.rows, rowIndices: rowIndices, columnIndices: columns, values: values,
      pool: system.pool)
  }

  /// x += W E⁻¹ Wᵀ r
  func correct(_ r: UnsafePointer<Scalar>, _ x: UnsafeMutablePointer<Scalar>) {
    restrict.apply(r, to: coarse.pointer)
    factor.solve(coarse.pointer)
    prolong.apply(coarse.pointer, to: fine.pointer)
    passes.axpy(1, fine.pointer, x)
  }

  /// p −= W E⁻¹ (A W)ᵀ z
  func deflate(_ z: UnsafePointer<Scalar>, _ p: UnsafeMutablePointer<Scalar>) {
    restrictProduct.apply(z, to: coarse.pointer)
    factor.solve(coarse.pointer)
    prolong.apply(coarse.pointer, to: fine.pointer)
    passes.axpy(-1, fine.pointer, p)
  }
}

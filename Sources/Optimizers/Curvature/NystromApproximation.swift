import Algebra
import Foundation
import Tensors

/// A randomised low-rank approximation of a positive semidefinite matrix that is known by its products, and the
/// preconditioner that it gives (Frangella, Tropp and Udell, SIAM J. Matrix Anal. Appl. 44, 2023).
///
///     A ≈ (A Q) (Qᵀ A Q)⁻¹ (A Q)ᵀ = U Λ Uᵀ,   Q an orthonormal basis of random normal vectors
///     P⁻¹ = (λ_s + μ) U (Λ + μ)⁻¹ Uᵀ + (1 − U Uᵀ)
///
/// P⁻¹ takes the s largest eigenvalues of A + μ, as far as the approximation sees them, to the smallest of them. A matrix
/// that is not semidefinite is shifted until its core is positive, and eigenvalues are cut at zero (Rathore, Lei,
/// Frangella, Lu and Udell, ICML 2024). Factors are of double precision; U has the precision of the parameters.
package final class NystromApproximation<Scalar: OptimizerScalar> {
  /// The order of the matrix and the number of vectors.
  package let count, rank: Int
  /// U, vector after vector.
  package let basis: VectorBasis<Scalar>
  /// Λ, descending.
  package private(set) var values: [Double]

  private var input, output: Tensor<Scalar>
  private let passes: VectorPasses<Scalar>
  private let coefficients: Buffer<Double>
  /// Q, A Q and one more of both shapes, vector after vector.
  private let test, image, room: Buffer<Double>
  /// Matrices of the rank's order.
  private let core, triangle, vectors: Buffer<Double>
  private let tau, work: Buffer<Double>
  private let workspace: FactorWorkspace
  private let drawing: ParallelRegion
  private let stream = Buffer<UInt64>(count: 2)

  /// The order of a matrix, and the number of vectors, which is the order at most.
  package init(count: Int, rank wanted: Int) {
    let rank = min(wanted, count)
    precondition(rank > 0, "a Nyström approximation of rank \(wanted) of a matrix of order \(count)")
    (self.count, self.rank) = (count, rank)
    basis = VectorBasis(count: count, capacity: rank, pool: .shared)
    values = Array(repeating: 0, count: rank)
    input = .zeros([count])
    output = .zeros([count])
    passes = VectorPasses(count: count, pool: .shared)
    coefficients = Buffer(count: rank)
    (test, image, room) = (
      Buffer(count: rank * count), Buffer(count: rank * count), Buffer(count: rank * count)
    )
    (core, triangle, vectors) = (
      Buffer(count: rank * rank), Buffer(count: rank * rank), Buffer(count: rank * rank)
    )
    tau = Buffer(count: rank)
    let (answer, none) = (Buffer<Double>(count: 1), Buffer<Double>(count: 1))
    var length = 1
    withExtendedLifetime((answer, none)) {
      _ = Double.geqrf(count, rank, none.pointer, count, none.pointer, answer.pointer, -1)
      length = max(length, Int(answer.pointer[0]))
      _ = Double.orgqr(count, rank, rank, none.pointer, count, none.pointer, answer.pointer, -1)
      length = max(length, Int(answer.pointer[0]))
    }
    work = Buffer(count: length)
    workspace = FactorWorkspace(order: rank, complexOrder: 0)
    let (test, stream) = (test, stream)
    drawing = ParallelRegion(tiles: rank) { vector, _ in
      Double.fillNormal(
        test.pointer + vector * count, count: count, seed: stream.pointer[0], stream: stream.pointer[1],
        first: UInt64(vector) * UInt64(count))
    }
  }

  /// Takes up an approximation that was made before.
  package func restore(basis vectors: Tensor<Scalar>, values: Tensor<Double>) {
    precondition(
      vectors.shape == [rank, count] && values.shape == [rank],
      "a basis of shape \(vectors.shape) with \(values.count) values for one of shape [\(rank), \(count)]")
    vectors.withUnsafeBufferPointer { x in
      for k in 0..<rank { basis[k].update(from: x.baseAddress! + k * count, count: count) }
    }
    values.withUnsafeBufferPointer { for k in 0..<rank { self.values[k] = $0[k] } }
  }

  /// Writes U, of shape [rank, count], and Λ.
  package func copy(basis vectors: inout Tensor<Scalar>, values: inout Tensor<Double>) {
    vectors.withUnsafeMutableBufferPointer { out in
      for k in 0..<rank { (out.baseAddress! + k * count).update(from: basis[k], count: count) }
    }
    values.withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: self.values) }
  }

  /// Approximates the matrix of a product, with the random numbers of a stream.
  ///
  /// Returns false, and leaves the approximation as it was, where products are not finite.
  package func update(
    seed: UInt64, stream number: UInt64,
    multiply: (_ v: Tensor<Scalar>, _ product: inout Tensor<Scalar>) throws -> Void
  ) rethrows -> Bool {
    let (n, s) = (count, rank)
    (stream.pointer[0], stream.pointer[1]) = (seed, number)
    WorkerPool.shared.run(drawing)
    orthonormalize(test.pointer)
    for k in 0..<s {
      input.withUnsafeMutableBufferPointer {
        Scalar.convert(test.pointer + k * n, to: $0.baseAddress!, count: n)
      }
      // What is multiplied is Q as rounded to the precision of the parameters.
      input.withUnsafeBufferPointer {
        Scalar.convert($0.baseAddress!, toDouble: test.pointer + k * n, count: n)
      }
      try multiply(input, &output)
      output.withUnsafeBufferPointer {
        Scalar.convert($0.baseAddress!, toDouble: image.pointer + k * n, count: n)
      }
    }
    let square = Double.dot(image.pointer, image.pointer, count: s * n)
    guard square.isFinite else { return false }
    guard square > 0 else {
      // Nothing is to be preconditioned.
      for k in 0..<s {
        values[k] = 0
        Scalar.convert(test.pointer + k * n, to: basis[k], count: n)
      }
      return true
    }
    let shift = makePositive(norm: square.squareRoot())
    extractEigenpairs(shift: shift)
    return true
  }

  /// Q from vectors; all are stored one after another, so as columns to LAPACK.
  private func orthonormalize(_ vectors: UnsafeMutablePointer<Double>) {
    _ = BLASThreads.withSingle {
      _ = Double.geqrf(count, rank, vectors, count, tau.pointer, work.pointer, work.count)
      return Double.orgqr(count, rank, rank, vectors, count, tau.pointer, work.pointer, work.count)
    }
  }

  /// The Cholesky factor of Qᵀ (A + ν) Q in `core`, and A + ν applied to Q in `image`; returns ν.
  private func makePositive(norm: Double) -> Double {
    let (n, s) = (count, rank)
    var shift = Double(n).squareRoot() * Double(Scalar.ulpOfOne) * norm
    for _ in 0..<200 {
      // [s, s] = Q image ᵀ, in row-major terms.
      Double.multiplyMatrices(
        rows: s, columns: s, inner: n, alpha: 1, test.pointer, leading: n, transposed: false, image.pointer,
        leading: n, transposed: true, beta: 0, core.pointer, leading: s)
      var least = Double.infinity
      for i in 0..<s {
        for j in 0...i {
          let mean =
            0.5 * (core.pointer[i * s + j] + core.pointer[j * s + i]) + (i == j ? shift : 0)
          (core.pointer[i * s + j], core.pointer[j * s + i]) = (mean, mean)
        }
      }
      triangle.pointer.update(from: core.pointer, count: s * s)
      if workspace.eigen(
        MatrixField(isComplex: false), order: s, triangle.pointer, vectors: vectors.pointer,
        values: tau.pointer)
      {
        least = tau.pointer[0]
      }
      // The smallest eigenvalue of the shifted core becomes ν at least.
      if least >= 0.5 * shift,
        BLASThreads.withSingle({ Double.potrf(s, core.pointer, s) }) == 0
      {
        break
      }
      shift = max(2 * shift, least.isFinite ? 2 * (shift - least) : 0)
    }
    Double.axpy(shift, test.pointer, image.pointer, count: s * n)
    return shift
  }

  /// U and Λ of B Bᵀ − ν, where B = (A + ν) Q L⁻ᵀ for the factor L of the core.
  private func extractEigenpairs(shift: Double) {
    let (n, s) = (count, rank)
    // Rows of B: L⁻¹ times the rows of the image. The lower triangle by columns is the upper one by rows.
    for i in 0..<s {
      let row = room.pointer + i * n
      row.update(from: image.pointer + i * n, count: n)
      for j in 0..<i { Double.axpy(-core.pointer[i + j * s], room.pointer + j * n, row, count: n) }
      Double.scale(row, by: 1 / core.pointer[i + i * s], count: n)
    }
    // B = Q' R, so that the eigenvectors of R Rᵀ, turned by Q', are those of B Bᵀ.
    _ = BLASThreads.withSingle {
      Double.geqrf(n, s, room.pointer, n, tau.pointer, work.pointer, work.count)
    }
    for i in 0..<s {
      for j in 0..<s { triangle.pointer[i * s + j] = j >= i ? room.pointer[i + j * n] : 0 }
    }
    _ = BLASThreads.withSingle {
      Double.orgqr(n, s, s, room.pointer, n, tau.pointer, work.pointer, work.count)
    }
    Double.multiplyMatrices(
      rows: s, columns: s, inner: s, alpha: 1, triangle.pointer, leading: s, transposed: false,
      triangle.pointer, leading: s, transposed: true, beta: 0, core.pointer, leading: s)
    _ = workspace.eigen(
      MatrixField(isComplex: false), order: s, core.pointer, vectors: vectors.pointer, values: tau.pointer)
    // Row k of the result is eigenvector k in terms of Q', in ascending order.
    Double.multiplyMatrices(
      rows: s, columns: n, inner: s, alpha: 1, vectors.pointer, leading: s, transposed: false, room.pointer,
      leading: n, transposed: false, beta: 0, image.pointer, leading: n)
    for k in 0..<s {
      values[k] = max(0, tau.pointer[s - 1 - k] - shift)
      Scalar.convert(image.pointer + (s - 1 - k) * n, to: basis[k], count: n)
    }
  }

  /// Writes P⁻¹ r for the given μ ≥ 0.
  package func solve(_ r: Tensor<Scalar>, damping: Double, into z: inout Tensor<Scalar>) {
    z.setToCopy(of: r)
    let last = values[rank - 1] + damping
    r.withUnsafeBufferPointer { r in
      basis.inner(r.baseAddress!, vectors: rank, into: coefficients.pointer)
    }
    for k in 0..<rank {
      let value = values[k] + damping
      coefficients.pointer[k] *= value > 0 ? last / value - 1 : 0
    }
    z.withUnsafeMutableBufferPointer {
      _ = basis.combine(coefficients.pointer, vectors: rank, into: $0.baseAddress!)
    }
  }
}

import Algebra
import Tensors

/// What factorisations of square matrices work in, for orders up to some bounds, made once. Matrices are row-major; of
/// orthonormal bases, rows are the adjoint vectors.
final class FactorWorkspace: @unchecked Sendable {
  // Unchecked: belongs to one worker of a region at a time.

  /// Room for two matrices.
  let first, second: Buffer<Double>
  /// Room for numbers by row.
  let values: Buffer<Double>
  private let work, realWork, tau: Buffer<Double>
  private let integers, support: Buffer<Int32>

  /// For real and for complex matrices up to the given orders.
  init(order real: Int, complexOrder complex: Int) {
    // Work lengths are asked for with lengths of −1, and come in the first elements.
    let (nothing, answers, integerAnswers) = (
      Buffer<Double>(count: 1), Buffer<Double>(count: 4), Buffer<Int32>(count: 2)
    )
    let (none, answer, whole) = (nothing.pointer, answers.pointer, integerAnswers.pointer)
    var (length, realLength) = (1, 1)
    func ask(_ numbersPerElement: Int, _ query: () -> Int32) {
      _ = query()
      length = max(length, numbersPerElement * Int(answer[0].rounded(.up)))
      realLength = max(realLength, Int(answer[2].rounded(.up)))
    }
    withExtendedLifetime((nothing, answers, integerAnswers)) {
      if case let n = real, n > 0 {
        ask(1) { Double.syevr(n, none, n, none, none, n, whole + 1, answer, -1, whole, -1) }
        ask(1) { Double.geqrf(n, n, none, n, none, answer, -1) }
        ask(1) { Double.orgqr(n, n, n, none, n, none, answer, -1) }
      }
      if case let n = complex, n > 0 {
        ask(2) {
          Double.heevr(
            n, none, n, none, none, n, whole + 1, answer, -1, answer + 2, -1, whole, -1)
        }
        ask(2) { Double.complexGeqrf(n, n, none, n, none, answer, -1) }
        ask(2) { Double.ungqr(n, n, n, none, n, none, answer, -1) }
      }
    }
    // The length that LAPACK documents for the integers of either routine.
    let integerLength = 10 * max(real, complex, 1)
    let order = max(real, complex, 1)
    let room = max(real * real, 2 * complex * complex)
    (first, second) = (Buffer(count: room), Buffer(count: room))
    (values, tau) = (Buffer(count: order), Buffer(count: 2 * order))
    (work, realWork) = (Buffer(count: length), Buffer(count: realLength))
    (integers, support) = (Buffer(count: integerLength), Buffer(count: 2 * order))
  }

  /// One workspace per worker of the shared pool, for the factors of some blocks.
  static func perWorker(orders: [(order: Int, field: MatrixField)]) -> [FactorWorkspace] {
    let real = orders.reduce(0) { max($0, $1.field.isComplex ? 0 : $1.order) }
    let complex = orders.reduce(0) { max($0, $1.field.isComplex ? $1.order : 0) }
    return (0..<WorkerPool.shared.threadCount).map { _ in
      FactorWorkspace(order: real, complexOrder: complex)
    }
  }

  /// Writes the eigenvectors of a Hermitian matrix, which is destroyed, as adjoint rows, and the eigenvalues, ascending.
  /// Returns whether there are any.
  func eigen(
    _ field: MatrixField, order n: Int, _ matrix: UnsafeMutablePointer<Double>,
    vectors: UnsafeMutablePointer<Double>, values: UnsafeMutablePointer<Double>
  ) -> Bool {
    // LAPACK reads the conjugate matrix, by columns: so its columns are conjugate vectors, and as rows the adjoint ones.
    guard Double.dot(matrix, matrix, count: n * n * field.width).isFinite else { return false }
    let info = BLASThreads.withSingle {
      field.isComplex
        ? Double.heevr(
          n, matrix, n, values, vectors, n, support.pointer, work.pointer, work.count / 2, realWork.pointer,
          realWork.count, integers.pointer, integers.count)
        : Double.syevr(
          n, matrix, n, values, vectors, n, support.pointer, work.pointer, work.count, integers.pointer,
          integers.count)
    }
    return info == 0 && Double.dot(vectors, vectors, count: n * n * field.width).isFinite
  }

  /// Makes the rows of a square matrix orthonormal, one after another. Returns whether they are finite.
  func orthonormalize(_ field: MatrixField, order n: Int, _ matrix: UnsafeMutablePointer<Double>) -> Bool {
    let info = BLASThreads.withSingle {
      if field.isComplex {
        _ = Double.complexGeqrf(n, n, matrix, n, tau.pointer, work.pointer, work.count / 2)
        return Double.ungqr(n, n, n, matrix, n, tau.pointer, work.pointer, work.count / 2)
      }
      _ = Double.geqrf(n, n, matrix, n, tau.pointer, work.pointer, work.count)
      return Double.orgqr(n, n, n, matrix, n, tau.pointer, work.pointer, work.count)
    }
    return info == 0 && Double.dot(matrix, matrix, count: n * n * field.width).isFinite
  }
}

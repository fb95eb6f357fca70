import Tensors

/// The null space of a singular symmetric operator, as orthonormal vectors: the constants of a Neumann or periodic
/// problem, the rigid motions of a body that nothing holds.
///
/// A solver that knows it removes it from the right-hand side and from every preconditioned residual.
public struct NullSpace<Scalar: SparseScalar>: Sendable {
  /// The length of the vectors.
  public let count: Int
  /// The number of vectors.
  public let dimension: Int
  /// The vectors, one after another.
  let basis: Buffer<Scalar>

  /// The space that vectors of equal length span; they are made orthonormal.
  /// - Throws: ``IterativeSolverError/nullSpaceDependent(vector:)`` for a vector that is zero, not finite, or a
  ///   combination of those before it.
  public init(spanning vectors: [[Scalar]]) throws(IterativeSolverError) {
    let n = vectors.first?.count ?? 0
    precondition(
      vectors.allSatisfy { $0.count == n }, "null vectors of lengths \(vectors.map(\.count)) in one space")
    (count, dimension) = (n, vectors.count)
    basis = Buffer(uninitialized: n * vectors.count)
    for (k, vector) in vectors.enumerated() {
      let column = basis.pointer + k * n
      vector.withUnsafeBufferPointer { if n > 0 { column.update(from: $0.baseAddress!, count: n) } }
      let before = Scalar.inner(column, column, count: n).squareRoot()
      // Twice is enough (Giraud, Langou & Rozložník 2005).
      for _ in 0..<2 {
        for j in 0..<k {
          let other = basis.pointer + j * n
          Scalar.axpy(Scalar(-Scalar.inner(other, column, count: n)), other, column, count: n)
        }
      }
      let norm = Scalar.inner(column, column, count: n).squareRoot()
      guard norm > 100 * Double(Scalar.ulpOfOne) * before, norm.isFinite else {
        throw .nullSpaceDependent(vector: k)
      }
      Scalar.scale(column, by: Scalar(1 / norm), count: n)
    }
  }

  /// The space of constant vectors.
  public static func constant(_ count: Int) -> Self {
    precondition(count > 0, "constant vectors with \(count) elements")
    return try! Self(spanning: [[Scalar](repeating: 1, count: count)])
  }

  /// The orthonormal vectors.
  public var vectors: [[Scalar]] {
    (0..<dimension).map { k in Array(UnsafeBufferPointer(start: basis.pointer + k * count, count: count)) }
  }

  /// The part of a vector that is orthogonal to the space: a right-hand side that a symmetric operator can reach.
  public func projected(_ vector: [Scalar]) -> [Scalar] {
    precondition(vector.count == count, "a vector of \(vector.count) elements and null vectors of \(count)")
    var result = vector
    result.withUnsafeMutableBufferPointer { result in
      guard let x = result.baseAddress else { return }
      for k in 0..<dimension {
        let v = basis.pointer + k * count
        Scalar.axpy(Scalar(-Scalar.inner(v, x, count: count)), v, x, count: count)
      }
    }
    return result
  }
}

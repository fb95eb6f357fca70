import CKernels
import Tensors

/// Factors (I + L) D (I + U) of an approximation of a matrix, with the solve through them.
///
/// L and U are strictly triangular, in double or in single precision whatever that of the vectors: z = M⁻¹ r reads
/// them once each, and that is most of its time.
struct TriangularFactors<Scalar: SparseScalar>: Sendable {
  /// Values of L, U and D⁻¹ in one precision.
  enum Values: Sendable {
    case own(lower: Buffer<Scalar>, upper: Buffer<Scalar>, inversePivots: Buffer<Scalar>)
    case single(lower: Buffer<Float>, upper: Buffer<Float>, inversePivots: Buffer<Float>)
  }

  let triangles: FactorTriangles
  let values: Values

  /// Factors from values in double precision, rounded to single precision where asked.
  init(
    _ triangles: FactorTriangles, lower: Buffer<Double>, upper: Buffer<Double>, inversePivots: Buffer<Double>,
    single: Bool, pool: WorkerPool
  ) {
    self.triangles = triangles
    if single {
      values = .single(
        lower: lower.converted(pool: pool), upper: upper.converted(pool: pool),
        inversePivots: inversePivots.converted(pool: pool))
    } else {
      values = .own(
        lower: lower.converted(pool: pool), upper: upper.converted(pool: pool),
        inversePivots: inversePivots.converted(pool: pool))
    }
  }

  /// Bytes of values, indices and schedules.
  var bytes: Int {
    let width: Int
    switch values {
    case .own: width = MemoryLayout<Scalar>.stride
    case .single: width = 4
    }
    return width * (triangles.entryCount + triangles.rows) + triangles.bytes
  }

  /// z = (I + U)⁻¹ D⁻¹ (I + L)⁻¹ r.
  func makeAction(pool: WorkerPool) -> LinearAction<Scalar> {
    var (forward, backward) = (triangles.lower.substitution, triangles.upper.substitution)
    let single: Bool
    switch values {
    case .own(let lower, let upper, let inversePivots):
      forward.values = UnsafeRawPointer(lower.pointer)
      backward.values = UnsafeRawPointer(upper.pointer)
      backward.factors = UnsafeRawPointer(inversePivots.pointer)
      single = false
    case .single(let lower, let upper, let inversePivots):
      forward.values = UnsafeRawPointer(lower.pointer)
      backward.values = UnsafeRawPointer(upper.pointer)
      backward.factors = UnsafeRawPointer(inversePivots.pointer)
      single = true
    }
    return .sweeps(
      forward, triangles.forward, backward, triangles.backward, rows: triangles.rows, single: single,
      owner: self, pool: pool)
  }
}

extension Buffer where Element == Double {
  /// The numbers in another precision; itself, if it is the same.
  func converted<Scalar: SparseScalar>(to type: Scalar.Type = Scalar.self, pool: WorkerPool) -> Buffer<Scalar>
  {
    if let same = self as? Buffer<Scalar> { return same }
    let converted = Buffer<Scalar>(uninitialized: count)
    pool.forEach(tiles: RowTiles.count(count)) { tile, _ in
      let range = RowTiles.range(tile, of: count)
      Scalar.convert(pointer + range.lowerBound, to: converted.pointer + range.lowerBound, count: range.count)
    }
    return converted
  }
}

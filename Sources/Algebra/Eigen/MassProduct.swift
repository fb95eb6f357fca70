import Tensors

/// The inner product xᵀ B y, and plain products where there is no B.
struct MassProduct {
  let count: Int
  private let action: LinearAction<Double>?

  init(_ mass: (any LinearOperator<Double>)?, count: Int, pool: WorkerPool) {
    self.count = count
    action = mass?.makeAction(pool: pool)
  }

  var isIdentity: Bool { action == nil }

  /// y = B x.
  func apply(_ x: [Double], into y: inout [Double]) {
    if let action { action.apply(x, to: &y) } else { y = x }
  }
}

/// xᵀ y in the fixed order of the kernels.
func innerProduct(_ x: [Double], _ y: [Double]) -> Double { Double.dot(x, y, count: x.count) }

/// y += a x.
func addMultiple(_ a: Double, _ x: [Double], to y: inout [Double]) {
  y.withUnsafeMutableBufferPointer { Double.axpy(a, x, $0.baseAddress!, count: x.count) }
}

/// x *= a.
func scale(_ x: inout [Double], by a: Double) {
  x.withUnsafeMutableBufferPointer { Double.scale($0.baseAddress!, by: a, count: $0.count) }
}

/// A reproducible vector without structure, to start from.
func startingVector(_ count: Int, stream: UInt64) -> [Double] {
  [Double](unsafeUninitializedCapacity: count) { elements, initialized in
    Double.fillNormal(elements.baseAddress!, count: count, seed: 0x5eed, stream: stream, first: 0)
    initialized = count
  }
}

/// Refuses an operator that is not symmetric, by the products of two vectors without structure.
func requireSymmetricAction(_ action: LinearAction<Double>, count: Int) throws(EigenError) {
  let (x, y) = (startingVector(count, stream: 101), startingVector(count, stream: 102))
  var (ax, ay) = (x, y)
  action.apply(x, to: &ax)
  action.apply(y, to: &ay)
  let (first, second) = (innerProduct(ax, y), innerProduct(x, ay))
  guard first.isFinite, second.isFinite else { throw .notFinite }
  let scale = euclideanNorm(ax) * euclideanNorm(y) + euclideanNorm(x) * euclideanNorm(ay)
  guard abs(first - second) <= 1e-10 * scale else { throw .notSymmetric }
}

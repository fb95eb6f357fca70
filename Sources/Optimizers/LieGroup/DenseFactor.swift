import Algebra
import Tensors

/// A dense Q of P = QᵀQ, fitted to pairs (v, h) so that P E[h hᵀ] P = E[v vᵀ]: the smallest form of ``LieGroupFitting``.
///
///     Procrustes: a = QᵀQ h,  ℓ = aᵀa + vᵀv,  Q ← Q − μ/L (a (aᵀQ) − v (vᵀQ)), and a rotation
///     triangular: a = Q h, b = Q⁻ᵀ v,  ℓ = aᵀa + bᵀb,  Q ← Q − μ/L triu(a aᵀ − b bᵀ) Q
package struct DenseFactor: FlatFactor {
  /// Q, row-major.
  package internal(set) var matrix: Tensor<Double>
  /// L.
  var smoothness = 0.0
  private var scratch = Scratch<Memory>()

  private final class Memory {
    let fit: FactorFit
    let image, vector, row, other: Buffer<Double>

    init(order n: Int) {
      fit = FactorFit(count: n * n, row: n)
      (image, vector) = (Buffer(count: n), Buffer(count: n))
      (row, other) = (Buffer(count: n), Buffer(count: n))
    }
  }

  /// Q = scale · I.
  package init(order: Int, scale: Double) {
    matrix = .identity(order)
    matrix.withUnsafeMutableBufferPointer { q in
      for i in 0..<order { q[i * (order + 1)] = scale }
    }
  }

  private var order: Int { matrix.shape[0] }

  private mutating func memory() -> Memory {
    let n = order
    return scratch.take { Memory(order: n) }
  }

  package func sized(_ count: Int) -> DenseFactor { DenseFactor(order: count, scale: 1) }

  package mutating func reset(scale: Double, _ fitting: LieGroupFitting) {
    let n = order
    smoothness = 0
    matrix.withUnsafeMutableBufferPointer { q in
      q.update(repeating: 0)
      for i in 0..<n { q[i * (n + 1)] = scale }
    }
  }

  /// y = Q x
  private static func multiply(
    _ q: UnsafePointer<Double>, _ n: Int, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>
  ) {
    for i in 0..<n { y[i] = Double.dot(q + i * n, x, count: n) }
  }

  /// y = Qᵀ x
  private static func multiplyTransposed(
    _ q: UnsafePointer<Double>, _ n: Int, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>
  ) {
    y.update(repeating: 0, count: n)
    for i in 0..<n { Double.axpy(x[i], q + i * n, y, count: n) }
  }

  package mutating func fit(
    _ v: UnsafePointer<Double>, _ h: UnsafePointer<Double>, _ fitting: LieGroupFitting, step: Int = 0
  ) {
    let (n, memory) = (order, memory())
    let (vector, image) = (memory.vector.pointer, memory.image.pointer)
    var smoothness = smoothness
    matrix.withUnsafeMutableBufferPointer {
      guard let q = $0.baseAddress else { return }
      Self.multiply(q, n, h, vector)
      switch fitting.geometry {
      case .procrustes:
        Self.multiplyTransposed(q, n, vector, image)
        smoothness = fitting.smoothness(
          smoothness, Double.dot(image, image, count: n) + Double.dot(v, v, count: n))
        Self.multiplyTransposed(q, n, image, memory.row.pointer)
        Self.multiplyTransposed(q, n, v, memory.other.pointer)
        let step = fitting.rate / smoothness
        for i in 0..<n {
          Double.axpy(-step * image[i], memory.row.pointer, q + i * n, count: n)
          Double.axpy(step * v[i], memory.other.pointer, q + i * n, count: n)
        }
        memory.fit.rotate(MatrixField(isComplex: false), order: n, q)
      case .triangular:
        // b = Q⁻ᵀ v by forward substitution.
        image.update(from: v, count: n)
        for i in 0..<n {
          image[i] /= q[i * (n + 1)]
          Double.axpy(-image[i], q + i * (n + 1) + 1, image + i + 1, count: n - i - 1)
        }
        smoothness = fitting.smoothness(
          smoothness, Double.dot(vector, vector, count: n) + Double.dot(image, image, count: n))
        let step = fitting.rate / smoothness
        // Row i of triu(a aᵀ − b bᵀ) Q needs rows from i on: sums of them, from the last row up.
        let (sumA, sumB) = (memory.row.pointer, memory.other.pointer)
        sumA.update(repeating: 0, count: n)
        sumB.update(repeating: 0, count: n)
        for i in (0..<n).reversed() {
          Double.axpy(vector[i], q + i * (n + 1), sumA + i, count: n - i)
          Double.axpy(image[i], q + i * (n + 1), sumB + i, count: n - i)
          Double.axpy(-step * vector[i], sumA + i, q + i * (n + 1), count: n - i)
          Double.axpy(step * image[i], sumB + i, q + i * (n + 1), count: n - i)
        }
      }
    }
    self.smoothness = smoothness
  }

  package mutating func apply(_ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>) {
    let (n, memory) = (order, memory())
    matrix.withUnsafeBufferPointer { q in
      Self.multiply(q.baseAddress!, n, x, memory.vector.pointer)
      Self.multiplyTransposed(q.baseAddress!, n, memory.vector.pointer, out)
    }
  }

  var numbers: [String: Double] { ["smoothness": smoothness] }
  var doubles: [String: Tensor<Double>] { ["Q": matrix] }

  func restored<Scalar>(from state: OptimizerState<Scalar>, count: Int) throws(OptimizerError) -> DenseFactor
  {
    var factor = DenseFactor(order: 0, scale: 1)
    factor.matrix = try state.double("Q", [count, count])
    factor.smoothness = try state.number("smoothness")
    return factor
  }
}

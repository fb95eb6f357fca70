import Tensors

/// The map between values at the points of a `ChebyshevGrid` and coefficients of Chebyshev polynomials, by a cosine
/// transform of type 1.
///
/// The coefficients a_k belong to u(x) = Σ_k a_k T_k(ξ), k = 0 … n-1, with ξ in [-1, 1] the mapped coordinate. A
/// transform holds one plan for `batch` lines; it runs on one thread, and several threads may run it at the same time.
public final class ChebyshevTransform<Scalar: FFTScalar>: Sendable {
  /// How the lines lie in memory.
  public enum Layout: Hashable, Sendable {
    /// Line after line: `[batch, count]`.
    case rows
    /// Neighbours of one line `batch` apart: `[count, batch]`.
    case columns
  }

  /// The number of points and of coefficients.
  public let count: Int
  /// The number of lines that one call transforms.
  public let batch: Int
  /// How the lines lie in memory.
  public let layout: Layout
  private let plan: RealTransformPlan<Scalar>
  /// What coefficient k is multiplied by after the transform of values, and before that of coefficients. Points
  /// ascend, so that T_k at x_j is (-1)^k cos(πjk/N).
  private let analysis: Buffer<Scalar>
  private let synthesis: Buffer<Scalar>

  /// A transform of `batch` lines of `count` points.
  public init(count: Int, batch: Int = 1, layout: Layout = .rows, effort: PlanningEffort = .estimate) {
    precondition(count >= 2, "a Chebyshev transform has at least 2 points, not \(count)")
    self.count = count
    self.batch = batch
    self.layout = layout
    let (stride, distance) = layout == .rows ? (1, count) : (batch, 1)
    plan = RealTransformPlan(
      kinds: [.dct1], shape: [count], batch: batch, inputStride: stride, inputDistance: distance,
      outputStride: stride, outputDistance: distance, inPlace: true, effort: effort)
    analysis = Buffer(uninitialized: count)
    synthesis = Buffer(uninitialized: count)
    for k in 0..<count {
      let (sign, isEnd): (Scalar, Bool) = (k % 2 == 0 ? 1 : -1, k == 0 || k == count - 1)
      analysis.pointer[k] = sign / Scalar(isEnd ? 2 * (count - 1) : count - 1)
      synthesis.pointer[k] = isEnd ? sign : sign / 2
    }
  }

  /// Replaces values at the points by coefficients. The address is a multiple of 16 bytes. Allocates nothing.
  public func valuesToCoefficients(_ lines: UnsafeMutablePointer<Scalar>) {
    plan.execute(lines, lines)
    scale(lines, by: analysis.pointer)
  }

  /// Replaces coefficients by values at the points. The address is a multiple of 16 bytes. Allocates nothing.
  public func coefficientsToValues(_ lines: UnsafeMutablePointer<Scalar>) {
    scale(lines, by: synthesis.pointer)
    plan.execute(lines, lines)
  }

  private func scale(_ lines: UnsafeMutablePointer<Scalar>, by factors: UnsafePointer<Scalar>) {
    switch layout {
    case .rows:
      for line in 0..<batch { Scalar.multiply(lines + line * count, factors, count: count) }
    case .columns:
      for k in 0..<count { Scalar.scale(lines + k * batch, by: factors[k], count: batch) }
    }
  }

  /// The coefficients of tensors of values whose last axis is the line.
  public static func coefficients(of values: Tensor<Scalar>) -> Tensor<Scalar> {
    transformed(values) { $0.valuesToCoefficients($1) }
  }

  /// The values of tensors of coefficients whose last axis is the line.
  public static func values(of coefficients: Tensor<Scalar>) -> Tensor<Scalar> {
    transformed(coefficients) { $0.coefficientsToValues($1) }
  }

  private static func transformed(
    _ tensor: Tensor<Scalar>, _ body: (ChebyshevTransform, UnsafeMutablePointer<Scalar>) -> Void
  ) -> Tensor<Scalar> {
    precondition(tensor.rank > 0, "a Chebyshev transform of one number")
    guard tensor.count > 0 else { return tensor }
    let count = tensor.shape.last!
    let transform = ChebyshevTransform(count: count, batch: tensor.count / count)
    var result = tensor
    result.withUnsafeMutableBufferPointer { body(transform, $0.baseAddress!) }
    return result
  }

  /// Replaces the coefficients of one line by those of the derivative with respect to ξ; the highest becomes 0.
  ///
  /// Divide by half the length of an interval other than [-1, 1]. From T'_{k+1}/(k+1) - T'_{k-1}/(k-1) = 2 T_k.
  public static func differentiate(_ coefficients: UnsafeMutablePointer<Scalar>, count: Int, stride: Int = 1)
  {
    var next: Scalar = 0
    var (above, aboveThat): (Scalar, Scalar) = (0, 0)
    for k in Swift.stride(from: count - 1, through: 0, by: -1) {
      // b_k = b_{k+2} + 2 (k+1) a_{k+1}, and half of that for k = 0.
      let sum = aboveThat + 2 * Scalar(k + 1) * next
      next = coefficients[k * stride]
      coefficients[k * stride] = k == 0 ? sum / 2 : sum
      (above, aboveThat) = (sum, above)
    }
  }
}

import Algebra
import CKernels
import Tensors

/// Pairs (v, H v) of random v, and the products with second derivatives that belong to them, for the preconditioners of
/// Newton's kind.
final class CurvaturePair<Scalar: OptimizerScalar> {
  var gradient, vector, product, trial: Tensor<Scalar>
  /// v, and H v with noise, in doubles.
  let v, h: Buffer<Double>
  private let noise: Buffer<Double>
  let passes: VectorPasses<Scalar>

  init(count: Int) {
    gradient = .zeros([count])
    vector = .zeros([count])
    product = .zeros([count])
    trial = .zeros([count])
    (v, h, noise) = (Buffer(count: count), Buffer(count: count), Buffer(count: count))
    passes = VectorPasses(count: count, pool: .shared)
  }

  /// ‖x‖
  func norm(_ x: Tensor<Scalar>) -> Double {
    x.withUnsafeBufferPointer { x in x.baseAddress.map { passes.norm($0) } ?? 0 }
  }

  /// Draws v.
  func draw(_ fitting: LieGroupFitting, step: Int) {
    let (count, stream) = (vector.count, fitting.stream(.pair, step: step))
    vector.withUnsafeMutableBufferPointer {
      guard let v = $0.baseAddress else { return }
      Scalar.fillNormal(v, count: count, seed: fitting.seed, stream: stream, first: 0)
      Scalar.convert(v, toDouble: self.v.pointer, count: count)
    }
  }

  /// H v by a difference of gradients, of which `gradient` is that at x.
  func difference<Loss: Objective>(_ objective: Loss, at x: Tensor<Scalar>) throws
  where Loss.Scalar == Scalar {
    // The step that balances rounding and curvature, relative to the parameters' size; v has elements of size one.
    let size = norm(x) / Double(max(x.count, 1)).squareRoot()
    let step = Double(Scalar.ulpOfOne).squareRoot() * (1 + size)
    trial.setToSum(of: x, and: vector, times: Scalar(step))
    _ = try objective.valueAndGradient(at: trial, gradient: &product)
    product.withUnsafeMutableBufferPointer { p in
      gradient.withUnsafeBufferPointer { g in
        guard let p = p.baseAddress, let g = g.baseAddress else { return }
        Scalar.axpby(p, g, Scalar(-1 / step), Scalar(1 / step), count: x.count)
      }
    }
  }

  /// Makes h of H v; returns whether it is finite and not zero.
  func takeProduct(_ fitting: LieGroupFitting, step: Int) -> Bool {
    let count = product.count
    let size = norm(product)
    guard size > 0, size.isFinite else { return false }
    product.withUnsafeBufferPointer { Scalar.convert($0.baseAddress!, toDouble: h.pointer, count: count) }
    // The same draw of normal numbers goes on where v ends.
    let stream = fitting.stream(.pair, step: step)
    Double.fillNormal(noise.pointer, count: count, seed: fitting.seed, stream: stream, first: UInt64(count))
    ck_add_noise(
      h.pointer, h.pointer, noise.pointer, fitting.damping, Double(Scalar.ulpOfOne), Int64(count))
    return true
  }

  /// The scale of the first Q.
  func scale(_ fitting: LieGroupFitting) -> Double? {
    let count = h.count
    let largest = Double.maximumMagnitude(h.pointer, count: count)
    guard largest > 0 else { return nil }
    // In multiples of the largest element, of which no power overflows.
    let sums = SIMD2<Double>.powers(of: h.pointer, scale: 1 / largest, count: count)
    let square = Double.dot(v.pointer, v.pointer, count: count)
    let mean = (sums.y / Double(count)).squareRoot().squareRoot()
    return fitting.scale(quarticMean: largest * mean, meanSquare: square / Double(count))
  }
}

extension SIMD2<Double> {
  /// Σ (scale x)² and Σ (scale x)⁴.
  static func powers(of x: UnsafePointer<Double>, scale: Double, count: Int) -> SIMD2 {
    var sums = SIMD2.zero
    withUnsafeMutableBytes(of: &sums) {
      ck_scaled_powers($0.baseAddress!.assumingMemoryBound(to: Double.self), x, scale, Int64(count))
    }
    return sums
  }
}

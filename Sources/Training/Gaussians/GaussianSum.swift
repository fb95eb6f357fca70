import CKernels
import Foundation
import Tensors

/// The parameters of a sum of Gaussians laid out for the kernels: padded to whole blocks, with inverse widths.
final class GaussianSum: @unchecked Sendable {
  // Unchecked: written between regions by the thread that runs them, read by their tiles.

  let axes, unknowns, count, stride: Int
  private let mean, inverse, weight: Buffer<Double>
  private(set) var kernel = ck_gaussians()

  /// The length of the vector of parameters: weights [unknowns, count], means and logarithms of widths [axes, count] each.
  static func length(axes: Int, unknowns: Int, count: Int) -> Int { (unknowns + 2 * axes) * count }

  /// Room for a number of Gaussians.
  ///
  /// - Parameters:
  ///   - periods: The period of each axis, where it has one.
  ///   - orders: The highest derivative along each axis.
  init(count: Int, unknowns: Int, periods: [Double?], orders: [Int]) {
    let block = Int(CK_GAUSSIANS)
    (axes, self.unknowns, self.count) = (periods.count, unknowns, count)
    stride = (count + block - 1) / block * block
    mean = Buffer(count: periods.count * stride)
    inverse = Buffer(count: periods.count * stride)
    weight = Buffer(count: unknowns * stride)
    kernel.axes = Int32(periods.count)
    kernel.unknowns = Int32(unknowns)
    kernel.count = Int64(count)
    kernel.stride = Int64(stride)
    (kernel.mean, kernel.inverse) = (UnsafePointer(mean.pointer), UnsafePointer(inverse.pointer))
    kernel.weight = UnsafePointer(weight.pointer)
    withUnsafeMutableBytes(of: &kernel.period) { bytes in
      let to = bytes.assumingMemoryBound(to: Double.self)
      for (axis, period) in periods.enumerated() { to[axis] = period ?? 0 }
    }
    withUnsafeMutableBytes(of: &kernel.order) { bytes in
      let to = bytes.assumingMemoryBound(to: Int32.self)
      for (axis, order) in orders.enumerated() { to[axis] = Int32(order) }
    }
    self.periods = periods
  }

  private let periods: [Double?]

  /// Takes up a vector of parameters: weights, means, logarithms of widths.
  func set(_ x: UnsafePointer<Double>) {
    for u in 0..<unknowns { (weight.pointer + u * stride).update(from: x + u * count, count: count) }
    let (means, widths) = (x + unknowns * count, x + (unknowns + axes) * count)
    for j in 0..<axes {
      (mean.pointer + j * stride).update(from: means + j * count, count: count)
      let to = inverse.pointer + j * stride
      for k in 0..<count { to[k] = exp(-widths[j * count + k]) }
    }
    if periods.contains(where: { $0 != nil }) { setImages() }
  }

  /// As many images that those which are left out, at least (images + 1/2) periods away, are below rounding.
  private func setImages() {
    let stride = stride
    withUnsafeMutableBytes(of: &kernel.images) { bytes in
      let images = bytes.assumingMemoryBound(to: Int32.self)
      for (j, period) in periods.enumerated() {
        guard let period else { continue }
        var least = Double.infinity
        for k in 0..<count { least = min(least, inverse.pointer[j * stride + k]) }
        // e^(−½ 8.6²) is 10⁻¹⁶. Wider ones than the period are nearly constant, and their images countless.
        let needed = (8.6 / (least * period) - 0.5).rounded(.up)
        images[j] = Int32(needed.isFinite ? min(max(needed, 1), 16) : 1)
      }
    }
  }
}

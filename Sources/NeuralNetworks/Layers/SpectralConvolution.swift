import Foundation
import Tensors

/// A convolution given by its Fourier coefficients, of which the lowest are kept: x of shape [batch, inputs, extents] to
/// [batch, outputs, extents], in one to three dimensions (Li et al., Fourier neural operator, arXiv 2010.08895, 2020).
///
/// Images are periodic. Along the last axis the frequencies 0 … modes − 1 are kept, along the others −modes … modes − 1.
/// The weights do not depend on the extents, so a trained layer takes finer images. As few frequencies are kept, transforms
/// are products with matrices of cosines and sines.
public struct SpectralConvolution<Scalar: Real>: Layer {
  /// The complex coefficients, pairs of real and imaginary part: of shape [inputs, outputs, kept frequencies of each axis,
  /// 2]. Along an axis but the last, 0 … modes − 1 come before −modes … −1.
  @Parameter public var weight: Tensor<Scalar>
  /// Frequencies that are kept along each axis.
  public let modes: [Int]

  /// A layer with coefficients drawn uniformly from 0 to 1/(inputs · outputs), both parts.
  public init(_ inputs: Int, _ outputs: Int, modes: [Int], from stream: inout RandomStream) {
    precondition(
      (1...3).contains(modes.count) && modes.allSatisfy { $0 >= 1 },
      "one to three axes with at least one frequency each, not \(modes)")
    self.modes = modes
    weight = .randomUniform(
      [inputs, outputs] + Self.kept(modes) + [2], in: 0..<Scalar(1 / Double(inputs * outputs)), from: &stream)
  }

  /// The number of frequencies along each axis.
  private static func kept(_ modes: [Int]) -> [Int] {
    modes.enumerated().map { $0.offset == modes.count - 1 ? $0.element : 2 * $0.element }
  }

  public func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    let (rank, extents) = (modes.count, Array(x.shape.dropFirst(2)))
    precondition(
      extents.count == rank && x.shape[1] == weight.shape[0],
      "an input of shape \(x.shape) for \(weight.shape[0]) channels and modes \(modes)")
    for (axis, (extent, mode)) in zip(extents, modes).enumerated() {
      let most = axis == rank - 1 ? extent / 2 + 1 : extent / 2
      precondition(mode <= most, "\(mode) frequencies along an axis of \(extent) points, which has \(most)")
    }
    let kept = Self.kept(modes)
    // Frequencies of the last axis come first in the order of modes, then those of the one before, …
    let order = [0, 1, rank + 2] + (0..<rank).reversed().map { $0 + 2 }
    let coefficients = weight.transposed(order)
      .reshaped([weight.shape[0], weight.shape[1], 2, kept.reduce(1, *)])
    return values(modalProduct(spectrum(x, extents, kept), coefficients), extents, kept)
  }

  /// [batch, channels, extents] to [batch, channels, 2, modes].
  private func spectrum(_ x: Tensor<Scalar>, _ extents: [Int], _ kept: [Int]) -> Tensor<Scalar> {
    let last = extents.count - 1
    var h = matmul(x, realMatrix(extents[last], kept[last]))
    var done = kept[last]
    for axis in (0..<last).reversed() {
      // […, n, 2, done] to […, done, 2, n], transformed, to […, 2, done, k]
      let lead = Array(h.shape[..<(axis + 2)])
      h = h.reshaped(lead + [extents[axis], 2, done])
      let r = h.rank
      h = h.transposed(Array(0..<r - 3) + [r - 1, r - 2, r - 3])
        .reshaped(lead + [done, 2 * extents[axis]])
      h = matmul(h, complexMatrix(extents[axis], kept[axis]))
        .reshaped(lead + [done, 2, kept[axis]])
      h = h.transposed(Array(0..<r - 3) + [r - 2, r - 3, r - 1])
      done *= kept[axis]
      h = h.reshaped(lead + [2 * done])
    }
    return h.reshaped([x.shape[0], x.shape[1], 2, done])
  }

  /// [batch, channels, 2, modes] to [batch, channels, extents].
  private func values(_ y: Tensor<Scalar>, _ extents: [Int], _ kept: [Int]) -> Tensor<Scalar> {
    let last = extents.count - 1
    var lead = [y.shape[0], y.shape[1]]
    var (h, left) = (y, y.shape[3])
    for axis in 0..<last {
      left /= kept[axis]
      h = h.reshaped(lead + [2, left, kept[axis]])
      let r = h.rank
      h = h.transposed(Array(0..<r - 3) + [r - 2, r - 3, r - 1])
        .reshaped(lead + [left, 2 * kept[axis]])
      h = matmul(h, inverseComplexMatrix(extents[axis], kept[axis]))
        .reshaped(lead + [left, 2, extents[axis]])
      h = h.transposed(Array(0..<r - 3) + [r - 1, r - 2, r - 3])
      lead.append(extents[axis])
    }
    return matmul(h.reshaped(lead + [2 * left]), inverseRealMatrix(extents[last], left))
  }

  // MARK: - Matrices

  /// A matrix [rows, columns] of elements by index.
  private func matrix(_ rows: Int, _ columns: Int, _ element: (Int, Int) -> Double) -> Tensor<Scalar> {
    Tensor(shape: [rows, columns]) { out in
      for r in 0..<rows { for c in 0..<columns { out[r * columns + c] = Scalar(element(r, c)) } }
    }
  }

  /// cos and sin of 2π k j / n, for which whole turns are dropped first.
  private func turn(_ k: Int, _ j: Int, of n: Int) -> (cos: Double, sin: Double) {
    let angle = 2 * Double.pi * Double((k * j % n + n) % n) / Double(n)
    return (Foundation.cos(angle), Foundation.sin(angle))
  }

  /// [n, 2 modes]: real parts Σ x cos, imaginary ones −Σ x sin.
  private func realMatrix(_ n: Int, _ modes: Int) -> Tensor<Scalar> {
    matrix(n, 2 * modes) { j, c in c < modes ? turn(c, j, of: n).cos : -turn(c - modes, j, of: n).sin }
  }

  /// [2 modes, n]: the real values of a half spectrum.
  private func inverseRealMatrix(_ n: Int, _ modes: Int) -> Tensor<Scalar> {
    matrix(2 * modes, n) { r, j in
      let k = r % modes
      let weight = (k == 0 || 2 * k == n ? 1.0 : 2.0) / Double(n)
      return r < modes ? weight * turn(k, j, of: n).cos : -weight * turn(k, j, of: n).sin
    }
  }

  private func frequency(_ index: Int, _ count: Int) -> Int { index < count / 2 ? index : index - count }

  /// [2 n, 2 count]: z e^(−iθ) on real parts before imaginary ones.
  private func complexMatrix(_ n: Int, _ count: Int) -> Tensor<Scalar> {
    matrix(2 * n, 2 * count) { r, c in
      let t = turn(frequency(c % count, count), r % n, of: n)
      return (r < n) == (c < count) ? t.cos : r < n ? -t.sin : t.sin
    }
  }

  /// [2 count, 2 n]: z e^(iθ) / n.
  private func inverseComplexMatrix(_ n: Int, _ count: Int) -> Tensor<Scalar> {
    matrix(2 * count, 2 * n) { r, c in
      let t = turn(frequency(r % count, count), c % n, of: n)
      return ((r < count) == (c < n) ? t.cos : r < count ? t.sin : -t.sin) / Double(n)
    }
  }
}

import Foundation
import Tensors
import Transforms

/// Whole-field transforms between grid values and the kept modes, for set-up and output.
///
/// Grid values are row-major with x slowest. Modes are normalised: a field is Σ û_k exp(i k·(x − x₀)) with x₀ the box's
/// lower corner, so that û of the zero mode is the mean.
public struct FourierTransform: Sendable {
  public let layout: FourierLayout
  private let forward: FFTPlan<Double>
  private let backward: FFTPlan<Double>

  /// Transforms between the kept modes of `layout` and its grid, or a grid of other size.
  ///
  /// - Parameter points: Grid points per axis; a grid that cannot hold all kept modes drops those beyond its Nyquist.
  public init(_ layout: FourierLayout, points: [Int]? = nil) {
    self.layout = layout
    self.points = points ?? layout.points
    precondition(
      self.points.count == layout.dimension, "\(self.points) points in \(layout.dimension) dimensions")
    forward = FFTPlan(.realToComplex, shape: self.points)
    backward = FFTPlan(.complexToReal, shape: self.points)
  }

  /// Grid points per axis.
  public let points: [Int]

  /// The kept modes of grid values, interleaved.
  public func spectrum(of grid: [Double]) -> [Double] {
    let count = points.reduce(1, *)
    precondition(grid.count == count, "\(grid.count) values for a grid of \(points)")
    let input = Buffer<Double>(count: count)
    for (i, value) in grid.enumerated() { input.pointer[i] = value }
    let full = Buffer<Double>(count: 2 * fullCount)
    forward.execute(input.pointer, full.pointer)
    var result = Array(repeating: 0.0, count: 2 * layout.modeCount)
    let norm = 1 / Double(count)
    for m in 0..<layout.modeCount {
      guard let position = position(of: m) else { continue }
      result[2 * m] = norm * full.pointer[2 * position]
      result[2 * m + 1] = norm * full.pointer[2 * position + 1]
    }
    return result
  }

  /// The grid values of a field given by its modes.
  public func grid(of modes: UnsafePointer<Double>) -> [Double] {
    let full = Buffer<Double>(count: 2 * fullCount)
    for m in 0..<layout.modeCount {
      guard let position = position(of: m) else { continue }
      full.pointer[2 * position] = modes[2 * m]
      full.pointer[2 * position + 1] = modes[2 * m + 1]
    }
    let count = points.reduce(1, *)
    let output = Buffer<Double>(count: count)
    backward.execute(full.pointer, output.pointer)
    return Array(UnsafeBufferPointer(start: output.pointer, count: count))
  }

  private var fullCount: Int { points.dropLast().reduce(1, *) * (points.last! / 2 + 1) }

  /// Where a kept mode lies in FFTW's half spectrum, or nil where the grid has no place for it.
  private func position(of mode: Int) -> Int? {
    let k = layout.wavenumbers(mode)
    var position = 0
    for (a, n) in points.enumerated() {
      guard 2 * abs(k[a]) < n else { return nil }
      let size = a == points.count - 1 ? n / 2 + 1 : n
      position = position * size + (k[a] >= 0 ? k[a] : k[a] + n)
    }
    return position
  }
}

import Equations
import Foundation
import Geometry
import Spectral
import Tensors
import Transforms

/// The values of random terminals, drawn from a seed.
public struct RandomFields: Sendable {
  public let seed: UInt64
  /// Separates fields of one seed that are to be independent.
  public let stream: UInt64

  public init(seed: UInt64, stream: UInt64) { (self.seed, self.stream) = (seed, stream) }

  /// A random field on any grid of a box; noise is drawn point by point.
  ///
  /// On a bounded box a Gaussian field is expanded in cosines, whose normal derivative vanishes on the sides. The others,
  /// and a Gaussian field where some axes are periodic, are the trigonometric interpolant of the field on a periodic grid
  /// of as many points.
  public func values(of field: RandomField, box: Box, on grid: RectilinearGrid) -> [Double] {
    if case .gaussian(let smoothness, let inverseLength, let scale) = field,
      !box.intervals.contains(where: \.isPeriodic), grid.shape.allSatisfy({ $0 > 1 })
    {
      let law = GaussianRandomField(
        shape: grid.shape, lengths: box.intervals.map(\.length), boundary: .neumann(.vertices), sigma: scale,
        tau: inverseLength, alpha: smoothness, zeroMean: inverseLength == 0)
      let values = law.sample(seed: seed, index: stream).elements
      return grid.hasUniformVertices(of: box) ? values : reflected(values, box: box, at: grid)
    }
    let layout = FourierLayout(box: box, points: grid.shape, cutoff: grid.shape.map { ($0 - 1) / 2 })
    let values = values(of: field, box: box, points: grid.shape)
    if case .noise = field { return values }
    if grid.coordinates == layout.coordinates { return values }
    let modes = FourierTransform(layout).spectrum(of: values)
    return grid.points.map { layout.value(of: modes, at: $0) }
  }

  /// A random field on a box around a mesh, interpolated from 256 intervals along the longest axis (1024 in one dimension,
  /// 64 in three). A Gaussian field has vanishing normal derivatives on the sides of the box, the others are periodic on it.
  public func interpolant(of field: RandomField, around box: Box) -> GridInterpolant {
    let most = [1024, 256, 64][box.dimension - 1]
    let longest = box.intervals.map(\.length).max()!
    let cells = box.intervals.map { max(8, Int((Double(most) * $0.length / longest).rounded())) }
    let grid = RectilinearGrid(
      coordinates: zip(box.intervals, cells).map { interval, n in
        (0...n).map { $0 == n ? interval.upper : interval.lower + interval.length * Double($0) / Double(n) }
      })
    if case .gaussian = field { return GridInterpolant(grid, values(of: field, box: box, on: grid)) }
    let periodic = values(of: field, box: box, points: cells)
    let strides = cells.indices.map { cells[($0 + 1)...].reduce(1, *) }
    let wrapped = (0..<grid.pointCount).map { position -> Double in
      var (rest, index) = (position, 0)
      for (axis, n) in cells.enumerated().reversed() {
        index += rest % (n + 1) % n * strides[axis]
        rest /= n + 1
      }
      return periodic[index]
    }
    return GridInterpolant(grid, wrapped)
  }

  /// The cosine interpolant of values on uniform vertices: the trigonometric one of their even reflection.
  private func reflected(_ values: [Double], box: Box, at grid: RectilinearGrid) -> [Double] {
    let shape = grid.shape
    let doubled = Box(box.intervals.map { .init($0.lower, $0.upper + $0.length, periodic: true) })
    let points = shape.map { 2 * ($0 - 1) }
    let layout = FourierLayout(box: doubled, points: points, cutoff: points.map { ($0 - 1) / 2 })
    let positions = points.reduce(1, *)
    let even = (0..<positions).map { position -> Double in
      var (rest, source, factor) = (position, 0, 1)
      for (n, m) in zip(shape, points).reversed() {
        let i = rest % m
        rest /= m
        source += (i < n ? i : m - i) * factor
        factor *= n
      }
      return values[source]
    }
    let modes = FourierTransform(layout).spectrum(of: even)
    return grid.points.map { layout.value(of: modes, at: $0) }
  }

  /// A random field on the grid x_j = a + jL/n of a box, x slowest.
  ///
  /// Fields with a law on modes do not depend on the grid: a finer one shows the same field with more modes.
  public func values(of field: RandomField, box: Box, points: [Int]) -> [Double] {
    switch field {
    case .gaussian(let smoothness, let inverseLength, let scale):
      let law = GaussianRandomField(
        shape: points, lengths: box.intervals.map(\.length), sigma: scale, tau: inverseLength,
        alpha: smoothness,
        zeroMean: inverseLength == 0)
      return law.sample(seed: seed, index: stream).elements
    case .noise(let deviation):
      let random = RandomStream(seed: seed, stream: stream)
      return (0..<points.reduce(1, *)).map { deviation * random.normal(at: UInt64($0)) }
    case .spectrum(let peak, let slope, let target):
      var values = modes(box, points, cutoff: Int((4 * peak).rounded(.up))) { k, random in
        let r = k / peak
        let amplitude = k == 0 ? 0 : Foundation.pow(r, slope) * Foundation.exp(-slope / 2 * r * r)
        return Complex(amplitude * random.0, amplitude * random.1)
      }
      let rms = (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
      if rms > 0 { for i in values.indices { values[i] *= target / rms } }
      return values
    case .fourierSeries(let highest):
      var values = modes(box, points, cutoff: highest) { k, random in
        k == 0 ? .zero : Complex(random.0, random.1)
      }
      let largest = values.reduce(0) { max($0, abs($1)) }
      if largest > 0 { for i in values.indices { values[i] /= largest } }
      return values
    }
  }

  /// A sum of modes with |k_a| ≤ cutoff, whose amplitudes `amplitude` makes of the length of k and two normal numbers.
  private func modes(
    _ box: Box, _ points: [Int], cutoff: Int, _ amplitude: (Double, (Double, Double)) -> Complex<Double>
  ) -> [Double] {
    let layout = FourierLayout(box: box, points: points, cutoff: points.map { min(cutoff, ($0 - 1) / 2) })
    let random = RandomStream(seed: seed, stream: stream)
    var spectrum = Array(repeating: 0.0, count: 2 * layout.modeCount)
    // Numbered by wavenumber, so that the draw does not depend on the grid.
    let span = UInt64(2 * cutoff + 1)
    for m in 0..<layout.modeCount {
      let k = layout.wavenumbers(m)
      var number: UInt64 = 0
      // A mode and its mirror image are one degree of freedom.
      let isMirrored = (k.last { $0 != 0 } ?? 0) < 0
      for c in k { number = number * span + UInt64((isMirrored ? -c : c) + cutoff) }
      let length = k.reduce(0.0) { $0 + Double($1 * $1) }.squareRoot()
      let value = amplitude(length, (random.normal(at: 2 * number), random.normal(at: 2 * number + 1)))
      spectrum[2 * m] = value.real
      spectrum[2 * m + 1] = isMirrored ? -value.imaginary : value.imaginary
    }
    return spectrum.withUnsafeBufferPointer { FourierTransform(layout).grid(of: $0.baseAddress!) }
  }
}

extension RectilinearGrid {
  /// Whether the points are evenly spaced from one side of the box to the other.
  fileprivate func hasUniformVertices(of box: Box) -> Bool {
    isUniform
      && zip(coordinates, box.intervals).allSatisfy { axis, interval in
        let tolerance = 1e-12 * interval.length
        return abs(axis[0] - interval.lower) <= tolerance
          && abs(axis[axis.count - 1] - interval.upper) <= tolerance
      }
  }
}

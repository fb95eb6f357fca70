import Algebra
import Equations
import Foundation
import NeuralNetworks
import Tensors

/// A sampler on a grid: draws coefficient arrays.
package struct PreparedSampler: Sendable {
  private let sampler: FieldSampler
  /// Square roots of the axes' covariances, for a Gaussian process.
  private let roots: AxisProduct<Double>?
  /// Values at the points of a sample to coefficients on the spatial modes of the grid.
  private let analysis: AxisProduct<Double>
  private let pointShape: [[Int]]
  private let modeCount: Int
  private let pointCount: Int
  /// The modes in time, of which the first is drawn.
  private let times: Int
  private let grid: SpectralGrid

  /// Memory that draws of one sampler work in, for one thread at a time.
  package final class Memory {
    fileprivate let noise: Buffer<Double>
    fileprivate let values: Buffer<Double>
    fileprivate let coefficients: Buffer<Double>

    fileprivate init(points: Int, modes: Int) {
      noise = Buffer(count: points)
      values = Buffer(count: points)
      coefficients = Buffer(count: modes)
    }
  }

  /// A sampler of fields on the spatial axes of a grid, whose last axis is time where `hasTime`.
  ///
  /// - Throws: `EquationError` where a covariance has no root in double precision.
  package init(_ sampler: FieldSampler, grid: SpectralGrid, hasTime: Bool) throws {
    (self.sampler, self.grid) = (sampler, grid)
    let spatial = hasTime ? Array(grid.axes.dropLast()) : grid.axes
    let sampled = spatial.map { axis in axis.with(points: sampler.points ?? axis.points) }
    pointShape = [[1] + sampled.map(\.points) + [1]]
    pointCount = sampled.reduce(1) { $0 * $1.points }
    modeCount = spatial.reduce(1) { $0 * $1.modes }
    times = hasTime ? grid.axes[grid.axes.count - 1].modes : 1
    // The first modes of both, or zeros behind those of the sample.
    analysis = AxisProduct(
      zip(sampled, spatial).map { own, axis in
        let kept = own.analysis.slice(axis: 0, 0..<min(own.modes, axis.modes))
        return kept.shape[0] < axis.modes ? kept.embedded(axis: 0, start: 0, length: axis.modes) : kept
      })
    guard case .gaussianProcess(let length) = sampler.law else {
      roots = nil
      return
    }
    roots = AxisProduct(try sampled.map { try Self.root(of: $0, length: length) })
  }

  /// V √λ of the covariance V λ Vᵀ of an axis.
  private static func root(of axis: SpectralAxis, length: Double) throws -> Tensor<Double> {
    let (x, n) = (axis.coordinates, axis.points)
    var covariance = Matrix<Double>(rows: n, columns: n)
    for i in 0..<n {
      for j in 0..<n {
        let d = (x[i] - x[j]) / axis.length
        let size = axis.family == .fourier ? sin(Double.pi * d) : d
        covariance[i, j] = exp(-size * size / (2 * length * length))
      }
    }
    guard let eigen = try? SymmetricEigen(covariance) else {
      throw EquationError(
        "the covariance of a process of length \(length) cannot be factored: give another length")
    }
    return Tensor(shape: [n, n]) { out in
      for i in 0..<n {
        for j in 0..<n { out[i * n + j] = eigen.vectors[i, j] * max(eigen.values[j], 0).squareRoot() }
      }
    }
  }

  /// Memory for draws.
  package func makeMemory() -> Memory { Memory(points: pointCount, modes: modeCount) }

  /// Writes a field's coefficients, one every `stride` elements, on all modes of the grid. Allocates nothing.
  func draw(
    seed: UInt64, index: UInt64, into target: UnsafeMutablePointer<Double>, stride: Int, _ memory: Memory
  ) {
    // The memory is not given back before the last use of its addresses.
    defer { withExtendedLifetime(memory) {} }
    let (values, coefficients) = (memory.values.pointer, memory.coefficients.pointer)
    if let roots {
      Double.fillNormal(memory.noise.pointer, count: pointCount, seed: seed, stream: index, first: 0)
      apply(roots, memory.noise.pointer, values)
    } else {
      let range = sampler.range ?? 0...1
      let part = RandomStream(seed: seed, stream: index).uniform(at: 0)
      values.update(
        repeating: range.lowerBound + (range.upperBound - range.lowerBound) * part, count: pointCount)
    }
    if sampler.hasZeroMean {
      let mean = Double.sum(values, count: pointCount) / Double(pointCount)
      for i in 0..<pointCount { values[i] -= mean }
    }
    if let range = sampler.range, roots != nil {
      let (low, high) = (Double.minimum(values, count: pointCount), Double.maximum(values, count: pointCount))
      let factor = high > low ? (range.upperBound - range.lowerBound) / (high - low) : 0
      for i in 0..<pointCount { values[i] = (values[i] - low) * factor + range.lowerBound }
    }
    apply(analysis, values, coefficients)
    for mode in 0..<modeCount {
      // A field that does not depend on time has the first function of that axis alone.
      target[mode * times * stride] = sampler.amplitude * coefficients[mode]
      for time in 1..<max(times, 1) { target[(mode * times + time) * stride] = 0 }
    }
  }

  private func apply(
    _ product: AxisProduct<Double>, _ x: UnsafePointer<Double>, _ y: UnsafeMutablePointer<Double>
  ) {
    withUnsafePointer(to: x) {
      product.evaluate(UnsafeBufferPointer(start: $0, count: 1), shapes: pointShape, into: y)
    }
  }

  /// The field with a number: [modes of each axis].
  package func sample(seed: UInt64, index: UInt64) -> Tensor<Double> {
    let memory = makeMemory()
    return Tensor(shape: grid.modes) {
      draw(seed: seed, index: index, into: $0.baseAddress!, stride: 1, memory)
    }
  }
}

import Foundation
import Optimizers
import Tensors

/// A regression of y = sin 2πx sin πy + ½ sin 3πxy on the centres of 24 × 24 cells of [−1, 1]²: a network 2-32-32-32-1
/// with tanh, uniform Xavier weights and zero biases, and half the mean square of the error, by hand.
struct SmoothRegression: Objective {
  private static let widths = [2, 32, 32, 32, 1]
  let layout: ParameterLayout
  private let points: Tensor<Double>
  private let targets: Tensor<Double>

  init(cells: Int = 24) {
    layout = (0..<4).reduce(ParameterLayout()) {
      $0.appending("layers.\($1).weight", shape: [Self.widths[$1 + 1], Self.widths[$1]])
        .appending("layers.\($1).bias", shape: [Self.widths[$1 + 1]])
    }
    var (points, targets): ([Double], [Double]) = ([], [])
    let centres = (0..<cells).map { 2 * (Double($0) + 0.5) / Double(cells) - 1 }
    for x in centres {
      for y in centres {
        points += [x, y]
        targets.append(sin(2 * .pi * x) * sin(.pi * y) + 0.5 * sin(3 * .pi * x * y))
      }
    }
    self.points = Tensor(shape: [targets.count, 2], points)
    self.targets = Tensor(shape: [targets.count, 1], targets)
  }

  /// Weights in the order of the layers, row-major, each uniform within √(6 / (in + out)).
  func initial(seed: UInt32 = 7) -> [Double] {
    var generator = LinearCongruential(seed: seed)
    return (0..<4).flatMap { layer -> [Double] in
      let (columns, rows) = (Self.widths[layer], Self.widths[layer + 1])
      let bound = (6 / Double(columns + rows)).squareRoot()
      return (0..<rows * columns).map { _ in generator.uniform(bound) } + Array(repeating: 0, count: rows)
    }
  }

  private func weights(_ x: Tensor<Double>, _ layer: Int) -> (Tensor<Double>, Tensor<Double>) {
    x.withUnsafeBufferPointer { x in
      let (w, b) = (layout.segments[2 * layer], layout.segments[2 * layer + 1])
      return (Tensor(shape: w.shape, x[w.range]), Tensor(shape: b.shape, x[b.range]))
    }
  }

  /// The output of every layer.
  private func forward(_ x: Tensor<Double>) -> [Tensor<Double>] {
    var values = [points]
    for layer in 0..<4 {
      let (w, b) = weights(x, layer)
      let z = matmul(values[layer], w.transposed) + b
      values.append(layer < 3 ? tanh(z) : z)
    }
    return values
  }

  func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) throws -> Double {
    let values = forward(x)
    let error = values[4] - targets
    let count = Double(targets.count)
    var slope = error / count
    for layer in (0..<4).reversed() {
      let w = matmul(slope.transposed, values[layer])
      let b = slope.sum(axis: 0)
      gradient.withUnsafeMutableBufferPointer { g in
        let segments = layout.segments[2 * layer..<2 * layer + 2]
        for (segment, part) in zip(segments, [w, b]) {
          part.withUnsafeBufferPointer {
            (g.baseAddress! + segment.range.lowerBound).update(from: $0.baseAddress!, count: $0.count)
          }
        }
      }
      if layer > 0 { slope = matmul(slope, weights(x, layer).0) * (1 - values[layer] * values[layer]) }
    }
    return 0.5 * error.dot(error) / count
  }

  /// The relative L2 error at the points.
  func error(_ x: Tensor<Double>) -> Double { (forward(x)[4] - targets).norm() / targets.norm() }
}

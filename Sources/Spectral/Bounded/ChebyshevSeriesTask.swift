import Tensors
import Transforms

/// ∂ᵏ along a Chebyshev axis through the series: values at one set of Gauss–Lobatto points to values at another.
///
/// Terms that the smaller set cannot hold are left out.
final class ChebyshevSeriesTask: GridTask, @unchecked Sendable {
  // Unchecked: tiles write disjoint lines; scratch is per worker.

  private let count: (input: Int, output: Int)
  private let order: Int
  private let halfLength: Double
  private let shape: LineShape
  private let input: UnsafeMutablePointer<Double>
  private let output: UnsafeMutablePointer<Double>
  private let forward: ReflectedTransform
  private let backward: ReflectedTransform
  private let linesPerTile: Int
  let tiles: Int
  var cost: Int { 15 * (count.input + count.output) * shape.lines }

  init(
    from input: UnsafeMutablePointer<Double>, count inputCount: Int, to output: UnsafeMutablePointer<Double>,
    count outputCount: Int, order: Int, length: Double, _ shape: LineShape, workers: Int
  ) {
    (self.input, self.output, self.order, self.shape) = (input, output, order, shape)
    count = (inputCount, outputCount)
    halfLength = length / 2
    forward = ReflectedTransform(count: inputCount, workers: workers)
    backward = ReflectedTransform(count: outputCount, workers: workers)
    let longest = max(inputCount, outputCount)
    linesPerTile = max(1, 2048 / longest)
    tiles = (shape.lines + linesPerTile - 1) / linesPerTile
  }

  func run(_ tile: Int, _ worker: Int) {
    let (n, m, stride) = (count.input, count.output, shape.inner)
    let kept = min(n, m)
    let (line, series) = (forward.line(worker), backward.line(worker))
    // Points ascend, so that T_k at the j-th is (−1)ᵏ cos(πjk/(n − 1)).
    let scale = 1 / (Double(n - 1) * (0..<order).reduce(1.0) { p, _ in p * halfLength })
    for l in tile * linesPerTile..<min((tile + 1) * linesPerTile, shape.lines) {
      let (outer, inner) = (l / stride, l % stride)
      let source = input + outer * n * stride + inner
      for j in 0..<n { line[j] = source[j * stride] }
      let sums = forward.cosines(worker)
      for k in 0..<kept { series[k] = (k % 2 == 0 ? scale : -scale) * sums[2 * k] }
      series[0] *= 0.5
      if kept == n { series[n - 1] *= 0.5 }
      for _ in 0..<order { ChebyshevTransform<Double>.differentiate(series, count: kept) }
      for k in 0..<kept { series[k] *= k % 2 == 0 ? 0.5 : -0.5 }
      series[0] *= 2
      if kept == m { series[m - 1] *= 2 }
      for k in kept..<max(m, kept) { series[k] = 0 }
      let values = backward.cosines(worker)
      let target = output + outer * m * stride + inner
      for j in 0..<m { target[j * stride] = values[2 * j] }
    }
  }
}

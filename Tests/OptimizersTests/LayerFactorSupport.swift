import Foundation
import Optimizers
import Tensors

/// A linear least-squares problem ½‖J x − y‖² of which parts of x are said to be affine maps, with factors that are given:
/// any symmetric positive matrices, not those of J, so that what is made of them shows.
final class GivenFactors: LayerwiseObjective {
  let layout: ParameterLayout
  let factorLayout: LayerFactorLayout
  let factors: [Double]
  let matrix: Tensor<Double>
  let target: [Double]
  /// Whether the loss is 1 everywhere, whatever its gradient says.
  var isFlat = false
  var residualCount: Int { target.count }

  /// Factors by group, map and side, in full.
  init(
    _ layout: ParameterLayout, layers: [AffineLayer], groups: [[(inputs: [[Double]], outputs: [[Double]])]],
    others: [(range: Range<Int>, squares: [Double])] = [], matrix: Tensor<Double>, target: [Double]
  ) {
    self.layout = layout
    factorLayout = LayerFactorLayout(
      layers: layers, groups: groups.indices.map { "group \($0)" }, others: others.map(\.range),
      denseLimit: 2048)
    factors =
      groups.flatMap { $0.flatMap { $0.inputs.flatMap { $0 } + $0.outputs.flatMap { $0 } } }
      + others.flatMap(\.squares)
    (self.matrix, self.target) = (matrix, target)
  }

  func layerFactorLayout(_ statistics: LayerStatistics) -> LayerFactorLayout { factorLayout }

  func residuals(at x: Tensor<Double>) -> Tensor<Double> { matmul(matrix, x) - Tensor(target) }

  func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) -> Double {
    let residual = residuals(at: x)
    gradient = matmul(matrix.transposed, residual)
    return isFlat ? 1 : 0.5 * residual.squared.sum(axes: nil).elements[0]
  }

  func valueAndGradient(
    at x: Tensor<Double>, gradient: inout Tensor<Double>, _ statistics: LayerStatistics,
    into factors: inout Tensor<Double>
  ) -> Double {
    factors = Tensor(self.factors)
    return valueAndGradient(at: x, gradient: &gradient)
  }

  func gaussNewtonForm(at x: Tensor<Double>, _ u: Tensor<Double>, _ v: Tensor<Double>) -> GaussNewtonForm {
    let (a, b) = (matmul(matrix, u).elements, matmul(matrix, v).elements)
    func inner(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    return GaussNewtonForm(uu: inner(a, a), uv: inner(a, b), vv: inner(b, b))
  }

  func residuals(at x: Tensor<Double>, into residuals: inout Tensor<Double>) {
    residuals = self.residuals(at: x)
  }

  func jacobian(at x: Tensor<Double>, residuals: inout Tensor<Double>, jacobian: inout Tensor<Double>) {
    (residuals, jacobian) = (self.residuals(at: x), matrix)
  }
}

/// A symmetric positive matrix of a given order: ½ I + Gᵀ G / n with drawn numbers.
func positiveMatrix(_ order: Int, from generator: inout LinearCongruential) -> [[Double]] {
  let g = (0..<order).map { _ in (0..<order).map { _ in generator.uniform(1) } }
  return (0..<order).map { i in
    (0..<order).map { j in
      (i == j ? 0.5 : 0) + (0..<order).reduce(0) { $0 + g[$1][i] * g[$1][j] } / Double(order)
    }
  }
}

// MARK: - Losses of the parametrised tests

extension PoissonNetwork: LayerwiseObjective {
  /// The first weights as a map without bias, the outer ones as one with; the inner biases are of no map.
  func layerFactorLayout(_ statistics: LayerStatistics) -> LayerFactorLayout {
    let (inner, bias) = (layout.segments[0], layout.segments[1])
    let (outer, constant) = (layout.segments[2], layout.segments[3])
    let isMoments = statistics == .moments
    return LayerFactorLayout(
      layers: [
        AffineLayer(name: inner.name, inputs: width, outputs: 2, weight: inner.range, bias: nil),
        AffineLayer(name: outer.name, inputs: width, outputs: 1, weight: outer.range, bias: constant.range),
      ], groups: isMoments ? ["loss"] : ["inside", "boundary"], others: isMoments ? [] : [bias.range],
      denseLimit: isMoments ? 0 : 2048)
  }

  /// Factors of the residuals' own gradients G: means of G Gᵀ, and sums of Gᵀ G over their norm.
  func valueAndGradient(
    at x: Tensor<Double>, gradient: inout Tensor<Double>, _ statistics: LayerStatistics,
    into factors: inout Tensor<Double>
  ) throws -> Double {
    let places = layerFactorLayout(statistics)
    var (r, j) = (Tensor<Double>.zeros([residualCount]), Tensor<Double>.zeros([residualCount, layout.count]))
    try jacobian(at: x, residuals: &r, jacobian: &j)
    let rows = j.elements
    var out = [Double](repeating: 0, count: places.count)
    let cells = residualCount * 9 / 13
    for row in 0..<residualCount {
      let group = places.groups.count > 1 && row >= cells ? 1 : 0
      for (index, layer) in places.layers.enumerated() {
        let range = layer.weight.lowerBound..<(layer.bias ?? layer.weight).upperBound
        let start = row * layout.count
        let g = Array(rows[start + range.lowerBound..<start + range.upperBound])
        let (m, n) = (layer.inputOrder, layer.outputs)
        let (a, b) = (places.inputs(group, index), places.outputs(group, index))
        for k in 0..<m {
          for l in 0..<(a.isDiagonal ? 1 : m) {
            let other = a.isDiagonal ? k : l
            out[a.start + (a.isDiagonal ? k : k * m + l)] +=
              (0..<n).reduce(0) { $0 + g[k * n + $1] * g[other * n + $1] } / Double(residualCount)
          }
        }
        for k in 0..<n {
          for l in 0..<(b.isDiagonal ? 1 : n) {
            let other = b.isDiagonal ? k : l
            out[b.start + (b.isDiagonal ? k : k * n + l)] +=
              (0..<m).reduce(0) { $0 + g[$1 * n + k] * g[$1 * n + other] }
          }
        }
      }
      for range in places.others {
        for (place, i) in range.enumerated() {
          out[places.othersStart + place] += rows[row * layout.count + i] * rows[row * layout.count + i]
        }
      }
    }
    factors = Tensor(out)
    return try valueAndGradient(at: x, gradient: &gradient)
  }

  func gaussNewtonForm(at x: Tensor<Double>, _ u: Tensor<Double>, _ v: Tensor<Double>) throws
    -> GaussNewtonForm
  {
    var (a, b) = (Tensor<Double>.zeros(x.shape), Tensor<Double>.zeros(x.shape))
    try gaussNewtonProduct(at: x, u, into: &a)
    try gaussNewtonProduct(at: x, v, into: &b)
    func inner(_ a: Tensor<Double>, _ b: Tensor<Double>) -> Double { matmul(a, b).elements[0] }
    return GaussNewtonForm(uu: inner(u, a), uv: inner(u, b), vv: inner(v, b))
  }
}

extension Valley: LayerwiseObjective {
  /// Each matrix with the vector after it as a map.
  func layerFactorLayout(_ statistics: LayerStatistics) -> LayerFactorLayout {
    statistics == .moments ? maps.moments : maps.factors
  }

  /// Factors without a pattern, which cost nothing and allocate nothing.
  func valueAndGradient(
    at x: Tensor<Double>, gradient: inout Tensor<Double>, _ statistics: LayerStatistics,
    into factors: inout Tensor<Double>
  ) throws -> Double {
    let places = layerFactorLayout(statistics)
    factors.withUnsafeMutableBufferPointer { out in
      x.withUnsafeBufferPointer { x in
        for i in out.indices { out[i] = 1 + x[i % x.count] * x[i % x.count] }
        for group in places.groups.indices {
          for layer in places.layers.indices {
            fill(places.inputs(group, layer), out, x)
            fill(places.outputs(group, layer), out, x)
          }
        }
      }
    }
    return try valueAndGradient(at: x, gradient: &gradient)
  }

  /// A diagonal of ones with a small symmetric part beside it.
  private func fill(
    _ factor: LayerFactorLayout.Factor, _ out: UnsafeMutableBufferPointer<Double>,
    _ x: UnsafeBufferPointer<Double>
  ) {
    guard !factor.isDiagonal else { return }
    let n = factor.order
    for i in 0..<n {
      for j in 0..<n {
        let (a, b) = (x[i % x.count], x[j % x.count])
        out[factor.start + i * n + j] = (i == j ? 1 : 0) + 0.3 * a * b / (1 + a * a + b * b) / Double(n)
      }
    }
  }

  func gaussNewtonForm(at x: Tensor<Double>, _ u: Tensor<Double>, _ v: Tensor<Double>) -> GaussNewtonForm {
    var form = GaussNewtonForm(uu: 0, uv: 0, vv: 0)
    x.withUnsafeBufferPointer { x in
      u.withUnsafeBufferPointer { u in
        v.withUnsafeBufferPointer { v in
          for i in 0..<x.count - 1 {
            let a = -20 * x[i] * u[i] + 10 * u[i + 1]
            let b = -20 * x[i] * v[i] + 10 * v[i + 1]
            form.uu += a * a + u[i] * u[i]
            form.uv += a * b + u[i] * v[i]
            form.vv += b * b + v[i] * v[i]
          }
        }
      }
    }
    return form
  }
}

/// What of a layout is taken as affine maps, for the valley.
struct ValleyMaps: Sendable {
  let factors, moments: LayerFactorLayout

  init(_ layout: ParameterLayout) {
    var layers: [AffineLayer] = []
    var others: [Range<Int>] = []
    var taken: Set<Int> = []
    let segments = layout.segments
    for (i, segment) in segments.enumerated() where !taken.contains(i) {
      guard segment.shape.count == 2, !segment.isComplex, segment.shape.max()! <= 400 else {
        others.append(segment.range)
        continue
      }
      var bias: Range<Int>?
      if i + 1 < segments.count, segments[i + 1].shape == [segment.shape[1]], !segments[i + 1].isComplex {
        bias = segments[i + 1].range
        taken.insert(i + 1)
      }
      layers.append(
        AffineLayer(
          name: segment.name, inputs: segment.shape[0], outputs: segment.shape[1], weight: segment.range,
          bias: bias))
    }
    factors = LayerFactorLayout(
      layers: layers, groups: ["a", "b", "c"], others: others, denseLimit: 2048)
    moments = LayerFactorLayout(layers: layers, groups: ["loss"], others: [], denseLimit: 0)
  }
}

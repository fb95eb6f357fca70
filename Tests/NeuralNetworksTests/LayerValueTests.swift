import Autodiff
import Foundation
import NeuralNetworks
import Tensors
import Testing
import Transforms

/// What single layers are to give, from their definitions.
@Suite("Values of layers")
struct LayerValueTests {
  private func random(_ shape: [Int], seed: UInt64 = 1) -> Tensor<Double> {
    var stream = RandomStream(seed: seed)
    return .randomUniform(shape, in: -1..<1, from: &stream)
  }

  private func close(_ a: Tensor<Double>, _ b: Tensor<Double>, _ tolerance: Double = 1e-13) -> Bool {
    a.shape == b.shape && (a - b).maxMagnitude() <= tolerance * (1 + b.maxMagnitude())
  }

  @Test("random weight factorization begins as a plain layer")
  func factorization() {
    var (a, b) = (RandomStream(seed: 3), RandomStream(seed: 3))
    let plain = Dense<Double>(5, 4, from: &a)
    let factorized = FactorizedDense<Double>(5, 4, mean: 1, from: &b)
    #expect(close(factorized.weight, plain.weight))
    let s = factorized.logScale
    #expect(abs(s.mean() - 1) < 0.3 && s.maxMagnitude() < 2)
  }

  @Test("a transposed convolution is the adjoint of the convolution with its weights")
  func transposed() {
    var stream = RandomStream(seed: 4)
    let up = TransposedConvolution<Double>(
      4, 6, kernel: [3, 4], stride: [2, 3], groups: 2, padding: [(1, 0), (1, 2)],
      initializer: .glorotUniform, from: &stream)
    let y = random([2, 4, 5, 3])
    let x = up(y)
    #expect(x.shape == [2, 6, 10, 7])
    let z = random(x.shape, seed: 2)
    let down = convolution(z, up.weight, up.shape(for: y.shape))
    #expect(abs(down.dot(y) - x.dot(z)) <= 1e-12)
  }

  @Test("strides, groups and paddings give the extents of the usual formula")
  func extents() {
    var stream = RandomStream(seed: 5)
    for (n, kernel, stride, dilation) in [(9, 3, 1, 1), (10, 4, 2, 1), (11, 3, 3, 2), (8, 5, 1, 1)] {
      let layer = Convolution<Double>(
        2, 3, kernel: [kernel], stride: [stride], dilation: [dilation], from: &stream)
      let expected = (n - 1) / stride + 1
      #expect(layer(random([1, 2, n])).shape == [1, 3, expected])
    }
  }

  @Test("normalized rows have mean 0 and variance 1")
  func norms() {
    let y = LayerNorm<Double>(50, epsilon: 0)(random([4, 50]) * 3 + 2)
    #expect(y.mean(axis: 1).maxMagnitude() <= 1e-14)
    let variance: Tensor<Double> = y.squared.mean(axis: 1)
    #expect((variance - 1.0).maxMagnitude() <= 1e-13)
    let x = random([3, 6, 4, 5])
    #expect(close(InstanceNorm<Double>(6)(x), GroupNorm<Double>(6, groups: 6)(x)))
    let whole = GroupNorm<Double>(6, groups: 1, epsilon: 0)(x).reshaped([3, 120])
    let squares: Tensor<Double> = whole.squared.mean(axis: 1)
    #expect((squares - 1.0).maxMagnitude() <= 1e-13)
    var stream = RandomStream(seed: 6)
    let conditioned = ConditionedNorm<Double>(5, condition: 2, from: &stream)
    let rows = random([4, 3, 5])
    #expect(close(conditioned(rows, condition: random([4, 2])), LayerNorm<Double>(5)(rows)))
  }

  @Test("attention is the mean of values with weights exp(q·k/√d)", arguments: [false, true])
  func attention(usesCosine: Bool) {
    var stream = RandomStream(seed: 7)
    let (batch, tokens, heads, size) = (2, 5, 3, 4)
    let width = heads * size
    let layer = MultiHeadAttention<Double>(width, heads: heads, usesCosine: usesCosine, from: &stream)
    let (x, bias) = (random([batch, tokens, width]), random([heads, tokens, tokens], seed: 8))
    let all = matmul(x, layer.projection.weight) + layer.projection.bias
    var mixed = Tensor<Double>.zeros([batch, tokens, width])
    for b in 0..<batch {
      for h in 0..<heads {
        func vector(_ part: Int, _ token: Int) -> [Double] {
          (0..<size).map { all[b, token, part * width + h * size + $0] }
        }
        func dot(_ p: [Double], _ q: [Double]) -> Double { zip(p, q).reduce(0) { $0 + $1.0 * $1.1 } }
        for t in 0..<tokens {
          let q = vector(0, t)
          let weights = (0..<tokens).map { s -> Double in
            let k = vector(1, s)
            let score =
              usesCosine
              ? 10 * dot(q, k) / (dot(q, q) * dot(k, k)).squareRoot() : dot(q, k) / Double(size).squareRoot()
            return Foundation.exp(score + bias[h, t, s])
          }
          let total = weights.reduce(0, +)
          for j in 0..<size {
            mixed[b, t, h * size + j] = (0..<tokens).reduce(0) { $0 + weights[$1] / total * vector(2, $1)[j] }
          }
        }
      }
    }
    let expected = matmul(mixed, layer.output.weight) + layer.output.bias
    #expect(close(layer(x, bias: bias), expected, 1e-11))
  }

  @Test("shifted windows of a periodic image are windows of the shifted image")
  func windows() {
    var stream = RandomStream(seed: 9)
    let plain = WindowAttention<Double>(4, heads: 2, window: 4, from: &stream)
    stream = RandomStream(seed: 9)
    let shifted = WindowAttention<Double>(4, heads: 2, window: 4, shift: 2, isPeriodic: true, from: &stream)
    let x = random([2, 8, 12, 4])
    func rolled(_ x: Tensor<Double>, _ by: Int) -> Tensor<Double> {
      [1, 2].reduce(x) { image, axis in
        let n = image.shape[axis], cut = (by + n) % n
        return .concatenated(
          [image.slice(axis: axis, cut..<n), image.slice(axis: axis, 0..<cut)], axis: axis)
      }
    }
    #expect(close(shifted(x), rolled(plain(rolled(x, 2)), -2)))
  }

  @Test("pixels of opposite edges do not see one another, unless the image is periodic")
  func mask() {
    func reach(isPeriodic: Bool) -> Double {
      var stream = RandomStream(seed: 10)
      let layer = WindowAttention<Double>(
        4, heads: 2, window: 4, shift: 2, isPeriodic: isPeriodic, from: &stream)
      var x = random([1, 8, 8, 4])
      let before = layer(x)
      for c in 0..<4 { x[0, 0, 5, c] += 1 }
      // The last row is in a window with the first ones.
      return (layer(x) - before).slice(axis: 1, 6..<8).maxMagnitude()
    }
    #expect(reach(isPeriodic: false) == 0)
    #expect(reach(isPeriodic: true) > 1e-3)
  }

  @Test("embedded coordinates are periodic, with all derivatives")
  func periodicity() throws {
    let layer = PeriodicEmbedding<Double>(periods: [2, nil, 0.5], harmonics: 3)
    let x = random([7, 3])
    let moved = x + Tensor([2, 0, -0.5])
    #expect(layer.outputs == 13 && layer(x).shape == [7, 13])
    #expect(close(layer(moved), layer(x), 1e-12))
    // cos² + sin² = 1 for every harmonic.
    let y = layer(x)
    let (c, s) = (y.slice(axis: 1, 1..<7), y.slice(axis: 1, 7..<13))
    let sums: Tensor<Double> = c.squared + s.squared
    #expect((sums - 1.0).maxMagnitude() <= 1e-14)
    #expect(close(y.slice(axis: 1, 0..<1), x.slice(axis: 1, 1..<2)))
  }

  @Test("boundary values hold exactly, and the network is free inside")
  func lifting() {
    var stream = RandomStream(seed: 11)
    let layer = BoundaryLifting(
      MLP<Double>([2, 8, 2], from: &stream), box: [-1...1, 0...3],
      faces: [
        BoxFace(axis: 0, isUpper: false), BoxFace(axis: 0, isUpper: true), BoxFace(axis: 1, isUpper: false),
      ]
    ) { x in x.slice(axis: 1, 0..<1) * 2 + 1 }
    let edges = Tensor<Double>(rows: [[-1, 0.3], [1, 2.9], [0.25, 0]])
    let expected = Tensor<Double>(rows: [[-1, -1], [3, 3], [1.5, 1.5]])
    #expect(layer(edges) == expected)
    let free = Tensor<Double>(rows: [[0.2, 1], [0.2, 3]])
    let inside = layer(free).elements
    #expect(inside[0] != 3 && inside[2] != 7)
  }

  @Test("pooling and upsampling follow their definitions")
  func resampling() {
    let x = Tensor<Double>(shape: [1, 1, 2, 4], [1, 5, 2, 0, 3, 1, 8, 4])
    #expect(Pooling<Double>(.maximum, size: [2, 2])(x).elements == [5, 8])
    #expect(Pooling<Double>(.average, size: [2, 2])(x).elements == [2.5, 3.5])
    let line = Tensor<Double>(shape: [1, 1, 3], [0, 4, 2])
    #expect(Upsampling<Double>(.nearest, factors: [2])(line).elements == [0, 0, 4, 4, 2, 2])
    #expect(Upsampling<Double>(.linear, factors: [2])(line).elements == [0, 1, 3, 3.5, 2.5, 2])
    #expect(
      Upsampling<Double>(.linear, factors: [2], isPeriodic: true)(line).elements == [
        0.5, 1, 3, 3.5, 2.5, 1.5,
      ])
  }

  @Test("dropout keeps the mean, and depends on seed, step and place alone")
  func dropout() {
    let layer = Dropout<Double>(rate: 0.3, seed: 12, layer: 1)
    let x = Tensor<Double>.ones([200, 500])
    let y = layer(x, step: Tensor(5))
    let kept = y.elements.filter { $0 != 0 }
    let factor = 1 / 0.7
    #expect(kept.allSatisfy { abs($0 - factor) < 1e-15 })
    // Within five deviations of a binomial distribution.
    let (share, deviation) = (Double(kept.count) / 100_000, (0.21 / 100_000).squareRoot())
    #expect(abs(share - 0.7) < 5 * deviation)
    #expect(layer(x, step: Tensor(6)) != y)
    #expect(Dropout<Double>(rate: 0.3, seed: 12, layer: 2)(x, step: Tensor(5)) != y)
    // In tiles, with the step as an input.
    let program = Program<Double>([.batched(x.shape), .shared([])]) { [layer($0[0], step: $0[1])] }
    #expect(program([x, Tensor(5)])[0] == y)
    #expect(program([x, Tensor(6)])[0] == layer(x, step: Tensor(6)))
  }

  @Test("a looked-up vector is a row of the table")
  func embedding() {
    var stream = RandomStream(seed: 13)
    let layer = Embedding<Double>(4, width: 3, from: &stream)
    #expect(layer(Tensor([2, 0, 3])) == layer([2, 0, 3]))
    #expect(layer(Tensor([7.0])) == .zeros([1, 3]))
  }

  /// Against transforms by FFTW of the whole spectrum.
  @Test("a spectral convolution multiplies the lowest coefficients", arguments: [[8], [6, 9], [4, 6, 5]])
  func spectral(extents: [Int]) {
    var stream = RandomStream(seed: 14)
    let rank = extents.count
    let modes = extents.enumerated().map { $0.offset == rank - 1 ? $0.element / 2 + 1 : $0.element / 2 }
    let layer = SpectralConvolution<Double>(2, 3, modes: modes, from: &stream)
    let x = random([2, 2] + extents)
    let hat = RealFourierTransform<Double>(extents)(x)
    let half = Array(extents.dropLast()) + [extents[rank - 1] / 2 + 1]
    let kept = Array(layer.weight.shape[2..<2 + rank])
    let (points, count) = (half.reduce(1, *), extents.reduce(1, *))
    var product = Tensor<Double>.zeros([2, 3] + half + [2])
    let (h, w) = (hat.elements, layer.weight.elements)
    product.withUnsafeMutableBufferPointer { out in
      for p in 0..<points {
        // The place of the frequency among those kept, axis by axis.
        var (rest, position, place, stride) = (p, [Int](repeating: 0, count: rank), 0, 1)
        for axis in (0..<rank).reversed() {
          position[axis] = rest % half[axis]
          rest /= half[axis]
        }
        var isKept = true
        for axis in (0..<rank).reversed() {
          var k = position[axis]
          if axis < rank - 1 {
            if k >= (extents[axis] + 1) / 2 { k -= extents[axis] }
            if extents[axis] % 2 == 0, position[axis] == extents[axis] / 2 { k = -extents[axis] / 2 }
            isKept = isKept && k >= -modes[axis] && k < modes[axis]
            if k < 0 { k += 2 * modes[axis] }
          }
          place += k * stride
          stride *= kept[axis]
        }
        guard isKept else { continue }
        for b in 0..<2 {
          for o in 0..<3 {
            for i in 0..<2 {
              let z = 2 * ((b * 2 + i) * points + p), c = 2 * ((i * 3 + o) * stride + place)
              out[2 * ((b * 3 + o) * points + p)] += h[z] * w[c] - h[z + 1] * w[c + 1]
              out[2 * ((b * 3 + o) * points + p) + 1] += h[z] * w[c + 1] + h[z + 1] * w[c]
            }
          }
        }
      }
    }
    let expected = RealFourierTransform<Double>(extents, isBackward: true)(product) * (1 / Double(count))
    #expect(close(layer(x), expected, 1e-12))
  }

  @Test("a gated residual block with a share of 0 is the identity")
  func gatedResidual() {
    var stream = RandomStream(seed: 15)
    let block = GatedResidualBlock<Double>(4, from: &stream)
    let gates = Gates<Double>(3, width: 4, from: &stream)
    let h = random([5, 4])
    #expect(close(block(h, gates: gates(random([5, 3]))), h, 1e-15))
  }
}

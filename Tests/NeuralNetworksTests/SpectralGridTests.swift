import Autodiff
import Foundation
import NeuralNetworks
import Tensors
import Testing
import Transforms

@Suite("Series of spectral axes")
struct SpectralGridTests {
  private static let axes: [SpectralAxis] = [
    SpectralAxis(.fourier, points: 9, interval: -1...2), SpectralAxis(.fourier, points: 12, interval: 0...1),
    SpectralAxis(.chebyshev, points: 10, interval: -1...1),
    SpectralAxis(.chebyshev, points: 11, interval: 0.5...3),
  ]

  @Test("functions are orthonormal at the points, and transforms invert each other", arguments: axes)
  func orthonormality(axis: SpectralAxis) {
    let product = matmul(axis.analysis, axis.synthesis)
    #expect((product - .identity(axis.modes)).maxMagnitude() <= 1e-14)
    #expect(axis.modes == (axis.family == .fourier && axis.points % 2 == 0 ? axis.points - 1 : axis.points))
    let x = axis.coordinates
    #expect(zip(x, x.dropFirst()).allSatisfy { $0 < $1 } && x.allSatisfy(axis.interval.contains))
  }

  @Test("coefficients are those of fast transforms")
  func fastTransforms() {
    var stream = RandomStream(seed: 5)
    let chebyshev = SpectralAxis(.chebyshev, points: 14, interval: 0...1)
    let values = Tensor<Double>.randomUniform([14], in: -1..<1, from: &stream)
    // Descending points are those of the cosine transform of type 2.
    let cosines = Tensor(values.elements.reversed()).dct(type: 2).elements
    for (k, c) in matmul(chebyshev.analysis, values).elements.enumerated() {
      let expected = cosines[k] / 28 * (k == 0 ? 1 : 2.0.squareRoot())
      #expect(abs(c - expected) <= 1e-14)
    }
    let fourier = SpectralAxis(.fourier, points: 15, interval: 2...5)
    let waves = Tensor<Double>.randomUniform([15], in: -1..<1, from: &stream)
    let spectrum = waves.rfft().elements
    for (k, c) in matmul(fourier.analysis, waves).elements.enumerated() {
      let z = spectrum[(k + 1) / 2]
      let expected = k == 0 ? z.real / 15 : 2.0.squareRoot() / 15 * (k % 2 == 1 ? z.real : -z.imaginary)
      #expect(abs(c - expected) <= 1e-14)
    }
  }

  @Test("derivatives are those of closed forms")
  func derivatives() {
    let fourier = SpectralAxis(.fourier, points: 17, interval: 1...3)
    let (x, w) = (fourier.coordinates, Double.pi)
    func check(
      _ axis: SpectralAxis, _ f: (Double) -> Double, _ df: (Double) -> Double, order: Int, _ bound: Double
    ) {
      let coefficients = matmul(axis.analysis, Tensor(axis.coordinates.map(f)))
      let places = (0..<20).map { axis.interval.lowerBound + axis.length * Double($0) / 19 }
      let result = matmul(axis.evaluation(at: places), matmul(axis.derivative(order: order), coefficients))
      for (value, place) in zip(result.elements, places) { #expect(abs(value - df(place)) <= bound) }
    }
    #expect(x[0] == 1)
    check(
      fourier, { sin(3 * w * $0) + cos(w * $0) }, { 3 * w * cos(3 * w * $0) - w * sin(w * $0) }, order: 1,
      1e-11)
    check(fourier, { sin(3 * w * $0) }, { -27 * w * w * w * cos(3 * w * $0) }, order: 3, 1e-8)
    let chebyshev = SpectralAxis(.chebyshev, points: 8, interval: -1...2)
    check(chebyshev, { $0 * $0 * $0 - 2 * $0 + 1 }, { 3 * $0 * $0 - 2 }, order: 1, 1e-12)
    check(chebyshev, { pow($0, 7) }, { 42 * pow($0, 5) }, order: 2, 1e-8)
    check(chebyshev.with(points: 24), exp, exp, order: 2, 1e-8)
  }

  @Test("products on the dealiased grid have the coefficients of closed forms")
  func products() {
    // cos a cos b = (cos(a − b) + cos(a + b))/2, for the highest wavenumber that the grid has; T₃ T₄ = (T₁ + T₇)/2.
    let grid = SpectralGrid([
      SpectralAxis(.fourier, points: 9, interval: 0...1),
      SpectralAxis(.chebyshev, points: 5, interval: 0...2),
    ])
    let fine = grid.dealiased(degree: 2)
    #expect(fine.modes == [17, 9])
    func field(_ f: Int, _ t: Int) -> Tensor<Double> {
      var c = Tensor<Double>.zeros([1, 9, 5, 1])
      c[0, f, t, 0] = 1
      let product = AxisProduct<Double>(
        zip(grid.axes, fine.axes).map { $0.evaluation(at: $1.coordinates) })
      return product(c)
    }
    let result = fine.coefficients(of: field(7, 3) * field(5, 4))
    // √2 cos 8πx √2 cos 6πx = cos 2πx + cos 14πx, of which √2 cos is the function; likewise in T.
    var expected = Tensor<Double>.zeros([1, 17, 9, 1])
    for f in [1, 13] { for t in [1, 7] { expected[0, f, t, 0] = 0.5 } }
    #expect((result - expected).maxMagnitude() <= 1e-14)
  }

  @Test("means over an axis are integrals")
  func means() {
    let axis = SpectralAxis(.chebyshev, points: 20, interval: 1...3)
    let coefficients = matmul(axis.analysis, Tensor(axis.coordinates.map(exp)))
    let mean = zip(axis.means, coefficients.elements).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(mean - (exp(3) - exp(1)) / 2) <= 1e-13 * exp(3))
  }

  @Test("products along axes are those of the matrices, whatever their order and batch")
  func axisProducts() {
    var stream = RandomStream(seed: 8)
    let a = Tensor<Double>.randomUniform([5, 3], in: -1..<1, from: &stream)
    let b = Tensor<Double>.randomUniform([2, 4], in: -1..<1, from: &stream)
    for channels in [1, 3] {
      let x = Tensor<Double>.randomUniform([2, 3, 6, 4, channels], in: -1..<1, from: &stream)
      let y = AxisProduct<Double>([a, nil, b])(x)
      #expect(y.shape == [2, 5, 6, 2, channels])
      for s in 0..<2 {
        for (i, j, k, c) in [(0, 0, 0, 0), (4, 5, 1, channels - 1), (2, 3, 0, 0)] {
          var sum = 0.0
          for p in 0..<3 { for q in 0..<4 { sum += a[i, p] * b[k, q] * x[s, p, j, q, c] } }
          #expect(abs(y[s, i, j, k, c] - sum) <= 1e-14)
        }
      }
    }
  }

  @Test("products by modes are products of matrices")
  func modewiseProducts() {
    var stream = RandomStream(seed: 9)
    let x = Tensor<Double>.randomUniform([3, 40, 2], in: -1..<1, from: &stream)
    let w = Tensor<Double>.randomUniform([40, 2, 5], in: -1..<1, from: &stream)
    let y = ModewiseProduct<Double>()(x, w)
    for (s, m, o) in [(0, 0, 0), (2, 39, 4), (1, 17, 3)] {
      let sum = (0..<2).reduce(0.0) { $0 + x[s, m, $1] * w[m, $1, o] }
      #expect(abs(y[s, m, o] - sum) <= 1e-15)
    }
  }
}

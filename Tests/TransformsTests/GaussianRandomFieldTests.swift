import Foundation
import Tensors
import Testing
import Transforms

@Suite("Gaussian random fields")
struct GaussianRandomFieldTests {
  /// The sum Σ_k σ²(|κ_k|² + τ²)^{-α} φ_k(x)² over the modes of the grid, at every point.
  func variance(of field: GaussianRandomField) -> [Double] {
    let axes = field.shape.indices.map {
      axis -> (modes: [Int], wavenumber: (Int) -> Double, square: (Int, Int) -> Double) in
      let (n, length) = (field.shape[axis], field.lengths[axis])
      func point(_ j: Int, _ grid: GaussianRandomField.GridPlacement) -> Double {
        grid == .vertices ? Double(j) / Double(n - 1) : (Double(j) + 0.5) / Double(n)
      }
      switch field.boundary {
      case .periodic:
        // The squares of a cosine and of a sine of the same wavenumber add up to a constant: half per sign.
        let top = (n - 1) / 2
        return (Array(-top...top), { 2 * .pi * Double($0) / length }, { _, _ in 1 / length })
      case .neumann(let grid):
        return (
          Array(0..<n), { .pi * Double($0) / length },
          { k, j in (k == 0 ? 1 : 2) / length * pow(cos(.pi * Double(k) * point(j, grid)), 2) }
        )
      case .dirichlet(let grid):
        return (
          Array(1...(grid == .vertices ? n - 2 : n)), { .pi * Double($0) / length },
          { k, j in 2 / length * pow(sin(.pi * Double(k) * point(j, grid)), 2) }
        )
      }
    }
    let modes = indices(of: axes.map(\.modes.count)).map { index in zip(index, axes).map { $1.modes[$0] } }
    return indices(of: field.shape).map { j in
      modes.reduce(0) { sum, k in
        if field.zeroMean, k.allSatisfy({ $0 == 0 }) { return sum }
        let squared = zip(k, axes).reduce(0.0) { $0 + pow($1.1.wavenumber($1.0), 2) }
        let shape = zip(zip(k, j), axes).reduce(1.0) { $0 * $1.1.square($1.0.0, $1.0.1) }
        return sum + field.sigma * field.sigma * pow(squared + field.tau * field.tau, -field.alpha) * shape
      }
    }
  }

  static let fields: [GaussianRandomField] = [
    GaussianRandomField(shape: [16], sigma: 25, tau: 5, alpha: 2),
    GaussianRandomField(shape: [9], lengths: [2 * .pi], sigma: 1, tau: 0, alpha: 1, zeroMean: true),
    GaussianRandomField(shape: [8, 5], lengths: [1, 2], sigma: 3, tau: 2, alpha: 1.5),
    GaussianRandomField(shape: [4, 3, 6], sigma: 1, tau: 1, alpha: 2),
    GaussianRandomField(shape: [8], boundary: .neumann(.centers), sigma: 1, tau: 3, alpha: 1),
    GaussianRandomField(shape: [7], lengths: [3], boundary: .neumann(.vertices), sigma: 2, tau: 1, alpha: 1),
    GaussianRandomField(shape: [5, 4], boundary: .neumann(.vertices), sigma: 1, tau: 3, alpha: 2),
    GaussianRandomField(
      shape: [3, 4, 3], boundary: .neumann(.centers), sigma: 1, tau: 3, alpha: 2, zeroMean: true),
    GaussianRandomField(shape: [8], boundary: .dirichlet(.vertices), sigma: 1, tau: 0, alpha: 1),
    GaussianRandomField(shape: [6], lengths: [2], boundary: .dirichlet(.centers), sigma: 1, tau: 2, alpha: 1),
    GaussianRandomField(shape: [5, 6], boundary: .dirichlet(.vertices), sigma: 4, tau: 1, alpha: 1.25),
  ]

  @Test("the pointwise variance is the closed sum over the modes", arguments: fields)
  func pointwiseVariance(field: GaussianRandomField) {
    let count = 4000
    let samples = field.samples(count, seed: 17).reshaped([count, field.shape.reduce(1, *)])
    let expected = variance(of: field)
    let mean = samples.mean(axis: 0).elements
    let second = samples.squared.mean(axis: 0).elements
    for (j, exact) in expected.enumerated() {
      // Five standard deviations of the sample moments of a normal variable.
      #expect(abs(mean[j]) <= 5 * (exact / Double(count)).squareRoot() + 1e-14)
      #expect(abs(second[j] - exact) <= 5 * exact * (2 / Double(count)).squareRoot() + 1e-14)
    }
  }

  @Test("the spectrum of periodic samples is that of the law, and modes are independent")
  func spectrum() {
    let field = GaussianRandomField(shape: [8, 6], lengths: [2, 1], sigma: 2, tau: 3, alpha: 2)
    let count = 4000
    let modes = field.samples(count, seed: 23).rfft(rank: 2)
    let power = modes.squaredMagnitude.mean(axis: 0)
    let rows = Wavenumbers(count: 8, length: 2)
    let columns = Wavenumbers(count: 6, length: 1, half: true)
    for (i, kx) in rows.values.enumerated() {
      for (j, ky) in columns.values.enumerated() {
        let isNyquist = rows.isNyquist(rows.integers[i]) || columns.isNyquist(columns.integers[j])
        // The transform multiplies a mode's coefficient by 48 points; the volume of the box is 2.
        let exact = isNyquist ? 0 : 4 * pow(kx * kx + ky * ky + 9, -2) / 2 * 48 * 48
        #expect(abs(power[i, j] - exact) <= 5 * exact * (2 / Double(count)).squareRoot() + 1e-25)
      }
    }
    // The covariance of the modes (1, 1) and (-1, 1).
    var covariance = Complex<Double>.zero
    for s in 0..<count { covariance += modes[s, 1, 1] * modes[s, 7, 1].conjugate }
    #expect(covariance.magnitude / Double(count) < 5 * power[1, 1] / Double(count).squareRoot())
  }

  @Test("a finer grid repeats the modes of a coarser one")
  func refinement() {
    let coarse = GaussianRandomField(shape: [8, 10], sigma: 1, tau: 2, alpha: 1.5)
    let fine = GaussianRandomField(shape: [24, 15], sigma: 1, tau: 2, alpha: 1.5)
    let a = coarse.sample(seed: 3, index: 5).rfft() * (1 / 80.0)
    let b = fine.sample(seed: 3, index: 5).rfft() * (1 / 360.0)
    for kx in -3...3 {
      for ky in 0...4 {
        #expect((a[(kx + 8) % 8, ky] - b[(kx + 24) % 24, ky]).magnitude < 1e-15)
      }
    }
    for (boundary, type) in [
      (GaussianRandomField.Boundary.neumann(.centers), RealTransformKind.dct2), (.dirichlet(.centers), .dst2),
    ] {
      let x = GaussianRandomField(shape: [6], boundary: boundary, sigma: 1, tau: 2, alpha: 1).sample(seed: 4)
      let y = GaussianRandomField(shape: [11], boundary: boundary, sigma: 1, tau: 2, alpha: 1).sample(seed: 4)
      let (p, q) = (x.realTransform([type]) / 6, y.realTransform([type]) / 11)
      // All modes but the last of the coarse grid, which the sine transform counts twice.
      for k in 0..<5 { #expect(abs(p[k] - q[k]) < 1e-15) }
    }
  }

  @Test("vertices and centers carry the same cosine series")
  func placements() {
    let vertices = GaussianRandomField(shape: [9], boundary: .neumann(.vertices), sigma: 1, tau: 1, alpha: 1)
    let centers = GaussianRandomField(shape: [9], boundary: .neumann(.centers), sigma: 1, tau: 1, alpha: 1)
    let a = vertices.sample(seed: 8).dct(type: 1) / 16
    let b = centers.sample(seed: 8).dct(type: 2) / 18
    // All but the last mode, which the transform of the vertices counts twice.
    for k in 0..<8 { #expect(abs(a[k] - b[k]) < 1e-15) }
    #expect(abs(b[0]) > 1e-3 && abs(b[7]) > 1e-5)
  }

  @Test("samples are reproducible, differ from one another, and respect the boundary")
  func reproducibility() {
    let field = GaussianRandomField(
      shape: [9, 7], boundary: .dirichlet(.vertices), sigma: 1, tau: 3, alpha: 2)
    let a = field.sample(seed: 1, index: 2)
    #expect(a == field.sample(seed: 1, index: 2))
    #expect(a == field.samples(3, seed: 1).entry(axis: 0, 2))
    #expect(a != field.sample(seed: 1, index: 3) && a != field.sample(seed: 2, index: 2))
    for j in 0..<7 { #expect(a[0, j] == 0 && a[8, j] == 0) }
    for i in 0..<9 { #expect(a[i, 0] == 0 && a[i, 6] == 0) }
    let centered = GaussianRandomField(shape: [32, 32], sigma: 7, tau: 7, alpha: 2.5, zeroMean: true)
    let sample = centered.sample(seed: 1)
    #expect(abs(sample.mean()) < 1e-15 && sample.maxMagnitude() > 1e-3)
  }
}

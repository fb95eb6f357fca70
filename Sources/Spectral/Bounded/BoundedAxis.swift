import Equations
import Foundation
import Geometry
import Tensors
import Transforms

/// One axis of a box with its basis, its grid and its modes.
///
/// Fourier axes omit their upper end, the others hold both: sine and cosine series are sampled at equal steps, Chebyshev
/// series at the Gauss–Lobatto points.
struct BoundedAxis: Sendable {
  let axis: Axis
  let basis: AxisBasis
  let interval: Box.Interval
  /// Grid points.
  let points: Int
  /// The highest wavenumber of a wave series (in periods or half periods), or the degree of the polynomials.
  let cutoff: Int
  /// Whether only k ≥ 0 is kept, because fields are real.
  let isHalf: Bool

  /// How products of `degree` fields cut the series.
  init(
    _ axis: Axis, _ basis: AxisBasis, _ interval: Box.Interval, points: Int, isHalf: Bool, degree: Int?,
    dealiasing: Dealiasing
  ) {
    (self.axis, self.basis, self.interval, self.points, self.isHalf) = (axis, basis, interval, points, isHalf)
    switch basis {
    case .fourier: cutoff = dealiasing.cutoff(points: points, degree: degree)
    // A reflected series has twice the period.
    case .sine, .cosine: cutoff = dealiasing.cutoff(points: 2 * (points - 1), degree: degree)
    case .chebyshev:
      // Cutting polynomials for the sake of products was measured to lose more than it gains on a given grid.
      if case .fraction(let fraction) = dealiasing {
        cutoff = max(3, min(points - 1, Int(fraction * Double(points - 1))))
      } else {
        cutoff = points - 1
      }
    }
  }

  /// Coefficients along the axis while Chebyshev axes hold values at their collocation points.
  var extent: Int {
    switch basis {
    case .fourier: isHalf ? cutoff + 1 : 2 * cutoff + 1
    case .sine: cutoff
    case .cosine, .chebyshev: cutoff + 1
    }
  }

  /// The points at which polynomials are collocated; the grid, unless products are dealiased.
  var nodes: ChebyshevGrid { ChebyshevGrid(count: cutoff + 1, interval: interval.lower...interval.upper) }
  var hasFinerGrid: Bool { basis == .chebyshev && cutoff + 1 != points }

  /// Coordinates of the grid.
  var coordinates: [Double] {
    switch basis {
    case .chebyshev: ChebyshevGrid(count: points, interval: interval.lower...interval.upper).points
    case .fourier: (0..<points).map { interval.lower + interval.length * Double($0) / Double(points) }
    case .sine, .cosine:
      (0..<points).map {
        $0 == points - 1
          ? interval.upper : interval.lower + interval.length * Double($0) / Double(points - 1)
      }
    }
  }

  /// Integration weights of the grid: trapezoidal where that is exact for the series, with end corrections for sine
  /// series, and those of Clenshaw and Curtis for polynomials.
  var weights: [Double] {
    switch basis {
    case .fourier: return Array(repeating: interval.length / Double(points), count: points)
    case .chebyshev:
      return ChebyshevGrid(count: points, interval: interval.lower...interval.upper).quadratureWeights
    case .sine, .cosine:
      let step = interval.length / Double(points - 1)
      // Higher orders would have negative weights.
      let order = basis == .sine ? min(6, (points - 1) / 2) : 0
      return gregoryWeights(count: points, order: order).map { step * $0 }
    }
  }

  /// The wavenumber in periods (Fourier) or half periods (sine, cosine) of the mode with index i.
  func wavenumber(_ i: Int) -> Int {
    switch basis {
    case .fourier: i <= cutoff ? i : i - (2 * cutoff + 1)
    case .sine: i + 1
    case .cosine, .chebyshev: i
    }
  }

  /// The same as an angular wavenumber.
  func angularWavenumber(_ i: Int) -> Double {
    Double(wavenumber(i)) * (basis == .fourier ? 2 * Double.pi : Double.pi) / interval.length
  }

  /// The factor by which ∂ᵏ acts on mode i of a wave series of the given parity (that of the basis unless a product has
  /// the other one); odd orders turn sines into cosines and back.
  func symbol(_ order: Int, _ i: Int, parity: Parity? = nil) -> Complex<Double> {
    let k = angularWavenumber(i)
    let power = (0..<order).reduce(1.0) { p, _ in p * k }
    if basis == .fourier {
      switch order % 4 {
      case 0: return Complex(power)
      case 1: return Complex(0, power)
      case 2: return Complex(-power)
      default: return Complex(0, -power)
      }
    }
    let isSine = (parity ?? basis.parity) == .odd
    let negative = isSine ? order % 4 >= 2 : order % 4 == 1 || order % 4 == 2
    return Complex(negative ? -power : power)
  }

  /// Mean square of a field ≈ Σ weight · |mode|², for wave series.
  func meanSquareWeight(_ i: Int) -> Double {
    switch basis {
    case .fourier: isHalf && i > 0 ? 2 : 1
    case .sine: 0.5
    case .cosine: i == 0 ? 1 : 0.5
    case .chebyshev: 1
    }
  }
}

/// The weights, for unit steps, of the trapezoidal rule with end corrections up to differences of the given order
/// (Gregory, 1670): they integrate polynomials of that degree exactly.
func gregoryWeights(count: Int, order: Int) -> [Double] {
  var weights = Array(repeating: 1.0, count: count)
  weights[0] = 0.5
  weights[count - 1] = 0.5
  // G_k of x/log(1 + x) = Σ G_k xᵏ: Σ_{j ≤ k} (−1)^{k−j} G_j / (k − j + 1) = 0.
  var coefficients = [1.0]
  for k in stride(from: 1, through: order + 1, by: 1) {
    coefficients.append(
      -(0..<k).reduce(0.0) { sum, j in
        sum + coefficients[j] * ((k - j) % 2 == 0 ? 1 : -1) / Double(k - j + 1)
      })
  }
  // ∫ f = trapezoidal sum − Σ_k |G_{k+1}| (∇ᵏ f_n + (−1)ᵏ Δᵏ f_0): differences reach inwards from both ends.
  for k in stride(from: 1, through: order, by: 1) {
    var binomial = 1.0
    for j in 0...k {
      let term = -abs(coefficients[k + 1]) * binomial * (j % 2 == 0 ? 1 : -1)
      weights[count - 1 - j] += term
      weights[j] += term
      binomial *= Double(k - j) / Double(j + 1)
    }
  }
  return weights
}

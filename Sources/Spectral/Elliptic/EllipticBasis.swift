import Foundation
import Tensors
import Transforms

/// What values along an axis are expanded in, with one function per point.
enum EllipticBasis: Sendable {
  /// One point: the constant.
  case single
  /// cos and sin of 2πk(x − origin)/length.
  case fourier(count: Int, origin: Double, length: Double)
  /// Polynomials that carry the values on Dirichlet sides, and sines or cosines.
  case trigonometric(
    TrigonometricModes, origin: Double, length: Double, ends: [(index: Int, lift: LiftPolynomial)])
  /// Chebyshev polynomials.
  case chebyshev(ChebyshevGrid)
  /// The values themselves, interpolated by polynomials through the nearest points so that every derivative is of
  /// second order.
  case local(points: [Double], period: Double?)

  /// The wavenumber of a packed Fourier amplitude.
  static func wavenumber(packed j: Int, count n: Int) -> Int {
    if n % 2 == 0 { return j == 1 ? n / 2 : j / 2 }
    return (j + 1) / 2
  }

  /// Functions at one place: all of them, or those at the given indices.
  struct Row: Sendable {
    var indices: [Int]?
    var values: [Double]
  }

  /// The derivatives of the given order of all functions at x. The axis does not end for periodic bases.
  func row(order: Int, at x: Double) -> Row {
    switch self {
    case .single: return Row(values: [order == 0 ? 1 : 0])
    case .fourier(let n, let origin, let length):
      let (base, angle) = (2 * Double.pi / length, 2 * .pi * (x - origin) / length)
      return Row(
        values: (0..<n).map { j in
          let k = Self.wavenumber(packed: j, count: n)
          let isSine = k > 0 && (n % 2 == 0 ? j > 1 && j % 2 == 1 : j % 2 == 0)
          let isHighest = 2 * k == n
          // The derivative of the highest mode of an even grid is not determined; odd ones vanish at the points.
          if isHighest && order % 2 == 1 { return 0 }
          let size = power(base * Double(k), order) * (k == 0 || isHighest ? 1 : 2) / Double(n)
          return isSine
            ? -size * derivative(order, sine: true, Double(k) * angle)
            : size * derivative(order, sine: false, Double(k) * angle)
        })
    case .trigonometric(let modes, let origin, let length, let ends):
      let inverse = modes.kind.inverse
      let norm = Double(modes.kind.normalization(count: modes.count))
      let angle = Double.pi * (x - origin) / length
      return Row(
        values: ends.map { $0.lift.value(order: order, at: x) }
          + (0..<modes.count).map { k in
            let w = modes.wavenumber(k)
            return power(.pi * w / length, order)
              * TrigonometricModes.weight(inverse, k, count: modes.count) / norm
              * derivative(order, sine: modes.isSine, w * angle)
          })
    case .chebyshev(let grid):
      let half = (grid.interval.upperBound - grid.interval.lowerBound) / 2
      let middle = (grid.interval.upperBound + grid.interval.lowerBound) / 2
      let xi = Swift.min(Swift.max((x - middle) / half, -1), 1)
      return Row(values: chebyshevDerivatives(order, count: grid.count, at: xi, scale: 1 / half))
    case .local(let points, let period):
      return localRow(order: order, at: x, points, period)
    }
  }

  private func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { result, _ in result * base }
  }

  private func derivative(_ order: Int, sine: Bool, _ angle: Double) -> Double {
    switch (order + (sine ? 3 : 0)) % 4 {
    case 0: cos(angle)
    case 1: -sin(angle)
    case 2: -cos(angle)
    default: sin(angle)
    }
  }

  /// From T_{k+1} = 2ξ T_k − T_{k−1}, differentiated.
  private func chebyshevDerivatives(_ order: Int, count: Int, at xi: Double, scale: Double) -> [Double] {
    var lower = Array(repeating: 0.0, count: count)
    for r in 0...order {
      var current = Array(repeating: 0.0, count: count)
      if r == 0 { current[0] = 1 }
      if count > 1 { current[1] = r == 0 ? xi : r == 1 ? 1 : 0 }
      for k in stride(from: 1, to: count - 1, by: 1) {
        current[k + 1] = 2 * xi * current[k] + 2 * Double(r) * lower[k] - current[k - 1]
      }
      lower = current
    }
    let factor = power(scale, order)
    return lower.map { $0 * factor }
  }

  private func localRow(order: Int, at x: Double, _ points: [Double], _ period: Double?) -> Row {
    let n = points.count
    // One more pair of points than second order needs, so that the stencil's own error prevails.
    let width = Swift.min(order + 4, n)
    var x = x
    if let period { x -= ((x - points[0]) / period).rounded(.down) * period }
    // The first of `width` consecutive points whose middle is nearest to x.
    let above = points.firstIndex { $0 > x } ?? n
    var first = above - width / 2
    if width % 2 == 1 {
      let (left, right) = (position(above - 1, points, period), position(above, points, period))
      first = x - left <= right - x ? above - 1 - width / 2 : above - width / 2
    }
    if period == nil { first = Swift.min(Swift.max(first, 0), n - width) }
    let nodes = (first..<first + width).map { position($0, points, period) }
    return Row(
      indices: (first..<first + width).map { ($0 % n + n) % n },
      values: interpolationWeights(nodes, order: order, at: x))
  }

  /// The coordinate of a point whose index may lie beyond the ends.
  private func position(_ index: Int, _ points: [Double], _ period: Double?) -> Double {
    let n = points.count
    if (0..<n).contains(index) { return points[index] }
    guard let period else { return index < 0 ? -.infinity : .infinity }
    return points[(index % n + n) % n] + (Double(index) / Double(n)).rounded(.down) * period
  }
}

/// The weights of a derivative at x of the polynomial through the nodes (Fornberg, Math. Comp. 51, 1988).
func interpolationWeights(_ nodes: [Double], order: Int, at x: Double) -> [Double] {
  let n = nodes.count
  guard n > order else { return Array(repeating: 0, count: n) }
  var weights = Array(repeating: Array(repeating: 0.0, count: order + 1), count: n)
  weights[0][0] = 1
  var product = 1.0
  for i in 1..<Swift.max(n, 1) {
    var next = 1.0
    for j in 0..<i {
      let distance = nodes[i] - nodes[j]
      next *= distance
      if j == i - 1 {
        for k in stride(from: Swift.min(i, order), through: 0, by: -1) {
          let below = k > 0 ? Double(k) * weights[i - 1][k - 1] : 0
          weights[i][k] = product / next * (below - (nodes[i - 1] - x) * weights[i - 1][k])
        }
      }
      for k in stride(from: Swift.min(i, order), through: 0, by: -1) {
        let below = k > 0 ? Double(k) * weights[j][k - 1] : 0
        weights[j][k] = ((nodes[i] - x) * weights[j][k] - below) / distance
      }
    }
    product = next
  }
  return weights.map { $0[order] }
}

/// Turns lines of values into coefficients of a basis, in place.
final class LineExpansion {
  private let basis: EllipticBasis
  private let transform: LineTransform?
  private let scratch: Buffer<Double>

  init(_ basis: EllipticBasis, count: Int) {
    self.basis = basis
    let stride = LineTransform.stride(for: count)
    scratch = Buffer(count: 2 * stride)
    switch basis {
    case .fourier(let n, _, _): transform = LineTransform(.fourier(count: n), lanes: 1, stride: stride)
    case .trigonometric(let modes, _, _, _):
      transform = LineTransform(.real(modes.kind, count: modes.count), lanes: 1, stride: stride)
    case .chebyshev: transform = LineTransform(.real(.dct1, count: count), lanes: 1, stride: stride)
    case .single, .local: transform = nil
    }
  }

  func expand(_ line: UnsafeMutablePointer<Double>) {
    guard let transform else { return }
    let (values, modes) = (scratch.pointer, scratch.pointer + transform.stride)
    switch basis {
    case .fourier(let n, _, _):
      values.update(from: line, count: n)
      transform.forward(values, modes)
      line.update(from: modes, count: n)
    case .chebyshev(let grid):
      let n = grid.count
      // Points ascend, cosines descend.
      for i in 0..<n { values[i] = line[n - 1 - i] }
      transform.forward(values, modes)
      for k in 0..<n { line[k] = modes[k] / Double(k == 0 || k == n - 1 ? 2 * (n - 1) : n - 1) }
    case .trigonometric(let trigonometric, let origin, let length, let ends):
      let edges = ends.map { line[$0.index] }
      for (position, i) in trigonometric.unknowns.enumerated() {
        let x = origin + trigonometric.fraction(i) * length
        values[position] = zip(ends, edges).reduce(line[i]) { $0 - $1.1 * $1.0.lift.value(at: x) }
      }
      transform.forward(values, modes)
      for (i, edge) in edges.enumerated() { line[i] = edge }
      (line + edges.count).update(from: modes, count: trigonometric.count)
    case .single, .local: break
    }
  }
}

import Foundation
import Geometry
import Spectral

/// A smooth function of one coordinate with its derivatives.
struct Factor: Sendable {
  var value: @Sendable (Double) -> Double
  var first: @Sendable (Double) -> Double
  var second: @Sendable (Double) -> Double

  /// exp(r x) · cos(k x + p).
  static func wave(_ r: Double, _ k: Double, _ p: Double) -> Factor {
    Factor(
      value: { exp(r * $0) * cos(k * $0 + p) },
      first: { exp(r * $0) * (r * cos(k * $0 + p) - k * sin(k * $0 + p)) },
      second: { exp(r * $0) * ((r * r - k * k) * cos(k * $0 + p) - 2 * r * k * sin(k * $0 + p)) })
  }

  /// exp(sin(q x)) of period 2π/q, or an even or odd variant.
  static func periodic(_ q: Double, _ p: Double) -> Factor {
    Factor(
      value: { exp(0.6 * sin(q * $0 + p)) },
      first: { 0.6 * q * cos(q * $0 + p) * exp(0.6 * sin(q * $0 + p)) },
      second: {
        let (s, c) = (0.6 * sin(q * $0 + p), 0.6 * cos(q * $0 + p))
        return q * q * (c * c - s) * exp(s)
      })
  }

  static func + (a: Factor, b: Factor) -> Factor {
    Factor(
      value: { a.value($0) + b.value($0) }, first: { a.first($0) + b.first($0) },
      second: { a.second($0) + b.second($0) })
  }

  static func * (s: Double, a: Factor) -> Factor {
    Factor(value: { s * a.value($0) }, first: { s * a.first($0) }, second: { s * a.second($0) })
  }

  /// Σ amplitude · sin or cos (w π (x − lower)/length).
  static func modes(_ sine: Bool, _ waves: [(Double, Double)], lower: Double, length: Double) -> Factor {
    let sum = { (order: Int) -> @Sendable (Double) -> Double in
      { x in
        waves.reduce(0) { total, wave in
          let k = wave.0 * .pi / length
          let angle = k * (x - lower) + (sine ? -0.5 : 0) * .pi + 0.5 * .pi * Double(order)
          return total + wave.1 * pow(k, Double(order)) * cos(angle)
        }
      }
    }
    return Factor(value: sum(0), first: sum(1), second: sum(2))
  }

  /// a + b x + c x².
  static func polynomial(_ a: Double, _ b: Double, _ c: Double = 0) -> Factor {
    Factor(value: { a + b * $0 + c * $0 * $0 }, first: { b + 2 * c * $0 }, second: { _ in 2 * c })
  }
}

/// A sum of products of factors: the exact solution of a problem made for it.
struct Manufactured: Sendable {
  var products: [[Factor]]

  func value(_ x: [Double]) -> Double { sum(x) { _ in 0 } }

  func derivative(_ axis: Int, _ order: Int, _ x: [Double]) -> Double { sum(x) { $0 == axis ? order : 0 } }

  private func sum(_ x: [Double], _ order: (Int) -> Int) -> Double {
    products.reduce(0) { total, factors in
      total
        + factors.indices.reduce(1) { product, a in
          let f = factors[a]
          switch order(a) {
          case 0: return product * f.value(x[a])
          case 1: return product * f.first(x[a])
          default: return product * f.second(x[a])
          }
        }
    }
  }

  /// shift · u − Σ diffusivity ∂²u.
  func source(_ x: [Double], shift: Double, diffusivity: [Double]) -> Double {
    x.indices.reduce(shift * value(x)) { $0 - diffusivity[$1] * derivative($1, 2, x) }
  }

  /// What a condition on a side prescribes.
  func data(_ x: [Double], _ side: Side, _ condition: SideCondition) -> Double {
    let axis = side.axis.rawValue
    let normal = (side.isUpper ? 1 : -1) * derivative(axis, 1, x)
    switch condition {
    case .periodic: return 0
    case .dirichlet: return value(x)
    case .neumann: return normal
    case .robin(let a, let b): return a * value(x) + b * normal
    }
  }
}

/// The largest error of a solve for a manufactured solution, relative to the largest value.
func error(
  of exact: Manufactured, _ solver: HelmholtzSolver, conditions: [AxisConditions]
) throws -> Double {
  let source = solver.gridValues {
    exact.source($0, shift: solver.shift, diffusivity: solver.diffusivity)
  }
  let field = try solver.solve(source, boundary: data(of: exact, solver, conditions))
  return deviation(field.values, solver.gridValues(exact.value), free: solver.isSingular)
}

func data(
  of exact: Manufactured, _ solver: HelmholtzSolver, _ conditions: [AxisConditions]
) -> [Side: [Double]] {
  var result: [Side: [Double]] = [:]
  for (a, pair) in conditions.enumerated() where !pair.isPeriodic {
    for isUpper in [false, true] {
      let side = Side(Axis(rawValue: a)!, upper: isUpper)
      result[side] = solver.sideValues(side) { exact.data($0, side, isUpper ? pair.upper : pair.lower) }
    }
  }
  return result
}

/// max |a − b| / max |b|; up to a constant if `free`.
func deviation(_ a: [Double], _ b: [Double], free: Bool = false) -> Double {
  let shift = free ? zip(a, b).reduce(0) { $0 + $1.0 - $1.1 } / Double(a.count) : 0
  let scale = b.map(abs).max()!
  return zip(a, b).reduce(0) { max($0, abs($1.0 - shift - $1.1)) } / scale
}

/// −Δu = 1 with u = 0 on the sides of the unit square: u = x (1 − x)/2 − Σ 4/(πk)³ sin kπx cosh kπ(y − ½) / cosh kπ/2
/// over odd k.
enum SquareTorsion {
  private static func sum(_ terms: Int, _ term: (Double) -> Double) -> Double {
    // From the smallest terms on.
    stride(from: 2 * terms - 1, to: 0, by: -2).reduce(0) { $0 + term(Double($1)) }
  }

  static let centre: Double = {
    let series = sum(20) { k in sin(k * .pi / 2) / (k * k * k * cosh(k * .pi / 2)) }
    return 0.125 - 4 * series / pow(.pi, 3)
  }()

  static let integral: Double = {
    let series = sum(2000) { k in tanh(k * .pi / 2) / pow(k, 5) }
    return 1 / 12.0 - 16 * series / pow(.pi, 5)
  }()
}

/// The slope of the straight line through points with the least sum of squares.
func leastSquaresSlope(_ x: [Double], _ y: [Double]) -> Double {
  let n = Double(x.count)
  let (mx, my) = (x.reduce(0, +) / n, y.reduce(0, +) / n)
  let covariance = zip(x, y).reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) }
  return covariance / x.reduce(0) { $0 + ($1 - mx) * ($1 - mx) }
}

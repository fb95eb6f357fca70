import Foundation
import Tensors

/// The kinds of elementwise functions of one number: a new one does not compile until it stands here and in
/// ``closedForm(of:at:)``.
enum UnaryKind: CaseIterable {
  case negate, square, reciprocal, sqrt, abs, exp, expm1, log, log1p, sin, cos, tan, asin, acos, atan
  case sinh, cosh, tanh, erf, sign, step, scale, offset, power

  init(_ function: ElementwiseUnary) {
    switch function {
    case .negate: self = .negate
    case .square: self = .square
    case .reciprocal: self = .reciprocal
    case .sqrt: self = .sqrt
    case .abs: self = .abs
    case .exp: self = .exp
    case .expm1: self = .expm1
    case .log: self = .log
    case .log1p: self = .log1p
    case .sin: self = .sin
    case .cos: self = .cos
    case .tan: self = .tan
    case .asin: self = .asin
    case .acos: self = .acos
    case .atan: self = .atan
    case .sinh: self = .sinh
    case .cosh: self = .cosh
    case .tanh: self = .tanh
    case .erf: self = .erf
    case .sign: self = .sign
    case .step: self = .step
    case .scale: self = .scale
    case .offset: self = .offset
    case .power: self = .power
    }
  }
}

/// The first four derivatives of an elementwise function, as tables of calculus have them.
func closedForm(of function: ElementwiseUnary, at x: Double) -> [Double] {
  switch function {
  case .negate: return [-1, 0, 0, 0]
  case .square: return [2 * x, 2, 0, 0]
  case .reciprocal: return [-pow(x, -2), 2 * pow(x, -3), -6 * pow(x, -4), 24 * pow(x, -5)]
  case .sqrt: return [pow(x, -0.5) / 2, -pow(x, -1.5) / 4, 3 * pow(x, -2.5) / 8, -15 * pow(x, -3.5) / 16]
  case .abs: return [x < 0 ? -1 : 1, 0, 0, 0]
  case .exp, .expm1: return Array(repeating: exp(x), count: 4)
  case .log: return [1 / x, -pow(x, -2), 2 * pow(x, -3), -6 * pow(x, -4)]
  case .log1p: return [1 / (1 + x), -pow(1 + x, -2), 2 * pow(1 + x, -3), -6 * pow(1 + x, -4)]
  case .sin: return [cos(x), -sin(x), -cos(x), sin(x)]
  case .cos: return [-sin(x), -cos(x), sin(x), cos(x)]
  case .tan:
    let t = tan(x), s = 1 + tan(x) * tan(x)
    return [s, 2 * t * s, 2 * s * (1 + 3 * t * t), 8 * t * s * (2 + 3 * t * t)]
  case .asin, .acos:
    let q = 1 - x * x, sign: Double = function == .asin ? 1 : -1
    return [
      sign * pow(q, -0.5), sign * x * pow(q, -1.5), sign * (1 + 2 * x * x) * pow(q, -2.5),
      sign * x * (9 + 6 * x * x) * pow(q, -3.5),
    ]
  case .atan:
    let q = 1 + x * x
    return [1 / q, -2 * x / (q * q), (6 * x * x - 2) / (q * q * q), 24 * x * (1 - x * x) / (q * q * q * q)]
  case .sinh: return [cosh(x), sinh(x), cosh(x), sinh(x)]
  case .cosh: return [sinh(x), cosh(x), sinh(x), cosh(x)]
  case .tanh:
    let t = tanh(x), s = 1 - tanh(x) * tanh(x)
    return [s, -2 * t * s, s * (6 * t * t - 2), s * t * (16 - 24 * t * t)]
  case .erf:
    let g = 2 / Double.pi.squareRoot() * exp(-x * x)
    return [g, -2 * x * g, (4 * x * x - 2) * g, (12 * x - 8 * x * x * x) * g]
  case .sign, .step: return [0, 0, 0, 0]
  case .scale(let factor): return [factor, 0, 0, 0]
  case .offset: return [1, 0, 0, 0]
  case .power(let p):
    return [
      p * pow(x, p - 1), p * (p - 1) * pow(x, p - 2), p * (p - 1) * (p - 2) * pow(x, p - 3),
      p * (p - 1) * (p - 2) * (p - 3) * pow(x, p - 4),
    ]
  }
}

/// ∂ⁱ⁺ʲ f/∂xⁱ∂yʲ of an elementwise function of two numbers, at x ≠ y > 0 and x > 0.
func closedForm(of function: ElementwiseBinary, _ i: Int, _ j: Int, at x: Double, _ y: Double) -> Double {
  switch function {
  case .add: return i + j == 1 ? 1 : 0
  case .subtract: return i + j == 1 ? (i == 1 ? 1 : -1) : 0
  case .multiply:
    switch (i, j) {
    case (1, 0): return y
    case (0, 1): return x
    case (1, 1): return 1
    default: return 0
    }
  case .divide:
    let factorials = [1.0, -1, 2, -6, 24]
    return i > 1 ? 0 : (i == 0 ? x : 1) * factorials[j] * pow(y, Double(-1 - j))
  case .min: return i + j == 1 && (x < y) == (i == 1) ? 1 : 0
  case .max: return i + j == 1 && (x > y) == (i == 1) ? 1 : 0
  case .less: return 0
  case .power:
    // With L = log x: xʸ has the derivatives Lʲ xʸ by y, and these, by x, those of a product.
    let (l, y1, y2, y3) = (log(x), y - 1, y - 2, y - 3)
    let base = pow(x, y - Double(i))
    switch (i, j) {
    case (0, _): return pow(l, Double(j)) * base
    case (1, 0): return y * base
    case (1, 1): return (y * l + 1) * base
    case (1, 2): return (y * l * l + 2 * l) * base
    case (1, 3): return (y * l * l * l + 3 * l * l) * base
    case (2, 0): return y * y1 * base
    case (2, 1): return (y * y1 * l + 2 * y - 1) * base
    case (2, 2): return (y * y1 * l * l + 2 * (2 * y - 1) * l + 2) * base
    case (3, 0): return y * y1 * y2 * base
    case (3, 1): return (y * y1 * y2 * l + 3 * y * y - 6 * y + 2) * base
    case (4, 0): return y * y1 * y2 * y3 * base
    default: preconditionFailure("order \(i + j) is above 4")
    }
  }
}

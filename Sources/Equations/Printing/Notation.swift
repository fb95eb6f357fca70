/// How a tree is written: as plain text with Unicode signs, or as LaTeX.
enum Notation {
  case text, latex
}

/// A number in the fewest digits that give it back, without a trailing ".0".
func shortNumber(_ value: Double) -> String {
  if value == .pi { return "π" }
  if value == value.rounded(), abs(value) < 1e15 { return String(Int(value)) }
  return String(value)
}

extension Node {
  /// The node in the given notation. `level` is the binding strength of what surrounds it: 0 sum, 1 product, 2 power
  /// or function argument.
  func written(_ notation: Notation, level: Int = 0) -> String {
    switch self {
    case .constant(let value):
      let number = notation == .latex && value == .pi ? "\\pi" : shortNumber(value)
      return value < 0 && level > 0 ? "(\(number))" : number
    case .imaginaryUnit: return "i"
    case .coordinate(let axis): return axis.name
    case .time: return "t"
    case .parameter(let p): return notation == .latex ? latexName(p.name) : symbolName(p.name)
    case .unknown(let u): return notation == .latex ? latexName(u.name) : symbolName(u.name)
    case .random(let field): return notation == .latex ? "\\mathrm{\(field.label)}" : field.label
    case .jet(let jet):
      return "jet\(jet.unknown)(\(jet.orders.x),\(jet.orders.y),\(jet.orders.z);\(jet.timeOrder))"
    case .sum(let terms): return writtenSum(terms, notation, level: level)
    case .product(let factors): return writtenProduct(factors, notation, level: level)
    case .power(let base, .constant(let exponent)) where exponent < 0:
      return Node.product([.power(base, .constant(exponent))]).writtenFraction(notation, level: level)
    case .power(let base, .constant(0.5)):
      return notation == .latex
        ? "\\sqrt{\(base.written(notation))}" : "√\(base.written(notation, level: 3))"
    case .power(let base, let exponent):
      let written = base.written(notation, level: 3)
      if notation == .latex { return "\(written)^{\(exponent.written(notation))}" }
      if case .constant(let e) = exponent, e == e.rounded(), (0...9).contains(e) {
        return written + String(Array("⁰¹²³⁴⁵⁶⁷⁸⁹")[Int(e)])
      }
      return "\(written)^\(exponent.written(notation, level: 3))"
    case .function(.abs, let a):
      return notation == .latex
        ? "\\left|\(a.written(notation))\\right|" : "|\(a.written(notation))|"
    case .function(let function, let a):
      return notation == .latex
        ? "\(function.latex)\\left(\(a.written(notation))\\right)"
        : "\(function.rawValue)(\(a.written(notation)))"
    case .binary(let function, let a, let b):
      let name =
        notation == .latex ? "\\\(function == .less ? "mathrm{less}" : function.rawValue)" : function.rawValue
      return "\(name)(\(a.written(notation)), \(b.written(notation)))"
    case .conjugate(let a):
      return notation == .latex ? "\\overline{\(a.written(notation))}" : "\(a.written(notation, level: 3))*"
    case .realPart(let a):
      return notation == .latex ? "\\Re(\(a.written(notation)))" : "re(\(a.written(notation)))"
    case .imaginaryPart(let a):
      return notation == .latex ? "\\Im(\(a.written(notation)))" : "im(\(a.written(notation)))"
    case .derivative(let a, let axis):
      var axes = axis.name
      var inner = a
      while case .derivative(let b, let next) = inner {
        axes = next.name + axes
        inner = b
      }
      let operand = inner.written(notation, level: 2)
      return notation == .latex ? "\\partial_{\(axes)} \(operand)" : "∂\(axes) \(operand)"
    case .timeDerivative(.timeDerivative(let a)):
      return (notation == .latex ? "\\partial_{tt} " : "∂tt ") + a.written(notation, level: 2)
    case .timeDerivative(let a):
      return (notation == .latex ? "\\partial_t " : "∂t ") + a.written(notation, level: 2)
    case .normalDerivative(let a):
      return (notation == .latex ? "\\partial_n " : "∂n ") + a.written(notation, level: 2)
    case .laplacian(let a):
      return (notation == .latex ? "\\Delta " : "Δ") + a.written(notation, level: 2)
    case .advection(let a, let b):
      let velocity = a.written(notation, level: 2)
      let operand = b.written(notation, level: 2)
      return notation == .latex
        ? "(\(velocity) \\cdot \\nabla) \(operand)" : "(\(velocity)·∇)\(operand)"
    case .divergence(let a):
      return (notation == .latex ? "\\nabla \\cdot " : "∇·") + a.written(notation, level: 2)
    case .rotation(let a):
      return (notation == .latex ? "\\nabla \\times " : "∇×") + a.written(notation, level: 2)
    case .dot(let a, let b):
      let (left, right) = (a.written(notation, level: 2), b.written(notation, level: 2))
      return notation == .latex ? "\(left) \\cdot \(right)" : "\(left)·\(right)"
    case .component(let a, let axis):
      let vector = a.written(notation, level: 3)
      return notation == .latex ? "\(vector)_{\(axis.name)}" : "\(vector)_\(axis.name)"
    }
  }

  private func writtenSum(_ terms: [Node], _ notation: Notation, level: Int) -> String {
    var result = ""
    for term in terms {
      let (negative, magnitude) = term.signAndMagnitude
      let written = magnitude.written(notation, level: result.isEmpty && !negative ? 0 : 1)
      if result.isEmpty {
        result = negative ? "-" + magnitude.written(notation, level: 1) : written
      } else {
        result += (negative ? " - " : " + ") + written
      }
    }
    return level > 0 ? parenthesised(result, notation) : result
  }

  private func writtenProduct(_ factors: [Node], _ notation: Notation, level: Int) -> String {
    let (negative, magnitude) = signAndMagnitude
    if negative {
      let text = "-" + magnitude.written(notation, level: 1)
      return level > 0 ? parenthesised(text, notation) : text
    }
    if factors.contains(where: { $0.isDivisor }) { return writtenFraction(notation, level: level) }
    let text = factors.map { $0.written(notation, level: 2) }.joined(separator: " ")
    return level > 1 ? parenthesised(text, notation) : text
  }

  /// A product with negative powers, written as a fraction.
  private func writtenFraction(_ notation: Notation, level: Int) -> String {
    guard case .product(let factors) = self else { return written(notation, level: level) }
    let above = factors.filter { !$0.isDivisor }
    let below = factors.compactMap { factor -> Node? in
      guard factor.isDivisor, case .power(let base, .constant(let e)) = factor else { return nil }
      return .raise(base, .constant(-e))
    }
    let numerator = Node.product(of: above)
    let denominator = Node.product(of: below)
    if notation == .latex {
      return "\\frac{\(numerator.written(notation))}{\(denominator.written(notation))}"
    }
    let text = numerator.written(notation, level: 1) + " / " + denominator.written(notation, level: 2)
    return level > 1 ? "(\(text))" : text
  }

  private var isDivisor: Bool {
    if case .power(_, .constant(let e)) = self { return e < 0 && e != -0.5 || e == -0.5 }
    return false
  }

  private var signAndMagnitude: (Bool, Node) {
    switch self {
    case .constant(let c) where c < 0: return (true, .constant(-c))
    case .product(let factors):
      if case .constant(let c)? = factors.first, c < 0 {
        return (true, .product(of: [.constant(-c)] + factors.dropFirst()))
      }
      return (false, self)
    default: return (false, self)
    }
  }
}

extension VectorNode {
  func written(_ notation: Notation, level: Int = 0) -> String {
    switch self {
    case .unknown(let u): return notation == .latex ? "\\mathbf{\(latexName(u.name))}" : symbolName(u.name)
    case .components(let nodes):
      return "(" + nodes.map { $0.written(notation) }.joined(separator: ", ") + ")"
    case .sum(let terms):
      var result = ""
      for term in terms {
        if case .scaled(.constant(-1), let a) = term {
          result += (result.isEmpty ? "-" : " - ") + a.written(notation, level: 1)
        } else {
          result += (result.isEmpty ? "" : " + ") + term.written(notation, level: 1)
        }
      }
      return level > 0 ? parenthesised(result, notation) : result
    case .scaled(.constant(-1), let a):
      let text = "-" + a.written(notation, level: 1)
      return level > 0 ? parenthesised(text, notation) : text
    case .scaled(let factor, let a):
      let text = factor.written(notation, level: 2) + " " + a.written(notation, level: 2)
      return level > 1 ? parenthesised(text, notation) : text
    case .gradient(let a): return (notation == .latex ? "\\nabla " : "∇") + a.written(notation, level: 2)
    case .perpendicularGradient(let a):
      return (notation == .latex ? "\\nabla^\\perp " : "∇⊥") + a.written(notation, level: 2)
    case .curl(let a): return (notation == .latex ? "\\nabla \\times " : "∇×") + a.written(notation, level: 2)
    case .cross(let a, let b):
      let (left, right) = (a.written(notation, level: 2), b.written(notation, level: 2))
      return notation == .latex ? "\(left) \\times \(right)" : "\(left)×\(right)"
    case .laplacian(let a): return (notation == .latex ? "\\Delta " : "Δ") + a.written(notation, level: 2)
    case .advection(let a, let b):
      let (velocity, operand) = (a.written(notation, level: 2), b.written(notation, level: 2))
      return notation == .latex ? "(\(velocity) \\cdot \\nabla) \(operand)" : "(\(velocity)·∇)\(operand)"
    case .derivative(let a, let axis):
      return (notation == .latex ? "\\partial_\(axis.name) " : "∂\(axis.name) ")
        + a.written(notation, level: 2)
    case .timeDerivative(let a):
      return (notation == .latex ? "\\partial_t " : "∂t ") + a.written(notation, level: 2)
    case .normalDerivative(let a):
      return (notation == .latex ? "\\partial_n " : "∂n ") + a.written(notation, level: 2)
    }
  }
}

extension RandomField {
  var label: String {
    switch self {
    case .gaussian: "GaussianField"
    case .spectrum: "RandomSpectrum"
    case .noise: "Noise"
    case .fourierSeries: "RandomFourierSeries"
    }
  }
}

private func parenthesised(_ text: String, _ notation: Notation) -> String {
  notation == .latex ? "\\left(\(text)\\right)" : "(\(text))"
}

private let greek: [String: (sign: String, latex: String)] = [
  "alpha": ("α", "\\alpha"), "beta": ("β", "\\beta"), "gamma": ("γ", "\\gamma"), "delta": ("δ", "\\delta"),
  "epsilon": ("ε", "\\varepsilon"), "viscosity": ("ν", "\\nu"), "nu": ("ν", "\\nu"),
  "kappa": ("κ", "\\kappa"),
  "lambda": ("λ", "\\lambda"), "mu": ("μ", "\\mu"), "omega": ("ω", "\\omega"), "phi": ("φ", "\\varphi"),
  "psi": ("ψ", "\\psi"), "rho": ("ρ", "\\rho"), "sigma": ("σ", "\\sigma"), "tau": ("τ", "\\tau"),
  "theta": ("θ", "\\theta"), "xi": ("ξ", "\\xi"), "eta": ("η", "\\eta"), "zeta": ("ζ", "\\zeta"),
  "diffusivity": ("κ", "\\kappa"), "vorticity": ("ω", "\\omega"),
]

/// "psi1" → "ψ1"; a name that is no Greek letter stays.
private func symbolName(_ name: String) -> String {
  let stem = String(name.prefix { !$0.isNumber })
  guard let entry = greek[stem] else { return name }
  return entry.sign + name.dropFirst(stem.count)
}

private func latexName(_ name: String) -> String {
  let stem = String(name.prefix { !$0.isNumber })
  let digits = String(name.dropFirst(stem.count))
  let base = greek[stem]?.latex ?? (stem.count == 1 ? stem : "\\mathrm{\(stem.replacing("_", with: "\\_"))}")
  return digits.isEmpty ? base : "\(base)_{\(digits)}"
}

extension Function {
  fileprivate var latex: String {
    switch self {
    case .erf, .sign, .step, .abs: "\\operatorname{\(rawValue)}"
    case .asin: "\\arcsin"
    case .acos: "\\arccos"
    case .atan: "\\arctan"
    default: "\\\(rawValue)"
    }
  }
}

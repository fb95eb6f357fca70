extension Node {
  /// The node in the given notation. `level` is the binding strength of what surrounds it: 0 nothing, 1 a term of a
  /// sum, 2 a factor of a product, 3 the operand of a differential operator, 4 the base of a power.
  func written(_ notation: Notation, level: Int = 0) -> String {
    let isLatex = notation == .latex
    switch self {
    case .constant(let value):
      let number = shortNumber(value, notation)
      return value < 0 && level > 0 ? "(\(number))" : number
    case .imaginaryUnit: return "i"
    case .coordinate(let axis): return axis.name
    case .time: return "t"
    case .parameter(let p): return isLatex ? latexName(p.name) : symbolName(p.name)
    case .coefficient(let name, _): return isLatex ? latexName(name) : symbolName(name)
    case .unknown(let u): return isLatex ? latexName(u.name) : symbolName(u.name)
    case .random(let field): return isLatex ? "\\mathrm{\(field.label)}" : field.label
    case .normal(let axis): return "n_\(axis.name)"
    case .region(let name): return isLatex ? "\\mathbf{1}_{\\text{\(name)}}" : "[\(name)]"
    case .jet(let jet):
      return "jet\(jet.unknown)(\(jet.orders.x),\(jet.orders.y),\(jet.orders.z);\(jet.timeOrder))"
    case .sum(let terms): return writtenSum(terms, notation, level: level)
    case .product(let factors): return writtenProduct(factors, notation, level: level)
    case .power, .conjugate: return writtenPower(notation, level: level)
    case .function(.abs, let a):
      return isLatex ? "\\left|\(a.written(notation))\\right|" : "|\(a.written(notation))|"
    case .function(let function, let a):
      return isLatex
        ? "\(function.latex)\\left(\(a.written(notation))\\right)"
        : "\(function.rawValue)(\(a.written(notation)))"
    case .binary(let function, let a, let b):
      let name = isLatex ? "\\\(function == .less ? "mathrm{less}" : function.rawValue)" : function.rawValue
      return "\(name)(\(a.written(notation)), \(b.written(notation)))"
    case .realPart(let a): return isLatex ? "\\Re(\(a.written(notation)))" : "re(\(a.written(notation)))"
    case .imaginaryPart(let a): return isLatex ? "\\Im(\(a.written(notation)))" : "im(\(a.written(notation)))"
    case .dot(let a, let b):
      let (left, right) = (a.written(notation, level: 3), b.written(notation, level: 3))
      let text = isLatex ? "\(left) \\cdot \(right)" : "\(left)·\(right)"
      return level > 2 ? parenthesised(text, notation) : text
    case .component(let a, let axis):
      let vector = a.written(notation, level: 4)
      return isLatex ? "\(vector)_{\(axis.name)}" : "\(vector)_\(axis.name)"
    default:
      let text = writtenDerivative(notation)
      return level > 3 ? parenthesised(text, notation) : text
    }
  }

  private func writtenDerivative(_ notation: Notation) -> String {
    let isLatex = notation == .latex
    switch self {
    case .derivative(let a, let axis):
      var axes = axis.name
      var inner = a
      while case .derivative(let b, let next) = inner {
        axes = next.name + axes
        inner = b
      }
      return (isLatex ? "\\partial_{\(axes)} " : "∂\(axes) ") + inner.written(notation, level: 3)
    case .timeDerivative(let a):
      var times = "t"
      var inner = a
      while case .timeDerivative(let b) = inner {
        times += "t"
        inner = b
      }
      let sign = isLatex ? (times == "t" ? "\\partial_t " : "\\partial_{\(times)} ") : "∂\(times) "
      return sign + inner.written(notation, level: 3)
    case .normalDerivative(let a): return (isLatex ? "\\partial_n " : "∂n ") + a.written(notation, level: 3)
    case .laplacian(.laplacian(let a)):
      return (isLatex ? "\\Delta^{2} " : "Δ²") + a.written(notation, level: 3)
    case .laplacian(let a): return (isLatex ? "\\Delta " : "Δ") + a.written(notation, level: 3)
    case .advection(let a, let b):
      let (velocity, operand) = (a.written(notation, level: 3), b.written(notation, level: 3))
      return isLatex ? "(\(velocity) \\cdot \\nabla) \(operand)" : "(\(velocity)·∇)\(operand)"
    case .divergence(let a): return (isLatex ? "\\nabla \\cdot " : "∇·") + a.written(notation, level: 3)
    case .rotation(let a): return (isLatex ? "\\nabla \\times " : "∇×") + a.written(notation, level: 3)
    default: return written(notation)
    }
  }

  private func writtenPower(_ notation: Notation, level: Int) -> String {
    let text: String
    switch self {
    case .conjugate(let a):
      if notation == .latex { return "\\overline{\(a.written(notation))}" }
      text = a.written(notation, level: 4) + "*"
    case .power(_, .constant(let exponent)) where exponent < 0:
      return writtenFraction([self], notation, level: level)
    case .power(let base, .constant(0.5)):
      if notation == .latex { return "\\sqrt{\(base.written(notation))}" }
      text = "√" + base.written(notation, level: 4)
    case .power(let base, let exponent):
      let below = base.written(notation, level: 4)
      if notation == .latex {
        text = "\(below)^{\(exponent.written(notation))}"
      } else if case .constant(let e) = exponent, e == e.rounded(), (0...9).contains(e) {
        text = below + String(Array("⁰¹²³⁴⁵⁶⁷⁸⁹")[Int(e)])
      } else {
        text = "\(below)^\(exponent.written(notation, level: 4))"
      }
    default: return written(notation, level: level)
    }
    return level > 3 ? parenthesised(text, notation) : text
  }

  private func writtenSum(_ terms: [Node], _ notation: Notation, level: Int) -> String {
    var (terms, result) = (terms, "")
    // Constants stand last in the tree; 1 - u reads better than -u + 1.
    if terms[0].signAndMagnitude.0, case .constant(let c)? = terms.last, c > 0 {
      terms.insert(terms.removeLast(), at: 0)
    }
    for term in terms {
      let (negative, magnitude) = term.signAndMagnitude
      let sign = result.isEmpty ? (negative ? "-" : "") : (negative ? " - " : " + ")
      result += sign + magnitude.written(notation, level: 1)
    }
    return level > 0 ? parenthesised(result, notation) : result
  }

  private func writtenProduct(_ factors: [Node], _ notation: Notation, level: Int) -> String {
    let (negative, magnitude) = signAndMagnitude
    if negative {
      let text = "-" + magnitude.written(notation, level: 1)
      return level > 0 ? parenthesised(text, notation) : text
    }
    if factors.contains(where: { $0.isDivisor }) {
      return writtenFraction(factors, notation, level: level)
    }
    var texts: [String] = []
    var i = 0
    while i < factors.count {
      if i + 1 < factors.count, factors[i + 1] == .conjugate(factors[i]) {
        let a = factors[i].written(notation)
        texts.append(notation == .latex ? "\\left|\(a)\\right|^{2}" : "|\(a)|²")
        i += 2
      } else {
        texts.append(factors[i].written(notation, level: 2))
        i += 1
      }
    }
    let text = texts.joined(separator: " ")
    return level > 1 && !(level == 2 && texts.count == 1) ? parenthesised(text, notation) : text
  }

  /// A product with negative powers, written as a fraction.
  private func writtenFraction(_ factors: [Node], _ notation: Notation, level: Int) -> String {
    let above = factors.filter { !$0.isDivisor }
    let below = factors.compactMap { factor -> Node? in
      guard factor.isDivisor, case .power(let base, .constant(let e)) = factor else { return nil }
      return .raise(base, .constant(-e))
    }
    let (numerator, denominator) = (Node.product(of: above), Node.product(of: below))
    if notation == .latex {
      let text = "\\frac{\(numerator.written(notation))}{\(denominator.written(notation))}"
      return level > 3 ? parenthesised(text, notation) : text
    }
    let text = numerator.written(notation, level: 1) + " / " + denominator.written(notation, level: 2)
    return level > 1 ? parenthesised(text, notation) : text
  }

  private var isDivisor: Bool {
    if case .power(_, .constant(let e)) = self { return e < 0 }
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

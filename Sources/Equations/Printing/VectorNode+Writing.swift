extension VectorNode {
  /// The vector in the given notation; for `level` see the scalar's.
  func written(_ notation: Notation, level: Int = 0) -> String {
    let isLatex = notation == .latex
    switch self {
    case .unknown(let u): return isLatex ? "\\mathbf{\(latexName(u.name))}" : symbolName(u.name)
    case .normal: return isLatex ? "\\mathbf{n}" : "n"
    case .components(let nodes):
      return "(" + nodes.map { $0.written(notation) }.joined(separator: ", ") + ")"
    case .sum(let terms):
      var result = ""
      for term in terms {
        let (negative, magnitude) = term.signAndMagnitude
        let sign = result.isEmpty ? (negative ? "-" : "") : (negative ? " - " : " + ")
        result += sign + magnitude.written(notation, level: 1)
      }
      return level > 0 ? parenthesised(result, notation) : result
    case .scaled(let factor, let a):
      let (negative, magnitude) = signAndMagnitude
      if negative {
        let text = "-" + magnitude.written(notation, level: 1)
        return level > 0 ? parenthesised(text, notation) : text
      }
      let text = factor.written(notation, level: 2) + " " + a.written(notation, level: 2)
      return level > 1 ? parenthesised(text, notation) : text
    case .cross(let a, let b):
      let (left, right) = (a.written(notation, level: 3), b.written(notation, level: 3))
      let text = isLatex ? "\(left) \\times \(right)" : "\(left)×\(right)"
      return level > 2 ? parenthesised(text, notation) : text
    case .tensorProduct(let a, let b):
      let text = a.written(notation, level: 2) + (isLatex ? "\\," : " ") + b.written(notation, level: 3)
      return level > 2 ? parenthesised(text, notation) : text
    default:
      let text = writtenDerivative(notation)
      return level > 3 ? parenthesised(text, notation) : text
    }
  }

  private func writtenDerivative(_ notation: Notation) -> String {
    let isLatex = notation == .latex
    switch self {
    case .gradient(let a): return (isLatex ? "\\nabla " : "∇") + a.written(notation, level: 3)
    case .perpendicularGradient(let a):
      return (isLatex ? "\\nabla^\\perp " : "∇⊥") + a.written(notation, level: 3)
    case .curl(let a): return (isLatex ? "\\nabla \\times " : "∇×") + a.written(notation, level: 3)
    case .laplacian(let a): return (isLatex ? "\\Delta " : "Δ") + a.written(notation, level: 3)
    case .advection(let a, let b):
      let (velocity, operand) = (a.written(notation, level: 3), b.written(notation, level: 3))
      return isLatex ? "(\(velocity) \\cdot \\nabla) \(operand)" : "(\(velocity)·∇)\(operand)"
    case .derivative(let a, let axis):
      return (isLatex ? "\\partial_{\(axis.name)} " : "∂\(axis.name) ") + a.written(notation, level: 3)
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
    case .tensorDivergence(let a): return (isLatex ? "\\nabla \\cdot " : "∇·") + a.written(notation, level: 3)
    default: return written(notation)
    }
  }

  /// Whether a minus sign stands in front, and what follows it.
  private var signAndMagnitude: (Bool, VectorNode) {
    guard case .scaled(let factor, let a) = self else { return (false, self) }
    switch factor {
    case .constant(-1): return (true, a)
    case .constant(let c) where c < 0: return (true, .scaled(.constant(-c), a))
    case .product(let factors):
      guard case .constant(let c)? = factors.first, c < 0 else { return (false, self) }
      return (true, .scaled(.product(of: [.constant(-c)] + factors.dropFirst()), a))
    default: return (false, self)
    }
  }
}

extension TensorNode {
  /// The tensor in the given notation; for `level` see the scalar's.
  func written(_ notation: Notation, level: Int = 0) -> String {
    let isLatex = notation == .latex
    switch self {
    case .identity: return isLatex ? "\\mathbf{I}" : "I"
    case .gradient(let a):
      let text = (isLatex ? "\\nabla " : "∇") + a.written(notation, level: 3)
      return level > 3 ? parenthesised(text, notation) : text
    case .transpose(let a):
      return parenthesised(a.written(notation), notation) + (isLatex ? "^{T}" : "ᵀ")
    case .outer(let a, let b):
      let text =
        a.written(notation, level: 3) + (isLatex ? " \\otimes " : "⊗") + b.written(notation, level: 3)
      return level > 2 ? parenthesised(text, notation) : text
    case .sum(let terms):
      let text = terms.map { $0.written(notation, level: 1) }.joined(separator: " + ")
      return level > 0 ? parenthesised(text, notation) : text
    case .scaled(.constant(-1), let a):
      let text = "-" + a.written(notation, level: 2)
      return level > 0 ? parenthesised(text, notation) : text
    case .scaled(let factor, let a):
      let text = factor.written(notation, level: 2) + " " + a.written(notation, level: 2)
      return level > 1 ? parenthesised(text, notation) : text
    }
  }
}

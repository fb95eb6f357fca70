import Geometry

extension ScalarField: CustomStringConvertible {
  /// The field as plain text.
  public var description: String { node.written(.text) }
  /// The field as LaTeX.
  public var latex: String { node.written(.latex) }
}

extension VectorField: CustomStringConvertible {
  /// The field as plain text.
  public var description: String { node.written(.text) }
  /// The field as LaTeX.
  public var latex: String { node.written(.latex) }
}

extension Equation: CustomStringConvertible {
  /// The equation as plain text.
  public var description: String { written(.text) }
  /// The equation as LaTeX.
  public var latex: String { written(.latex) }

  private func written(_ notation: Notation) -> String {
    switch sides {
    case .scalar(let left, let right): "\(left.written(notation)) = \(right.written(notation))"
    case .vector(let left, let right): "\(left.written(notation)) = \(right.written(notation))"
    }
  }
}

extension Condition: CustomStringConvertible {
  /// The condition as plain text.
  public var description: String { "\(equation) \(placeText)" }
  /// The condition as LaTeX.
  public var latex: String { "\(equation.latex) \\quad \\text{\(placeText)}" }

  private var placeText: String {
    switch place {
    case .initial: "at the initial time"
    case .boundaries(let names): "on " + names.joined(separator: ", ")
    case .sides(.all): "on every side"
    case .sides(let sides): "on " + sides.members(dimension: 3).map(\.name).joined(separator: ", ")
    }
  }
}

extension Domain: CustomStringConvertible {
  /// "[-1, 1) periodic × [0, 1]".
  public var description: String {
    intervals.map { $0.isPeriodic ? "[\($0.lower), \($0.upper)) periodic" : "[\($0.lower), \($0.upper)]" }
      .joined(separator: " × ")
  }
}

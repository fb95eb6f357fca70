import Geometry

/// Formulas and equations from text, as command lines give them: `u_t + u u_x`, no; `u_t + u*u_x = 0.01*u_xx`, yes.
///
/// Operators are + - * / ^ and parentheses; numbers, `pi`, the coordinates x, y, z and t, and the functions of the
/// language are known; every other name is an unknown. A name with an underscore and letters of coordinates is a
/// derivative: u_xxt. `laplacian(u)` is there too.
public struct FormulaText {
  private let text: [Character]
  private var position = 0
  private let variable: String?

  private init(_ text: String, variable: String?) {
    self.text = Array(text)
    self.variable = variable
  }

  /// The equation of a text with one equality sign.
  /// - Throws: ``EquationError`` with the place of the mistake.
  public static func equation(_ text: String) throws -> Equation {
    let sides = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
    guard sides.count == 2 else {
      throw EquationError("'\(text)' has \(sides.count - 1) equality signs: write left = right")
    }
    return Equation(try formula(sides[0]), try formula(sides[1]))
  }

  /// The formula of a text.
  ///
  /// - Parameter variable: A name that stands for the coordinate x, as the argument of an activation.
  /// - Throws: ``EquationError`` with the place of the mistake.
  public static func formula(_ text: String, variable: String? = nil) throws -> ScalarField {
    var parser = FormulaText(text, variable: variable)
    let result = try parser.sum()
    if let next = parser.peek() { throw parser.error("'\(next)' is left over") }
    return result
  }

  private func error(_ what: String) -> EquationError {
    EquationError("\(what) at character \(position + 1) of '\(String(text))': correct the formula")
  }

  private mutating func peek() -> Character? {
    while position < text.count, text[position].isWhitespace { position += 1 }
    return position < text.count ? text[position] : nil
  }

  private mutating func take(_ character: Character) -> Bool {
    guard peek() == character else { return false }
    position += 1
    return true
  }

  private mutating func sum() throws -> ScalarField {
    var result = try product()
    while true {
      if take("+") {
        result = result + (try product())
      } else if take("-") {
        result = result - (try product())
      } else {
        return result
      }
    }
  }

  private mutating func product() throws -> ScalarField {
    var result = try signed()
    while true {
      if take("*") {
        result = result * (try signed())
      } else if take("/") {
        result = result / (try signed())
      } else {
        return result
      }
    }
  }

  private mutating func signed() throws -> ScalarField {
    if take("-") { return -(try signed()) }
    if take("+") { return try signed() }
    return try power()
  }

  private mutating func power() throws -> ScalarField {
    let base = try atom()
    guard take("^") else { return base }
    return ScalarField(.raise(base.node, try signed().node))
  }

  private mutating func atom() throws -> ScalarField {
    guard let next = peek() else { throw error("something is missing") }
    if take("(") {
      let inner = try sum()
      guard take(")") else { throw error("a closing parenthesis is missing") }
      return inner
    }
    if next.isNumber || next == "." { return ScalarField(try number()) }
    guard next.isLetter else { throw error("'\(next)' has no place") }
    let start = position
    while position < text.count, text[position].isLetter || text[position].isNumber || text[position] == "_" {
      position += 1
    }
    let name = String(text[start..<position])
    if take("(") {
      let argument = try sum()
      guard take(")") else { throw error("a closing parenthesis is missing") }
      switch name {
      case "laplacian": return laplacian(argument)
      case "sqrt": return sqrt(argument)
      case "sigmoid": return 1 / (1 + exp(-argument))
      default:
        guard let function = Function(rawValue: name) else {
          throw error("there is no function '\(name)'")
        }
        return ScalarField(.apply(function, argument.node))
      }
    }
    return try named(name)
  }

  private mutating func number() throws -> Double {
    let start = position
    while position < text.count {
      let c = text[position]
      let isExponentSign = (c == "-" || c == "+") && position > start && "eE".contains(text[position - 1])
      guard c.isNumber || c == "." || c == "e" || c == "E" || isExponentSign else { break }
      position += 1
    }
    guard let value = Double(String(text[start..<position])) else {
      throw error("'\(String(text[start..<position]))' is no number")
    }
    return value
  }

  private func named(_ name: String) throws -> ScalarField {
    if name == variable { return .x }
    switch name {
    case "pi": return ScalarField(Double.pi)
    case "x": return .x
    case "y": return .y
    case "z": return .z
    case "t": return .t
    default: break
    }
    guard let underscore = name.lastIndex(of: "_") else { return .unknown(name) }
    let suffix = name[name.index(after: underscore)...]
    guard !suffix.isEmpty, suffix.allSatisfy({ "xyzt".contains($0) }) else { return .unknown(name) }
    var result = ScalarField.unknown(String(name[..<underscore]))
    for letter in suffix {
      switch letter {
      case "x": result = dx(result)
      case "y": result = dy(result)
      case "z": result = dz(result)
      default: result = dt(result)
      }
    }
    return result
  }
}

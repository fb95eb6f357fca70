import Geometry

/// Whether names tell a problem's quantities apart: fields, files, columns and options are found by them.
struct NameChecks {
  let problem: any Problem
  let unknowns: [RealUnknown]

  /// - Throws: ``EquationError`` naming what bears the same name, or a name that cannot be one.
  func validate() throws {
    try checkParameters()
    let sources = unknowns.map(\.source).reduce(into: [Unknown]()) { if !$0.contains($1) { $0.append($1) } }
    var taken: Set<String> = []
    for source in sources {
      let components = unknowns.filter { $0.source == source }.map(\.name)
      for name in [source.name] + components.filter({ $0 != source.name }) {
        try checkSpelling(name)
        guard taken.insert(name).inserted else { throw clash(name) }
      }
    }
    for name in problem.derived.map(\.name) {
      try checkSpelling(name)
      guard taken.insert(name).inserted else { throw clash(name) }
    }
  }

  private func checkParameters() throws {
    var known: [String: ProblemParameter] = [:]
    var twin: ProblemParameter?
    var coefficients: [String: Node] = [:]
    var double: String?
    let note: (Node) -> Void = { node in
      if case .coefficient(let name, let formula) = node {
        if coefficients[name] == nil { coefficients[name] = formula }
        if coefficients[name] != formula { double = double ?? name }
      }
      guard case .parameter(let p) = node else { return }
      if known[p.name] == nil { known[p.name] = p }
      if known[p.name] != p { twin = twin ?? p }
    }
    for equation in problem.equations + problem.conditions.map(\.equation) + problem.exact {
      equation.visit(note)
    }
    for derived in problem.derived { derived.visit(note) }
    for interval in problem.domain.intervals {
      interval.lower.node.visit(note)
      interval.upper.node.visit(note)
    }
    for name in coefficients.keys.sorted() {
      try checkSpelling(name)
      if known[name] != nil || unknowns.contains(where: { $0.name == name || $0.source.name == name }) {
        double = double ?? name
      }
    }
    if let double {
      throw EquationError(
        "\(problem.name) has two quantities named '\(double)', of which one is a coefficient: declare it once, as a "
          + "property, or rename one")
    }
    guard let twin, let first = known[twin.name] else { return }
    throw EquationError(
      "\(problem.name) has two parameters named '\(twin.name)', with the values \(shortNumber(first.defaultValue)) and "
        + "\(shortNumber(twin.defaultValue)) or other ranges: declare it once, as a property, or rename one")
  }

  private func checkSpelling(_ name: String) throws {
    let isWord = name.allSatisfy { $0.isLetter || $0.isNumber || $0.isMark || "_-'^*".contains($0) }
    guard !name.isEmpty, isWord, name.first != "-" else {
      throw EquationError(
        "'\(name)' cannot be the name of a field, because files and columns are called by it: use letters, digits and _"
      )
    }
  }

  private func clash(_ name: String) -> EquationError {
    EquationError("\(problem.name) has two fields named '\(name)': rename one of them")
  }
}

extension Character {
  /// Whether the character is an accent on its own, as in ũ.
  fileprivate var isMark: Bool {
    unicodeScalars.allSatisfy { $0.properties.generalCategory == .nonspacingMark }
  }
}

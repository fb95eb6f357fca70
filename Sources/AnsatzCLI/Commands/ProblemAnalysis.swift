import Ansatz

/// What the analysis of a problem found, in lines of text.
struct ProblemAnalysis {
  private let system: PDESystem

  init(_ system: PDESystem) { self.system = system }

  var lines: [String] {
    get throws {
      var rows: [(String, String)] = []
      let second = system.unknowns.contains(where: \.isVelocity)
      rows.append(
        (
          "order",
          "\(system.isEvolution ? (second ? "2 in time, " : "1 in time, ") : "steady, ")\(order) in space"
        ))
      rows.append(("unknowns", system.unknowns.map(\.name).joined(separator: ", ") + determined))
      let linear = zip(system.rows.indices, system.rows).map { (row: $0, terms: $1.linear.map(text)) }
      for (row, terms) in linear where !terms.isEmpty {
        rows.append((label("linear", row), terms.joined(separator: ", ")))
      }
      for (r, row) in system.rows.enumerated() where !row.terms.isEmpty {
        let sources = row.terms.filter { !$0.dependsOnUnknowns }
        let others = row.terms.filter(\.dependsOnUnknowns)
        if !others.isEmpty { rows.append((label("nonlinear", r), others.map(text).joined(separator: ", "))) }
        if !sources.isEmpty { rows.append((label("sources", r), sources.map(text).joined(separator: ", "))) }
      }
      rows.append(("degree", degree))
      if system.isEvolution, Methods.suited(to: system).name == "fourier" {
        // How products are formed does not depend on the resolution.
        let method = Fourier(points: Array(repeating: 16, count: system.dimension))
        if let spectral = try method.discretize(system, seed: 0) as? FourierSystem {
          let cost = spectral.plan.cost
          rows.append(
            (
              "transforms",
              cost == 0 ? "none: the equation is linear" : "\(cost) per evaluation of the nonlinear terms"
            ))
        }
      }
      let width = rows.map(\.0.count).max() ?? 0
      return rows.map { "\($0.0.padded(width))  \($0.1)" }
    }
  }

  private func label(_ kind: String, _ row: Int) -> String {
    system.rows.count == 1 ? kind : "\(kind) (\(row + 1))"
  }

  private var determined: String {
    guard system.isEvolution else { return "" }
    let names = system.algebraic.map { system.unknowns[$0].name }
    return names.isEmpty ? "" : "; constraints determine \(names.joined(separator: ", "))"
  }

  private var order: Int {
    let linear = system.rows.flatMap { $0.linear + $0.mass }.map(\.orders.total)
    var jets: [Int] = []
    for term in system.rows.flatMap(\.terms) {
      for factor in term.factors {
        factor.node.visit { if case .jet(let jet) = $0 { jets.append(jet.orders.total + term.outer.total) } }
      }
    }
    return (linear + jets).max() ?? 0
  }

  private var degree: String {
    switch system.degree {
    case nil: "no polynomial: dealiasing keeps 2/3 of the modes"
    case 0: "linear with constant coefficients"
    case let d?: d == 1 ? "1" : "\(d): dealiasing keeps \(fractions[d] ?? "2/\(d + 1)") of the modes"
    }
  }

  private let fractions = [3: "half", 5: "1/3"]

  private func text(_ term: PDESystem.LinearTerm) -> String {
    text(rounded(term.coefficient) * .jet(Jet(term.unknown, term.orders)), outer: .zero)
  }

  private func text(_ term: ExpandedTerm) -> String {
    text(rounded(term.coefficient) * term.product, outer: term.outer)
  }

  private func rounded(_ value: Double) -> Node { .constant(Double(format(value, digits: 5)) ?? value) }

  /// A term on the left-hand side, with the names of the unknowns.
  private func text(_ node: Node, outer: MultiIndex) -> String {
    func derived(_ node: Node, _ orders: MultiIndex) -> Node {
      var result = node
      for axis in Axis.allCases { for _ in 0..<orders[axis] { result = .derivative(result, axis) } }
      return result
    }
    let named = node.replacingTerminals { terminal in
      guard case .jet(let jet) = terminal else { return nil }
      return derived(.unknown(Unknown(name: system.unknowns[jet.unknown].name, kind: .scalar)), jet.orders)
    }
    return "\(ScalarField(derived(named, outer)))"
  }
}

import Geometry

// Lowered terms in the words of the user, for messages.

extension Node {
  /// The node with jets written by the names of the system's unknowns.
  public func readable(_ system: PDESystem) -> String {
    let named = replacingTerminals { node in
      guard case .jet(let jet) = node, system.unknowns.indices.contains(jet.unknown) else { return nil }
      var result = Node.unknown(Unknown(name: system.unknowns[jet.unknown].name, kind: .scalar))
      for axis in Axis.allCases { for _ in 0..<jet.orders[axis] { result = .derivative(result, axis) } }
      return result
    }
    return "\(ScalarField(named))"
  }
}

extension ExpandedTerm {
  /// The term without its coefficient.
  public func readable(_ system: PDESystem) -> String {
    var node = product
    for axis in Axis.allCases { for _ in 0..<outer[axis] { node = .derivative(node, axis) } }
    return node.readable(system)
  }
}

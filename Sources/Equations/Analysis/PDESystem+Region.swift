extension PDESystem {
  /// Refuses a region that no mesh was given for.
  ///
  /// - Throws: ``EquationError`` that says to give a mesh.
  public func requireNoRegion() throws {
    guard isRegion else { return }
    let names = namedBoundary.flatMap(\.names).reduce(into: [String]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    throw EquationError(
      "\(name) is posed in a region that is stated by its shape, and classical solvers need a mesh of it: give one "
        + (names.isEmpty ? "" : "with the boundaries \(names.joined(separator: ", ")) ")
        + "(--mesh FILE, or FiniteElementMethod(mesh:)), or train a physics-informed model on the region")
  }
}

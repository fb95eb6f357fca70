import Geometry

extension PointwiseSystem {
  /// What of the box around it a domain is.
  public enum Extent: Sendable {
    /// All of it; its sides are the boundary.
    case box
    /// A region of any shape.
    case region(RegionGeometry)
    /// The cells of a mesh.
    case mesh(MeshExtent)

    static func of(
      _ problem: some Problem, _ parameters: ParameterValues, _ placement: MeshPlacement
    ) throws -> (Extent, Box) {
      let domain = problem.domain
      if let mesh = placement.mesh ?? domain.mesh {
        guard mesh.dimension == domain.dimension else {
          throw EquationError(
            "\(problem.name) is posed in \(domain.dimension) dimension\(domain.dimension == 1 ? "" : "s") and the mesh has "
              + "\(mesh.dimension): give a mesh of \(domain.dimension)")
        }
        if domain.mesh == nil, domain.intervals.contains(where: \.isPeriodic) {
          throw EquationError(
            "\(problem.name) is periodic, and a mesh has boundaries: state the problem with conditions on them, or train on "
              + "its own domain")
        }
        let extent = try MeshExtent(mesh)
        return (.mesh(extent), mesh.boundingBox)
      }
      if let geometry = try domain.geometry() { return (.region(geometry), geometry.bounds) }
      return (.box, try domain.resolved(parameters))
    }
  }

  /// The mesh of the domain, where it is one.
  public var mesh: Mesh? {
    if case .mesh(let extent) = extent { extent.mesh } else { nil }
  }

  /// Whether points lie in the domain.
  public func contains(_ points: [[Double]]) -> [Bool] {
    switch extent {
    case .box:
      points.map { point in
        zip(point, box.intervals).allSatisfy { $1.isPeriodic || ($1.lower...$1.upper).contains($0) }
      }
    case .region(let geometry): points.map { geometry.contains($0) }
    case .mesh(let extent): extent.locator.locate(points: points.flatMap { $0 }).map { $0 != nil }
    }
  }

  /// Length, area or volume of the domain.
  public var volume: Double {
    switch extent {
    case .box: box.volume
    case .region(let geometry): geometry.volume
    case .mesh(let extent): extent.volume
    }
  }

  /// Length, area or volume of a place at one time: 1 for a point.
  ///
  /// - Throws: `MeshError` or `RegionError` where there is no such boundary.
  public func measure(of place: Place) throws -> Double {
    switch (extent, place) {
    case (_, .inside), (_, .initial), (_, .measured): return volume
    case (_, .side(let side)): return box.volume / box.intervals[side.axis.rawValue].length
    case (.region(let geometry), .boundary(let name)): return try geometry.measure(of: name)
    case (.mesh(let extent), .boundary(let name)):
      return try extent.sampler.measure(of: name.isEmpty ? .unnamed : .named(name))
    case (.box, .boundary(let name)):
      throw EquationError("a box has no boundary '\(name)', but sides")
    }
  }

  /// The number of columns of a table of points: coordinates, time, and on a boundary of any shape the outward normal.
  public func columns(at place: Place) -> Int {
    let coordinates = dimension + (isEvolution ? 1 : 0)
    if case .boundary = place { return coordinates + dimension }
    return coordinates
  }

  /// Refuses domains that are no boxes, for methods that need one.
  ///
  /// - Parameter model: What needs it, as the subject of a sentence: "a neural spectral model".
  /// - Throws: ``EquationError`` that names a model that does not.
  public func requireBox(for model: String) throws {
    let shape: String
    switch extent {
    case .box: return
    case .region: shape = "in a region of another shape"
    case .mesh: shape = "on a mesh"
    }
    throw EquationError(
      "\(name) is posed \(shape), and \(model) needs a box: train a physics-informed network (pinn), which takes any shape"
    )
  }

  /// Refuses coefficients that have no formula at points.
  func checkCoefficients() throws {
    for equation in equations {
      var region: String?
      equation.node.visit { if case .region(let name) = $0 { region = region ?? name } }
      if let region {
        throw EquationError(
          "the equation '\(equation.text)' has a coefficient that differs in the cells of '\(region)', whose jump no "
            + "residual at points sees: solve it by finite elements, or give the coefficient as a smooth formula"
        )
      }
    }
  }

  /// Components of the flux F of each unknown's equation −∇·F + …, as formulas of jets.
  static func fluxes(
    of problem: some Problem, _ parameters: ParameterValues, _ placement: MeshPlacement, free: [String]
  ) throws -> [[Node]] {
    guard free.isEmpty else {
      throw EquationError(
        "a flux condition of \(problem.name) cannot be used while \(free.joined(separator: ", ")) \(free.count == 1 ? "is" : "are") to be found: state it by dn(u)"
      )
    }
    let system = try PDESystem(problem, parameters: parameters, on: placement)
    let forms = try system.divergenceForms()
    return try forms.enumerated().map { row, form in
      try form.flux.indices.map { axis -> Node in
        var flux = form.flux[axis]
        // A pressure is part of the traction.
        if form.component != nil {
          for term in try form.transport[axis].expandedTerms() {
            guard let (jet, _) = term.linearInOneJet, jet.unknown < system.unknowns.count,
              system.unknowns[jet.unknown].source != system.unknowns[row].source
            else { continue }
            flux = flux + .constant(term.coefficient) * term.product
          }
        }
        return (-flux).replacingTerminals { terminal in
          // The reduction's velocities are time derivatives here.
          guard case .jet(let jet) = terminal, system.unknowns[jet.unknown].isVelocity else { return nil }
          let velocity = system.unknowns[jet.unknown]
          let unknown = system.unknowns.firstIndex {
            $0.source == velocity.source && $0.role == velocity.role && !$0.isVelocity
          }!
          return .jet(Jet(unknown, jet.orders, timeOrder: jet.timeOrder + 1))
        }
      }
    }
  }
}

import Geometry

/// Turns the conditions of a problem into residuals at the places where they hold.
struct ConditionBuilder {
  typealias Place = PointwiseSystem.Place

  let system: PointwiseSystem
  let layout: UnknownLayout
  let binding: Binding
  /// Boundaries of the mesh by the names in conditions; the empty name stands for conditions on the whole boundary.
  let boundaries: [String: [String]]
  let fluxes: () throws -> [[Node]]
  private var usedNames: Set<String> = []

  init(
    system: PointwiseSystem, layout: UnknownLayout, binding: Binding, boundaries: [String: [String]],
    fluxes: @escaping () throws -> [[Node]]
  ) {
    (self.system, self.layout, self.binding) = (system, layout, binding)
    (self.boundaries, self.fluxes) = (boundaries, fluxes)
  }

  /// A condition's residual before its places are known.
  private struct Draft {
    var condition: Condition
    var node: Node
    var unknowns: Set<Int>
    /// Boundaries that it names; nil for the whole boundary.
    var names: [String]?
  }

  /// The residuals of all conditions.
  mutating func conditions(of problem: some Problem) throws -> [PointwiseSystem.Residual] {
    if case .box = system.extent {
      try checkUnused(problem)
      return try problem.conditions.flatMap { try onBox($0) }
    }
    var result: [PointwiseSystem.Residual] = []
    var drafts: [Draft] = []
    for condition in problem.conditions {
      if condition.place == .initial {
        result += try initial(condition)
      } else {
        drafts += try draft(condition)
      }
    }
    try checkUnused(problem)
    for (i, draft) in drafts.enumerated() {
      for place in try places(of: draft, among: drafts) {
        if let other = drafts[..<i].first(where: {
          $0.node != draft.node && Self.isDirichlet($0.node) && Self.isDirichlet(draft.node)
            && $0.unknowns == draft.unknowns && $0.names != nil && draft.names != nil
            && (try? places(of: $0, among: drafts).contains(place)) == true
        }) {
          let name = system.unknowns[draft.unknowns.min() ?? 0].name
          throw EquationError(
            "\(name) has two values on \(place.name), '\(other.condition.equation)' and '\(draft.condition.equation)': keep one"
          )
        }
        result.append(
          PointwiseSystem.Residual(
            place: place, text: "\(draft.condition.equation)", node: draft.node,
            assignment: PointwiseSystem.assignment(in: draft.node, below: system.unknowns.count)))
      }
    }
    return result
  }

  private static func isDirichlet(_ node: Node) -> Bool {
    PointwiseSystem.assignment(in: node, below: .max).map { $0.timeOrder == 0 } ?? false
  }

  private func checkUnused(_ problem: some Problem) throws {
    if let unused = boundaries.keys.filter({ !usedNames.contains($0) }).min() {
      throw EquationError(
        "boundaries are given for \(unused.isEmpty ? "the whole boundary" : "'\(unused)'"), but no condition of "
          + "\(problem.name) is set there: name those that its conditions name")
    }
  }

  // MARK: - Regions and meshes

  private mutating func draft(_ condition: Condition) throws -> [Draft] {
    var names: [String]?
    switch condition.place {
    case .initial: return []
    case .sides(let sides):
      if sides != .all { names = sides.members(dimension: 3).map(\.name) }
    case .boundaries(let list): if !list.isEmpty { names = list }
    }
    usedNames.formUnion(names ?? [""])
    let renamed = names?.flatMap { boundaries[$0] ?? [$0] } ?? boundaries[""]
    for name in renamed ?? [] where !known.contains(name) {
      throw EquationError(
        "the condition '\(condition.equation)' is set on '\(name)', which is no boundary of the \(kind): it has "
          + (known.isEmpty ? "none with a name" : known.joined(separator: ", ")))
    }
    let lowering = Lowering(layout: layout, isOnNamedBoundary: true)
    var nodes = try lowering.residuals(of: condition.equation, binding)
    if condition.isFlux { nodes = try nodes.map { try flux($0, condition) } }
    return nodes.map { node in
      var unknowns: Set<Int> = []
      node.visit {
        if case .jet(let jet) = $0, jet.unknown < system.unknowns.count { unknowns.insert(jet.unknown) }
      }
      return Draft(condition: condition, node: node, unknowns: unknowns, names: renamed)
    }
  }

  /// F·n − g for a residual u − g.
  private func flux(_ node: Node, _ condition: Condition) throws -> Node {
    guard let (unknown, order, data) = PointwiseSystem.assignment(in: node, below: system.unknowns.count),
      order == 0
    else {
      throw EquationError(
        "the flux condition '\(condition.equation)' must have the unknown alone on its left: u == g")
    }
    let all = try fluxes()
    guard unknown < all.count, all[unknown].contains(where: { !$0.isZero }) else {
      throw EquationError(
        "the condition '\(condition.equation)' gives a flux, but the equation of \(system.unknowns[unknown].name) has no "
          + "divergence: state the condition by dn of the unknown")
    }
    let normal = Axis.allCases.prefix(system.dimension).map { axis in
      .normal(axis) * all[unknown][axis.rawValue]
    }
    return try (.sum(of: normal) - data).pushedDown()
  }

  private var known: [String] {
    switch system.extent {
    case .box: []
    case .region(let geometry): geometry.boundaryNames
    // Interfaces inside have names too.
    case .mesh(let extent): Set(extent.mesh.boundaryNames.values).sorted()
    }
  }

  private var kind: String { system.mesh == nil ? "region" : "mesh" }

  /// Where a condition holds; one on the whole boundary where no other condition of its unknowns does.
  private func places(of draft: Draft, among drafts: [Draft]) throws -> [Place] {
    if let names = draft.names { return names.map { .boundary($0) } }
    let taken = drafts.filter { $0.names != nil && !$0.unknowns.isDisjoint(with: draft.unknowns) }
      .flatMap { $0.names! }
    switch system.extent {
    case .box: return []
    case .region(let geometry):
      return geometry.boundaryNames.filter { !taken.contains($0) }.map { .boundary($0) }
    case .mesh(let extent):
      return extent.boundaryNames.filter { !taken.contains($0) }.map { .boundary($0) }
        + (extent.hasUnnamedBoundary ? [.boundary("")] : [])
    }
  }

  // MARK: - Boxes

  private func initial(_ condition: Condition) throws -> [PointwiseSystem.Residual] {
    let text = "\(condition.equation)"
    return try Lowering(layout: layout).residuals(of: condition.equation, binding).map { node in
      if node.contains(where: { if case .random = $0 { true } else { false } }) {
        throw EquationError(
          "the initial condition '\(text)' is a random field, which has no formula at points: state one, or learn from "
            + "data of a classical solver")
      }
      return PointwiseSystem.Residual(
        place: .initial, text: text, node: node,
        assignment: PointwiseSystem.assignment(in: node, below: system.unknowns.count))
    }
  }

  private func onBox(_ condition: Condition) throws -> [PointwiseSystem.Residual] {
    let text = "\(condition.equation)"
    var sides: Sides = .all
    switch condition.place {
    case .initial: return try initial(condition)
    case .sides(let own): sides = own
    case .boundaries(let names) where names.isEmpty: break
    case .boundaries(let names):
      let members = Sides.all.members(dimension: system.dimension)
      sides = try names.reduce(into: Sides()) { sides, name in
        guard let side = members.first(where: { $0.name == name }) else {
          throw EquationError(
            "the condition '\(text)' is set on '\(name)', which is no side of the box: it has "
              + members.map(\.name).joined(separator: ", "))
        }
        sides.insert(Sides(side))
      }
    }
    var result: [PointwiseSystem.Residual] = []
    for side in sides.members(dimension: system.dimension) {
      if system.box.intervals[side.axis.rawValue].isPeriodic {
        if sides == .all { continue }
        throw EquationError(
          "the condition '\(text)' is set on the \(side.name) side, but the domain is periodic along "
            + side.axis.name)
      }
      var nodes = try Lowering(layout: layout, side: side).residuals(of: condition.equation, binding)
      if condition.isFlux {
        nodes = try nodes.map { node in
          try flux(node, condition).replacingTerminals { terminal in
            guard case .normal(let axis) = terminal else { return nil }
            return axis == side.axis ? .constant(side.isUpper ? 1 : -1) : .zero
          }.pushedDown()
        }
      }
      for node in nodes {
        result.append(
          PointwiseSystem.Residual(
            place: .side(side), text: text, node: node,
            assignment: PointwiseSystem.assignment(in: node, below: system.unknowns.count)))
      }
    }
    return result
  }
}

import Equations
import Geometry
import Tensors

/// Sides of a box without period, which characteristics must not cross: labels fill the box at all times then.
struct Walls {
  private let system: PointwiseSystem
  private let form: ConvectionForm
  private let until: Double

  init(_ system: PointwiseSystem, _ form: ConvectionForm, until: Double) {
    (self.system, self.form, self.until) = (system, form, until)
  }

  /// Whether ``check()`` finds nothing.
  var areClosed: Bool { (try? check()) != nil }

  /// - Throws: `EquationError` where the velocity through a side is not 0 by the conditions there, or an unknown whose
  ///   equation is of second order has none.
  func check() throws {
    for axis in Axis.allCases.prefix(system.dimension) where !system.box.intervals[axis.rawValue].isPeriodic {
      for side in [Side(axis, upper: false), Side(axis, upper: true)] { try check(side) }
    }
  }

  private func check(_ side: Side) throws {
    let own = system.conditions.filter { $0.place == .side(side) }
    let interval = system.box.intervals[side.axis.rawValue]
    let bound = Node.constant(side.isUpper ? interval.upper : interval.lower)
    var given: [Int: Node] = [:]
    for case let assignment? in own.map(\.assignment) where assignment.timeOrder == 0 {
      given[assignment.unknown] = assignment.value
    }
    let velocity = form.velocity[side.axis.rawValue].replacingTerminals { node in
      if case .jet(let jet) = node { return given[jet.unknown] }
      return nil
    }.replacingTerminals { $0 == .coordinate(side.axis) ? bound : nil }
    let (through, size) = (
      try largest(velocity), try largest(form.velocity[side.axis.rawValue])
    )
    guard through <= 1e-9 * max(size, 1) else {
      throw EquationError(
        "characteristics of '\(form.texts[0])' cross the \(side.name) side, where the velocity through it is not 0 by its "
          + "conditions, and bring or take labels there: make the axis \(side.axis.name) periodic, or use the model pinn"
      )
    }
    for (k, rest) in form.rest.enumerated() {
      let isDiffusive = rest.contains { node in
        if case .jet(let jet) = node { jet.unknown == k && jet.orders[side.axis] >= 2 } else { false }
      }
      let hasCondition = own.contains { condition in
        condition.node.contains { if case .jet(let jet) = $0 { jet.unknown == k } else { false } }
      }
      guard hasCondition || !isDiffusive else {
        throw EquationError(
          "\(system.unknowns[k].name) has no condition on the \(side.name) side, and '\(form.texts[k])' is of second order "
            + "there: add a dirichlet, neumann or robin condition")
      }
    }
  }

  /// The largest absolute value of a formula, with unknowns that are not given as random numbers.
  private func largest(_ node: Node) throws -> Double {
    try FormulaSampler(system, until: until).values(node).map(abs).max()!
  }
}

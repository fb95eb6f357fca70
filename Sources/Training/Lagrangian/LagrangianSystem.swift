import Equations
import Foundation
import Geometry
import Tensors

/// A convection-diffusion problem in labels: residuals of characteristics X(a, t) and of the unknowns u(a, t) along them.
///
/// For ∂ₜu + c(u, x, t)·∇u + rest = 0 they are ∂ₜX − c(u, X, t) and ∂ₜu + rest, where every derivative in space is one by the
/// inverse of the label Jacobian ∂X/∂a (see ``LagrangianDerivatives``). The unknowns of ``labels`` are those of the problem, in
/// their order, and then the displacement X − a − c̄ t along each axis, where c̄ is the mean velocity in the beginning along
/// periodic axes. So X is periodic up to the period, X(a, 0) = a is the initial condition 0, and adding a constant to the
/// velocity changes nothing but c̄.
///
/// Where diffusion holds a front together, labels that are carried by c alone pile up in it without end. Labels may diffuse like
/// the unknown instead: as functions of positions they solve ∂ₜa + c·∇a = D:∇∇a then, so that ∂ₜX = c − M (D:∇∇a) and
/// ∂ₜu + rest + (D:∇∇a)·∂u/∂a = 0 with M = ∂X/∂a. In a front they are as far apart as its width lets them be; without
/// diffusion they are the same.
///
/// Source: R. Mojgani, M. Balajewicz & P. Hassanzadeh, Comput. Methods Appl. Mech. Eng. 404 (2023); diffusing labels: P.
/// Constantin, Comm. Math. Phys. 216 (2001). The label Jacobian of the diffusion, the mean velocity and walls are additions.
public struct LagrangianSystem: Sendable {
  /// The problem at positions.
  public let system: PointwiseSystem
  /// The problem in labels: a ``PointwiseSystem`` that every loss, sampler and optimizer takes.
  public let labels: PointwiseSystem
  /// The problem's equations as transport and rest.
  public let form: ConvectionForm
  /// Which derivatives the residuals have.
  public let derivatives: LagrangianDerivatives
  /// What labels follow.
  public let motion: LabelMotion
  /// The final time.
  public let until: Double
  /// c̄ by axis.
  public let drift: [Double]
  /// What outputs of size 1 stand for: the spread of each unknown in the beginning, and of displacements along each axis.
  public let scales: [Double]

  /// Puts a problem into labels.
  ///
  /// - Parameters:
  ///   - system: The problem.
  ///   - until: The final time.
  ///   - derivatives: By the label Jacobian, unless for a comparison.
  ///   - motion: Whether labels diffuse like the unknown. They do not where derivatives are those by labels.
  ///   - removesDrift: Whether labels move with the mean velocity c̄; else c̄ is 0 and displacements are X − a.
  /// - Throws: `EquationError` for an equation without transport, for boundaries that characteristics cross, for missing
  ///   conditions; the sentence names the model to use instead.
  public init(
    _ system: PointwiseSystem, until: Double = 1, derivatives: LagrangianDerivatives = .positions,
    motion: LabelMotion = .diffusive, removesDrift: Bool = true
  ) throws {
    precondition(until > 0 && until.isFinite, "characteristics until t = \(until)")
    try system.requireBox(for: "a Lagrangian network (lpinn)")
    guard system.dimension <= 2 else {
      throw EquationError(
        "\(system.name) has three dimensions, and positions are turned back into labels in one and two: use the model pinn"
      )
    }
    let form = try ConvectionForm(system)
    let start = try InitialStates(system, form, until: until)
    let (walls, open) = (Walls(system, form, until: until), OpenSides(system, form, until: until))
    // A known velocity may cross sides: labels then begin beyond them.
    let isOpen = open.areKnown && !walls.areClosed
    if !isOpen { try walls.check() }
    let drift = zip(system.box.intervals, start.meanVelocity).map { $0.isPeriodic && removesDrift ? $1 : 0 }
    (self.system, self.form, self.until, self.drift) = (system, form, until, drift)
    self.derivatives = derivatives
    self.motion = derivatives == .labels ? .material : motion
    let (m, axes) = (system.unknowns.count, Array(Axis.allCases.prefix(system.dimension)))
    let displacement = axes.map { m + $0.rawValue }

    // An error of X counts as far as the state changes over it.
    let lengths = axes.map { axis in
      let interval = system.box.intervals[axis.rawValue]
      return min(
        max(start.length[axis.rawValue], 0.01 * (interval.upper - interval.lower)),
        0.25 * (interval.upper - interval.lower))
    }
    // Small enough for a network that is not trained to leave labels in their order.
    scales =
      start.spread
      + axes.map { axis in
        let carried = until * start.velocitySpread[axis.rawValue]
        return carried > 0 ? min(carried, lengths[axis.rawValue]) : lengths[axis.rawValue]
      }

    var labels = system
    labels.name = "\(system.name) in labels"
    if isOpen { labels.box = try open.labels(start.values) }
    labels.unknowns += axes.map { axis in
      var unknown = system.unknowns[0]
      unknown.name = "displacement_\(axis.name)"
      unknown.source = Unknown(name: "displacement_\(axis.name)", kind: .scalar)
      unknown.role = .value
      return unknown
    }
    labels.exact = Array(repeating: nil, count: labels.unknowns.count)
    let formulas = form.velocity + form.rest + system.conditions.map(\.node)
    let positions = try axes.map { axis in
      try Self.position(axis, in: system, drift[axis.rawValue], displacement[axis.rawValue], formulas, until)
    }
    var inLabels = LabelFormulas(
      positions: positions,
      derivatives: LabelDerivatives(
        dimension: system.dimension, displacement: displacement, drift: drift,
        kind: derivatives == .labels ? .labels : .positions))

    let axisDiffusion = try form.diffusion.map { try $0.map { try inLabels($0) } }
    let spreading =
      self.motion == .diffusive
      ? try inLabels.derivatives.labelDiffusion(axisDiffusion) : axes.map { _ in .zero }
    // Derivatives by positions are quotients by powers of det M. Times this they stay bounded where labels come close, so that a
    // training finds back from labels that have crossed; it is 1 elsewhere.
    let order = max(
      form.order, self.motion == .diffusive && !axisDiffusion.allSatisfy { $0.allSatisfy(\.isZero) } ? 2 : 0)
    let power = Double(self.motion == .diffusive && order == 2 ? 2 : 2 * order)
    // With a negative power, which is not expanded into the terms of det M.
    let quotient = Node.raise(inLabels.derivatives.determinant, .constant(-power))
    let weight =
      order == 0 || derivatives == .labels
      ? Node.one : .raise(.one + .constant(Foundation.pow(Self.closeness, power)) * quotient, .constant(-1))
    let spreads = !spreading.allSatisfy(\.isZero)
    labels.equations = try (0..<m).map { k in
      let slopes = axes.map { spreading[$0.rawValue] * .jet(Jet(k, MultiIndex($0))) }
      let residual = Node.sum(of: [.jet(Jet(k, timeOrder: 1)), try inLabels(form.rest[k])] + slopes)
      return .init(
        place: .inside, text: "along characteristics: \(form.texts[k])",
        node: .constant(until / start.spread[k]) * weight * residual)
    }
    labels.equations += try axes.map { axis in
      let i = axis.rawValue
      let row = inLabels.derivatives.matrix[i]
      let residual = Node.sum(
        of: [
          .jet(Jet(displacement[i], timeOrder: 1)), .constant(drift[i]), -(try inLabels(form.velocity[i])),
        ] + zip(row, spreading).map { $0 * $1 })
      return .init(
        place: .inside, text: "characteristics along \(axis.name)",
        node: .constant(until / lengths[i]) * (spreads ? weight : .one) * residual)
    }
    // Labels are positions in the beginning.
    labels.conditions = system.conditions.filter { $0.place == .initial }
    labels.conditions += axes.map { axis in
      .init(
        place: .initial, text: "labels are positions at t = 0", node: .jet(Jet(displacement[axis.rawValue])),
        assignment: (displacement[axis.rawValue], 0, .zero))
    }
    for axis in axes where !isOpen && !system.box.intervals[axis.rawValue].isPeriodic {
      for side in [Side(axis, upper: false), Side(axis, upper: true)] {
        labels.conditions.append(
          .init(
            place: .side(side), text: "characteristics stay on the \(side.name) side",
            node: .jet(Jet(displacement[axis.rawValue])), assignment: (displacement[axis.rawValue], 0, .zero))
        )
      }
    }
    for condition in system.conditions {
      // What comes through an open side is compared with its conditions already.
      guard !isOpen, case .side(let side) = condition.place else { continue }
      let interval = system.box.intervals[side.axis.rawValue]
      inLabels.positions[side.axis.rawValue] = .constant(side.isUpper ? interval.upper : interval.lower)
      defer { inLabels.positions[side.axis.rawValue] = positions[side.axis.rawValue] }
      var own = condition
      own.node = try inLabels(condition.node)
      own.assignment = try condition.assignment.map { ($0.unknown, $0.timeOrder, try inLabels($0.value)) }
      labels.conditions.append(own)
    }
    self.labels = labels
  }

  /// X along an axis over labels; back in the box where a formula has not the period of the axis.
  private static func position(
    _ axis: Axis, in system: PointwiseSystem, _ drift: Double, _ displacement: Int, _ formulas: [Node],
    _ until: Double
  ) throws -> Node {
    let plain = Node.coordinate(axis) + .constant(drift) * .time + .jet(Jet(displacement))
    let interval = system.box.intervals[axis.rawValue]
    guard interval.isPeriodic else { return plain }
    let period = interval.upper - interval.lower
    let sampler = FormulaSampler(system, until: until)
    let isPeriodic = try formulas.allSatisfy { formula in
      guard formula.contains(where: { $0 == .coordinate(axis) }) else { return true }
      let (here, there) = (try sampler.values(formula), try sampler.values(formula, moving: axis, by: period))
      let size = here.map(abs).max()!
      return zip(here, there).allSatisfy { abs($0 - $1) <= 1e-9 * max(size, 1e-300) }
    }
    guard !isPeriodic else { return plain }
    let middle = 0.5 * (interval.lower + interval.upper)
    let angle = (plain - .constant(middle)) * .constant(2 * .pi / period)
    // tan ½θ = sin θ / (1 + cos θ) has the period of the axis.
    return .constant(middle)
      + .constant(period / .pi) * .apply(.atan, .apply(.sin, angle) / (.one + .apply(.cos, angle)))
  }

  /// det ∂X/∂a where residuals begin to lose weight.
  private static let closeness = 0.1

  /// The index of the displacement along an axis among the unknowns of ``labels``.
  public func displacement(_ axis: Axis) -> Int { system.unknowns.count + axis.rawValue }

  /// Derivatives at fixed positions over derivatives at fixed labels, and det ∂X/∂a.
  var positionDerivatives: LabelDerivatives {
    LabelDerivatives(
      dimension: system.dimension,
      displacement: Axis.allCases.prefix(system.dimension).map(displacement), drift: drift)
  }
}

/// What stands for derivatives in space in residuals along characteristics.
public enum LagrangianDerivatives: String, Hashable, Sendable, Codable, CaseIterable {
  /// Derivatives with respect to positions, by the inverse of the label Jacobian.
  case positions
  /// Derivatives with respect to labels, as in the code that was published with the paper. They are those in space only
  /// where the label Jacobian is the identity: for comparisons.
  case labels
}

/// What labels follow.
public enum LabelMotion: String, Hashable, Sendable, Codable, CaseIterable {
  /// The velocity c, as in the paper.
  case material
  /// The velocity c and the diffusion of the unknown that gives it (Constantin 2001). Without diffusion it is the same.
  case diffusive
}

/// Formulas of positions turned into formulas of labels.
private struct LabelFormulas {
  /// X by axis.
  var positions: [Node]
  var derivatives: LabelDerivatives

  mutating func callAsFunction(_ formula: Node) throws -> Node {
    var jets: [Jet: Node] = [:]
    var found: [Jet] = []
    formula.visit { if case .jet(let jet) = $0, !found.contains(jet) { found.append(jet) } }
    for jet in found { jets[jet] = try derivatives(jet) }
    let positions = positions
    return formula.replacingTerminals { node in
      switch node {
      case .coordinate(let axis): positions[axis.rawValue]
      case .jet(let jet): jets[jet]
      default: nil
      }
    }
  }
}

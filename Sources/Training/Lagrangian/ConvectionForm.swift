import Equations
import Geometry
import Tensors

/// A system of evolution equations as ∂ₜuₖ + c·∇uₖ + restₖ = 0, with one velocity c(u, x, t) for all unknowns.
///
/// The velocity is that of the first unknown with a transport term. What another unknown is carried by beyond it stays in
/// its rest, so that the equations are the same whatever velocity is chosen. A diffusion −∇·(D ∇u) whose coefficient varies
/// in space carries nothing: its first-order part ∇D·∇u is no transport.
public struct ConvectionForm: Sendable {
  /// c, one formula of values, coordinates and time per axis.
  public let velocity: [Node]
  /// D of the unknown that gives the velocity: the rest contains −D:∇∇u, so far as D does not depend on derivatives.
  public let diffusion: [[Node]]
  /// restₖ by unknown: formulas of the unknowns and their derivatives in space.
  public let rest: [Node]
  /// The equation of each unknown as the user wrote it.
  public let texts: [String]
  /// The highest order in space of a derivative in the rests.
  public let order: Int

  /// Reads the equations of a problem.
  ///
  /// - Throws: `EquationError` that names the equation which is not of this form, and the model to use instead.
  public init(_ system: PointwiseSystem) throws {
    guard system.isEvolution else {
      throw EquationError(
        "\(system.name) is steady, and a Lagrangian network follows characteristics in time: use the model pinn"
      )
    }
    guard system.free.isEmpty else {
      throw EquationError(
        "'\(system.free[0].name)' is to be found from measurements, whose labels are not known before the characteristics are: "
          + "use the model pinn")
    }
    let count = system.unknowns.count
    guard system.equations.count == count else {
      throw EquationError(
        "\(system.name) has \(system.equations.count) equations for \(count) unknowns, and a Lagrangian network follows one "
          + "evolution equation for each: state as many, or use the model pinn")
    }
    var rows = [Row?](repeating: nil, count: count)
    for equation in system.equations {
      let row = try Row(equation, system)
      if let other = rows[row.unknown] {
        throw EquationError(
          "'\(other.text)' and '\(row.text)' both have the time derivative of \(system.unknowns[row.unknown].name): solve "
            + "them for one each, or use the model pinn")
      }
      rows[row.unknown] = row
    }
    let own = rows.map { $0! }
    texts = own.map(\.text)
    guard let carried = try own.first(where: { try $0.isCarried(system) }) else {
      let text = texts.map { "'\($0)'" }.joined(separator: " and ")
      throw EquationError(
        "\(text) \(count == 1 ? "has" : "have") no transport term c·∇u, so that there are no characteristics to follow: use "
          + "the model pinn")
    }
    velocity = carried.transport
    diffusion = carried.diffusion
    rest = try own.map { row in try row.rest(beside: carried.transport, dimension: system.dimension) }
    order = rest.map(\.highestSpatialOrder).max()!
  }
}

/// One equation, solved for its time derivative.
private struct Row {
  let unknown: Int
  let text: String
  /// b: what multiplies the first derivatives of the unknown, one formula per axis.
  var slopes: [Node]
  /// c = b + ∇·D, where D varies in space by itself.
  var transport: [Node]
  /// D, by rows.
  var diffusion: [[Node]]
  /// Everything but the time derivative and the terms of b.
  var others: [Node] = []

  init(_ equation: PointwiseSystem.Residual, _ system: PointwiseSystem) throws {
    text = equation.text
    let terms = try equation.node.expandedTerms()
    var mass: [Node] = []
    var carrier: Int?
    for term in terms {
      let whole = Node.constant(term.coefficient) * term.product
      guard whole.contains(where: { if case .jet(let jet) = $0 { jet.timeOrder > 0 } else { false } }) else {
        continue
      }
      let parts = term.factors.filter { $0.node.isTimeJet }
      guard parts.count == 1, parts[0].power == 1, case .jet(let jet) = parts[0].node, jet.timeOrder == 1,
        jet.orders == .zero,
        !term.factors.contains(where: { $0.node != parts[0].node && $0.node.dependsOnUnknowns })
      else {
        throw EquationError(
          "'\(text)' is not of the form ∂t u + c·∇u = right side with a first time derivative alone, so that it has no "
            + "characteristics of its own: use the model pinn")
      }
      guard carrier ?? jet.unknown == jet.unknown else {
        throw EquationError(
          "'\(text)' has time derivatives of \(system.unknowns[carrier!].name) and \(system.unknowns[jet.unknown].name): "
            + "solve the equations for one each, or use the model pinn")
      }
      carrier = jet.unknown
      let rest = term.factors.filter { $0.node != parts[0].node }
      mass.append(
        .constant(term.coefficient) * .product(of: rest.map { .raise($0.node, .constant(Double($0.power))) }))
    }
    guard let carrier else {
      throw EquationError(
        "'\(text)' has no time derivative: it binds the unknowns at every time instead of carrying one along "
          + "characteristics; use the model pinn")
    }
    unknown = carrier
    let inverse = Node.raise(.sum(of: mass), .constant(-1))
    slopes = Array(repeating: .zero, count: system.dimension)
    diffusion = Array(repeating: slopes, count: system.dimension)
    var second: [(axes: [Axis], cofactor: Node)] = []
    for term in terms where !term.factors.contains(where: { $0.node.isTimeJet }) {
      let whole = Node.constant(term.coefficient) * term.product * inverse
      let derivatives = term.factors.filter { $0.node.highestSpatialOrder > 0 }
      guard derivatives.count == 1, derivatives[0].power == 1, case .jet(let jet) = derivatives[0].node,
        jet.unknown == carrier, jet.orders.total <= 2
      else {
        others.append(whole)
        continue
      }
      let rest = term.factors.filter { $0.node != derivatives[0].node }
      let cofactor =
        .constant(term.coefficient) * inverse
        * .product(of: rest.map { .raise($0.node, .constant(Double($0.power))) })
      let axes = Axis.allCases.flatMap { Array(repeating: $0, count: jet.orders[$0]) }
      if axes.count == 1 {
        slopes[axes[0].rawValue] = slopes[axes[0].rawValue] + cofactor
      } else {
        others.append(whole)
        second.append((axes, cofactor))
      }
    }
    transport = slopes
    // b·∇u − D:∇∇u = c·∇u − ∇·(D ∇u) with c = b + ∇·D; the terms of second order have the factors −D.
    for (axes, cofactor) in second {
      for (a, b) in axes[0] == axes[1] ? [(axes[0], axes[1])] : [(axes[0], axes[1]), (axes[1], axes[0])] {
        let share = a == b ? cofactor : .constant(0.5) * cofactor
        diffusion[a.rawValue][b.rawValue] = diffusion[a.rawValue][b.rawValue] - share
        guard share.dependsOnSpace else { continue }
        let slope = try share.differentiated(.axis(a)).expandedTerms().filter { term in
          !term.factors.contains { $0.node.highestSpatialOrder > 0 }
        }
        transport[b.rawValue] =
          transport[b.rawValue]
          - .sum(of: slope.map { .constant($0.coefficient) * $0.product })
      }
    }
  }

  /// Whether c is anything but 0, by its values at random points.
  func isCarried(_ system: PointwiseSystem) throws -> Bool {
    try zip(transport, slopes).contains { velocity, slope in
      guard !velocity.isZero else { return false }
      let sampler = FormulaSampler(system, until: 1)
      let size = try sampler.values(velocity).map(abs).max()!
      return try size > 1e-12 * sampler.values(slope).map(abs).max()! && size > 0
    }
  }

  /// Everything beyond ∂ₜu + c·∇u for a velocity c.
  func rest(beside velocity: [Node], dimension: Int) throws -> Node {
    var terms = others
    for axis in Axis.allCases.prefix(dimension) {
      let left = try (slopes[axis.rawValue] - velocity[axis.rawValue]).expandedTerms()
      guard !left.isEmpty else { continue }
      let jet = Node.jet(Jet(unknown, MultiIndex(axis)))
      terms += left.map { .constant($0.coefficient) * $0.product * jet }
    }
    return .sum(of: terms)
  }
}

/// Values of formulas at random points, times and values of unknowns: what decides whether a formula vanishes, or has a period,
/// where its terms do not say so.
struct FormulaSampler {
  private let coordinates: [Tensor<Double>]
  private let time: Tensor<Double>
  private let states: [Tensor<Double>]
  private static let count = 64

  /// Points of the box of a system, times up to `until`, values of unknowns in (−1, 1).
  init(_ system: PointwiseSystem, until: Double) {
    var stream = RandomStream(seed: 0x1a9)
    coordinates = system.box.intervals.map {
      .randomUniform([Self.count, 1], in: $0.lower..<$0.upper, from: &stream)
    }
    time = .randomUniform([Self.count, 1], in: 0..<until, from: &stream)
    states = system.unknowns.map { _ in .randomUniform([Self.count, 1], in: -1..<1, from: &stream) }
  }

  /// The values at all points, of which one coordinate may be moved.
  func values(_ node: Node, moving axis: Axis? = nil, by shift: Double = 0) throws -> [Double] {
    var coordinates = coordinates
    if let axis { coordinates[axis.rawValue] = coordinates[axis.rawValue] + shift }
    let formula = PointFormula(coordinates: coordinates, time: time) { jet in
      // Derivatives are numbers of their own.
      jet.orders == .zero ? states[jet.unknown] : states[jet.unknown] * Double(jet.orders.total) + 0.25
    }
    return try formula(node).broadcast(to: [Self.count, 1]).elements
  }
}

extension Node {
  /// The highest order in space of a jet in the formula; 0 without any.
  var highestSpatialOrder: Int {
    var order = 0
    visit { if case .jet(let jet) = $0 { order = max(order, jet.orders.total) } }
    return order
  }

  fileprivate var isTimeJet: Bool {
    contains { if case .jet(let jet) = $0 { jet.timeOrder > 0 } else { false } }
  }
}

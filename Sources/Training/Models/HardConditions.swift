import Equations
import Geometry
import NeuralNetworks
import Tensors

/// A change of variables u = G + d N that makes a network N meet Dirichlet and initial conditions exactly.
///
/// G interpolates the data from side to side (transfinite interpolation, Gordon & Hall 1973) and takes up the initial
/// values; d vanishes, to first order, where a condition holds. Data that disagree where sides meet, or with the initial
/// values, are met on all places but those. Initial values that are not smooth where a period ends are left to the loss.
public struct HardConditions: Sendable {
  /// For one unknown: G and d.
  struct Lift: Sendable {
    var offset: Node
    var distance: Node
  }

  /// The unknowns' lifts, where they have conditions that can be met.
  let lifts: [Lift?]
  private let dimension: Int
  /// What the unknowns begin with, in place of the problem's initial conditions.
  private let state: InitialState?
  /// The conditions that are left to the loss.
  public let remaining: [PointwiseSystem.Residual]

  /// Meets all conditions that give an unknown's value on a side, or its initial value.
  ///
  /// - Parameters:
  ///   - system: The problem at points.
  ///   - until: The final time, which scales d.
  ///   - withPieces: Whether values on boundaries of plane regions may be met by functions of their segments and arcs, whose
  ///     Laplacians are infinite at corners that are bent inwards; else such values are left to the loss.
  /// - Throws: ``EquationError`` where data cannot be differentiated in time.
  public init(_ system: PointwiseSystem, until: Double = 1, withPieces: Bool = false) throws {
    try self.init(system, until: until, startingFrom: nil, withPieces: withPieces)
  }

  /// Meets conditions on sides, and begins with a state in place of the initial conditions, if there is one.
  ///
  /// - Parameter meetsSides: Whether conditions on sides are met, or left to the loss.
  init(
    _ system: PointwiseSystem, until: Double, startingFrom state: InitialState?, meetsSides: Bool = true,
    withPieces: Bool = false
  ) throws {
    dimension = system.dimension
    self.state = state
    var left = system.conditions.filter { state == nil || $0.place != .initial }
    var lifts: [Lift?] = []
    for unknown in system.unknowns.indices {
      // Within a lift, a jet stands for a function of the state.
      var own: [(PointwiseSystem.Place, Int, Node)] = (state?.functions ?? []).filter {
        $0.unknown == unknown
      }
      .map { (.initial, $0.timeOrder, .jet($0)) }
      guard meetsSides else {
        lifts.append(try Self.lift(own, system, until: until, boundary: nil))
        continue
      }
      let lift = Self.regionLift(of: unknown, system, withPieces: withPieces)
      left.removeAll { condition in
        guard let (index, order, value) = condition.assignment, index == unknown,
          !value.contains(where: { if case .jet = $0 { true } else { false } })
        else { return false }
        if order > 0, condition.place != .initial { return false }
        if case .boundary = condition.place { return lift != nil }
        guard condition.place != .initial || Self.isSmoothAcrossPeriods(value, of: unknown, system) else {
          return false
        }
        own.append((condition.place, order, value))
        return true
      }
      lifts.append(try Self.lift(own, system, until: until, boundary: lift))
    }
    self.lifts = lifts
    remaining = left
  }

  /// What meets an unknown's values on boundaries of a region, where something smooth does. Meshes are left to the loss.
  private static func regionLift(of unknown: Int, _ system: PointwiseSystem, withPieces: Bool) -> RegionLift?
  {
    guard case .region(let geometry) = system.extent else { return nil }
    var values: [(name: String, value: Node)] = []
    for condition in system.conditions {
      guard case .boundary(let name) = condition.place, let given = condition.assignment,
        given.unknown == unknown, given.timeOrder == 0
      else { continue }
      let isFormula = !given.value.contains {
        switch $0 {
        case .jet, .normal: true
        default: false
        }
      }
      guard isFormula, !values.contains(where: { $0.name == name }) else { return nil }
      values.append((name, given.value))
    }
    return RegionLift(values, on: geometry, withPieces: withPieces)
  }

  /// Whether initial values, continued periodically, have the derivatives that the equations need where a period ends.
  ///
  /// A lift with a kink there would be a source that no residual inside sees.
  private static func isSmoothAcrossPeriods(_ value: Node, of unknown: Int, _ system: PointwiseSystem) -> Bool
  {
    var stream = RandomStream(seed: 0)
    let columns = system.box.intervals.map { interval in
      Tensor<Double>.randomUniform([8, 1], in: interval.lower..<interval.upper, from: &stream)
    }
    let formula = PointFormula(coordinates: columns, time: nil) { _ in Tensor(0) }
    for (axis, interval) in zip(Axis.allCases, system.box.intervals) where interval.isPeriodic {
      var order = 0
      for equation in system.equations {
        equation.node.visit {
          if case .jet(let jet) = $0, jet.unknown == unknown { order = max(order, jet.orders[axis]) }
        }
      }
      var derivative = value
      for k in 0..<max(order, 1) {
        if k > 0 {
          guard let next = try? derivative.differentiated(.axis(axis)) else { return false }
          derivative = next
        }
        guard let lower = try? formula(derivative.substituting(axis, interval.lower)),
          let upper = try? formula(derivative.substituting(axis, interval.upper))
        else { return false }
        let size = max(1, lower.maxMagnitude(), upper.maxMagnitude())
        if (lower - upper).maxMagnitude() > 1e-9 * size { return false }
      }
    }
    return true
  }

  private static func lift(
    _ conditions: [(place: PointwiseSystem.Place, timeOrder: Int, value: Node)], _ system: PointwiseSystem,
    until: Double, boundary: RegionLift?
  ) throws -> Lift? {
    guard !conditions.isEmpty || boundary != nil else { return nil }
    var offset = boundary?.offset ?? .zero
    var distance = boundary?.distance ?? .one
    for axis in Axis.allCases.prefix(system.dimension) {
      let interval = system.box.intervals[axis.rawValue]
      let (a, b) = (interval.lower, interval.upper)
      func data(_ upper: Bool) -> Node? {
        conditions.first { $0.place == .side(Side(axis, upper: upper)) }?.value
      }
      // What is still missing on a side.
      func gap(_ data: Node, _ bound: Double) -> Node {
        let at = { (node: Node) in node.substituting(axis, bound) }
        return at(data) - at(offset)
      }
      let x = Node.coordinate(axis)
      let fraction = (x - .constant(a)) * .constant(1 / (b - a))
      switch (data(false), data(true)) {
      case (nil, nil): continue
      case (let lower?, nil):
        offset = offset + gap(lower, a)
        distance = distance * fraction
      case (nil, let upper?):
        offset = offset + gap(upper, b)
        distance = distance * (.one - fraction)
      case (let lower?, let upper?):
        offset = offset + (.one - fraction) * gap(lower, a) + fraction * gap(upper, b)
        distance = distance * .constant(4) * fraction * (.one - fraction)
      }
    }
    let start = { (node: Node) in node.replacingTerminals { $0 == .time ? .zero : nil } }
    if let value = conditions.first(where: { $0.place == .initial && $0.timeOrder == 0 })?.value {
      let boundary = offset
      let fraction = Node.time * .constant(1 / until)
      offset = offset + value - start(boundary)
      if let rate = conditions.first(where: { $0.place == .initial && $0.timeOrder == 1 })?.value {
        offset = offset + .time * (rate - start(try boundary.timeDerivative()))
        distance = distance * fraction * fraction
      } else {
        distance = distance * fraction
      }
    }
    return Lift(offset: offset, distance: distance)
  }

  /// The unknowns for a network's outputs at points, both [points, unknowns].
  func callAsFunction<Scalar>(_ outputs: Tensor<Scalar>, at points: Tensor<Scalar>) -> Tensor<Scalar> {
    guard lifts.contains(where: { $0 != nil }) else { return outputs }
    let columns = state.map { Dictionary(uniqueKeysWithValues: zip($0.functions, $0.series(points))) } ?? [:]
    let formula = PointFormula(points: points, dimension: dimension) { columns[$0] ?? Tensor(0) }
    let values = lifts.enumerated().map { unknown, lift -> Tensor<Scalar> in
      let column = outputs.slice(axis: 1, unknown..<unknown + 1)
      guard let lift, let offset = try? formula(lift.offset), let distance = try? formula(lift.distance)
      else {
        return column
      }
      return offset + distance * column
    }
    return values.count == 1 ? values[0] : .concatenated(values, axis: 1)
  }
}

extension Node {
  fileprivate func substituting(_ axis: Axis, _ value: Double) -> Node {
    replacingTerminals { $0 == .coordinate(axis) ? .constant(value) : nil }
  }
}

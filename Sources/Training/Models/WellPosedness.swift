import Equations
import Geometry
import Tensors

/// What is missing among the conditions of a problem, or contradicts itself, as far as counting and values tell: a network
/// would settle for any of the solutions, or for a compromise, without a word.
///
/// It is no proof of well-posedness. Derivatives in time ask for as many initial conditions, derivatives of second order in
/// space for conditions on all sides, such of first order for one on some side; values that are given twice must agree.
public struct WellPosedness: Sendable {
  /// Conditions that exclude each other, in sentences.
  public private(set) var contradictions: [String] = []
  /// What is missing, or meets only in the limit, in sentences.
  public private(set) var remarks: [String] = []

  private let system: PointwiseSystem
  private let until: Double

  /// Looks at the conditions of a problem.
  ///
  /// - Parameter until: The final time.
  public init(_ system: PointwiseSystem, until: Double = 1) {
    (self.system, self.until) = (system, until)
    for unknown in system.unknowns.indices {
      checkInitial(unknown)
      checkSides(unknown)
    }
    checkTwice()
    checkCorners()
    checkConstants()
  }

  private func name(_ unknown: Int, timeOrder: Int = 0) -> String {
    let u = system.unknowns[unknown].name
    return timeOrder == 0 ? u : timeOrder == 1 ? "dt(\(u))" : "the \(timeOrder)th time derivative of \(u)"
  }

  /// The highest order of an unknown's derivatives in the equations.
  private func order(of unknown: Int, _ order: (Jet) -> Int) -> Int {
    var highest = 0
    for equation in system.equations {
      equation.node.visit {
        if case .jet(let jet) = $0, jet.unknown == unknown { highest = max(highest, order(jet)) }
      }
    }
    return highest
  }

  private func conditions(on unknown: Int) -> [PointwiseSystem.Residual] {
    system.conditions.filter { condition in
      condition.node.contains { if case .jet(let jet) = $0 { jet.unknown == unknown } else { false } }
    }
  }

  private mutating func checkInitial(_ unknown: Int) {
    let order = order(of: unknown) { $0.timeOrder }
    let given = conditions(on: unknown).filter { $0.place == .initial }
    for k in 0..<order {
      let isGiven = given.contains { condition in
        condition.assignment.map { $0.unknown == unknown && $0.timeOrder == k }
          ?? condition.node.contains {
            if case .jet(let jet) = $0 { jet.unknown == unknown && jet.timeOrder == k } else { false }
          }
      }
      if !isGiven {
        remarks.append(
          "\(name(unknown)) has a time derivative of order \(order), and no condition says what \(name(unknown, timeOrder: k)) "
            + "begins with: add .initial(\(name(unknown, timeOrder: k)) == …), or expect any of the solutions"
        )
      }
    }
    if order == 0, let condition = given.first {
      remarks.append(
        "'\(condition.text)' gives a beginning to \(name(unknown)), whose time derivative no equation contains: leave it "
          + "out unless it agrees with the equations")
    }
  }

  private mutating func checkSides(_ unknown: Int) {
    let own = conditions(on: unknown)
    let named = own.contains { if case .side = $0.place { false } else { $0.place != .initial } }
    for axis in Axis.allCases.prefix(system.dimension) where !system.box.intervals[axis.rawValue].isPeriodic {
      let order = order(of: unknown) { $0.orders[axis] }
      let sides = [Side(axis, upper: false), Side(axis, upper: true)]
      let bare = sides.filter { side in !own.contains { $0.place == .side(side) } }
      // A pressure has first derivatives without being transported.
      let moves = system.unknowns.count == 1 || self.order(of: unknown) { $0.timeOrder } > 0
      guard !named, order > 0, !bare.isEmpty, order > 1 || (moves && bare.count == 2) else { continue }
      let places = bare.map(\.name).joined(separator: " and ")
      remarks.append(
        order > 1
          ? "\(name(unknown)) has derivatives of order \(order) along \(axis.name), and no condition on \(places): add "
            + "one, such as .dirichlet(\(name(unknown)) == …), or expect any of the solutions"
          : "\(name(unknown)) is transported along \(axis.name), and no condition says what comes in at either end: add one "
            + "where it does, or expect any of the solutions")
    }
  }

  /// Values of a formula without unknowns at points of a place, or nil where it has some.
  private func values(_ node: Node, at points: Tensor<Double>) -> [Double]? {
    guard !node.contains(where: { if case .jet = $0 { true } else { false } }) else { return nil }
    let columns = system.dimension + (system.isEvolution ? 1 : 0)
    let table = points.shape[1] > columns ? points.slice(axis: 1, 0..<columns) : points
    let formula = PointFormula(points: table, dimension: system.dimension) { _ in Tensor(0) }
    return try? formula(node).broadcast(to: [points.shape[0], 1]).elements
  }

  private func points(_ place: PointwiseSystem.Place) -> Tensor<Double> {
    CollocationSampler(inside: 32, boundary: 32, seed: 5)
      .points(place, of: system, until: until, round: 0, count: 32)
  }

  /// The largest difference of two formulas at points, against the size of both.
  private func gap(_ a: Node, _ b: Node, at points: Tensor<Double>) -> Double? {
    guard let first = values(a, at: points), let second = values(b, at: points) else { return nil }
    let size = max(1e-300, (first + second).map(abs).max() ?? 0)
    return zip(first, second).map { abs($0 - $1) }.max().map { $0 / max(size, 1e-3) }
  }

  private mutating func checkTwice() {
    let given = system.conditions.filter { $0.assignment != nil }
    for (i, first) in given.enumerated() {
      for second in given[(i + 1)...] where second.place == first.place {
        let (a, b) = (first.assignment!, second.assignment!)
        guard a.unknown == b.unknown, a.timeOrder == b.timeOrder,
          let gap = gap(a.value, b.value, at: points(first.place)), gap > 1e-9
        else { continue }
        contradictions.append(
          "'\(first.text)' and '\(second.text)' give \(name(a.unknown, timeOrder: a.timeOrder)) different values at the same "
            + "place (\(first.place.name)): keep one of them")
      }
    }
  }

  /// Initial values against values on sides, where both hold.
  private mutating func checkCorners() {
    guard system.isEvolution else { return }
    for start in system.conditions where start.place == .initial {
      guard let initial = start.assignment, initial.timeOrder == 0 else { continue }
      for condition in system.conditions {
        guard condition.place != .initial, condition.place != .inside, let side = condition.assignment,
          side.unknown == initial.unknown, side.timeOrder == 0
        else { continue }
        var table = points(condition.place)
        let column = system.dimension
        table = Tensor(
          shape: table.shape,
          table.elements.enumerated().map { $0 % table.shape[1] == column ? 0 : $1 })
        if let gap = gap(initial.value, side.value, at: table), gap > 1e-6 {
          remarks.append(
            "\(name(initial.unknown)) begins with other values than '\(condition.text)' gives it on \(condition.place.name): "
              + "the solution jumps there at t = 0, by up to \(Self.percent(gap)) of its size")
        }
      }
    }
  }

  /// Unknowns of steady problems that only occur by their derivatives.
  private mutating func checkConstants() {
    for unknown in system.unknowns.indices where order(of: unknown, { $0.timeOrder }) == 0 {
      let isBare: (Node) -> Bool = { node in
        if case .jet(let jet) = node {
          return jet.unknown == unknown && jet.orders == .zero && jet.timeOrder == 0
        }
        return false
      }
      let all = system.equations + system.conditions
      let occurs = all.contains { residual in
        residual.node.contains { if case .jet(let jet) = $0 { jet.unknown == unknown } else { false } }
      }
      if occurs, !all.contains(where: { $0.node.contains(where: isBare) }) {
        remarks.append(
          "only derivatives of \(name(unknown)) occur, so that it is determined up to a constant: errors compare values, fix "
            + "it by a condition if they are wanted")
      }
    }
  }

  private static func percent(_ part: Double) -> String {
    part >= 0.095 ? "\(Int((100 * part).rounded())) %" : "a \(Int((1 / part).rounded()))th"
  }
}

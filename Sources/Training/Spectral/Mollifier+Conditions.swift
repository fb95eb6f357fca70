import Equations
import Geometry
import NeuralNetworks
import Tensors

/// The conditions of a problem sorted by unknown, and whether they determine it.
struct SpectralConditions {
  private(set) var byUnknown: [Int: UnknownConditions] = [:]
  private let system: PointwiseSystem

  /// Sorts conditions.
  ///
  /// - Parameters:
  ///   - inputs: Unknowns that are given.
  ///   - initial: Formulas of initial states that are inputs, by unknown.
  /// - Throws: `EquationError` naming a condition that is missing, stated twice, or that no mollifier meets.
  init(_ system: PointwiseSystem, inputs: Set<Int>, initial: [Int: Node], solved: [Int]) throws {
    self.system = system
    for unknown in solved {
      byUnknown[unknown] = UnknownConditions()
      byUnknown[unknown]!.initial = initial[unknown]
    }
    for condition in system.conditions { try add(condition, inputs) }
    for unknown in solved { try checkComplete(unknown) }
  }

  private mutating func add(_ condition: PointwiseSystem.Residual, _ inputs: Set<Int>) throws {
    guard let (unknown, order, value) = condition.assignment, byUnknown[unknown] != nil,
      !value.contains(where: { if case .jet(let jet) = $0 { !inputs.contains(jet.unknown) } else { false } })
    else {
      throw EquationError(
        "no mollifier meets the condition '\(condition.text)': values of unknowns and initial rates can be met, so state it by "
          + "them, or take the model 'pinn'")
    }
    try SpectralTerms.checkSmooth(value, condition.text)
    var own = byUnknown[unknown]!
    switch condition.place {
    case .initial where order == 0:
      guard own.initial == nil else { throw twice(condition) }
      own.initial = value
    case .initial where order == 1:
      guard own.rate == nil else { throw twice(condition) }
      own.rate = value
    case .side(let side) where order == 0:
      guard own.sides[side] == nil else { throw twice(condition) }
      own.sides[side] = value
    default:
      throw EquationError(
        "no mollifier meets the condition '\(condition.text)': state the value itself, or take the model 'pinn'"
      )
    }
    byUnknown[unknown] = own
  }

  private func twice(_ condition: PointwiseSystem.Residual) -> EquationError {
    EquationError(
      "the condition '\(condition.text)' is a second one for the same unknown and place: leave one of them out"
    )
  }

  /// The highest order of derivatives of an unknown along an axis, or in time where that is left out.
  private func order(_ unknown: Int, _ axis: Axis?) -> Int {
    var order = 0
    for equation in system.equations {
      equation.node.visit {
        guard case .jet(let jet) = $0, jet.unknown == unknown else { return }
        order = max(order, axis.map { jet.orders[$0] } ?? jet.timeOrder)
      }
    }
    return order
  }

  /// A problem with too few or too many conditions has no solution that could be learned, or many.
  private func checkComplete(_ unknown: Int) throws {
    let own = byUnknown[unknown]!
    let name = system.unknowns[unknown].name
    let rates = order(unknown, nil)
    guard rates <= 2 else {
      throw EquationError(
        "'\(name)' has a time derivative of order \(rates): state the problem as a system of first order")
    }
    if rates > 0, own.initial == nil {
      throw EquationError(
        "\(system.name) has no initial condition for '\(name)': add one, or name its initial state as an input"
      )
    }
    if rates == 2, own.rate == nil {
      throw EquationError("\(system.name) has no initial rate of '\(name)': add .initial(dt(\(name)) == …)")
    }
    if rates < 2, own.rate != nil || rates == 0 && own.initial != nil {
      throw EquationError(
        "'\(name)' of \(system.name) has an initial condition more than its time derivatives determine: leave it out"
      )
    }
    for axis in Axis.allCases.prefix(system.dimension) {
      let given = [false, true].filter { own.sides[Side(axis, upper: $0)] != nil }.count
      let needed = order(unknown, axis)
      let isPeriodic = system.box.intervals[axis.rawValue].isPeriodic
      guard isPeriodic || needed <= 2 else {
        throw EquationError(
          "'\(name)' has a derivative of order \(needed) on the bounded axis \(axis.name), and no mollifier meets the "
            + "conditions of such: take the model 'pinn'")
      }
      guard !isPeriodic, given != needed else { continue }
      // A multiplier such as a pressure has derivatives and no conditions.
      if given == 0, rates == 0, needed == 1 { continue }
      throw EquationError(
        "\(system.name) gives '\(name)' on \(given) of the two sides along \(axis.name), and its derivatives of order "
          + "\(needed) there ask for \(needed): state that many Dirichlet conditions, or make the axis periodic"
      )
    }
  }

  /// Whether equations see an unknown by its derivatives in space alone.
  private func isFreeUpToConstant(_ unknown: Int) -> Bool {
    !system.equations.contains { equation in
      equation.node.contains {
        if case .jet(let jet) = $0 { jet.unknown == unknown && jet.orders == .zero } else { false }
      }
    }
  }

  /// The form of an unknown: what is asked for, where its conditions agree.
  ///
  /// - Throws: `EquationError` for a form that contradicts a condition.
  func form(_ unknown: Int, asked: Mollifier.Form?) throws -> Mollifier.Form {
    let own = byUnknown[unknown]!
    let name = system.unknowns[unknown].name
    let isGauged = own.isEmpty && system.box.isPeriodic && isFreeUpToConstant(unknown)
    let needed: Mollifier.Form =
      !own.sides.isEmpty ? .dirichlet : own.initial != nil ? .initial : isGauged ? .zeroMean : .unconstrained
    guard let asked, asked != needed else { return needed }
    if isGauged, asked == .zeroAtOrigin { return asked }
    let reason: String =
      switch needed {
      case .dirichlet: "'\(name)' is given on sides of the box"
      case .initial: "the initial state of '\(name)' is given"
      case .zeroMean, .zeroAtOrigin: "'\(name)' is free up to a constant, which must be chosen"
      case .unconstrained: "the equations determine '\(name)' without a condition"
      }
    throw EquationError(
      "the mollifier '\(asked.rawValue)' contradicts \(system.name): \(reason), so take '\(needed.rawValue)'"
        + (isGauged ? " or 'zeroAtOrigin'" : ""))
  }
}

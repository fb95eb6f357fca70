import Equations
import Foundation
import Geometry
import Tensors

/// What the initial state says of sizes: how much unknowns and velocities vary, and over which lengths.
struct InitialStates {
  /// Initial values by unknown.
  let values: [Node]
  /// The root mean square of each unknown about its mean; of the unknown itself, or 1, where it is constant, or 0.
  private(set) var spread: [Double] = []
  /// The mean of c over the box and all times for unknowns as in the beginning, by axis.
  private(set) var meanVelocity: [Double] = []
  /// The root mean square of c about its mean.
  private(set) var velocitySpread: [Double] = []
  /// The length along each axis over which unknowns change by their spread: the smallest of all unknowns'.
  private(set) var length: [Double] = []

  /// - Throws: `EquationError` where an unknown has no initial value.
  init(_ system: PointwiseSystem, _ form: ConvectionForm, until: Double) throws {
    let count = system.dimension == 1 ? 1024 : 4096
    let table: Tensor<Double> = CollocationSampler(pattern: .halton, inside: count, boundary: 0).points(
      .inside, of: system, until: until, count: count)
    func values(_ node: Node, _ states: [Node]) throws -> [Double] {
      let formula = PointFormula(points: table, dimension: system.dimension) { _ in Tensor(0) }
      let known = node.replacingTerminals { terminal in
        guard case .jet(let jet) = terminal else { return nil }
        return jet.orders == .zero && jet.timeOrder == 0 ? states[jet.unknown] : nil
      }
      return try formula(known).broadcast(to: [count, 1]).elements
    }
    let states = try system.unknowns.enumerated().map { i, unknown -> Node in
      let own = system.conditions.filter { $0.place == .initial && $0.assignment?.unknown == i }
      guard let value = own.first(where: { $0.assignment!.timeOrder == 0 })?.assignment!.value,
        !value.contains(where: { if case .jet = $0 { true } else { false } })
      else {
        throw EquationError(
          "\(system.name) gives no initial value of \(unknown.name), from which its characteristics start: add "
            + ".initial(\(unknown.name) == …)")
      }
      return value
    }
    self.values = states
    func mean(_ x: [Double]) -> Double { x.reduce(0, +) / Double(x.count) }
    func deviation(_ x: [Double]) -> Double {
      let middle = mean(x)
      return mean(x.map { ($0 - middle) * ($0 - middle) }).squareRoot()
    }
    length = Array(repeating: .infinity, count: system.dimension)
    for state in states {
      let own = try values(state, states)
      guard own.allSatisfy(\.isFinite) else {
        throw EquationError(
          "an initial value of \(system.name), '\(ScalarField(state))', is not finite everywhere in the box: correct it, or the box"
        )
      }
      let (size, change) = (mean(own.map { $0 * $0 }).squareRoot(), deviation(own))
      spread.append(change > 1e-12 * size && change > 0 ? change : size > 0 ? size : 1)
      for axis in Axis.allCases.prefix(system.dimension) {
        guard let slope = try? values(state.differentiated(.axis(axis)), states), change > 0 else { continue }
        let steepness = mean(slope.map { $0 * $0 }).squareRoot()
        if steepness > 0 { length[axis.rawValue] = min(length[axis.rawValue], change / steepness) }
      }
    }
    for component in form.velocity {
      let own = try values(component, states)
      guard own.allSatisfy(\.isFinite) else {
        throw EquationError(
          "the velocity '\(ScalarField(component))' of '\(form.texts[0])' is not finite everywhere in the box: correct it, or the box"
        )
      }
      meanVelocity.append(mean(own))
      let change = deviation(own)
      velocitySpread.append(change > 1e-12 * abs(mean(own)) ? change : 0)
    }
  }
}

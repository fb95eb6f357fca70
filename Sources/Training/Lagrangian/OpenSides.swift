import Equations
import Geometry
import Tensors

/// Sides that a known velocity crosses: labels begin beyond them, where the initial state is continued by its formula.
///
/// That is the solution of the problem where equations are of first order, the velocity does not depend on unknowns, and
/// what characteristics bring to the sides is what the conditions there say, which is checked by integrating them.
struct OpenSides {
  private let system: PointwiseSystem
  private let form: ConvectionForm
  private let until: Double
  private static let steps = 64

  init(_ system: PointwiseSystem, _ form: ConvectionForm, until: Double) {
    (self.system, self.form, self.until) = (system, form, until)
  }

  /// Whether characteristics are known before the solution is.
  var areKnown: Bool { form.order == 0 && !form.velocity.contains(where: \.dependsOnUnknowns) }

  /// The box of labels that characteristics bring into the box of positions until the final time.
  ///
  /// - Parameter states: Initial values by unknown.
  /// - Throws: `EquationError` where they bring something else to a side than its conditions say, or a condition is missing.
  func labels(_ states: [Node]) throws -> Box {
    var box = system.box
    for axis in Axis.allCases.prefix(system.dimension) where !system.box.intervals[axis.rawValue].isPeriodic {
      for side in [Side(axis, upper: false), Side(axis, upper: true)] {
        let (x, t) = points(on: side)
        let a = try traced(x, from: t, to: t * 0.0)
        try check(side, x, t, a, states)
        for other in Axis.allCases.prefix(system.dimension) {
          let i = other.rawValue
          guard !box.intervals[i].isPeriodic else { continue }
          let (low, high) = (a[i].elements.min()!, a[i].elements.max()!)
          let margin = 0.01 * (system.box.intervals[i].upper - system.box.intervals[i].lower)
          if low < box.intervals[i].lower { box.intervals[i].lower = low - margin }
          if high > box.intervals[i].upper { box.intervals[i].upper = high + margin }
        }
      }
    }
    return box
  }

  /// Points of a side, one column per axis, and times.
  private func points(on side: Side) -> (x: [Tensor<Double>], t: Tensor<Double>) {
    let across = system.dimension == 1 ? 1 : 33
    let table = (0..<across).flatMap { i in
      (1...16).map { (Double(i) / Double(max(across - 1, 1)), Double($0) / 16) }
    }
    let x = Axis.allCases.prefix(system.dimension).map { axis -> Tensor<Double> in
      let interval = system.box.intervals[axis.rawValue]
      return Tensor(
        shape: [table.count, 1],
        table.map { s, _ in
          axis == side.axis
            ? (side.isUpper ? interval.upper : interval.lower)
            : interval.lower + s * (interval.upper - interval.lower)
        })
    }
    return (x, Tensor(shape: [table.count, 1], table.map { until * $1 }))
  }

  private func formula(_ x: [Tensor<Double>], _ t: Tensor<Double>, _ u: [Tensor<Double>]) -> (Node) throws
    -> Tensor<Double>
  {
    let formula = PointFormula(coordinates: x, time: t) { jet in u[jet.unknown] }
    return { try formula($0).broadcast(to: t.shape) }
  }

  /// Positions, and unknowns where there are any, carried from times to times by the Runge-Kutta method of fourth order.
  private func carried(
    _ x: [Tensor<Double>], _ u: [Tensor<Double>], from start: Tensor<Double>, to end: Tensor<Double>
  ) throws -> [Tensor<Double>] {
    let step = (end - start) * (1 / Double(Self.steps))
    let count = x.count
    var (y, t) = (x + u, start)
    func slope(_ y: [Tensor<Double>], _ t: Tensor<Double>) throws -> [Tensor<Double>] {
      let value = formula(Array(y.prefix(count)), t, Array(y.dropFirst(count)))
      return try form.velocity.map { try value($0) * step }
        + (u.isEmpty ? [] : form.rest.map { try value($0) * step * -1.0 })
    }
    func moved(_ y: [Tensor<Double>], _ k: [Tensor<Double>], _ part: Double) -> [Tensor<Double>] {
      zip(y, k).map { $0 + $1 * part }
    }
    for _ in 0..<Self.steps {
      let k1 = try slope(y, t)
      let k2 = try slope(moved(y, k1, 0.5), t + step * 0.5)
      let k3 = try slope(moved(y, k2, 0.5), t + step * 0.5)
      let k4 = try slope(moved(y, k3, 1), t + step)
      for i in y.indices { y[i] = y[i] + (k1[i] + k2[i] * 2.0 + k3[i] * 2.0 + k4[i]) * (1 / 6.0) }
      t = t + step
    }
    return y
  }

  private func traced(_ x: [Tensor<Double>], from start: Tensor<Double>, to end: Tensor<Double>) throws
    -> [Tensor<Double>]
  { try carried(x, [], from: start, to: end) }

  /// Compares what characteristics bring to a side with its conditions.
  private func check(
    _ side: Side, _ x: [Tensor<Double>], _ t: Tensor<Double>, _ a: [Tensor<Double>], _ states: [Node]
  ) throws {
    let zero = t * 0.0
    let start = try states.map { try formula(a, zero, [])($0) }
    let brought = Array(try carried(a, start, from: zero, to: t).dropFirst(system.dimension))
    let velocity = try formula(x, t, [])(form.velocity[side.axis.rawValue]).elements
    let flowsIn = velocity.contains { side.isUpper ? $0 < 0 : $0 > 0 }
    for (k, unknown) in system.unknowns.enumerated() {
      let given = system.conditions.first {
        $0.place == .side(side) && $0.assignment?.unknown == k && $0.assignment?.timeOrder == 0
      }
      guard let value = given?.assignment?.value else {
        guard flowsIn else { continue }
        throw EquationError(
          "\(unknown.name) has no value on the \(side.name) side, through which characteristics of '\(form.texts[k])' enter: add "
            + "a dirichlet condition, or make the axis \(side.axis.name) periodic")
      }
      let expected = try formula(x, t, brought)(value)
      let size = max(expected.maxMagnitude(), start[k].maxMagnitude(), 1e-300)
      guard (expected - brought[k]).maxMagnitude() <= 1e-4 * size else {
        throw EquationError(
          "characteristics of '\(form.texts[k])' cross the \(side.name) side, and the condition '\(given!.text)' there is not what "
            + "they bring from the initial state: make the axis \(side.axis.name) periodic, or use the model pinn"
        )
      }
    }
  }
}

import Algebra
import Tensors

/// A symbol that acts on vectors, so that small systems can be stepped directly.
package protocol ActingSymbol: LinearSymbol {
  /// The product with a vector of the symbol's size.
  func applied(to vector: [Complex<Double>]) -> [Complex<Double>]
}

extension Complex: ActingSymbol where Scalar == Double {
  package func applied(to vector: [Complex<Double>]) -> [Complex<Double>] { vector.map { self * $0 } }
}

extension SmallComplexMatrix: ActingSymbol {
  package func applied(to vector: [Complex<Double>]) -> [Complex<Double>] {
    (0..<rows).map { i in
      (0..<columns).reduce(into: Complex<Double>.zero) { sum, j in sum += self[i, j] * vector[j] }
    }
  }
}

extension DenseSymbol: ActingSymbol {
  package func applied(to vector: [Complex<Double>]) -> [Complex<Double>] {
    (0..<size).map { i in
      (0..<size).reduce(into: Complex<Double>.zero) { sum, j in sum += self[i, j] * vector[j] }
    }
  }
}

/// The loop that every `SemilinearMethod` means, in its plainest form: u′ = L u + N(u, t) for one small system.
///
/// It is what faster engines are to agree with. Steps are of equal length.
package struct ReferenceStepper<Z: ActingSymbol> {
  package typealias Vector = [Complex<Double>]

  package let method: any SemilinearMethod
  package let linear: Z
  package let nonlinear: (Vector, Double) -> Vector

  package init(
    method: any SemilinearMethod, linear: Z, nonlinear: @escaping (Vector, Double) -> Vector
  ) {
    self.method = method
    self.linear = linear
    self.nonlinear = nonlinear
  }

  /// The pair (u, N(u)) at the start of one step.
  private struct Level {
    let state: Vector
    let nonlinear: Vector
  }

  /// The state at the end, after the given number of equal steps.
  package func solve(from start: Double, to end: Double, steps: Int, initial: Vector) -> Vector {
    let h = (end - start) / Double(steps)
    let table = method.table(h * linear)
    var state = initial
    var previous: [Level] = []
    for n in 0..<steps {
      let time = start + Double(n) * h
      let current = Level(state: state, nonlinear: nonlinear(state, time))
      if n < method.history, let starter = method.startingMethod {
        state = ReferenceStepper(method: starter, linear: linear, nonlinear: nonlinear)
          .solve(from: time, to: time + h, steps: method.startingSubsteps, initial: state)
      } else {
        state = step(table, h, time, current, previous).state
      }
      previous.insert(current, at: 0)
      if previous.count > method.history { previous.removeLast() }
    }
    return state
  }

  /// One step of a one-step method: the new state, and û − u if the method is embedded.
  package func step(from time: Double, by h: Double, state: Vector) -> (state: Vector, error: Vector?) {
    step(method.table(h * linear), h, time, Level(state: state, nonlinear: nonlinear(state, time)), [])
  }

  private func step(
    _ table: StageTable<Z>, _ h: Double, _ time: Double, _ current: Level, _ previous: [Level]
  ) -> (state: Vector, error: Vector?) {
    var values = [current.nonlinear]
    for (j, row) in table.stages.enumerated() {
      let stage = combination(row, h, current, previous, values)
      values.append(nonlinear(stage, time + method.nodes[j + 1] * h))
    }
    return (
      combination(table.solution, h, current, previous, values),
      table.error.map { combination($0, h, current, previous, values) }
    )
  }

  private func combination(
    _ row: StageRow<Z>, _ h: Double, _ current: Level, _ previous: [Level], _ values: [Vector]
  ) -> Vector {
    var sum = Vector(repeating: .zero, count: current.state.count)
    func add(_ factor: Z?, _ scale: Double, _ vector: Vector) {
      guard let factor else { return }
      let product = factor.applied(to: vector)
      for i in sum.indices { sum[i] += scale * product[i] }
    }
    add(row.state, 1, current.state)
    for (factor, level) in zip(row.previousStates, previous) { add(factor, 1, level.state) }
    for (factor, value) in zip(row.nonlinear, values) { add(factor, h, value) }
    for (factor, level) in zip(row.previousNonlinear, previous) { add(factor, h, level.nonlinear) }
    return sum
  }
}

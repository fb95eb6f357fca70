import Algebra
import Foundation
import Tensors

/// What methods with a line search share: the point with its loss and gradient, kept from one step to the next, and the
/// search itself. All vectors but the parameters are doubles.
struct LineSearchCore<Scalar: OptimizerScalar>: Sendable {
  /// Working memory.
  final class Memory {
    let count: Int
    /// The trial point and its gradient.
    var point: Tensor<Scalar>
    var gradient: Tensor<Scalar>
    /// The search direction.
    let direction: Buffer<Double>
    /// The last step, and the change of the gradient in it.
    let s: Buffer<Double>
    let y: Buffer<Double>
    /// The gradient at the trial point.
    let trialGradient: Buffer<Double>
    let passes: VectorPasses<Double>

    init(count: Int) {
      self.count = count
      point = .zeros([count])
      gradient = .zeros([count])
      direction = Buffer(count: count)
      s = Buffer(count: count)
      y = Buffer(count: count)
      trialGradient = Buffer(count: count)
      passes = VectorPasses(count: count, pool: .shared)
    }
  }

  /// Where loss and gradient were taken last.
  private(set) var point = Tensor<Scalar>.zeros([0])
  /// The gradient there.
  private(set) var gradient = Tensor<Double>.zeros([0])
  /// The loss there.
  private(set) var loss = 0.0
  /// Whether loss and gradient are those of the objective as it is.
  private(set) var isCurrent = false
  /// Steps in succession that did not lower the loss beyond rounding.
  private var flatSteps = 0
  /// Steps made.
  private(set) var stepCount = 0
  private var scratch = Scratch<Memory>()

  mutating func prepare(count: Int) {
    self = LineSearchCore()
    point = .zeros([count])
    gradient = .zeros([count])
  }

  mutating func objectiveChanged() {
    isCurrent = false
    flatSteps = 0
  }

  mutating func memory() -> Memory { scratch.take { Memory(count: point.count) } }

  /// Makes loss and gradient those at x. Returns the number of evaluations.
  mutating func evaluate<Loss: Objective>(
    _ objective: Loss, at x: Tensor<Scalar>, method: String, _ memory: Memory
  ) throws -> Int where Loss.Scalar == Scalar {
    if isCurrent, x == point { return 0 }
    let loss = try objective.valueAndGradient(at: x, gradient: &memory.gradient)
    store(memory.gradient, to: memory.trialGradient.pointer)
    let norm = memory.passes.norm(memory.trialGradient.pointer)
    guard loss.isFinite, norm.isFinite else {
      throw OptimizerError.notFinite(method: method, step: stepCount, loss: loss, gradientNorm: norm)
    }
    self.loss = loss
    point.setToCopy(of: x)
    keepGradient(memory)
    isCurrent = true
    return 1
  }

  private func store(_ gradient: Tensor<Scalar>, to out: UnsafeMutablePointer<Double>) {
    gradient.withUnsafeBufferPointer { g in
      if let g = g.baseAddress { Scalar.convert(g, toDouble: out, count: gradient.count) }
    }
  }

  private mutating func keepGradient(_ memory: Memory) {
    gradient.withUnsafeMutableBufferPointer {
      $0.baseAddress?.update(from: memory.trialGradient.pointer, count: memory.count)
    }
  }

  /// Searches along the direction, and moves x to the accepted point. `s` and `y` are the changes of x and gradient.
  mutating func search<Loss: Objective>(
    _ objective: Loss, at x: inout Tensor<Scalar>, slope: Double, first: Double, _ wolfe: StrongWolfe,
    _ memory: Memory
  ) throws -> (step: Double, outcome: StrongWolfe.Outcome, evaluations: Int) where Loss.Scalar == Scalar {
    let count = memory.count
    let noise = 8 * Double(Scalar.ulpOfOne) * abs(loss)
    let found = try wolfe.search(
      from: .init(step: 0, value: loss, slope: slope), first: first, noise: noise
    ) { step in
      memory.point.withUnsafeMutableBufferPointer { trial in
        x.withUnsafeBufferPointer { x in
          Scalar.move(
            trial.baseAddress!, x.baseAddress!, memory.direction.pointer, step: step, count: count)
        }
      }
      let value = try objective.valueAndGradient(at: memory.point, gradient: &memory.gradient)
      store(memory.gradient, to: memory.trialGradient.pointer)
      return (value, memory.passes.inner(memory.trialGradient.pointer, memory.direction.pointer))
    }
    guard found.outcome != .failed else { return (0, .failed, found.evaluations) }
    x.withUnsafeBufferPointer { x in
      memory.point.withUnsafeBufferPointer { point in
        Scalar.difference(memory.s.pointer, x.baseAddress!, point.baseAddress!, count: count)
      }
    }
    gradient.withUnsafeBufferPointer { g in
      Double.difference(memory.y.pointer, g.baseAddress!, memory.trialGradient.pointer, count: count)
    }
    flatSteps = found.point.value < loss - noise ? 0 : flatSteps + 1
    loss = found.point.value
    x.setToCopy(of: memory.point)
    point.setToCopy(of: memory.point)
    keepGradient(memory)
    stepCount += 1
    return (found.point.step, found.outcome, found.evaluations)
  }

  /// The report of a step that the search has ended.
  func report(
    step: Double, norm: Double, tolerance: Double, outcome: StrongWolfe.Outcome, isSteepest: Bool,
    evaluations: Int
  ) -> StepReport {
    var report = StepReport(loss: loss, gradientNorm: norm, stepLength: step, evaluations: evaluations)
    if norm <= tolerance {
      report.status = .converged("the norm of the gradient is within the tolerance")
    } else if outcome == .failed, isSteepest {
      report.status = .stalled("no step lowers the loss, even against the gradient")
    } else if flatSteps >= 10 {
      report.status = .converged("ten steps have not lowered the loss beyond its rounding")
    }
    report.diagnostics["Wolfe"] = outcome == .wolfe ? 1 : 0
    return report
  }

  // MARK: - State

  func save(to state: inout OptimizerState<Scalar>) {
    state.step = stepCount
    state.tensors["point"] = point
    state.doubles["gradient"] = gradient
    state.numbers["loss"] = loss
    state.numbers["current"] = isCurrent ? 1 : 0
    state.numbers["flat steps"] = Double(flatSteps)
  }

  init() {}

  init(_ state: OptimizerState<Scalar>, count: Int) throws(OptimizerError) {
    point = try state.tensor("point", [count])
    gradient = try state.double("gradient", [count])
    loss = try state.number("loss")
    isCurrent = try state.whole("current") != 0
    flatSteps = try state.whole("flat steps")
    stepCount = state.step
  }
}

import Algebra
import Foundation
import Tensors

/// The limited-memory BFGS method (Liu and Nocedal 1989): the last pairs of steps and gradient changes, in doubles, stand
/// for the inverse Hessian, and a strong Wolfe search finds the step.
///
/// All tolerances are relative: neither losses of 10⁻⁸ nor gradients of 10⁻⁹ end it. A pair without curvature is left out.
public struct LBFGS<Scalar: OptimizerScalar>: GradientOptimizer {
  /// How many pairs are kept.
  public let memory: Int
  /// The line search.
  public var search: StrongWolfe
  /// The norm of the gradient at which the method has converged. Zero: never, but by rounding.
  public var gradientTolerance: Double
  /// Whether the first matrix of the recursion is sᵀy / yᵀy times the identity, rather than the identity.
  public var isScaled: Bool

  public var name: String { "L-BFGS" }
  public private(set) var layout: ParameterLayout?
  private var core = LineSearchCore<Scalar>()
  /// Pairs in a ring, [memory, n]; the newest is before `next`.
  private var steps = Tensor<Double>.zeros([0, 0])
  private var changes = Tensor<Double>.zeros([0, 0])
  /// 1 / sᵀy of each pair.
  private var inverseCurvatures: [Double]
  private var coefficients: [Double]
  private var next = 0
  private var kept = 0
  /// sᵀy / yᵀy of the newest pair.
  private var scale = 1.0

  /// L-BFGS with 50 pairs unless given.
  public init(
    memory: Int = 50, search: StrongWolfe = StrongWolfe(), gradientTolerance: Double = 0,
    isScaled: Bool = true
  ) {
    precondition(memory > 0, "L-BFGS cannot keep \(memory) pairs")
    (self.memory, self.search) = (memory, search)
    (self.gradientTolerance, self.isScaled) = (gradientTolerance, isScaled)
    inverseCurvatures = Array(repeating: 0, count: memory)
    coefficients = Array(repeating: 0, count: memory)
  }

  public mutating func prepare(for layout: ParameterLayout) {
    self.layout = layout
    core.prepare(count: layout.count)
    steps = .zeros([memory, layout.count])
    changes = .zeros([memory, layout.count])
    inverseCurvatures = Array(repeating: 0, count: memory)
    (next, kept, scale) = (0, 0, 1)
  }

  /// Keeps the pairs and evaluates anew.
  public mutating func objectiveChanged() { core.objectiveChanged() }

  public mutating func step<Loss: Objective>(_ objective: Loss, at x: inout Tensor<Scalar>) throws
    -> StepReport
  where Loss.Scalar == Scalar {
    try begin(objective.layout, x)
    let memory = core.memory()
    var evaluations = try core.evaluate(objective, at: x, method: name, memory)
    let norm = core.gradient.withUnsafeBufferPointer { memory.passes.norm($0.baseAddress!) }
    if norm <= gradientTolerance {
      return core.report(
        step: 0, norm: norm, tolerance: gradientTolerance, outcome: .wolfe, isSteepest: false,
        evaluations: evaluations)
    }
    var slope = makeDirection(memory)
    if slope >= 0 {
      kept = 0
      slope = makeDirection(memory)
    }
    let isSteepest = kept == 0
    let first = isSteepest ? min(1, 1 / norm) : 1
    let found = try core.search(objective, at: &x, slope: slope, first: first, search, memory)
    evaluations += found.evaluations
    if found.outcome == .failed {
      kept = 0
      return core.report(
        step: 0, norm: norm, tolerance: 0, outcome: .failed, isSteepest: isSteepest, evaluations: evaluations)
    }
    let curvature = keepPair(memory)
    var report = core.report(
      step: found.step, norm: memory.passes.norm(memory.trialGradient.pointer), tolerance: gradientTolerance,
      outcome: found.outcome, isSteepest: isSteepest, evaluations: evaluations)
    report.diagnostics["curvature"] = curvature
    report.diagnostics["slope"] = slope
    return report
  }

  /// Puts −H g into the memory by the recursion over both directions of time; returns its product with g.
  private mutating func makeDirection(_ work: LineSearchCore<Scalar>.Memory) -> Double {
    let (p, n, passes) = (work.direction.pointer, work.count, work.passes)
    core.gradient.withUnsafeBufferPointer { p.update(from: $0.baseAddress!, count: n) }
    steps.withUnsafeBufferPointer { s in
      changes.withUnsafeBufferPointer { y in
        let (s, y) = (s.baseAddress!, y.baseAddress!)
        for age in 0..<kept {
          let i = (next - 1 - age + 2 * memory) % memory
          coefficients[i] = inverseCurvatures[i] * passes.inner(s + i * n, p)
          passes.axpy(-coefficients[i], y + i * n, p)
        }
        passes.scale(p, by: kept > 0 && isScaled ? -scale : -1)
        // The direction is negative already, and so are the inner products.
        for age in (0..<kept).reversed() {
          let i = (next - 1 - age + 2 * memory) % memory
          let beta = inverseCurvatures[i] * passes.inner(y + i * n, p)
          passes.axpy(-coefficients[i] - beta, s + i * n, p)
        }
      }
    }
    return core.gradient.withUnsafeBufferPointer { passes.inner($0.baseAddress!, p) }
  }

  /// Keeps the last step and change if they have curvature; returns yᵀs / ‖y‖‖s‖.
  private mutating func keepPair(_ work: LineSearchCore<Scalar>.Memory) -> Double {
    let (s, y, n) = (work.s.pointer, work.y.pointer, work.count)
    let sy = work.passes.inner(s, y)
    let yy = work.passes.inner(y, y)
    let size = work.passes.norm(s) * yy.squareRoot()
    guard size > 0, sy > 1e-12 * size else { return size > 0 ? sy / size : 0 }
    let row = next
    steps.withUnsafeMutableBufferPointer { ($0.baseAddress! + row * n).update(from: s, count: n) }
    changes.withUnsafeMutableBufferPointer { ($0.baseAddress! + row * n).update(from: y, count: n) }
    inverseCurvatures[row] = 1 / sy
    scale = sy / yy
    next = (next + 1) % memory
    kept = min(kept + 1, memory)
    return sy / size
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout)
    guard layout != nil else { return state }
    core.save(to: &state)
    state.numbers["next"] = Double(next)
    state.numbers["kept"] = Double(kept)
    state.numbers["scale"] = scale
    state.doubles["steps"] = steps
    state.doubles["gradient changes"] = changes
    state.doubles["inverse curvatures"] = Tensor(inverseCurvatures)
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return layout = nil }
    let core = try LineSearchCore<Scalar>(state, count: layout.count)
    let shape = [memory, layout.count]
    let (s, y) = (try state.double("steps", shape), try state.double("gradient changes", shape))
    let inverse = try state.double("inverse curvatures", [memory])
    let (next, kept, scale) = (try state.whole("next"), try state.whole("kept"), try state.number("scale"))
    guard (0..<memory).contains(next), (0...memory).contains(kept) else {
      throw .missing(method: name, entry: "next")
    }
    self.layout = layout
    (self.core, steps, changes, inverseCurvatures) = (core, s, y, inverse.elements)
    (self.next, self.kept, self.scale) = (next, kept, scale)
  }
}

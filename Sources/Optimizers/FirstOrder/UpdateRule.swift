import Algebra
import Tensors

/// An optimizer that turns one gradient into one update: what can be modified (clipped, decayed, averaged, …) and be
/// given to a group of parameters.
public protocol UpdateRule<Scalar>: GradientOptimizer {
  /// Updates parameters with their gradient, which may be overwritten. Both have the length of `layout`, which is set.
  mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext)

  /// The rate that the next update takes.
  func rate(_ context: UpdateContext) -> Double

  /// Adds what the last update did to a report.
  func diagnose(_ diagnostics: inout StepDiagnostics)

  /// Steps made.
  var stepCount: Int { get }

  /// Room for a gradient, which only the outermost rule uses.
  mutating func gradientMemory(count: Int) -> GradientMemory<Scalar>
}

/// What a rule may know of a step besides the gradient.
public struct UpdateContext: Sendable {
  /// The loss at the parameters.
  public var loss: Double
  /// The norm of the whole gradient, before anything modified it.
  public var gradientNorm: Double
  /// A factor for the rate, from modifiers outside.
  public var rateFactor = 1.0

  public init(loss: Double, gradientNorm: Double, rateFactor: Double = 1) {
    self.loss = loss
    self.gradientNorm = gradientNorm
    self.rateFactor = rateFactor
  }
}

/// Working memory of one step: the gradient. No part of the optimizer's value.
public final class GradientMemory<Scalar: OptimizerScalar> {
  var gradient: Tensor<Scalar>
  let passes: VectorPasses<Scalar>

  init(count: Int) {
    gradient = .zeros([count])
    passes = VectorPasses(count: count, pool: .shared)
  }
}

/// What a rule keeps its gradient's memory in.
public struct GradientScratch<Scalar: OptimizerScalar>: Sendable {
  private var scratch = Scratch<GradientMemory<Scalar>>()

  /// Memory to be allocated by the first step.
  public init() {}

  /// The memory, for gradients of a length.
  public mutating func take(count: Int) -> GradientMemory<Scalar> {
    let memory = scratch.take { GradientMemory(count: count) }
    if memory.gradient.count == count { return memory }
    scratch.drop()
    return scratch.take { GradientMemory(count: count) }
  }
}

extension UpdateRule {
  public func diagnose(_ diagnostics: inout StepDiagnostics) {}

  public mutating func step<Loss: Objective>(_ objective: Loss, at x: inout Tensor<Scalar>) throws
    -> StepReport
  where Loss.Scalar == Scalar {
    try begin(objective.layout, x)
    let memory = gradientMemory(count: x.count)
    // A rule goes on where the gradient is zero: what it has gathered may still move it.
    let start = try start(
      objective, at: x, step: stepCount, passes: memory.passes, gradient: &memory.gradient)
    let (loss, norm) = (start.loss, start.gradientNorm)
    let context = UpdateContext(loss: loss, gradientNorm: norm)
    let rate = rate(context)
    x.withUnsafeMutableBufferPointer { x in
      memory.gradient.withUnsafeMutableBufferPointer { g in
        if let x = x.baseAddress, let g = g.baseAddress { update(x, gradient: g, context) }
      }
    }
    var report = StepReport(loss: loss, gradientNorm: norm, stepLength: rate, evaluations: 1)
    diagnose(&report.diagnostics)
    return report
  }
}

import Tensors

/// M-FAC: steps along gradients that the inverse of the empirical Fisher matrix of the last ones is applied to, without
/// forming either (Frantar, Kurtic and Alistarh, NeurIPS 2021).
///
///     F = λ I + (1/k) Σ gᵢ gᵢᵀ over the last m gradients,   x ← x − rate · F⁻¹ g
///
/// by the products of the gradients with one another, in doubles, and a Cholesky factor of their k × k matrix. While the
/// window fills, k is the number of gradients in it. Memory is m times that of the parameters, the work of a step twice
/// that for products and sums and m³/3; where gradients are long, see ``EFCP``.
public struct MFAC<Scalar: OptimizerScalar>: UpdateRule {
  /// The rate.
  public var rate: Schedule
  /// m.
  public let windowSize: Int
  /// λ.
  public let damping: Double

  public var name: String { "M-FAC" }
  public private(set) var layout: ParameterLayout?
  private var window: GradientWindow<Scalar>
  private var growths = 0
  private var gradientScratch = GradientScratch<Scalar>()

  /// M-FAC with a rate of 10⁻³, 1024 gradients and λ = 10⁻⁵ unless given.
  public init(rate: Schedule = 1e-3, windowSize: Int = 1024, damping: Double = 1e-5) {
    precondition(
      windowSize > 0 && damping > 0,
      "M-FAC needs a window and a damping > 0, not \(windowSize) and \(damping)")
    (self.rate, self.windowSize, self.damping) = (rate, windowSize, damping)
    window = GradientWindow(capacity: 1, length: 0, damping: damping)
  }

  public var stepCount: Int { window.system.appended }

  public mutating func gradientMemory(count: Int) -> GradientMemory<Scalar> {
    gradientScratch.take(count: count)
  }

  public mutating func prepare(for layout: ParameterLayout) {
    self.layout = layout
    window = GradientWindow(capacity: windowSize, length: layout.count, damping: damping)
  }

  public func rate(_ context: UpdateContext) -> Double { rate.value(at: stepCount) * context.rateFactor }

  public func diagnose(_ diagnostics: inout StepDiagnostics) {
    diagnostics["gradients"] = Double(window.system.count)
    diagnostics["growths of damping"] = Double(growths)
  }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    guard let layout else { return }
    let rate = rate(context)
    window.append(gradient)
    growths = window.applyInverse(gradient, isLast: true)
    Scalar.axpy(Scalar(-rate), gradient, x, count: layout.count)
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    guard layout != nil else { return state }
    state.tensors["gradients"] = window.gradients
    state.doubles["products"] = window.system.gram
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return self.layout = nil }
    window = GradientWindow(
      damping: damping, appended: state.step,
      gradients: try state.tensor("gradients", [windowSize, layout.count]),
      gram: try state.double("products", [windowSize, windowSize]))
    self.layout = layout
  }
}

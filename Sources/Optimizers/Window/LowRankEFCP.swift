import Tensors

/// EFCP with gradients of low rank: M-FAC with a window in which every array of a gradient is a product of two thin factors,
/// and what that leaves out is made up for later (Modoranu, Kalinov, Kurtic, Frantar and Alistarh, 2024).
///
///     A = E + G,   P = the orthonormal rows of Q′Aᵀ,   Q = P A,   C = PᵀQ,   E ← A − C      for each matrix G
///     F = λ I + (1/k) Σ cᵢ cᵢᵀ over the last m gradients c of all arrays,   x ← x − rate · F⁻¹ c
///
/// where Q′ is the Q of the step before: power iteration goes on from step to step (Vogels, Karimireddy and Jaggi, NeurIPS
/// 2019). For matrices with fewer columns than rows, Aᵀ stands for A. An array of more than two axes is the matrix of its
/// first axis by all others, one of one axis is kept whole, and complex numbers are pairs of columns. With the rank of all
/// its matrices, this is ``MFAC``. Memory is a vector, and m times the rank times rows plus columns in doubles.
public struct LowRankEFCP<Scalar: OptimizerScalar>: UpdateRule {
  /// The rate.
  public var rate: Schedule
  /// The largest rank of a factor.
  public let rank: Int
  /// m.
  public let windowSize: Int
  /// λ.
  public let damping: Double

  public var name: String { "low-rank EFCP" }
  public private(set) var layout: ParameterLayout?
  private var window: LowRankWindow<Scalar>
  /// E.
  private var rest = Tensor<Scalar>.zeros([0])
  private var growths = 0
  private var gradientScratch = GradientScratch<Scalar>()

  /// EFCP with a rate of 10⁻³, the rank one, 1024 gradients and λ = 10⁻⁵ unless given.
  public init(rate: Schedule = 1e-3, rank: Int = 1, windowSize: Int = 1024, damping: Double = 1e-5) {
    precondition(
      rank > 0 && windowSize > 0 && damping > 0,
      "low-rank EFCP needs a rank, a window and a damping > 0, not \(rank), \(windowSize) and \(damping)")
    (self.rate, self.rank, self.windowSize, self.damping) = (rate, rank, windowSize, damping)
    window = LowRankWindow(capacity: 1, rank: 1, damping: damping, layout: ParameterLayout())
  }

  public var stepCount: Int { window.system.appended }

  public mutating func gradientMemory(count: Int) -> GradientMemory<Scalar> {
    gradientScratch.take(count: count)
  }

  public mutating func prepare(for layout: ParameterLayout) {
    self.layout = layout
    window = LowRankWindow(capacity: windowSize, rank: rank, damping: damping, layout: layout)
    rest = .zeros([layout.count])
  }

  public func rate(_ context: UpdateContext) -> Double { rate.value(at: stepCount) * context.rateFactor }

  public func diagnose(_ diagnostics: inout StepDiagnostics) {
    diagnostics["gradients"] = Double(window.system.count)
    diagnostics["growths of damping"] = Double(growths)
  }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    guard let layout, layout.count > 0 else { return }
    let rate = rate(context)
    rest.withUnsafeMutableBufferPointer {
      Scalar.axpy(1, gradient, $0.baseAddress!, count: layout.count)
      growths = window.step(x, from: $0.baseAddress!, rate: rate)
    }
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    guard layout != nil else { return state }
    state.tensors["rest"] = rest
    state.doubles = [
      "products": window.system.gram, "short factors": window.short, "long factors": window.long,
    ]
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return self.layout = nil }
    let rest = try state.tensor("rest", [layout.count])
    var window = LowRankWindow<Scalar>(capacity: windowSize, rank: rank, damping: damping, layout: layout)
    try window.restore(state)
    (self.window, self.rest, self.layout) = (window, rest, layout)
  }
}

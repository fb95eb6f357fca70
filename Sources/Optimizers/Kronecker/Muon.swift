import Tensors

/// Muon: momentum whose matrices are made orthogonal (Jordan 2024). For a matrix W of m × n with the gradient G:
///
///     M ← β M + (1 − β) G       U = (1 − β) G + β M, or U = M
///     X = the orthogonal factor of U, by ``NewtonSchulz``
///     W ← (1 − rate · λ) W − rate · √max(1, m/n) · X
///
/// It is for matrices within a network: unless names are given, those are all arrays of two axes or more but the first and
/// the last of them. Everything else, as biases and the layers that meet inputs and outputs, follows another rule. An array
/// of more than two axes is the matrix of its first axis by all others; spectral weights are one complex matrix per mode, as
/// for ``SOAP``. Work is in the precision of the parameters.
///
/// Unit singular values move a direction that hardly matters as far as any other: late in the training of a
/// physics-informed network the rate has to fall for it.
public struct Muon<Scalar: OptimizerScalar>: UpdateRule {
  /// The rate of the matrices.
  public var rate: Schedule
  /// β: how much of the mean gradient is kept in a step.
  public var momentum: Double
  /// Whether U is the mean as it will be after the next gradient like this one (Nesterov), rather than the mean.
  public var isNesterov: Bool
  /// λ: the matrices lose the part rate · λ in every step.
  public var decay: Double
  /// How matrices are made orthogonal.
  public let orthogonalization: NewtonSchulz
  /// Names of the matrices; empty for those within the network.
  public private(set) var matrices: [NamePattern]
  /// Names of real arrays that are spectral weights.
  public let spectral: [NamePattern]

  public var name: String { "Muon" }
  public private(set) var layout: ParameterLayout?
  public private(set) var stepCount = 0
  private var blocks: [MatrixBlock] = []
  private var mean = Tensor<Scalar>.zeros([0])
  /// The other rule, as it was given, and as it works: with the matrices frozen.
  private let fallback: ParameterGroups<Scalar>
  private var others: ParameterGroups<Scalar>
  private var gradientScratch = GradientScratch<Scalar>()
  private var scratch = Scratch<MuonPasses<Scalar>>()

  /// Muon with a rate of 0.02, a momentum of 0.95 and no decay unless given, and a rule for what is no matrix within the
  /// network.
  public init(
    rate: Schedule = 0.02, momentum: Double = 0.95, isNesterov: Bool = true, decay: Double = 0,
    orthogonalization: NewtonSchulz = .jordan, matrices: [NamePattern] = [], spectral: [NamePattern] = [],
    fallback: some UpdateRule<Scalar>
  ) {
    precondition(
      (0..<1).contains(momentum) && decay >= 0,
      "Muon needs a momentum in [0, 1) and a decay ≥ 0, not \(momentum) and \(decay)")
    (self.rate, self.momentum, self.isNesterov, self.decay) = (rate, momentum, isNesterov, decay)
    (self.orthogonalization, self.matrices, self.spectral) = (orthogonalization, matrices, spectral)
    self.fallback = ParameterGroups(fallback: fallback)
    others = self.fallback
  }

  /// Muon with AdamW, of rate 3 · 10⁻⁴ and β₁, β₂ = 0.9, 0.95, for what is no matrix within the network.
  public init(
    rate: Schedule = 0.02, momentum: Double = 0.95, isNesterov: Bool = true, decay: Double = 0,
    orthogonalization: NewtonSchulz = .jordan, matrices: [NamePattern] = [], spectral: [NamePattern] = []
  ) {
    self.init(
      rate: rate, momentum: momentum, isNesterov: isNesterov, decay: decay,
      orthogonalization: orthogonalization, matrices: matrices,
      spectral: spectral, fallback: AdamW(rate: 3e-4, beta2: 0.95))
  }

  /// The same rule, unprepared, for matrices of other names.
  func taking(matrices: [NamePattern]) -> Muon {
    var copy = self
    copy.matrices = matrices
    copy.layout = nil
    return copy
  }

  /// The names of the matrices in a layout.
  private func chosen(_ layout: ParameterLayout) throws(OptimizerError) -> [String] {
    try layout.check(matrices)
    let candidates = layout.segments.filter { $0.shape.count >= 2 }
    if matrices.isEmpty { return candidates.dropFirst().dropLast().map(\.name) }
    return candidates.filter { segment in matrices.contains { $0.matches(segment.name) } }.map(\.name)
  }

  /// The blocks of a layout, and the other rule for what is left.
  private func parts(_ layout: ParameterLayout) throws(OptimizerError) -> (
    blocks: [MatrixBlock], others: ParameterGroups<Scalar>
  ) {
    let names = Set(try chosen(layout))
    // Numbered anew: their vector holds nothing else.
    var start = 0
    var blocks: [MatrixBlock] = []
    for block in try layout.matrices(spectral: spectral)
    where names.contains(layout.segments[block.segment].name) {
      blocks.append(block.beginning(at: start))
      start += block.count
    }
    let others = layout.segments.filter { names.contains($0.name) }.reduce(fallback) {
      $0.freezing(NamePattern($1.name))
    }
    return (blocks, others)
  }

  public mutating func gradientMemory(count: Int) -> GradientMemory<Scalar> {
    gradientScratch.take(count: count)
  }

  public mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) {
    var (blocks, others) = try parts(layout)
    try others.prepare(for: layout)
    mean = .zeros([blocks.reduce(0) { $0 + $1.count }])
    (self.blocks, self.others, self.layout, stepCount) = (blocks, others, layout, 0)
    scratch.drop()
  }

  public mutating func objectiveChanged() { others.objectiveChanged() }

  public mutating func samplesChanged() { others.samplesChanged() }

  public func rate(_ context: UpdateContext) -> Double { rate.value(at: stepCount) * context.rateFactor }

  public func diagnose(_ diagnostics: inout StepDiagnostics) {
    diagnostics["orthogonal matrices"] = Double(blocks.count)
  }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    guard layout != nil else { return }
    let (blocks, orthogonalization) = (blocks, orthogonalization)
    let passes = scratch.take { MuonPasses(blocks, orthogonalization) }
    let rate = rate(context)
    mean.withUnsafeMutableBufferPointer {
      passes.update(
        x, gradient: gradient, mean: $0.baseAddress, momentum: momentum, isNesterov: isNesterov, rate: rate,
        keep: 1 - rate * decay)
    }
    others.update(x, gradient: gradient, context)
    stepCount += 1
  }

  public func copyEvaluationPoint(of x: Tensor<Scalar>, into point: inout Tensor<Scalar>) {
    others.copyEvaluationPoint(of: x, into: &point)
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    if layout != nil {
      state.tensors["m"] = mean
      state.children["others"] = others.state
    }
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return self.layout = nil }
    var (blocks, others) = try parts(layout)
    let m = try state.tensor("m", [blocks.reduce(0) { $0 + $1.count }])
    try others.restore(try state.child("others"))
    (self.blocks, self.others, mean) = (blocks, others, m)
    (self.layout, stepCount) = (layout, state.step)
    scratch.drop()
  }
}

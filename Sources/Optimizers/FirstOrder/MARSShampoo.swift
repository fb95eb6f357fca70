import Tensors

/// MARS with orthogonal steps, its form after Shampoo: the mean of gradients that are corrected by their change is made
/// orthogonal, as by ``Muon`` (Yuan, Liu, Wu, Zhou and Gu, 2024).
///
///     c = g + γ β / (1 − β) · (g − g′),    shortened to ‖c‖₂ ≤ 1 in each matrix
///     m ← β m + (1 − β) c,   O = the orthogonal factor of m by ``NewtonSchulz``
///     W ← W − rate · (√max(1, rows / columns) O + λ W)
///
/// for all arrays of two axes or more; g′ is the gradient of the step before, as in the approximate form of ``MARS``. Other
/// arrays, and those that are not among the names given, follow another rule, with the gradient as it is. Without a
/// correction, and with short gradients, this is ``Muon`` without Nesterov's mean.
public struct MARSShampoo<Scalar: OptimizerScalar>: UpdateRule {
  /// γ.
  public var gamma: Double
  /// The largest norm of a corrected gradient.
  public var bound: Double
  /// The rule of corrected gradients, as it was given, and as it works: for matrices by their names.
  private let given: Muon<Scalar>
  private var muon: Muon<Scalar>
  private var last = Tensor<Scalar>.zeros([0])
  private var shortened = 0
  private var gradientScratch = GradientScratch<Scalar>()
  private var scratch = Scratch<Memory>()

  private final class Memory {
    let corrected: Buffer<Scalar>
    /// By segment: whether it is corrected; squared norms, and then what the corrected gradients are multiplied by.
    let isMatrix: [Bool]
    let factors: Buffer<Double>
    let correction, replacement: SegmentPass<Scalar>

    init(_ layout: ParameterLayout, isMatrix: [Bool]) {
      let (corrected, factors) = (
        Buffer<Scalar>(count: layout.count), Buffer<Double>(count: layout.segments.count)
      )
      (self.corrected, self.factors, self.isMatrix) = (corrected, factors, isMatrix)
      correction = SegmentPass(layout, sums: 1) { operands, tile, sums in
        sums[0] = 0
        guard isMatrix[tile.segment] else { return }
        let (c, last, g) = (
          corrected.pointer + tile.start, operands.third! + tile.start, operands.gradient! + tile.start
        )
        c.update(from: last, count: tile.count)
        Scalar.axpby(
          c, g, Scalar(operands.coefficients[0]), Scalar(operands.coefficients[1]), count: tile.count)
        last.update(from: g, count: tile.count)
        sums[0] = Scalar.inner(c, c, count: tile.count)
      }
      replacement = SegmentPass(layout) { operands, tile, _ in
        guard isMatrix[tile.segment] else { return }
        let (c, factor) = (corrected.pointer + tile.start, factors.pointer[tile.segment])
        if factor < 1 { Scalar.scale(c, by: Scalar(factor), count: tile.count) }
        (operands.gradient! + tile.start).update(from: c, count: tile.count)
      }
    }
  }

  /// A rate of 3·10⁻³, β = 0.95, γ = 0.025, no decay and gradients no longer than 1 unless given, for all arrays of two
  /// axes or more unless some are named, with another rule for the rest.
  public init(
    rate: Schedule = 3e-3, beta: Double = 0.95, gamma: Double = 0.025, decay: Double = 0, bound: Double = 1,
    orthogonalization: NewtonSchulz = .jordan, matrices: [NamePattern] = [], spectral: [NamePattern] = [],
    fallback: some UpdateRule<Scalar>
  ) {
    precondition(
      gamma >= 0 && bound > 0, "MARS-Shampoo needs γ ≥ 0 and a bound > 0, not \(gamma) and \(bound)")
    (self.gamma, self.bound) = (gamma, bound)
    given = Muon(
      rate: rate, momentum: beta, isNesterov: false, decay: decay, orthogonalization: orthogonalization,
      matrices: matrices, spectral: spectral, fallback: fallback)
    muon = given
  }

  /// With AdamW, of the rate 3·10⁻³, β₁, β₂ = 0.9, 0.95 and the decay 0.1, for what is no matrix.
  public init(
    rate: Schedule = 3e-3, beta: Double = 0.95, gamma: Double = 0.025, decay: Double = 0, bound: Double = 1,
    orthogonalization: NewtonSchulz = .jordan, matrices: [NamePattern] = [], spectral: [NamePattern] = []
  ) {
    self.init(
      rate: rate, beta: beta, gamma: gamma, decay: decay, bound: bound, orthogonalization: orthogonalization,
      matrices: matrices, spectral: spectral, fallback: AdamW(rate: 3e-3, decay: 0.1, beta2: 0.95))
  }

  public var name: String { "MARS-Shampoo" }
  public var layout: ParameterLayout? { muon.layout }
  public var stepCount: Int { muon.stepCount }

  public mutating func gradientMemory(count: Int) -> GradientMemory<Scalar> {
    gradientScratch.take(count: count)
  }

  /// Whether a segment is one of the matrices.
  private static func isMatrix(_ segment: ParameterLayout.Segment, among names: [NamePattern]) -> Bool {
    segment.shape.count >= 2 && (names.isEmpty || names.contains { $0.matches(segment.name) })
  }

  /// The rule for the matrices of a layout.
  private func rule(_ layout: ParameterLayout) throws(OptimizerError) -> Muon<Scalar> {
    try layout.check(given.matrices)
    let matrices = layout.segments.filter { Self.isMatrix($0, among: given.matrices) }
    // Of no names at all, Muon takes all matrices but two.
    return given.taking(
      matrices: matrices.isEmpty ? given.matrices : matrices.map { NamePattern($0.name) })
  }

  public mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) {
    var muon = try rule(layout)
    try muon.prepare(for: layout)
    (self.muon, last, shortened) = (muon, .zeros([layout.count]), 0)
    scratch.drop()
  }

  public mutating func objectiveChanged() { muon.objectiveChanged() }

  public mutating func samplesChanged() { muon.samplesChanged() }

  public func rate(_ context: UpdateContext) -> Double { muon.rate(context) }

  public func diagnose(_ diagnostics: inout StepDiagnostics) {
    muon.diagnose(&diagnostics)
    diagnostics["shortened arrays"] = Double(shortened)
  }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    guard let layout else { return }
    let names = given.matrices
    let memory = scratch.take {
      Memory(layout, isMatrix: layout.segments.map { Self.isMatrix($0, among: names) })
    }
    // Without a gradient before, there is no change.
    let weight = stepCount == 0 ? 0 : gamma * given.momentum / (1 - given.momentum)
    var operands = SegmentPass<Scalar>.Operands(x: x, gradient: gradient)
    last.withUnsafeMutableBufferPointer { operands.third = $0.baseAddress }
    operands.coefficients[0] = 1 + weight
    operands.coefficients[1] = -weight
    memory.correction.run(operands)
    let factors = memory.factors.pointer
    memory.correction.totals(0, into: factors, segments: layout.segments.count)
    shortened = 0
    for segment in layout.segments.indices {
      let norm = factors[segment].squareRoot()
      factors[segment] = norm > bound ? bound / norm : 1
      if norm > bound { shortened += 1 }
    }
    memory.replacement.run(operands)
    muon.update(x, gradient: gradient, context)
  }

  public func copyEvaluationPoint(of x: Tensor<Scalar>, into point: inout Tensor<Scalar>) {
    muon.copyEvaluationPoint(of: x, into: &point)
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    if layout != nil {
      state.tensors["last gradient"] = last
      state.children["matrices"] = muon.state
    }
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return muon = given }
    let last = try state.tensor("last gradient", [layout.count])
    var muon = try rule(layout)
    try muon.restore(try state.child("matrices"))
    (self.muon, self.last) = (muon, last)
    scratch.drop()
  }
}

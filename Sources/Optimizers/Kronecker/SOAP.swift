import Foundation
import Tensors

/// SOAP: Adam in the eigenbases of Shampoo's factors (Vyas et al., ICLR 2025).
///
/// For a matrix W of m × n with the gradient G, with factors L, R and orthogonal Q_L, Q_R of their eigenvectors:
///
///     G′ = Q_Lᵀ G Q_R
///     M ← β₁ M + (1 − β₁) G′       V ← β₂ V + (1 − β₂) G′²        (in the coordinates of G′)
///     W ← (1 − rate · λ) (W − rate · Q_L [M̂ / (√V̂ + ε)] Q_Rᵀ)
///     L ← β L + (1 − β) G Gᵀ       R ← β R + (1 − β) Gᵀ G
///     every f updates: Q ← the orthogonal factor of L Q, in the order of falling diag(Qᵀ L Q), and so for R
///
/// The first call makes L, R and their eigenvectors and leaves W as it is. When a basis changes, M is taken into the new
/// one, and V, which has no meaning in another basis, only follows the new order of its columns. A basis stays while
/// ‖offdiag(Qᵀ L Q)‖ ≤ tolerance · ‖L‖ (Eschenhagen et al. 2025); a tolerance of zero renews it every time. ε stands
/// outside the root, after the correction of V, as in ``Adam``.
///
/// Arrays of one axis, sides of one row and sides longer than `maximumOrder` have no factor: with none on either side
/// the method is Adam, begun one step later. An array of more than two axes is the matrix of its first axis by all others.
/// Spectral weights, [inputs, outputs, modes …] of complex numbers, are one complex matrix per mode with Hermitian factors:
/// complex arrays by themselves, and real ones with a last axis of two whose names match `spectral`. Of complex numbers,
/// V is that of magnitudes. Factors, eigenvectors and QR are in double precision whatever the parameters are.
///
/// Memory per matrix: M and V, and two numbers in double precision for each of m² + n². Work per step: about 4 (m² n + m n²)
/// multiplications, and 5 (m³ + n³) per renewal.
public struct SOAP<Scalar: OptimizerScalar>: UpdateRule {
  /// The rate.
  public var rate: Schedule
  /// β₁: how much of the mean gradient is kept in a step.
  public var beta1: Double
  /// β₂: how much of the mean square is kept in a step.
  public var beta2: Double
  /// β: how much of the factors is kept in a step.
  public var factorBeta: Double
  /// ε.
  public var epsilon: Double
  /// λ: parameters lose the part rate · λ in every step.
  public var decay: Double
  /// f: updates between two renewals of the bases.
  public let refreshInterval: Int
  /// Up to which part of its norm a factor may be off the diagonal in its basis before that is renewed.
  public var refreshTolerance: Double
  /// The largest order of a factor.
  public let maximumOrder: Int
  /// Names of real arrays that are spectral weights.
  public let spectral: [NamePattern]

  public var name: String { "SOAP" }
  public private(set) var layout: ParameterLayout?
  public private(set) var stepCount = 0
  private var blocks: [KroneckerBlock] = []
  private var mean = Tensor<Scalar>.zeros([0])
  private var square = Tensor<Scalar>.zeros([0])
  private var factors = Tensor<Double>.zeros([0])
  private var bases = Tensor<Double>.zeros([0])
  private var renewed = 0
  private var gradientScratch = GradientScratch<Scalar>()
  private var scratch = Scratch<SOAPPasses<Scalar>>()

  /// SOAP with a rate of 3 · 10⁻³, β₁ = β₂ = 0.95, ε = 10⁻⁸, a decay of 0.01 and new bases every ten updates unless given;
  /// β is β₂ unless given.
  public init(
    rate: Schedule = 3e-3, beta1: Double = 0.95, beta2: Double = 0.95, factorBeta: Double? = nil,
    epsilon: Double = 1e-8, decay: Double = 0.01, refreshInterval: Int = 10, refreshTolerance: Double = 0,
    maximumOrder: Int = 10_000, spectral: NamePattern...
  ) {
    let factorBeta = factorBeta ?? beta2
    precondition(
      (0..<1).contains(beta1) && (0..<1).contains(beta2) && (0..<1).contains(factorBeta) && epsilon >= 0,
      "SOAP needs β₁, β₂ and β in [0, 1) and ε ≥ 0, not \(beta1), \(beta2), \(factorBeta) and \(epsilon)")
    precondition(
      refreshInterval > 0 && refreshTolerance >= 0 && decay >= 0,
      "SOAP cannot renew bases every \(refreshInterval) steps, with a tolerance of \(refreshTolerance) and a decay of "
        + "\(decay)")
    (self.rate, self.beta1, self.beta2, self.factorBeta) = (rate, beta1, beta2, factorBeta)
    (self.epsilon, self.decay, self.maximumOrder) = (epsilon, decay, maximumOrder)
    (self.refreshInterval, self.refreshTolerance, self.spectral) = (
      refreshInterval, refreshTolerance, spectral
    )
  }

  public mutating func gradientMemory(count: Int) -> GradientMemory<Scalar> {
    gradientScratch.take(count: count)
  }

  public mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) {
    let (blocks, count) = KroneckerBlock.blocks(try layout.matrices(spectral: spectral), limit: maximumOrder)
    (self.blocks, self.layout, stepCount, renewed) = (blocks, layout, 0, 0)
    (mean, square) = (.zeros([layout.count]), .zeros([layout.count]))
    (factors, bases) = (.zeros([count]), .zeros([count]))
    scratch.drop()
  }

  public func rate(_ context: UpdateContext) -> Double { rate.value(at: stepCount) * context.rateFactor }

  public func diagnose(_ diagnostics: inout StepDiagnostics) {
    diagnostics["renewed bases"] = Double(renewed)
  }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    guard layout != nil else { return }
    let passes = takePasses()
    var operands = SOAPPasses<Scalar>.Operands(x: x, gradient: gradient)
    mean.withUnsafeMutableBufferPointer { operands.mean = $0.baseAddress }
    square.withUnsafeMutableBufferPointer { operands.square = $0.baseAddress }
    factors.withUnsafeMutableBufferPointer { operands.factors = $0.baseAddress }
    bases.withUnsafeMutableBufferPointer { operands.bases = $0.baseAddress }
    operands.factorBeta = factorBeta
    operands.tolerance = refreshTolerance
    let (rate, updates) = (rate(context), stepCount)
    stepCount += 1
    guard updates > 0 else {
      renewed = passes.begin(operands)
      return
    }
    let correction1 = 1 - Foundation.pow(beta1, Double(updates))
    let correction2 = 1 - Foundation.pow(beta2, Double(updates))
    operands.numbers = AdamCoefficients(
      step: 1 / correction1, beta1: beta1, beta2: beta2, epsilon: epsilon,
      rootCorrection: 1 / correction2.squareRoot(), keep: 1 - rate * decay)
    operands.rate = rate
    passes.update(operands)
    renewed = updates % refreshInterval == 0 ? passes.renewBases(operands) : 0
  }

  /// In a function of its own, at whose end nothing else holds the bases.
  private mutating func takePasses() -> SOAPPasses<Scalar> {
    let (blocks, bases, isContinued) = (blocks, bases, stepCount > 0)
    return scratch.take { SOAPPasses(blocks, bases: isContinued ? bases : nil, factorCount: bases.count) }
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    if layout != nil {
      state.tensors = ["m": mean, "v": square]
      state.doubles = ["factors": factors, "bases": bases]
    }
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return self.layout = nil }
    let (blocks, count) = KroneckerBlock.blocks(try layout.matrices(spectral: spectral), limit: maximumOrder)
    let (m, v) = (try state.tensor("m", [layout.count]), try state.tensor("v", [layout.count]))
    let (factors, bases) = (try state.double("factors", [count]), try state.double("bases", [count]))
    (mean, square, self.factors, self.bases) = (m, v, factors, bases)
    (self.blocks, self.layout, stepCount, renewed) = (blocks, layout, state.step, 0)
    scratch.drop()
  }
}

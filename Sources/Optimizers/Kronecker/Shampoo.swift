import Foundation
import Tensors

/// Shampoo: gradients between inverse roots of their own second moments (Gupta, Koren and Singer, ICML 2018), in the form
/// for large models (Anil et al. 2020; Shi et al. 2023). For a matrix W of m × n with the gradient G:
///
///     L ← β₂ L + (1 − β₂) G Gᵀ       R ← β₂ R + (1 − β₂) Gᵀ G        (sums where β₂ = 1)
///     M ← β₁ M + (1 − β₁) G          Ĝ = (β₃ M before + (1 − β₃) G) / (1 − β₃ β₁^(t−1))
///     every f steps: L^(−1/4) and R^(−1/4), of L / (1 − β₂ᵗ) + ε I, and so for R
///     P = L^(−1/4) Ĝ R^(−1/4), then scaled to the norm of the grafted direction
///     B ← μ B + P,  W ← (1 − rate · λ) (W − rate · B),  with P + μ B in place of B for Nesterov's momentum
///
/// With one factor, as for arrays of one axis and for sides of one, the exponent is −1/2, unless another root is asked for.
/// Arrays of more than two axes are the matrix of their first axis by all others; matrices are cut into blocks of at most
/// `blockSize` rows and columns, each with factors and a norm of its own. Spectral weights are one complex matrix per mode,
/// as for ``SOAP``.
///
/// Factors and roots are in double precision whatever the parameters are. A root that fails is tried by eigenvalues; if
/// that fails too, the one before is kept, and after three times in a row, or where a factor is not finite, the factor
/// begins anew and its root is the identity until the next one. Before step `startStep`, which counts from 1, W follows
/// the grafted direction alone.
public struct Shampoo<Scalar: OptimizerScalar>: UpdateRule {
  /// Whose length a block's update takes. All are made of the same Ĝ.
  public enum Graft: Hashable, Sendable {
    /// Shampoo's own.
    case none
    /// That of Ĝ.
    case sgd
    /// That of Ĝ over the root of the sum of squares.
    case adaGrad(epsilon: Double = 1e-10)
    /// That of Ĝ over the root of the mean square.
    case rmsProp(beta2: Double = 0.99, epsilon: Double = 1e-8)
    /// That of Ĝ over the root of the mean square, corrected for its start.
    case adam(beta2: Double = 0.999, epsilon: Double = 1e-8)

    /// Whether it has a mean or sum of squares.
    var hasSquares: Bool { self != .none && self != .sgd }
  }

  /// The rate.
  public var rate: Schedule
  /// β₁: how much of the mean gradient is kept in a step.
  public var beta1: Double
  /// β₃: the part of the mean gradient before in the direction; β₁ for that of Adam.
  public var beta3: Double
  /// β₂: how much of the factors is kept in a step, or 1 for sums.
  public var beta2: Double
  /// ε, below the root.
  public var epsilon: Double
  /// μ.
  public let momentum: Double
  /// Whether momentum is Nesterov's.
  public var isNesterov: Bool
  /// λ: parameters lose the part rate · λ in every step.
  public var decay: Double
  /// Whose length an update takes.
  public let graft: Graft
  /// Whether means are corrected for their start.
  public var hasBiasCorrection: Bool
  /// What factors begin with, times the identity.
  public let initialFactor: Double
  /// p, of roots of order −1/p; nil for twice the number of factors.
  public let root: Int?
  /// How roots are taken.
  public var rootMethod: InverseRootMethod
  /// f: steps between two roots.
  public let refreshInterval: Int
  /// The first step with roots.
  public let startStep: Int
  /// The largest order of a factor.
  public let blockSize: Int
  /// Names of real arrays that are spectral weights.
  public let spectral: [NamePattern]

  public var name: String { "Shampoo" }
  public private(set) var layout: ParameterLayout?
  public private(set) var stepCount = 0
  private var blocks: [KroneckerBlock] = []
  private var mean: Tensor<Scalar>?
  private var square: Tensor<Scalar>?
  private var buffer: Tensor<Scalar>?
  private var factors = Tensor<Double>.zeros([0])
  private var roots = Tensor<Double>.zeros([0])
  /// Failures in a row, by factor.
  private var failures = Tensor<Double>.zeros([0])
  private var failed = 0
  private var gradientScratch = GradientScratch<Scalar>()
  private var scratch = Scratch<ShampooPasses<Scalar>>()

  /// Shampoo with a rate of 10⁻², β₁ = β₃ = 0.9, β₂ = 1, ε = 10⁻¹² and roots in every step unless given. With a graft, roots
  /// begin with step `refreshInterval` unless given.
  public init(
    rate: Schedule = 1e-2, beta1: Double = 0.9, beta2: Double = 1, beta3: Double? = nil,
    epsilon: Double = 1e-12, momentum: Double = 0, isNesterov: Bool = false, decay: Double = 0,
    graft: Graft = .none, hasBiasCorrection: Bool = true, initialFactor: Double = 0, root: Int? = nil,
    rootMethod: InverseRootMethod = .eigen, refreshInterval: Int = 1, startStep: Int? = nil,
    blockSize: Int = 1024, spectral: NamePattern...
  ) {
    let beta3 = beta3 ?? beta1
    precondition(
      (0..<1).contains(beta1) && (0...1).contains(beta2) && (0..<1).contains(beta3) && epsilon >= 0
        && (0..<1).contains(momentum),
      "Shampoo needs β₁, β₃ and momentum in [0, 1), β₂ in [0, 1] and ε ≥ 0, not \(beta1), \(beta3), \(momentum), "
        + "\(beta2) and \(epsilon)")
    precondition(
      refreshInterval > 0 && blockSize > 0 && initialFactor >= 0 && decay >= 0 && (root ?? 1) > 0,
      "Shampoo cannot take roots of order \(root ?? 1) every \(refreshInterval) steps in blocks of \(blockSize), from "
        + "factors of \(initialFactor) and with a decay of \(decay)")
    (self.rate, self.beta1, self.beta2, self.beta3) = (rate, beta1, beta2, beta3)
    (self.epsilon, self.momentum, self.isNesterov, self.decay) = (epsilon, momentum, isNesterov, decay)
    (self.graft, self.hasBiasCorrection, self.initialFactor) = (graft, hasBiasCorrection, initialFactor)
    (self.root, self.rootMethod, self.refreshInterval) = (root, rootMethod, refreshInterval)
    self.startStep = startStep ?? (graft == .none ? 1 : refreshInterval)
    (self.blockSize, self.spectral) = (blockSize, spectral)
  }

  /// The method of 2018: sums that begin with ε I, no mean gradient, no graft.
  public static func original(rate: Schedule = 1e-2, epsilon: Double = 1e-4) -> Shampoo {
    Shampoo(
      rate: rate, beta1: 0, epsilon: 0, hasBiasCorrection: false, initialFactor: epsilon, blockSize: .max)
  }

  public mutating func gradientMemory(count: Int) -> GradientMemory<Scalar> {
    gradientScratch.take(count: count)
  }

  /// The blocks of a layout, the numbers of all their factors, and the number of factors.
  private func parts(_ layout: ParameterLayout) throws(OptimizerError) -> (
    blocks: [KroneckerBlock], factors: Int, sides: Int
  ) {
    let matrices = try layout.matrices(spectral: spectral, limit: blockSize, cutsVectors: true)
    let (blocks, count) = KroneckerBlock.blocks(matrices, limit: blockSize, includesVectors: true)
    return (blocks, count, blocks.reduce(0) { $0 + $1.sides.count })
  }

  public mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) {
    let (blocks, count, sides) = try parts(layout)
    (self.blocks, self.layout, stepCount, failed) = (blocks, layout, 0, 0)
    mean = beta1 > 0 || beta3 > 0 ? .zeros([layout.count]) : nil
    square = graft.hasSquares ? .zeros([layout.count]) : nil
    buffer = momentum > 0 ? .zeros([layout.count]) : nil
    (factors, roots, failures) = (.zeros([count]), .zeros([count]), .zeros([sides]))
    factors.withUnsafeMutableBufferPointer { factors in
      roots.withUnsafeMutableBufferPointer { roots in
        for block in blocks {
          for (_, start, order) in block.sides {
            for k in 0..<order {
              let place = start + k * (order + 1) * block.matrix.field.width
              (factors[place], roots[place]) = (initialFactor, 1)
            }
          }
        }
      }
    }
    scratch.drop()
  }

  public func rate(_ context: UpdateContext) -> Double { rate.value(at: stepCount) * context.rateFactor }

  public func diagnose(_ diagnostics: inout StepDiagnostics) {
    diagnostics["failed roots"] = Double(failed)
  }

  /// In a function of its own, at whose end nothing else holds the roots.
  private mutating func takePasses() -> ShampooPasses<Scalar> {
    let (blocks, roots, root) = (blocks, roots, root)
    return scratch.take { ShampooPasses(blocks, roots: roots, root: root) }
  }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    guard layout != nil else { return }
    let passes = takePasses()
    let rate = rate(context)
    stepCount += 1
    let t = Double(stepCount)
    func correction(_ value: Double) -> Double { hasBiasCorrection ? 1 - value : 1 }
    var operands = ShampooOperands<Scalar>(x: x, gradient: gradient)
    mean?.withUnsafeMutableBufferPointer { operands.mean = $0.baseAddress }
    square?.withUnsafeMutableBufferPointer { operands.square = $0.baseAddress }
    buffer?.withUnsafeMutableBufferPointer { operands.buffer = $0.baseAddress }
    factors.withUnsafeMutableBufferPointer { operands.factors = $0.baseAddress }
    roots.withUnsafeMutableBufferPointer { operands.roots = $0.baseAddress }
    failures.withUnsafeMutableBufferPointer { operands.failures = $0.baseAddress }
    (operands.rate, operands.keep) = (rate, 1 - rate * decay)
    (operands.momentum, operands.isNesterov) = (momentum, isNesterov)
    (operands.beta1, operands.beta3) = (beta1, beta3)
    operands.filterScale = 1 / correction(beta3 * Foundation.pow(beta1, t - 1))
    (operands.factorKeep, operands.factorWeight) = (beta2, beta2 < 1 ? 1 - beta2 : 1)
    operands.factorScale = beta2 < 1 ? 1 / correction(Foundation.pow(beta2, t)) : 1
    (operands.epsilon, operands.method, operands.initialFactor) = (epsilon, rootMethod, initialFactor)
    switch graft {
    case .none: operands.graft = nil
    case .sgd: operands.graft = ShampooOperands.Squares(keep: 0, weight: 0, root: 0, epsilon: 1)
    case .adaGrad(let epsilon):
      operands.graft = ShampooOperands.Squares(keep: 1, weight: 1, root: 1, epsilon: epsilon)
    case .rmsProp(let beta2, let epsilon):
      operands.graft = ShampooOperands.Squares(keep: beta2, weight: 1 - beta2, root: 1, epsilon: epsilon)
    case .adam(let beta2, let epsilon):
      operands.graft = ShampooOperands.Squares(
        keep: beta2, weight: 1 - beta2, root: 1 / (1 - Foundation.pow(beta2, t)).squareRoot(),
        epsilon: epsilon)
    }
    let isStarted = stepCount >= startStep
    failed = passes.update(
      operands, isStarted: isStarted,
      takesRoots: isStarted && (stepCount == startStep || stepCount % refreshInterval == 0))
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    if layout != nil {
      state.tensors["m"] = mean
      state.tensors["v"] = square
      state.tensors["momentum"] = buffer
      state.doubles = ["factors": factors, "roots": roots, "failures": failures]
    }
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return self.layout = nil }
    let (blocks, count, sides) = try parts(layout)
    let shape = [layout.count]
    let m = beta1 > 0 || beta3 > 0 ? try state.tensor("m", shape) : nil
    let v = graft.hasSquares ? try state.tensor("v", shape) : nil
    let b = momentum > 0 ? try state.tensor("momentum", shape) : nil
    let (factors, roots) = (try state.double("factors", [count]), try state.double("roots", [count]))
    failures = try state.double("failures", [sides])
    (mean, square, buffer, self.factors, self.roots) = (m, v, b, factors, roots)
    (self.blocks, self.layout, stepCount, failed) = (blocks, layout, state.step, 0)
    scratch.drop()
  }
}

import Tensors

/// Shampoo in four bits (Wang et al., NeurIPS 2024) before another rule: gradients between inverse fourth roots of their
/// second moments, with the length that they had.
///
/// For a matrix with the gradient G, and for its left factor with eigenvectors V and eigenvalues s (the right one alike):
///
///     every T₁ steps: A = β V s Vᵀ + (1 − β) G Gᵀ,  V ← the orthogonal factor of A V,  s = diag(Vᵀ A V)
///     every T₂ steps: the root V (s + ε max s)^(−1/4) Vᵀ
///     G ← root G root · ‖G‖ / ‖root G root‖,  which the other rule takes
///
/// V, and the root beside its diagonal, are kept in four bits a number (see ``FourBitCode``); s and the diagonal in single
/// precision. V, unlike A, stands the rounding: one step of Björck's iteration before A, and four before a root, make it
/// orthonormal again. Factors with fewer than 4096 numbers are in single precision, arrays of one axis and complex ones go
/// to the other rule as they are, and matrices are cut into blocks of `blockSize`. Factors and roots take about
/// a fourteenth of the memory that they have in ``Shampoo``; it saves no time.
public struct FourBitShampoo<Base: UpdateRule>: RuleModifier {
  public typealias Scalar = Base.Scalar

  public var base: Base
  /// T₁: steps between two updates of the factors.
  public let factorInterval: Int
  /// T₂: steps between two roots.
  public let rootInterval: Int
  /// β: how much of a factor is kept in an update.
  public let beta: Double
  /// ε, as a part of the largest eigenvalue.
  public let epsilon: Double
  /// The largest order of a factor.
  public let blockSize: Int
  /// The least number of elements of a factor in four bits.
  public let minimumCount: Int

  private var sides: [FourBitSide] = []
  private var blocks: [MatrixBlock] = []
  private var codes: [UInt8] = []
  private var numbers: [Float] = []
  private var scratch = Scratch<FourBitPasses<Scalar>>()

  init(
    base: Base, factorInterval: Int, rootInterval: Int, beta: Double, epsilon: Double, blockSize: Int,
    minimumCount: Int
  ) {
    precondition(
      factorInterval > 0 && rootInterval > 0 && (0..<1).contains(beta) && epsilon > 0 && blockSize > 1,
      "four-bit Shampoo cannot update factors every \(factorInterval) and roots every \(rootInterval) steps, with "
        + "β = \(beta), ε = \(epsilon) and blocks of \(blockSize)")
    self.base = base
    (self.factorInterval, self.rootInterval, self.beta, self.epsilon) = (
      factorInterval, rootInterval, beta, epsilon
    )
    (self.blockSize, self.minimumCount) = (blockSize, minimumCount)
  }

  public var name: String { "four-bit Shampoo" }

  /// Bytes of the factors and roots.
  public var memory: Int { codes.count + 4 * numbers.count }

  /// The matrices of a layout that have factors, and those with their places.
  private func parts(_ layout: ParameterLayout) throws(OptimizerError) -> (
    blocks: [MatrixBlock], sides: [FourBitSide], codes: Int, numbers: Int
  ) {
    var (sides, codes, numbers): ([FourBitSide], Int, Int) = ([], 0, 0)
    let blocks = try layout.matrices(limit: blockSize).filter { !$0.isVector && !$0.field.isComplex }
    for (index, block) in blocks.enumerated() {
      for (isLeft, order) in [(true, block.rows), (false, block.columns)] where order > 1 {
        let side = FourBitSide(
          block: index, isLeft: isLeft, order: order, isCoded: order * order >= minimumCount, codes: codes,
          numbers: numbers)
        sides.append(side)
        codes += side.codeCount
        numbers += side.numberCount
      }
    }
    return (blocks, sides, codes, numbers)
  }

  public mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) {
    let (blocks, sides, codeCount, numberCount) = try parts(layout)
    try base.prepare(for: layout)
    (self.blocks, self.sides) = (blocks, sides)
    codes = Array(repeating: 0, count: codeCount)
    numbers = Array(repeating: 0, count: numberCount)
    scratch.drop()
  }

  /// In a function of its own, at whose end nothing else holds the list of blocks.
  private mutating func takePasses() -> FourBitPasses<Scalar> {
    let (blocks, sides) = (blocks, sides)
    return scratch.take { FourBitPasses(blocks, sides) }
  }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    let (passes, step) = (takePasses(), base.stepCount)
    var operands = FourBitOperands<Scalar>(gradient: gradient, beta: beta, epsilon: epsilon)
    codes.withUnsafeMutableBufferPointer { operands.codes = $0.baseAddress }
    numbers.withUnsafeMutableBufferPointer { operands.numbers = $0.baseAddress }
    operands.isFirst = step == 0
    operands.takesFactors = step % factorInterval == 0
    operands.takesRoots = step % rootInterval == 0
    passes.run(operands)
    base.update(x, gradient: gradient, context)
  }

  public var state: OptimizerState<Scalar> {
    var state = stateOfBase
    guard layout != nil else { return state }
    // Six bytes to a number, which holds 53 bits.
    var packed = [Double](repeating: 0, count: (codes.count + 5) / 6)
    for (i, code) in codes.enumerated() { packed[i / 6] += Double(UInt64(code) << (8 * (i % 6))) }
    state.doubles["codes"] = Tensor(packed)
    state.doubles["numbers"] = Tensor(numbers.map(Double.init))
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    guard let layout = state.layout else { return try restoreBase(state) }
    let (blocks, sides, codeCount, numberCount) = try parts(layout)
    let packed = try state.double("codes", [(codeCount + 5) / 6]).elements
    let numbers = try state.double("numbers", [numberCount]).elements
    try restoreBase(state)
    (self.blocks, self.sides, self.numbers) = (blocks, sides, numbers.map { Float($0) })
    codes = (0..<codeCount).map { i in
      UInt8(truncatingIfNeeded: (UInt64(exactly: packed[i / 6]) ?? 0) >> UInt64(8 * (i % 6)))
    }
    scratch.drop()
  }
}

extension UpdateRule {
  /// This rule, with gradients preconditioned by Shampoo in four bits: factors every hundred steps, roots every 500, with
  /// β = 0.95, ε = 10⁻⁶ and blocks of 1200 unless given.
  public func preconditionedInFourBits(
    factorInterval: Int = 100, rootInterval: Int = 500, beta: Double = 0.95, epsilon: Double = 1e-6,
    blockSize: Int = 1200, minimumCount: Int = 4096
  ) -> FourBitShampoo<Self> {
    FourBitShampoo(
      base: self, factorInterval: factorInterval, rootInterval: rootInterval, beta: beta, epsilon: epsilon,
      blockSize: blockSize, minimumCount: minimumCount)
  }
}

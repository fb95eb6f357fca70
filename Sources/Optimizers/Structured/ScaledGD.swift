import Algebra
import Tensors

/// ScaledGD(λ): gradient descent for factors of low-rank matrices, preconditioned by the factors themselves, so that its
/// speed does not depend on the condition of the matrix (Xu, Shen, Chi and Ma, ICML 2023; for two factors Tong, Ma and
/// Chi, JMLR 2021).
///
///     M = X Xᵀ:   X ← X − rate · ∇X (XᵀX + λ I)⁻¹
///     M = L Rᵀ:   L ← L − rate · ∇L (RᵀR + λ I)⁻¹,   R ← R − rate · ∇R (LᵀL + λ I)⁻¹
///
/// λ makes up for factors of more columns than the matrix has rank, begun small; it is best near the square of the smallest
/// singular value of the true factor. Parameters that are no factors take plain gradient steps. Matrices of the order of
/// the rank are factorised in doubles in each step.
public struct ScaledGD<Scalar: OptimizerScalar>: UpdateRule {
  /// Parameters that are factors of a matrix.
  public enum Factorization: Sendable, Hashable {
    /// M = X Xᵀ.
    case symmetric(String)
    /// M = L Rᵀ, of as many columns.
    case pair(left: String, right: String)
  }

  /// The rate.
  public var rate: Schedule
  /// λ.
  public var damping: Double
  /// The factors.
  public let factorizations: [Factorization]

  public var name: String { "ScaledGD" }
  public private(set) var layout: ParameterLayout?
  public private(set) var stepCount = 0
  private var factors: [Factor] = []
  private var gradientScratch = GradientScratch<Scalar>()
  private var scratch = Scratch<Memory>()

  /// A factor of n × r, and the place of that by whose columns it is scaled.
  private struct Factor: Sendable {
    var start, rows, columns: Int
    var scale: (start: Int, rows: Int)
  }

  private final class Memory {
    let factors: [Factor]
    let rest: [Range<Int>]
    /// The scaled gradients of all factors, one factor's other in doubles, and XᵀX.
    let directions, other, gram: Buffer<Double>

    init(factors: [Factor], rest: [Range<Int>]) {
      (self.factors, self.rest) = (factors, rest)
      directions = Buffer(count: factors.reduce(0) { $0 + $1.rows * $1.columns })
      other = Buffer(count: factors.reduce(0) { max($0, $1.scale.rows * $1.columns) })
      gram = Buffer(count: factors.reduce(0) { max($0, $1.columns * $1.columns) })
    }
  }

  /// Factors with a rate of 0.3 and λ = 10⁻³ unless given.
  public init(_ factorizations: [Factorization], rate: Schedule = 0.3, damping: Double = 1e-3) {
    precondition(damping > 0, "ScaledGD needs a damping > 0, not \(damping)")
    (self.factorizations, self.rate, self.damping) = (factorizations, rate, damping)
  }

  public mutating func gradientMemory(count: Int) -> GradientMemory<Scalar> {
    gradientScratch.take(count: count)
  }

  private static func matrix(_ name: String, _ layout: ParameterLayout) throws(OptimizerError)
    -> ParameterLayout.Segment
  {
    guard let segment = layout[name] else {
      throw .noMatch(pattern: name, names: layout.segments.map(\.name))
    }
    guard segment.shape.count == 2, !segment.isComplex else {
      throw .notFactor(name: name, shape: segment.shape, partner: nil)
    }
    return segment
  }

  private func found(_ layout: ParameterLayout) throws(OptimizerError) -> [Factor] {
    var factors: [Factor] = []
    func add(_ own: ParameterLayout.Segment, by other: ParameterLayout.Segment) {
      factors.append(
        Factor(
          start: own.range.lowerBound, rows: own.shape[0], columns: own.shape[1],
          scale: (other.range.lowerBound, other.shape[0])))
    }
    for factorization in factorizations {
      switch factorization {
      case .symmetric(let name):
        let x = try Self.matrix(name, layout)
        add(x, by: x)
      case .pair(let left, let right):
        let (l, r) = (try Self.matrix(left, layout), try Self.matrix(right, layout))
        guard l.shape[1] == r.shape[1] else {
          throw .notFactor(name: left, shape: l.shape, partner: r.shape)
        }
        add(l, by: r)
        add(r, by: l)
      }
    }
    return factors
  }

  /// Ranges of the parameters that are no factors.
  private static func rest(_ layout: ParameterLayout, _ factors: [Factor]) -> [Range<Int>] {
    let starts = Set(factors.map(\.start))
    return layout.segments.map(\.range).filter { !$0.isEmpty && !starts.contains($0.lowerBound) }
  }

  public mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) {
    factors = try found(layout)
    (self.layout, stepCount) = (layout, 0)
    scratch.drop()
  }

  public func rate(_ context: UpdateContext) -> Double { rate.value(at: stepCount) * context.rateFactor }

  public mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ context: UpdateContext
  ) {
    guard let layout else { return }
    let factors = factors
    let memory = scratch.take { Memory(factors: factors, rest: Self.rest(layout, factors)) }
    let rate = rate(context)
    stepCount += 1
    // All directions before any factor moves.
    var start = 0
    for factor in memory.factors {
      scale(factor, x, gradient, memory, direction: memory.directions.pointer + start)
      start += factor.rows * factor.columns
    }
    start = 0
    for factor in memory.factors {
      let (own, count) = (x + factor.start, factor.rows * factor.columns)
      Scalar.move(own, own, memory.directions.pointer + start, step: -rate, count: count)
      start += count
    }
    for range in memory.rest {
      Scalar.axpy(
        Scalar(-rate), gradient + range.lowerBound, x + range.lowerBound, count: range.count)
    }
  }

  /// direction = ∇X (YᵀY + λ I)⁻¹
  private func scale(
    _ factor: Factor, _ x: UnsafePointer<Scalar>, _ gradient: UnsafePointer<Scalar>, _ memory: Memory,
    direction: UnsafeMutablePointer<Double>
  ) {
    let (n, r, rows) = (factor.rows, factor.columns, factor.scale.rows)
    guard n * r > 0 else { return }
    let (other, gram) = (memory.other.pointer, memory.gram.pointer)
    Scalar.convert(gradient + factor.start, toDouble: direction, count: n * r)
    Scalar.convert(x + factor.scale.start, toDouble: other, count: rows * r)
    var shift = damping
    for _ in 0..<60 {
      Double.multiplyMatrices(
        rows: r, columns: r, inner: rows, alpha: 1, other, leading: r, transposed: true, other, leading: r,
        transposed: false, beta: 0, gram, leading: r)
      for k in 0..<r { gram[k * (r + 1)] += shift }
      // Where rounding leaves no factor, the damping grows.
      if BLASThreads.withSingle({ Double.potrf(r, gram, r) }) == 0 { break }
      shift *= 10
    }
    // Rows of the gradient are columns for LAPACK.
    BLASThreads.withSingle { _ = Double.potrs(r, n, gram, r, direction, r) }
  }

  public var state: OptimizerState<Scalar> { OptimizerState(method: name, layout: layout, step: stepCount) }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    if let layout = state.layout { factors = try found(layout) }
    (layout, stepCount) = (state.layout, state.step)
    scratch.drop()
  }
}

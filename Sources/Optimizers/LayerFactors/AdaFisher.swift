import Algebra
import Foundation
import Tensors

/// AdaFisher: a diagonal of the Fisher matrix from Kronecker factors' diagonals, by which the mean gradient is divided without
/// a root (Gomes, Zhang, Belilovsky, Wolf and Hosseini, 2024):
///
///     h ← γ h + (1 − γ) scaled(mean z²),   s ← γ s + (1 − γ) scaled(mean ĝ²)   every `refreshInterval` steps
///     m ← β m + (1 − β) g,   F = h sᵀ + λ,   W ← W − rate · m / (1 − βᵗ) / F
///
/// for every affine map y = z W + b, with b as a row of W whose input is 1, and ĝ = ∂loss/∂y (see
/// ``LayerStatistics/moments``). What is averaged is scaled to [0, 1] by its least and its largest number; averages begin with
/// ones. Parameters of no affine map have F = 1.
///
/// The averages are exponential ones as in the paper; in the authors' program they tend to about 0.009 times what is averaged,
/// so that F is λ nearly everywhere and the method is gradient descent with momentum at the rate over λ. Here F tells inputs
/// and outputs apart, and rates are for F between λ and 1 + λ.
public struct AdaFisher<Scalar: OptimizerScalar>: LayerwiseOptimizer {
  /// The rate.
  public var rate: Schedule
  /// β.
  public var momentum: Double
  /// γ.
  public var decay: Double
  /// λ.
  public var damping: Double
  /// Steps from one renewal of h and s to the next.
  public var refreshInterval: Int

  public var name: String { "AdaFisher" }
  public private(set) var layout: ParameterLayout?
  private var stepCount = 0
  /// m.
  private var mean: Tensor<Scalar>
  /// h and s, map by map.
  private var moments: Tensor<Double>
  private var scratch = Scratch<Memory>()

  private final class Memory {
    let factors: LayerFactorLayout
    var moments, gradient: Tensor<Scalar>
    /// Statistics, and a map's direction or a part of it, in doubles.
    let wide, row: Buffer<Double>
    /// The parameters of maps, in rising order.
    let covered: [Range<Int>]
    let passes: VectorPasses<Scalar>

    init(_ factors: LayerFactorLayout, count: Int) {
      self.factors = factors
      (moments, gradient) = (.zeros([factors.count]), .zeros([count]))
      wide = Buffer(count: max(factors.count, 1))
      row = Buffer(count: max(factors.layers.reduce(0) { max($0, $1.outputs) }, 1))
      covered = factors.layers.flatMap { [$0.weight] + ($0.bias.map { [$0] } ?? []) }
        .sorted { $0.lowerBound < $1.lowerBound }
      passes = VectorPasses(count: count, pool: .shared)
    }

    func norm() -> Double {
      gradient.withUnsafeBufferPointer { g in
        g.baseAddress.map { passes.inner($0, $0).squareRoot() } ?? 0
      }
    }

    /// Takes up new moments; whether they are finite.
    func take() -> Bool {
      moments.withUnsafeBufferPointer {
        guard let moments = $0.baseAddress else { return true }
        Scalar.convert(moments, toDouble: wide.pointer, count: $0.count)
        return Double.inner(wide.pointer, wide.pointer, count: $0.count).isFinite
      }
    }
  }

  /// The paper's rate 10⁻³, β = 0.9, γ = 0.8, λ = 10⁻³ and new statistics every 100 steps unless given.
  public init(
    rate: Schedule = 1e-3, momentum: Double = 0.9, decay: Double = 0.8, damping: Double = 1e-3,
    refreshInterval: Int = 100
  ) {
    precondition(
      (0..<1).contains(momentum) && (0..<1).contains(decay) && damping > 0 && refreshInterval > 0,
      "AdaFisher needs β and γ in [0, 1), a damping > 0 and an interval > 0, not \(momentum), \(decay), \(damping) "
        + "and \(refreshInterval)")
    (self.rate, self.momentum, self.decay) = (rate, momentum, decay)
    (self.damping, self.refreshInterval) = (damping, refreshInterval)
    (mean, moments) = (.zeros([0]), .zeros([0]))
  }

  public mutating func prepare(for layout: ParameterLayout) {
    self.layout = layout
    stepCount = 0
    (mean, moments) = (.zeros([layout.count]), .zeros([0]))
    scratch.drop()
  }

  public mutating func layerwiseStep<Loss: LayerwiseObjective>(
    _ objective: Loss, at x: inout Tensor<Scalar>
  ) throws -> StepReport where Loss.Scalar == Scalar {
    try begin(objective.layout, x)
    let memory = try memory(for: try objective.layerFactorLayout(.moments))
    let isRefreshed = stepCount % refreshInterval == 0
    let loss =
      isRefreshed
      ? try objective.valueAndGradient(at: x, gradient: &memory.gradient, .moments, into: &memory.moments)
      : try objective.valueAndGradient(at: x, gradient: &memory.gradient)
    let norm = memory.norm()
    guard loss.isFinite, norm.isFinite, !isRefreshed || memory.take() else {
      throw OptimizerError.notFinite(method: name, step: stepCount, loss: loss, gradientNorm: norm)
    }
    if isRefreshed { average(memory) }
    let rate = rate.value(at: stepCount)
    stepCount += 1
    move(&x, memory, step: rate / (1 - pow(momentum, Double(stepCount))))
    return StepReport(loss: loss, gradientNorm: norm, stepLength: rate, evaluations: 1)
  }

  /// h and s ← γ times themselves + (1 − γ) times new ones, each between 0 and 1.
  private mutating func average(_ memory: Memory) {
    let (decay, factors) = (decay, memory.factors)
    moments.withUnsafeMutableBufferPointer { average in
      for layer in factors.layers.indices {
        for side in 0...1 {
          let factor = side == 0 ? factors.inputs(0, layer) : factors.outputs(0, layer)
          let new = memory.wide.pointer + factor.start
          var (least, largest) = (Double.infinity, 0.0)
          for i in 0..<factor.order {
            (least, largest) = (min(least, new[i]), max(largest, new[i]))
          }
          // Numbers that are all alike tell nothing apart: they are the largest.
          let width = largest - least
          for i in 0..<factor.order {
            let scaled = width > 0 ? (new[i] - least) / width : 1
            average[factor.start + i] = decay * average[factor.start + i] + (1 - decay) * scaled
          }
        }
      }
    }
  }

  /// m ← β m + (1 − β) g, and x ← x − step · m / F.
  private mutating func move(_ x: inout Tensor<Scalar>, _ memory: Memory, step: Double) {
    let (damping, factors) = (damping, memory.factors)
    mean.withUnsafeMutableBufferPointer { mean in
      memory.gradient.withUnsafeBufferPointer { g in
        guard let m = mean.baseAddress else { return }
        Scalar.scale(m, by: Scalar(momentum), count: mean.count)
        Scalar.axpy(Scalar(1 - momentum), g.baseAddress!, m, count: mean.count)
      }
    }
    mean.withUnsafeBufferPointer { mean in
      moments.withUnsafeBufferPointer { moments in
        x.withUnsafeMutableBufferPointer { x in
          guard let m = mean.baseAddress, let x = x.baseAddress else { return }
          // F of parameters of no map is 1; those of maps get theirs beside it.
          var next = 0
          func plain(upTo end: Int) {
            if end > next { Scalar.axpy(Scalar(-step), m + next, x + next, count: end - next) }
          }
          for range in memory.covered {
            plain(upTo: range.lowerBound)
            next = range.upperBound
          }
          plain(upTo: mean.count)
          let row = memory.row.pointer
          for layer in factors.layers.indices {
            let map = factors.layers[layer]
            let inputs = factors.inputs(0, layer).start
            let outputs = factors.outputs(0, layer).start
            for i in 0..<map.inputOrder {
              let start =
                i < map.inputs ? map.weight.lowerBound + i * map.outputs : map.bias!.lowerBound
              Scalar.convert(m + start, toDouble: row, count: map.outputs)
              for j in 0..<map.outputs { row[j] /= moments[inputs + i] * moments[outputs + j] + damping }
              Scalar.move(x + start, x + start, row, step: -step, count: map.outputs)
            }
          }
        }
      }
    }
  }

  /// Memory for statistics of a layout, which those of a state must have too.
  private mutating func memory(for factors: LayerFactorLayout) throws -> Memory {
    let count = layout!.count
    var memory = scratch.take { Memory(factors, count: count) }
    if memory.factors != factors {
      scratch.drop()
      memory = scratch.take { Memory(factors, count: count) }
    }
    if stepCount == 0, moments.count != factors.count { moments = .ones([factors.count]) }
    guard moments.count == factors.count else {
      throw OptimizerError.shape(
        method: name, entry: "moments", expected: [factors.count], found: moments.shape)
    }
    return memory
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout, step: stepCount)
    guard layout != nil else { return state }
    state.tensors["mean"] = mean
    state.doubles["moments"] = moments
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return self.layout = nil }
    // Its length is that of the objective's statistics, which is known in the next step.
    guard let moments = state.doubles["moments"] else { throw .missing(method: name, entry: "moments") }
    mean = try state.tensor("mean", [layout.count])
    (self.moments, self.layout, stepCount) = (moments, layout, state.step)
    scratch.drop()
  }
}

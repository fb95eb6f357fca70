import Algebra
import CKernels
import Tensors

/// The settings of ``PSGDXMat`` and ``PSGDLRA`` besides the form of Q.
public struct WhiteningSettings: Sendable {
  /// The rate.
  public var rate: Schedule
  /// β: how much of the mean gradient is kept in a step.
  public var momentum: Double
  /// λ: parameters lose the part rate · λ in every step.
  public var decay: Double
  /// How Q is fitted; its geometry is that of the form of Q.
  public var fitting: LieGroupFitting
  /// Whether the mean is whitened, rather than the gradient: then rates are lower by √((1 + β)/(1 − β)).
  public var whitensMean: Bool
  /// The largest root mean square of the direction.
  public var rootMeanSquareLimit: Double
  /// The largest magnitude of an element of the direction.
  public var elementLimit: Double

  /// A rate of 10⁻³, no momentum and no decay, a root mean square of up to 2 and elements of up to 10, unless given.
  public init(
    rate: Schedule = 1e-3, momentum: Double = 0, decay: Double = 0,
    fitting: LieGroupFitting = LieGroupFitting(), whitensMean: Bool = false,
    rootMeanSquareLimit: Double = 2, elementLimit: Double = 10
  ) {
    precondition(
      (0..<1).contains(momentum) && decay >= 0 && (momentum > 0 || !whitensMean),
      "PSGD needs a momentum in [0, 1), one above 0 for a mean to whiten, and a decay ≥ 0, not \(momentum) and "
        + "\(decay)")
    precondition(
      rootMeanSquareLimit > 0 && elementLimit > 0,
      "PSGD needs limits > 0, not \(rootMeanSquareLimit) and \(elementLimit)")
    (self.rate, self.momentum, self.decay, self.fitting) = (rate, momentum, decay, fitting)
    (self.whitensMean, self.rootMeanSquareLimit) = (whitensMean, rootMeanSquareLimit)
    self.elementLimit = elementLimit
  }
}

/// What whitening by one factor of the whole vector is made of, whatever the form of the factor.
struct FlatWhitening<Scalar: OptimizerScalar, Factor: FlatFactor>: Sendable {
  var settings: WhiteningSettings
  private(set) var layout: ParameterLayout?
  private(set) var stepCount = 0
  private(set) var isScaled = false
  private(set) var factor: Factor
  private var mean = Tensor<Scalar>.zeros([0])
  private var scratch = Scratch<Memory>()

  private final class Memory: @unchecked Sendable {
    // Unchecked: operands are written by the owner between regions, and every tile writes to its own part.
    var (damping, rounding, factor, bound, keep, rate) = (0.0, 0.0, 1.0, 0.0, 1.0, 0.0)
    var (seed, stream) = (UInt64(0), UInt64(0))
    var source: UnsafePointer<Scalar>?
    var x: UnsafeMutablePointer<Scalar>?
    let h, v: Buffer<Double>
    let tiles: FlatTiles
    private(set) var widening, pairing, measure, motion: ParallelRegion?

    init(count: Int) {
      (h, v) = (Buffer(count: count), Buffer(count: count))
      tiles = FlatTiles(count: count, width: 3)
      // h as doubles, and its largest magnitude.
      widening = tiles.region { [unowned self] first, count, sums in
        Scalar.convert(source! + first, toDouble: h.pointer + first, count: count)
        sums[0] = Double.maximumMagnitude(h.pointer + first, count: count)
      }
      // Random v, and h with noise along it.
      pairing = tiles.region { [unowned self] first, count, _ in
        let (h, v) = (h.pointer + first, v.pointer + first)
        Double.fillNormal(v, count: count, seed: seed, stream: stream, first: UInt64(first))
        if factor != 1 { Double.scale(h, by: factor, count: count) }
        ck_add_noise(h, h, v, damping, rounding, Int64(count))
      }
      // Squares and fourth powers in multiples of the largest magnitude.
      measure = tiles.region { [unowned self] first, count, sums in
        ck_scaled_powers(sums + 1, h.pointer + first, factor, Int64(count))
      }
      motion = tiles.region { [unowned self] first, count, _ in
        let (x, d) = (x! + first, v.pointer + first)
        if factor != 1 { Double.scale(d, by: factor, count: count) }
        if bound < .infinity { Double.clip(d, bound: bound, count: count) }
        if keep != 1 { Scalar.scale(x, by: Scalar(keep), count: count) }
        Scalar.move(x, x, d, step: -rate, count: count)
      }
    }

    /// Makes doubles of a vector; returns its largest magnitude.
    func take(_ source: UnsafePointer<Scalar>) -> Double {
      self.source = source
      tiles.run(widening!)
      return tiles.largest(0)
    }
  }

  init(_ settings: WhiteningSettings, _ factor: Factor) { (self.settings, self.factor) = (settings, factor) }

  mutating func prepare(for layout: ParameterLayout) {
    (self.layout, stepCount, isScaled) = (layout, 0, false)
    factor = factor.sized(layout.count)
    mean = .zeros([settings.momentum > 0 ? layout.count : 0])
    scratch.drop()
  }

  mutating func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, rate: Double
  ) {
    guard let layout, layout.count > 0 else { return }
    let (count, fitting) = (layout.count, settings.fitting)
    let memory = scratch.take { Memory(count: count) }
    var source = gradient
    if settings.momentum > 0 {
      let keep = Scalar(min(settings.momentum, Double(stepCount) / Double(stepCount + 1)))
      mean.withUnsafeMutableBufferPointer {
        Scalar.axpby($0.baseAddress!, gradient, 1 - keep, keep, count: count)
        source = $0.baseAddress!
      }
    }
    if !isScaled || fitting.isFitted(step: stepCount) {
      fit(settings.whitensMean ? source : gradient, memory, fitting)
    }
    stepCount += 1
    guard isScaled else { return }
    move(x, along: source, memory, rate: rate)
  }

  private mutating func fit(_ source: UnsafePointer<Scalar>, _ memory: Memory, _ fitting: LieGroupFitting) {
    let largest = memory.take(source)
    // Zero says nothing of scales, and P would grow without a bound.
    guard largest > 0 else { return }
    if !isScaled {
      memory.factor = 1 / largest
      guard memory.factor < .infinity else { return }
      memory.tiles.run(memory.measure!)
      let mean = memory.tiles.total(2) / Double(memory.tiles.count)
      guard let scale = fitting.scale(quarticMean: largest * mean.squareRoot().squareRoot()) else { return }
      factor.reset(scale: scale, fitting)
      isScaled = true
    }
    // What would overflow when squared is shortened, long after it has lost all meaning.
    memory.factor = largest > 1e60 ? 1e60 / largest : 1
    (memory.damping, memory.rounding) = (fitting.damping, Double(Scalar.ulpOfOne))
    (memory.seed, memory.stream) = (fitting.seed, fitting.stream(.pair, step: stepCount))
    memory.tiles.run(memory.pairing!)
    factor.fit(memory.v.pointer, memory.h.pointer, fitting, step: stepCount)
  }

  private mutating func move(
    _ x: UnsafeMutablePointer<Scalar>, along source: UnsafePointer<Scalar>, _ memory: Memory, rate: Double
  ) {
    let largest = memory.take(source)
    if largest > 1e60 { Double.scale(memory.h.pointer, by: 1e60 / largest, count: memory.h.count) }
    factor.apply(memory.h.pointer, memory.v.pointer)
    memory.h.pointer.update(from: memory.v.pointer, count: memory.h.count)
    memory.factor = 1
    memory.tiles.run(memory.measure!)
    let size = (memory.tiles.total(1) / Double(memory.tiles.count)).squareRoot()
    memory.factor = size > settings.rootMeanSquareLimit ? settings.rootMeanSquareLimit / size : 1
    (memory.x, memory.rate) = (x, rate)
    (memory.keep, memory.bound) = (1 - rate * settings.decay, settings.elementLimit)
    memory.tiles.run(memory.motion!)
  }

  func state(method: String) -> OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: method, layout: layout, step: stepCount)
    if layout != nil {
      state.numbers = factor.numbers
      state.numbers["is scaled"] = isScaled ? 1 : 0
      state.doubles = factor.doubles
      if settings.momentum > 0 { state.tensors["m"] = mean }
    }
    return state
  }

  mutating func restore(_ state: OptimizerState<Scalar>, method: String) throws(OptimizerError) {
    try state.check(method: method, layout: layout)
    guard let layout = state.layout else { return self.layout = nil }
    let m = settings.momentum > 0 ? try state.tensor("m", [layout.count]) : .zeros([0])
    let factor = try factor.restored(from: state, count: layout.count)
    isScaled = try state.whole("is scaled") != 0
    (mean, self.factor, self.layout, stepCount) = (m, factor, layout, state.step)
    scratch.drop()
  }
}

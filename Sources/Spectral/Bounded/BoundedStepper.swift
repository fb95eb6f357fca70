import Equations
import Tensors

/// Steps a bounded system in time.
///
/// A step allocates nothing after the first. The same state gives the same bits for any number of threads.
public final class BoundedStepper: SpectralStepper, @unchecked Sendable {
  // Unchecked: one thread at a time drives the stepper; inside its regions tiles write disjoint parts.

  /// What is stepped.
  public let system: BoundedSystem
  private let pool: WorkerPool
  private var memory: StepMemory
  private let evaluation: ExplicitPart

  /// The time of the state.
  public var time: Double {
    get { memory.time }
    set { memory.time = newValue }
  }
  /// Steps taken since the beginning of the run.
  public var stepIndex: Int { memory.stepIndex }
  /// How often N has been evaluated.
  package var evaluations: Int { memory.evaluations }
  private let variableCount: Int
  /// The distance between variables.
  private let stride: Int

  // What the last region of a stage reads; set by the driving thread.
  private var stage = 0
  private var combination: ModeCombination?
  private var target: UnsafeMutablePointer<Double>
  private var combineRegion: ParallelRegion!
  /// Whether the region first adds up N, or finds it already there.
  private var collects = true
  private var combinations: [ModeCombination] = []
  private var errorCombination: ModeCombination?

  /// A stepper at the initial time.
  ///
  /// - Parameters:
  ///   - system: What is stepped.
  ///   - coefficients: The method at its step size.
  ///   - state: Coefficients per variable.
  ///   - time: The time of the state.
  ///   - stepIndex: How many steps led there, for runs that go on from a saved state.
  ///   - pool: The threads to use.
  public init(
    _ system: BoundedSystem, _ coefficients: StepCoefficients, state: [[Double]], time: Double = 0,
    stepIndex: Int = 0, pool: WorkerPool = .shared
  ) {
    self.system = system
    self.pool = pool
    variableCount = system.variables.count
    memory = StepMemory(
      coefficients, variables: system.variables.count, count: system.coefficientCount, time: time,
      stepIndex: stepIndex)
    stride = memory.vectors.stride
    target = memory.vectors.next.pointer
    evaluation = ExplicitPart(system, pool: pool)
    let tileSize = Self.tileSize
    combineRegion = ParallelRegion(tiles: (system.modeCount + tileSize - 1) / tileSize) {
      [unowned self] tile, _ in
      combine(tile * tileSize..<min((tile + 1) * tileSize, system.modeCount))
    }
    prepareCombinations()
    setState(state)
  }

  /// Modes per tile of a combination.
  private static let tileSize = 4096

  // MARK: - State

  public var state: [[Double]] { memory.state }

  public func setState(_ state: [[Double]]) { memory.setState(state) }

  public var history: [StepHistory] {
    get { memory.history }
    set { memory.history = newValue }
  }

  public func nonlinear() -> [Double] {
    memory.forgetFirst()
    enforceReality()
    evaluate(
      stage: 0, from: memory.vectors.state.pointer, at: time, combination: nil,
      to: memory.vectors.next.pointer)
    return memory.firstNonlinear
  }

  public func setCoefficients(_ new: StepCoefficients) {
    memory.setCoefficients(new)
    prepareCombinations()
  }

  public var step: Double { memory.coefficients.step }

  // MARK: - Norms

  /// Of the fields without what boundary data alone would bring about; orthogonal bases give the mean square of the
  /// field itself.
  public var meanSquares: [Double] {
    (0..<variableCount).map { meanSquare(memory.vectors.state.pointer + $0 * stride, $0) }
  }

  public func errorNorm(absolute: Double, relative: Double) -> Double {
    guard let error = memory.vectors.error else { return 0 }
    var total = 0.0
    for v in 0..<variableCount {
      let norm = { (buffer: Buffer<Double>) in
        self.meanSquare(buffer.pointer + v * self.stride, v).squareRoot()
      }
      let ratio =
        norm(error) / (absolute + relative * max(norm(memory.vectors.state), norm(memory.vectors.next)))
      total += ratio * ratio
    }
    return (total / Double(max(1, variableCount))).squareRoot()
  }

  private func meanSquare(_ z: UnsafePointer<Double>, _ variable: Int) -> Double {
    let weights = system.meanSquareWeights[variable].pointer
    var sum = 0.0
    if system.structure.isComplex {
      for m in 0..<system.modeCount {
        sum += weights[m] * (z[2 * m] * z[2 * m] + z[2 * m + 1] * z[2 * m + 1])
      }
    } else {
      for m in 0..<system.modeCount { sum += weights[m] * z[m] * z[m] }
    }
    return sum
  }

  // MARK: - Steps

  public func attempt() {
    if memory.isDueForReality { enforceReality() }
    let last = memory.coefficients.nodes.count - 1
    let isKnown = memory.knowsFirst
    var source = memory.vectors.state.pointer
    if isKnown {
      source = memory.vectors.stage.pointer
      combine(stage: 0, combinations[0], to: source, collecting: false)
    }
    for stage in (isKnown ? 1 : 0)...last {
      let target = stage < last ? memory.vectors.stage.pointer : memory.vectors.next.pointer
      evaluate(
        stage: stage, from: source, at: memory.time(ofStage: stage),
        combination: combinations[stage], to: target)
      source = target
    }
    memory.endAttempt()
  }

  public func accept() {
    memory.accept()
    for combination in combinations { combination.resolve(memory.vectors) }
    errorCombination?.resolve(memory.vectors)
  }

  /// N of a stage from its value, then the stage's combination into `target`.
  private func evaluate(
    stage: Int, from source: UnsafeMutablePointer<Double>, at time: Double, combination: ModeCombination?,
    to target: UnsafeMutablePointer<Double>
  ) {
    memory.countEvaluation()
    evaluation.run(source, stride: stride, time: time)
    combine(stage: stage, combination, to: target, collecting: true)
  }

  private func combine(
    stage: Int, _ combination: ModeCombination?, to target: UnsafeMutablePointer<Double>, collecting: Bool
  ) {
    self.stage = stage
    self.combination = combination
    self.target = target
    collects = collecting
    if combineRegion.tiles == 1 { combineRegion.runSerially() } else { pool.run(combineRegion) }
  }

  private func combine(_ modes: Range<Int>) {
    if collects { evaluation.collect(into: memory.vectors.nonlinear[stage].pointer, stride: stride, modes) }
    guard let combination else { return }
    combination.apply(to: target, stride: stride, modes)
    if let errorCombination, let error = memory.vectors.error, stage + 1 == memory.coefficients.nodes.count {
      errorCombination.apply(to: error.pointer, stride: stride, modes)
    }
  }

  private func prepareCombinations() {
    let isComplex = system.structure.isComplex
    combinations = (memory.coefficients.stages + [memory.coefficients.solution]).map {
      ModeCombination($0, isComplex: isComplex)
    }
    errorCombination = memory.coefficients.error.map { ModeCombination($0, isComplex: isComplex) }
    for combination in combinations { combination.resolve(memory.vectors) }
    errorCombination?.resolve(memory.vectors)
  }

  private func enforceReality() {
    guard system.structure.isComplex else { return }
    for v in 0..<variableCount { system.structure.enforceReality(memory.vectors.state.pointer + v * stride) }
  }
}

extension BoundedStructure {
  /// Averages each mode with wavenumber 0 on the last Fourier axis and the conjugate of its mirror image.
  func enforceReality(_ z: UnsafeMutablePointer<Double>) {
    guard let half = axes.firstIndex(where: \.isHalf) else { return }
    let inner = modeShape[(half + 1)...].reduce(1, *)
    let outer = modeShape[..<half].reduce(1, *)
    for o in 0..<outer {
      for k in 0..<inner {
        let plus = o * modeShape[half] * inner + k
        let minus = mirrored(plus)
        if minus < plus { continue }
        let (re, im) = (0.5 * (z[2 * plus] + z[2 * minus]), 0.5 * (z[2 * plus + 1] - z[2 * minus + 1]))
        (z[2 * plus], z[2 * plus + 1]) = (re, im)
        (z[2 * minus], z[2 * minus + 1]) = (re, -im)
      }
    }
  }

  /// The mode with opposite wavenumbers along all Fourier axes but the last.
  private func mirrored(_ mode: Int) -> Int {
    var (rest, stride, result) = (mode, 1, 0)
    for a in axes.indices.reversed() {
      let (next, i) = rest.quotientAndRemainder(dividingBy: modeShape[a])
      rest = next
      result += stride * (axes[a].basis == .fourier && !axes[a].isHalf && i > 0 ? modeShape[a] - i : i)
      stride *= modeShape[a]
    }
    return result
  }
}

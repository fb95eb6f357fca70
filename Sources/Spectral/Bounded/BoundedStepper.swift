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
  private var coefficients: StepCoefficients
  private var vectors: ModeVectors
  private let evaluation: ExplicitPart

  /// The time of the state.
  public var time: Double
  /// Steps taken since the beginning of the run.
  public private(set) var stepIndex: Int
  private let variableCount: Int
  /// Numbers per variable, and the distance between variables.
  private let count: Int
  private let stride: Int

  // What the last region of a stage reads; set by the driving thread.
  private var stage = 0
  private var combination: ModeCombination?
  private var target: UnsafeMutablePointer<Double>
  private var combineRegion: ParallelRegion!
  /// Whether the region first adds up N, or finds it already there.
  private var collects = true
  /// When the first N is that of the state, the time it belongs to: methods that end with it, and steps that are tried
  /// again, need not evaluate it.
  private var firstIsCurrentAt: Double?
  /// How often N has been evaluated.
  package private(set) var evaluations = 0
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
    self.coefficients = coefficients
    self.time = time
    self.stepIndex = stepIndex
    count = system.coefficientCount
    variableCount = system.variables.count
    // Vectors hold pairs of numbers: an odd count leaves one number unused.
    vectors = ModeVectors(
      variables: system.variables.count, modes: (system.coefficientCount + 1) / 2,
      evaluations: coefficients.nodes.count, history: coefficients.history,
      hasError: coefficients.error != nil)
    stride = vectors.stride
    target = vectors.next.pointer
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

  public var state: [[Double]] { unpacked(vectors.state) }

  private func unpacked(_ buffer: Buffer<Double>) -> [[Double]] {
    (0..<variableCount).map {
      Array(UnsafeBufferPointer(start: buffer.pointer + $0 * stride, count: count))
    }
  }

  private func pack(_ values: [Double], into buffer: Buffer<Double>) {
    precondition(
      values.count == variableCount * count,
      "\(values.count) numbers for \(variableCount) variables of \(count) coefficients")
    values.withUnsafeBufferPointer { source in
      for v in 0..<variableCount {
        (buffer.pointer + v * stride).update(from: source.baseAddress! + v * count, count: count)
      }
    }
  }

  public func setState(_ state: [[Double]]) {
    precondition(
      state.count == variableCount && state.allSatisfy { $0.count == count },
      "\(state.map(\.count)) numbers for \(variableCount) variables of \(count) coefficients")
    pack(state.flatMap { $0 }, into: vectors.state)
    firstIsCurrentAt = nil
  }

  public var history: [StepHistory] {
    get {
      zip(vectors.previousStates, vectors.previousNonlinear).map {
        StepHistory(state: unpacked($0).flatMap { $0 }, nonlinear: unpacked($1).flatMap { $0 })
      }
    }
    set {
      precondition(
        newValue.count == coefficients.history,
        "\(newValue.count) steps of history for \(coefficients.history)")
      for (i, past) in newValue.enumerated() {
        pack(past.state, into: vectors.previousStates[i])
        pack(past.nonlinear, into: vectors.previousNonlinear[i])
      }
    }
  }

  public func nonlinear() -> [Double] {
    firstIsCurrentAt = nil
    enforceReality()
    evaluate(stage: 0, from: vectors.state.pointer, at: time, combination: nil, to: vectors.next.pointer)
    return unpacked(vectors.nonlinear[0]).flatMap { $0 }
  }

  public func setCoefficients(_ new: StepCoefficients) {
    precondition(
      new.nodes.count == coefficients.nodes.count && new.history == coefficients.history
        && (new.error == nil) == (coefficients.error == nil),
      "coefficients of another method: \(new.nodes.count) stages and history \(new.history)")
    coefficients = new
    prepareCombinations()
  }

  public var step: Double { coefficients.step }

  // MARK: - Norms

  /// Of the fields without what boundary data alone would bring about; orthogonal bases give the mean square of the
  /// field itself.
  public var meanSquares: [Double] {
    (0..<variableCount).map { meanSquare(vectors.state.pointer + $0 * stride, $0) }
  }

  public func errorNorm(absolute: Double, relative: Double) -> Double {
    guard let error = vectors.error else { return 0 }
    var total = 0.0
    for v in 0..<variableCount {
      let norm = { (buffer: Buffer<Double>) in
        self.meanSquare(buffer.pointer + v * self.stride, v).squareRoot()
      }
      let ratio = norm(error) / (absolute + relative * max(norm(vectors.state), norm(vectors.next)))
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

  /// Redundant modes drift apart by rounding and, where L grows, would not stay small: every so many steps they are
  /// made equal again.
  private static let realityInterval = 64

  public func attempt() {
    // Tied to the step's number, so that a run that goes on from a saved state repeats it.
    if stepIndex % Self.realityInterval == 0 { enforceReality() }
    let last = coefficients.nodes.count - 1
    let isKnown = firstIsCurrentAt == time && last > 0
    var source = vectors.state.pointer
    if isKnown {
      source = vectors.stage.pointer
      combine(stage: 0, combinations[0], to: source, collecting: false)
    }
    for stage in (isKnown ? 1 : 0)...last {
      let target = stage < last ? vectors.stage.pointer : vectors.next.pointer
      evaluate(
        stage: stage, from: source, at: time + coefficients.nodes[stage] * coefficients.step,
        combination: combinations[stage], to: target)
      source = target
    }
    firstIsCurrentAt = coefficients.error == nil ? nil : time
  }

  public func accept() {
    let lastTime = time + coefficients.nodes[coefficients.nodes.count - 1] * coefficients.step
    vectors.advance()
    if coefficients.reusesLast { vectors.reuseLast() }
    for combination in combinations { combination.resolve(vectors) }
    errorCombination?.resolve(vectors)
    stepIndex += 1
    time += coefficients.step
    // A state that is about to be made real again has another N.
    let isKept = coefficients.reusesLast && stepIndex % Self.realityInterval != 0
    firstIsCurrentAt = isKept ? lastTime : nil
  }

  /// N of a stage from its value, then the stage's combination into `target`.
  private func evaluate(
    stage: Int, from source: UnsafeMutablePointer<Double>, at time: Double, combination: ModeCombination?,
    to target: UnsafeMutablePointer<Double>
  ) {
    evaluations += 1
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
    if collects { evaluation.collect(into: vectors.nonlinear[stage].pointer, stride: stride, modes) }
    guard let combination else { return }
    combination.apply(to: target, stride: stride, modes)
    if let errorCombination, let error = vectors.error, stage + 1 == coefficients.nodes.count {
      errorCombination.apply(to: error.pointer, stride: stride, modes)
    }
  }

  private func prepareCombinations() {
    let isComplex = system.structure.isComplex
    combinations = (coefficients.stages + [coefficients.solution]).map {
      ModeCombination($0, isComplex: isComplex)
    }
    errorCombination = coefficients.error.map { ModeCombination($0, isComplex: isComplex) }
    for combination in combinations { combination.resolve(vectors) }
    errorCombination?.resolve(vectors)
  }

  private func enforceReality() {
    guard system.structure.isComplex else { return }
    for v in 0..<variableCount { system.structure.enforceReality(vectors.state.pointer + v * stride) }
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

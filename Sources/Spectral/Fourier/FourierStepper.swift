import CKernels
import Equations
import Foundation
import Tensors

/// Steps a Fourier system in time.
///
/// One evaluation of N is two parallel regions: the plane pass, and the column pass, which also forms the next stage and
/// its inputs while the block of modes is in cache. A step allocates nothing. The same state gives the same bits for
/// any number of threads.
public final class FourierStepper: SpectralStepper, @unchecked Sendable {
  // Unchecked: one thread at a time drives the stepper; inside its regions tiles write disjoint parts.

  public let system: FourierSystem
  private let pool: WorkerPool
  private let pass: GridPass
  private var memory: StepMemory
  private let layout: FourierLayout

  /// The time of the state.
  public var time: Double {
    get { memory.time }
    set { memory.time = newValue }
  }
  /// Steps taken since the beginning of the run.
  public var stepIndex: Int { memory.stepIndex }
  /// How often N has been evaluated.
  package var evaluations: Int { memory.evaluations }

  // What the regions read; set by the driving thread between them.
  private var stageIndex = 0
  private var combination: ResolvedRow?
  /// Where the column pass puts what it combines; nil for stage values, of which every worker keeps its block only.
  private var target: UnsafeMutablePointer<Double>?
  private let stageBlocks: Buffer<Double>
  private let stageBlockStride: Int
  private var sourceFactors: Buffer<Double>
  private var planeRegion: ParallelRegion!
  private var columnRegion: ParallelRegion!
  private var inputRegion: ParallelRegion!
  private var inputsAreCurrent = false
  private var combineRegion: ParallelRegion!
  private let variableCount: Int
  private let stride: Int
  private let sourceCount: Int
  /// N of the current stage, of the first variable.
  private var stageNonlinear: UnsafeMutablePointer<Double>
  private let outputTerms: Buffer<OutputTerm>
  private let outputRanges: Buffer<Int>
  private let inputTerms: Buffer<InputTerm>
  private let inputRanges: Buffer<Int>
  private let hasProduct: Buffer<Bool>
  /// Per worker the operands and coefficients of one call of the combination kernel.
  private let termPointerMemory: Buffer<UnsafePointer<Double>?>
  private let termPointers: UnsafeMutablePointer<UnsafePointer<Double>?>
  private var resolved: [ResolvedRow] = []
  private var resolvedError: ResolvedRow?
  private let realOnes: Buffer<Double>
  private let complexOnes: Buffer<Double>

  /// One product that enters a variable's equation.
  private struct OutputTerm: BitwiseCopyable {
    var variable: Int
    var symbol: ModeSymbol.View
    /// The first contribution to a variable overwrites what the last step left.
    var isFirst: Bool
  }

  /// One variable that enters an input.
  private struct InputTerm: BitwiseCopyable {
    var variable: Int
    var symbol: ModeSymbol.View
  }

  /// A combination with its operands' addresses, as plain data.
  private final class ResolvedRow {
    let row: StepCoefficients.Row
    let isReal: Bool
    /// The terms of all variables one after another; those of variable v end before `ends[v]`.
    let ends: Buffer<Int>
    let operands: Buffer<UnsafePointer<Double>?>
    let values: Buffer<UnsafePointer<Double>?>

    init(_ row: StepCoefficients.Row) {
      self.row = row
      isReal = row.isReal
      let count = row.terms.reduce(0) { $0 + $1.count }
      ends = Buffer(count: max(1, row.terms.count))
      operands = Buffer(count: max(1, count))
      values = Buffer(count: max(1, count))
      var i = 0
      for (v, terms) in row.terms.enumerated() {
        for term in terms {
          values.pointer[i] = UnsafePointer(term.values.pointer)
          i += 1
        }
        ends.pointer[v] = i
      }
    }

    func resolve(_ vectors: ModeVectors) {
      var i = 0
      for terms in row.terms {
        for term in terms {
          operands.pointer[i] = UnsafePointer(vectors.pointer(term.operand, variable: term.variable))
          i += 1
        }
      }
    }
  }

  /// A stepper at the initial time.
  ///
  /// - Parameters:
  ///   - system: What is stepped.
  ///   - coefficients: The method at its step size.
  ///   - state: Modes per variable, interleaved.
  ///   - time: The time of the state.
  ///   - stepIndex: How many steps led there, for runs that go on from a saved state.
  ///   - pool: The threads to use.
  public init(
    _ system: FourierSystem, _ coefficients: StepCoefficients, state: [[Double]], time: Double = 0,
    stepIndex: Int = 0, pool: WorkerPool = .shared
  ) {
    self.system = system
    self.pool = pool
    layout = system.layout
    pass = GridPass(system, workers: pool.threadCount)
    memory = StepMemory(
      coefficients, variables: system.variables.count, count: 2 * layout.modeCount, time: time,
      stepIndex: stepIndex, keepsStage: false)
    target = memory.vectors.next.pointer
    stageBlockStride = 2 * (pass.blocks.map(\.modes).max() ?? 1)
    stageBlocks = Buffer(count: pool.threadCount * max(1, system.variables.count) * stageBlockStride)
    sourceFactors = Buffer(count: max(1, system.sources.count))
    variableCount = system.variables.count
    stride = memory.vectors.stride
    sourceCount = system.sources.count
    stageNonlinear = memory.vectors.nonlinear[0].pointer
    termPointerMemory = Buffer(count: 2 * Int(CK_TERMS) * pool.threadCount)
    termPointers = termPointerMemory.pointer
    realOnes = Buffer(count: layout.modeCount)
    complexOnes = Buffer(count: 2 * layout.modeCount)
    for m in 0..<layout.modeCount {
      realOnes.pointer[m] = 1
      complexOnes.pointer[2 * m] = 1
    }

    hasProduct = Buffer(count: max(1, variableCount))
    outputRanges = Buffer(count: system.outputSymbols.count + 1)
    outputTerms = Buffer(count: max(1, system.outputSymbols.count * variableCount))
    var i = 0
    for (product, symbols) in system.outputSymbols.enumerated() {
      for (v, symbol) in symbols.enumerated() {
        guard let symbol else { continue }
        outputTerms.pointer[i] = OutputTerm(variable: v, symbol: symbol.view, isFirst: !hasProduct.pointer[v])
        hasProduct.pointer[v] = true
        i += 1
      }
      outputRanges.pointer[product + 1] = i
    }
    inputRanges = Buffer(count: system.inputSymbols.count + 1)
    inputTerms = Buffer(count: max(1, system.inputSymbols.count * variableCount))
    i = 0
    for (input, symbols) in system.inputSymbols.enumerated() {
      for (v, symbol) in symbols.enumerated() {
        guard let symbol else { continue }
        inputTerms.pointer[i] = InputTerm(variable: v, symbol: symbol.view)
        i += 1
      }
      inputRanges.pointer[input + 1] = i
    }
    prepareRegions()
    resolveRows()
    setState(state)
  }

  // MARK: - State

  /// The modes of a variable, interleaved.
  public func modes(_ variable: Int) -> UnsafePointer<Double> {
    UnsafePointer(memory.vectors.pointer(.state, variable: variable))
  }

  /// Copies of the modes of all variables.
  public var state: [[Double]] { memory.state }

  /// Replaces the state; history is forgotten.
  public func setState(_ state: [[Double]]) {
    memory.setState(state)
    inputsAreCurrent = false
  }

  public var history: [StepHistory] {
    get { memory.history }
    set { memory.history = newValue }
  }

  public func nonlinear() -> [Double] {
    memory.forgetFirst()
    prepareInputs()
    evaluateNonlinear(stage: 0, at: time, combination: nil, target: memory.vectors.state.pointer)
    return memory.firstNonlinear
  }

  /// Changes the step size or method. The new coefficients have as many stages and as much history as the old.
  public func setCoefficients(_ new: StepCoefficients) {
    memory.setCoefficients(new)
    resolveRows()
  }

  /// The step size.
  public var step: Double { memory.coefficients.step }

  /// Σ|û|² over all modes of each variable: the mean square of the field. Not finite once the run has blown up.
  public var meanSquares: [Double] {
    let length = layout.columnLength
    return system.variables.indices.map { v in
      let z = modes(v)
      var total = 0.0
      for column in 0..<layout.columnCount {
        var sum = 0.0
        for i in 0..<length {
          let m = column * length + i
          sum +=
            layout.weight(ofColumn: column, index: i) * (z[2 * m] * z[2 * m] + z[2 * m + 1] * z[2 * m + 1])
        }
        total += sum
      }
      return total
    }
  }

  // MARK: - Steps

  /// Forms the next state and, for embedded methods, the error, without moving on.
  public func attempt() {
    let last = memory.coefficients.nodes.count - 1
    let isKnown = memory.knowsFirst
    if isKnown {
      stageIndex = 0
      (combination, target) = (resolved[0], nil)
      run(combineRegion)
    } else {
      prepareInputs()
    }
    for stage in (isKnown ? 1 : 0)...last {
      evaluateNonlinear(
        stage: stage, at: memory.time(ofStage: stage), combination: resolved[stage],
        target: stage < last ? nil : memory.vectors.next.pointer)
    }
    inputsAreCurrent = false
    memory.endAttempt()
  }

  /// Transforms the state's inputs along x, unless the last step has done so.
  private func prepareInputs() {
    if inputsAreCurrent { return }
    if memory.isDueForReality { enforceReality() }
    target = memory.vectors.state.pointer
    run(inputRegion)
    inputsAreCurrent = true
  }

  /// N of a stage, whose inputs are prepared; then its combination into `target` (nil: a stage value), and the
  /// inputs of that.
  private func evaluateNonlinear(
    stage: Int, at time: Double, combination: ResolvedRow?, target: UnsafeMutablePointer<Double>?
  ) {
    memory.countEvaluation()
    if pass.productCount > 0 {
      system.program.setTime(time)
      run(planeRegion)
    }
    for i in 0..<sourceCount { sourceFactors.pointer[i] = system.sources[i].factor.value(time: time) }
    stageIndex = stage
    stageNonlinear = memory.vectors.nonlinear[stage].pointer
    self.combination = combination
    self.target = target
    run(columnRegion)
  }

  /// Makes the attempted state the state.
  public func accept() {
    memory.accept()
    resolveRows(rebuild: false)
    // The column pass of the last stage has already prepared the inputs of the new state.
    inputsAreCurrent = !memory.isDueForReality
  }

  /// rms over variables of |error| / (absolute + relative · max(|old|, |new|)), with L² norms of the fields.
  public func errorNorm(absolute: Double, relative: Double) -> Double {
    guard let error = memory.vectors.error else { return 0 }
    var total = 0.0
    for v in system.variables.indices {
      let offset = v * memory.vectors.stride
      let (e, old, new) = (
        norm(error.pointer + offset), norm(memory.vectors.state.pointer + offset),
        norm(memory.vectors.next.pointer + offset)
      )
      let ratio = e / (absolute + relative * max(old, new))
      total += ratio * ratio
    }
    return (total / Double(max(1, system.variables.count))).squareRoot()
  }

  private func norm(_ z: UnsafePointer<Double>) -> Double {
    var sum = 0.0
    for i in 0..<2 * layout.modeCount { sum += z[i] * z[i] }
    return sum.squareRoot()
  }

  private func run(_ region: ParallelRegion) {
    if region.tiles == 1 { region.runSerially() } else { pool.run(region) }
  }

  // MARK: - Regions

  private func prepareRegions() {
    planeRegion = ParallelRegion(tiles: pass.planes.count) { [unowned self] tile, worker in
      pass.formProducts(tile, worker: worker)
    }
    columnRegion = ParallelRegion(tiles: pass.blocks.count) { [unowned self] tile, worker in
      let block = pass.blocks[tile]
      collectNonlinear(block, worker)
      combine(block, worker)
      sendInputs(block, worker)
    }
    combineRegion = ParallelRegion(tiles: pass.blocks.count) { [unowned self] tile, worker in
      combine(pass.blocks[tile], worker)
      sendInputs(pass.blocks[tile], worker)
    }
    inputRegion = ParallelRegion(tiles: pass.blocks.count) { [unowned self] tile, worker in
      sendInputs(pass.blocks[tile], worker)
    }
  }

  /// N of the stage on a block of modes.
  private func collectNonlinear(_ block: GridPass.Block, _ worker: Int) {
    let (first, count, stride) = (block.firstMode, block.modes, stride)
    let nonlinear = stageNonlinear + 2 * first
    for v in 0..<variableCount where !hasProduct.pointer[v] {
      (nonlinear + v * stride).update(repeating: 0, count: 2 * count)
    }
    pass.forwardColumns(block, worker: worker) { product, run in
      for i in outputRanges.pointer[product]..<outputRanges.pointer[product + 1] {
        let term = outputTerms.pointer[i]
        let out = nonlinear + term.variable * stride + 2 * run.offset
        if term.isFirst {
          term.symbol.multiply(run.modes, into: out, first: first + run.offset, count: run.count)
        } else {
          term.symbol.multiplyAdd(run.modes, into: out, first: first + run.offset, count: run.count)
        }
      }
    }
    if sourceCount == 0 { return }
    for (i, source) in system.sources.enumerated() {
      let factor = sourceFactors.pointer[i]
      for v in 0..<variableCount {
        let (out, modes) = (nonlinear + v * stride, source.modes[v].pointer + 2 * first)
        for j in 0..<2 * count { out[j] += factor * modes[j] }
      }
    }
  }

  private func combine(_ block: GridPass.Block, _ worker: Int) {
    guard let combination else { return }
    let destination = destination(of: block, worker)
    apply(combination, to: destination.first, stride: destination.stride, block, worker)
    if let resolvedError, let error = memory.vectors.error, stageIndex + 1 == memory.coefficients.nodes.count
    {
      apply(resolvedError, to: error.pointer + 2 * block.firstMode, stride: stride, block, worker)
    }
  }

  /// The first mode of a block in what the column pass forms, and the distance between variables there.
  private func destination(of block: GridPass.Block, _ worker: Int) -> (
    first: UnsafeMutablePointer<Double>, stride: Int
  ) {
    if let target { return (target + 2 * block.firstMode, stride) }
    return (stageBlocks.pointer + worker * variableCount * stageBlockStride, stageBlockStride)
  }

  private func apply(
    _ row: ResolvedRow, to output: UnsafeMutablePointer<Double>, stride outputStride: Int,
    _ block: GridPass.Block, _ worker: Int
  ) {
    let (first, count) = (block.firstMode, block.modes)
    let operands = termPointers + 2 * Int(CK_TERMS) * worker
    let values = operands + Int(CK_TERMS)
    let scale = row.isReal ? 1 : 2
    var done = 0
    for v in 0..<variableCount {
      let out = output + v * outputStride
      let (start, end) = (done, row.ends.pointer[v])
      if start == end { out.update(repeating: 0, count: 2 * count) }
      while done < end {
        var n = 0
        if done > start {
          // A combination longer than the kernel takes goes on from its own partial sum.
          operands[0] = UnsafePointer(out)
          values[0] = UnsafePointer(row.isReal ? realOnes.pointer : complexOnes.pointer)
          n = 1
        }
        while n < Int(CK_TERMS), done < end {
          operands[n] = row.operands.pointer[done]! + 2 * first
          values[n] = row.values.pointer[done]! + scale * first
          n += 1
          done += 1
        }
        if row.isReal {
          ck_combine_real_d(out, Int64(count), Int64(n), operands, values)
        } else {
          ck_combine_complex_d(out, Int64(count), Int64(n), operands, values)
        }
      }
    }
  }

  /// The inputs of the plane pass from the value in `target`.
  private func sendInputs(_ block: GridPass.Block, _ worker: Int) {
    let first = block.firstMode
    let (value, stride) = destination(of: block, worker)
    pass.backwardColumns(block, worker: worker) { input, run in
      let range = inputRanges.pointer[input]..<inputRanges.pointer[input + 1]
      if range.isEmpty { run.modes.update(repeating: 0, count: 2 * run.count) }
      for i in range {
        let term = inputTerms.pointer[i]
        let variable = value + term.variable * stride + 2 * run.offset
        if i == range.lowerBound {
          term.symbol.multiply(variable, into: run.modes, first: first + run.offset, count: run.count)
        } else {
          term.symbol.multiplyAdd(variable, into: run.modes, first: first + run.offset, count: run.count)
        }
      }
    }
  }

  private func resolveRows(rebuild: Bool = true) {
    if rebuild {
      resolved = (memory.coefficients.stages + [memory.coefficients.solution]).map(ResolvedRow.init)
      resolvedError = memory.coefficients.error.map(ResolvedRow.init)
    }
    for row in resolved { row.resolve(memory.vectors) }
    resolvedError?.resolve(memory.vectors)
  }

  /// Makes the modes with wavenumber 0 on the last axis those of a real field again.
  private func enforceReality() {
    for v in system.variables.indices {
      let z = memory.vectors.pointer(.state, variable: v)
      layout.enforceReality(z)
    }
  }
}

extension FourierLayout {
  /// Averages û(k) and the conjugate of û(−k) where both are kept: the modes with wavenumber 0 on the last axis.
  func enforceReality(_ z: UnsafeMutablePointer<Double>) {
    if dimension == 1 {
      z[1] = 0
      return
    }
    let kMiddle = dimension == 3 ? cutoff[1] : 0
    for ky in -kMiddle...kMiddle {
      for kx in 0...cutoff[0] {
        let plus = dimension == 3 ? index(of: [kx, ky, 0]) : index(of: [kx, 0])
        let minus = dimension == 3 ? index(of: [-kx, -ky, 0]) : index(of: [-kx, 0])
        let (re, im) = (0.5 * (z[2 * plus] + z[2 * minus]), 0.5 * (z[2 * plus + 1] - z[2 * minus + 1]))
        (z[2 * plus], z[2 * plus + 1]) = (re, im)
        (z[2 * minus], z[2 * minus + 1]) = (re, -im)
      }
    }
  }
}

extension Node {
  /// The value of a node of time and numbers.
  func value(time: Double) -> Double {
    switch self {
    case .constant(let c): c
    case .time: time
    case .sum(let terms): terms.reduce(0) { $0 + $1.value(time: time) }
    case .product(let factors): factors.reduce(1) { $0 * $1.value(time: time) }
    case .power(let base, let exponent): Foundation.pow(base.value(time: time), exponent.value(time: time))
    case .function(let function, let a): function.value(at: a.value(time: time))
    case .binary(let function, let a, let b): function.value(a.value(time: time), b.value(time: time))
    default: .nan
    }
  }
}

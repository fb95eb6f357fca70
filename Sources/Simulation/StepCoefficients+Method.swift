import Algebra
import Spectral
import Tensors
import TimeStepping

extension StepCoefficients {
  /// A method's coefficients for every mode of a discretisation, at the step size h.
  ///
  /// - Parameters:
  ///   - method: The method.
  ///   - h: The step.
  ///   - modes: The number of modes.
  ///   - variables: How many variables every mode has.
  ///   - coupled: Whether L couples variables; otherwise only its diagonal counts.
  ///   - linearPart: L of a mode.
  public init(
    _ method: any SemilinearMethod, step h: Double, modes: Int, variables: Int, coupled: Bool,
    linearPart: @Sendable (_ mode: Int) -> SmallComplexMatrix
  ) {
    if coupled {
      let symbols = (0..<modes).map { h * linearPart($0) }
      let tables = Tables(method, symbols)
      self.init(method, step: h, modes: modes, variables: variables, coupled: true, tables) { f, g, m, pick in
        pick(tables[m])?[f, g] ?? .zero
      }
    } else {
      let symbols = (0..<variables).flatMap { v in (0..<modes).map { h * linearPart($0)[v, v] } }
      let tables = Tables(method, symbols)
      self.init(method, step: h, modes: modes, variables: variables, coupled: false, tables) {
        f, _, m, pick in
        pick(tables[f * modes + m]) ?? .zero
      }
    }
  }

  private init<Z: LinearSymbol & Hashable>(
    _ method: any SemilinearMethod, step h: Double, modes: Int, variables: Int, coupled: Bool,
    _ tables: Tables<Z>,
    value: @escaping (Int, Int, Int, (StageTable<Z>) -> Z?) -> Complex<Double>
  ) {
    guard modes * variables > 0 else {
      preconditionFailure("a time step needs at least one variable and mode")
    }
    let shape = tables[0]
    func row(_ pick: @escaping (StageTable<Z>) -> StageRow<Z>) -> Row {
      var parts: [(StepOperand, (Int, Int, Int) -> Complex<Double>)] = []
      let add = { (operand: StepOperand, scale: Double, factor: @escaping (StageRow<Z>) -> Z?) in
        guard factor(pick(shape)) != nil else { return }
        parts.append((operand, { f, g, m in scale * value(f, g, m) { factor(pick($0)) } }))
      }
      let first = pick(shape)
      add(.state, 1) { $0.state }
      for q in first.previousStates.indices { add(.previousState(q), 1) { $0.previousStates[q] } }
      for j in first.nonlinear.indices { add(.nonlinear(j), h) { $0.nonlinear[j] } }
      for q in first.previousNonlinear.indices { add(.previousNonlinear(q), h) { $0.previousNonlinear[q] } }
      return Row(modes: modes, variables: variables, coupled: coupled, coefficients: parts)
    }
    self.init(
      step: h, nodes: method.nodes, stages: shape.stages.indices.map { i in row { $0.stages[i] } },
      solution: row { $0.solution }, error: shape.error == nil ? nil : row { $0.error! },
      history: method.history)
  }
}

/// The tables of many symbols, computed once for each distinct one: modes of equal |k| share theirs.
private struct Tables<Z: LinearSymbol & Hashable> {
  private var tables: [StageTable<Z>]
  private var index: [Int]

  init(_ method: any SemilinearMethod, _ symbols: [Z]) {
    var distinct: [Z] = []
    var position: [Z: Int] = [:]
    index = symbols.map { z in
      if let i = position[z] { return i }
      position[z] = distinct.count
      distinct.append(z)
      return distinct.count - 1
    }
    let blockSize = 64
    let blocks = (distinct.count + blockSize - 1) / blockSize
    var results: [[StageTable<Z>]] = Array(repeating: [], count: blocks)
    results.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let output = buffer
      let symbols = distinct
      // Blocks write their own elements.
      WorkerPool.shared.forEach(tiles: blocks) { block, _ in
        let range = block * blockSize..<min((block + 1) * blockSize, symbols.count)
        output[block] = range.map { method.table(symbols[$0]) }
      }
    }
    tables = Array(results.joined())
  }

  subscript(symbol: Int) -> StageTable<Z> { tables[index[symbol]] }
}

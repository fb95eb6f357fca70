import Foundation
import Tensors

/// The minimization of a Ginzburg-Landau energy over fields, on grids and on graphs, by gradient steps with momentum in a
/// convex-concave splitting (Akande, Dondl, Gupta, Onwunta and Wojtowytsch, Momentum-based minimization of the
/// Ginzburg-Landau functional on Euclidean spaces and graphs, 2025; the splitting: Eyre 1998).
///
///     E(u) = ∫ ½ ε |∇u|² + W(u) / ε + ½ Λ (u − y)²
///     v = u + β_n (u − u′)
///     (1 + τ (C + ε L)) u⁺ = v − τ (W'(v) / ε + Λ (v − y) − C v),   C = c / ε + max Λ
///
/// with the negative Laplacian L, one solve a step. Without momentum (β = 0) and with c above the largest W'', the energy
/// falls in every step, whatever τ; with β_n = n / (n + 3) (FISTA; Beck and Teboulle 2009) or a constant β it takes fewer
/// steps where τ is large but not too large. Where a step with momentum would raise the energy, it is taken again without,
/// and n begins anew (O'Donoghue and Candès 2015), unless restarts are turned off.
public struct GinzburgLandau<Laplacian: FieldLaplacian>: Sendable {
  /// β.
  public enum Momentum: Sendable, Equatable {
    /// β = 0: the gradient flow in large steps.
    case none
    /// The same in every step.
    case constant(Double)
    /// β = n / (n + 3) in step n = 1, 2, …, of which the first has no step before.
    case fista
  }

  /// L.
  public let laplacian: Laplacian
  /// ε, the width of interfaces.
  public let width: Double
  /// τ.
  public let step: Double
  /// W and c.
  public let well: DoubleWell
  /// β.
  public let momentum: Momentum
  /// Whether steps that would raise the energy are taken again without momentum.
  public let restarts: Bool
  /// Λ and y; nil for none.
  public let fidelity: FieldFidelity?

  /// The shape of fields, kept because a Laplacian may make it anew each time.
  private let shape: [Int]

  /// The name of the method, by which states are recognised.
  public var name: String { "Ginzburg-Landau" }
  /// Steps made.
  public private(set) var stepCount = 0
  /// n − 1.
  private var index = 0
  /// u′; empty before the first step.
  private var before = Tensor<Double>.zeros([0])
  private var isFresh: Bool { before.count == 0 }
  private var scratch = Scratch<Memory>()

  private final class Memory {
    let solve: any FieldSolve
    let passes: FieldPasses
    var trial: Tensor<Double>
    let extrapolated, force: Buffer<Double>

    init(_ laplacian: Laplacian, step: Double, width: Double, splitting: Double, well: DoubleWell) throws {
      solve = try laplacian.makeSolve(identity: 1 + step * splitting, laplacian: step * width)
      passes = FieldPasses(count: laplacian.count, weights: laplacian.pointWeights, well: well)
      trial = .zeros(laplacian.shape)
      (extrapolated, force) = (Buffer(count: passes.count), Buffer(count: passes.count))
    }
  }

  /// C.
  private var splitting: Double { well.splitting / width + (fidelity?.strength ?? 0) }

  /// A minimization with the quartic well, FISTA's momentum and restarts, and without fidelity, unless given.
  ///
  /// - Parameters:
  ///   - laplacian: L.
  ///   - width: ε, in the units of the grid.
  ///   - step: τ.
  public init(
    _ laplacian: Laplacian, width: Double, step: Double, well: DoubleWell = .quartic,
    momentum: Momentum = .fista, restarts: Bool = true, fidelity: FieldFidelity? = nil
  ) {
    precondition(width > 0 && step > 0, "interfaces of width \(width) in steps of \(step)")
    if case .constant(let beta) = momentum {
      precondition((0..<1).contains(beta), "a momentum of \(beta), which is not in [0, 1)")
    }
    precondition(
      fidelity?.points.allSatisfy { (0..<laplacian.count).contains($0) } ?? true,
      "a fidelity at points outside a field of shape \(laplacian.shape)")
    (self.laplacian, self.width, self.step, self.well) = (laplacian, width, step, well)
    shape = laplacian.shape
    (self.momentum, self.restarts, self.fidelity) = (momentum, restarts, fidelity)
  }

  /// Begins anew.
  public mutating func reset() { (stepCount, index, before) = (0, 0, .zeros([0])) }

  /// E(u).
  /// - Throws: where the solves cannot be prepared.
  public mutating func energy(of u: Tensor<Double>) throws -> Double {
    try check(u)
    return energy(u, try memory(), form: nil)
  }

  /// Makes one step. The report has E(u⁺) as its loss, the root of the mean square of (u⁺ − u) / τ as its gradient's norm,
  /// β as its step length, and 1 under `restarted` where momentum was dropped.
  ///
  /// - Throws: what a solve throws, and `OptimizerError.notFinite`; u is unchanged then.
  public mutating func step(_ u: inout Tensor<Double>) throws -> StepReport {
    try check(u)
    let memory = try memory()
    if isFresh { before = u }
    var beta = 0.0
    switch momentum {
    case .none: break
    case .constant(let constant): beta = index > 0 ? constant : 0
    case .fista: beta = index > 0 ? Double(index + 1) / Double(index + 4) : 0
    }
    var value = try trial(u, beta, memory)
    var isRestarted = false
    if restarts, beta > 0, !(value <= energy(u, memory, form: nil)) {
      (isRestarted, index, beta) = (true, 0, 0)
      value = try trial(u, 0, memory)
    }
    let change = memory.trial.withUnsafeBufferPointer { a in
      u.withUnsafeBufferPointer { memory.passes.distance(a.baseAddress!, $0.baseAddress!) }
    }
    let rate = change / Double(u.count).squareRoot() / step
    guard value.isFinite, rate.isFinite else {
      throw OptimizerError.notFinite(method: name, step: stepCount, loss: value, gradientNorm: rate)
    }
    before.setToCopy(of: u)
    u.setToCopy(of: memory.trial)
    (stepCount, index) = (stepCount + 1, index + 1)
    var report = StepReport(loss: value, gradientNorm: rate, stepLength: beta, evaluations: 1)
    report.diagnostics["restarted"] = isRestarted ? 1 : 0
    return report
  }

  /// Makes steps until the report's gradient norm is at most `tolerance`; returns the last report, which is converged if
  /// that was within `limit` steps.
  public mutating func minimize(_ u: inout Tensor<Double>, tolerance: Double, limit: Int) throws -> StepReport
  {
    precondition(limit > 0, "a minimization of \(limit) steps")
    var report = try step(&u)
    for _ in 1..<limit where report.gradientNorm > tolerance { report = try step(&u) }
    report.status =
      report.gradientNorm <= tolerance
      ? .converged("the field changes by no more than the tolerance")
      : .stalled("\(limit) steps are made and the field still changes")
    return report
  }

  // MARK: - Parts of a step

  private func check(_ u: Tensor<Double>) throws {
    precondition(
      u.shape == shape, "a field of shape \(u.shape) for a Laplacian of shape \(shape)")
    // Momentum that was taken up belongs to a field of this shape.
    precondition(isFresh || before.shape == u.shape, "\(before.shape) beside \(u.shape)")
  }

  private mutating func memory() throws -> Memory {
    // A copy of the whole value would be a second owner of the memory.
    let (laplacian, step, width, splitting, well) = (laplacian, step, width, splitting, well)
    return try scratch.take {
      try Memory(laplacian, step: step, width: width, splitting: splitting, well: well)
    }
  }

  /// Writes u⁺ and returns its energy.
  private func trial(_ u: Tensor<Double>, _ beta: Double, _ memory: Memory) throws -> Double {
    let (v, f) = (memory.extrapolated.pointer, memory.force.pointer)
    u.withUnsafeBufferPointer { u in
      before.withUnsafeBufferPointer { before in
        memory.passes.extrapolate(
          u.baseAddress!, before.baseAddress!, beta: beta, into: v, force: f,
          identity: 1 + step * splitting, slope: -step / width)
      }
    }
    if let fidelity {
      for (point, value) in zip(fidelity.points, fidelity.values) {
        f[point] -= step * fidelity.strength * (v[point] - value)
      }
    }
    let form = try memory.trial.withUnsafeMutableBufferPointer { out in
      // v is near the solution, which iterations may begin with.
      out.baseAddress!.update(from: v, count: out.count)
      return try memory.solve.solve(f, into: out.baseAddress!)
    }
    return energy(memory.trial, memory, form: form)
  }

  private func energy(_ u: Tensor<Double>, _ memory: Memory, form known: Double?) -> Double {
    u.withUnsafeBufferPointer { u in
      let u = u.baseAddress!
      let form = known ?? memory.solve.form(u)
      var sum = 0.5 * width * form + memory.passes.wells(u) / width
      if let fidelity {
        let weights = memory.passes.weights?.pointer
        for (point, value) in zip(fidelity.points, fidelity.values) {
          let gap = u[point] - value
          sum += 0.5 * fidelity.strength * (weights?[point] ?? 1) * gap * gap
        }
      }
      return laplacian.cellVolume * sum
    }
  }

  // MARK: - State

  /// All that the following steps depend on besides the settings and the field.
  public var state: OptimizerState<Double> {
    var state = OptimizerState<Double>(
      method: name, layout: ParameterLayout().appending("field", shape: laplacian.shape), step: stepCount)
    state.numbers = ["index": Double(index), "has begun": isFresh ? 0 : 1]
    if !isFresh { state.tensors["field before"] = before }
    return state
  }

  /// Takes up a state that was saved.
  /// - Throws: `OptimizerError` if it belongs to another method or to fields of another shape, or lacks something.
  public mutating func restore(_ state: OptimizerState<Double>) throws(OptimizerError) {
    try state.check(method: name, layout: ParameterLayout().appending("field", shape: laplacian.shape))
    let index = try state.whole("index")
    let hasBegun = try state.whole("has begun") != 0
    before = hasBegun ? try state.tensor("field before", laplacian.shape) : .zeros([0])
    (self.index, stepCount) = (index, state.step)
  }
}

import Tensors

/// target = state + w (stage − state) + c · rate over all inner cells: what does not change keeps its bits.
final class StageCombination: @unchecked Sendable {
  // Unchecked: the factors are set before a region runs and not during it.

  private let factors = Buffer<Double>(count: 2)
  private let toStage: ParallelRegion
  private let toState: ParallelRegion
  private let state: CellArray

  init(state: CellArray, stage: CellArray, rates: CellArray) {
    self.state = state
    let factors = factors
    func region(_ target: CellArray) -> ParallelRegion {
      ParallelRegion(tiles: state.counts.0) { i, _ in
        let (w, c) = (factors.pointer[0], factors.pointer[1])
        let (u, v, r, out) = (state.cell(i, 0), stage.cell(i, 0), rates.cell(i, 0), target.cell(i, 0))
        if w == 0 {
          // The first stage: the stage's earlier contents are not read.
          for j in 0..<state.counts.1 { out[j] = u[j] + c * r[j] }
        } else {
          for j in 0..<state.counts.1 { out[j] = u[j] + w * (v[j] - u[j]) + c * r[j] }
        }
      }
    }
    toStage = region(stage)
    toState = region(state)
  }

  /// - Parameters:
  ///   - weight: The weight w of the stage.
  ///   - step: The factor c of the rates.
  func run(_ pool: WorkerPool, weight: Double, step: Double, into target: CellArray) {
    (factors.pointer[0], factors.pointer[1]) = (weight, step)
    pool.run(target === state ? toState : toStage)
  }
}

/// The largest sum over the axes of |signal| / Δx.
final class SignalScan<Law: ConservationLaw>: @unchecked Sendable {
  // Unchecked: each tile writes its own slot.

  private let slots: Buffer<Double>
  private let region: ParallelRegion

  init(_ law: Law, _ state: CellArray, spacing: [Double]) {
    let slots = Buffer<Double>(count: state.counts.0)
    self.slots = slots
    region = ParallelRegion(tiles: state.counts.0) { i, _ in
      var sum = 0.0
      for (axis, h) in spacing.enumerated() {
        sum += law.fastestSignal(state.cell(i, 0), count: state.counts.1, axis: axis) / h
      }
      slots.pointer[i] = sum
    }
  }

  func fastest(_ pool: WorkerPool) -> Double {
    pool.run(region)
    return Double.maximum(slots.pointer, count: slots.count)
  }
}

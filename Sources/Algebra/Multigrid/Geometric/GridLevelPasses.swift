import CKernels
import Tensors

/// The two passes over a level of a multigrid cycle.
///
/// A tile computes what it needs of neighbouring planes itself, so that smoothing, residual and restriction take one
/// pass over memory and tiles do not wait for each other.
final class GridLevelPasses: Sendable {
  typealias Load = (_ plane: Int, _ to: UnsafeMutablePointer<Float>) -> Void
  typealias Store = (_ plane: Int, _ from: UnsafePointer<Float>) -> Void

  let index: Int
  let level: GridLevel
  let smoothing: GridSmoothing
  let fineTiles: PlaneTiles
  /// Tiles of the coarse planes that descend to them.
  let coarseTiles: PlaneTiles
  private let isSerial: Bool

  static func fineTiles(_ level: GridLevel) -> PlaneTiles { PlaneTiles(level.stencil.counts, least: 32) }

  init(_ hierarchy: GridHierarchy, level index: Int, settings: GeometricMultigrid) {
    self.index = index
    level = hierarchy.levels[index]
    smoothing = GridSmoothing(settings, level: level, dimension: hierarchy.dimension)
    fineTiles = Self.fineTiles(level)
    isSerial = level.size < 1 << 13
    if let transfer = level.transfers.last {
      coarseTiles = PlaneTiles(planes: transfer.coarse, perTile: fineTiles.planesPerTile / transfer.factor)
    } else {
      coarseTiles = fineTiles
    }
  }

  func run(_ region: ParallelRegion, _ pool: WorkerPool) {
    if isSerial { region.runSerially() } else { pool.run(region) }
  }

  private var isPeriodic: Bool { level.stencil.isPeriodic[2] }

  /// A range of planes, cut at the ends of the grid unless it is periodic.
  private func clipped(_ low: Int, _ high: Int) -> Range<Int> {
    isPeriodic ? low..<high : max(low, 0)..<min(high, level.stencil.planes)
  }

  private func wrapped(_ plane: Int) -> Int {
    let n = level.stencil.planes
    return (plane % n + n) % n
  }

  func copyInput(of workspace: GridWorkspace, plane: Int, to target: UnsafeMutablePointer<Float>) {
    let size = level.stencil.planeSize
    target.update(from: workspace.input[index]! + plane * size, count: size)
  }

  func copySolution(to workspace: GridWorkspace, plane: Int, from source: UnsafePointer<Float>) {
    let size = level.stencil.planeSize
    (workspace.solution[index].pointer + plane * size).update(from: source, count: size)
  }

  /// Smooths from zero, and restricts the residual to the coarse planes of a tile.
  func descend(_ tile: Int, _ scratch: GridWorkspace.Scratch, _ workspace: GridWorkspace, load: Load) {
    let (size, planes) = (level.stencil.planeSize, level.stencil.planes)
    let coarse = coarseTiles[tile]
    let transfer = level.transfers[2]
    let isCoarsened = transfer.factor == 2
    let first = isCoarsened ? 2 * coarse.lowerBound + transfer.offset - 1 : coarse.lowerBound
    let end = isCoarsened ? 2 * (coarse.upperBound - 1) + transfer.offset + 2 : coarse.upperBound
    let residuals = clipped(first, end)
    let isLast = coarse.upperBound == transfer.coarse
    let ownEnd = isLast ? planes : isCoarsened ? 2 * coarse.upperBound + transfer.offset - 1 : end
    let own = (tile == 0 ? 0 : first)..<ownEnd
    let stages = smoothing.stages.count
    func range(_ stage: Int) -> Range<Int> {
      clipped(first - 1 - (stages - stage), end + 1 + (stages - stage))
    }
    let all = range(1)
    let window = GridWindow(
      level: level, stages: smoothing.stages, first: all.lowerBound,
      values: smoothing.arrays(scratch), steps: scratch.steps.pointer,
      rhs: UnsafePointer(scratch.rhs.pointer), count: all.count)
    let coarsePlane = transfer.coarse == 0 ? 0 : level.transfers[0].coarse * level.transfers[1].coarse
    let target = workspace.rhs[index + 1].pointer
    let (residual, restricted) = (scratch.planes.pointer, scratch.planes.pointer + size)
    let row = restricted + size
    for k in coarse { (target + k * coarsePlane).update(repeating: 0, count: coarsePlane) }
    var (x, y) = (level.transfers[0].kernelAxis, level.transfers[1].kernelAxis)
    for step in all.lowerBound..<all.upperBound + stages + 1 {
      if step < all.upperBound { load(wrapped(step), scratch.rhs.pointer + (step - all.lowerBound) * size) }
      for stage in 1...stages where range(stage).contains(step - stage + 1) {
        window.run(stage: stage, plane: step - stage + 1, fromZero: stage == 1)
      }
      let k = step - stages
      let smoothed = window.plane(k, after: stages)
      if own.contains(k) {
        (workspace.smoothed[index].pointer + k * size).update(from: smoothed, count: size)
      }
      guard residuals.contains(k) else { continue }
      ck_grid_residual_f(
        window.record(k), residual, window.rhs + (k - all.lowerBound) * size, smoothed,
        window.plane(k - 1, after: stages), window.plane(k + 1, after: stages))
      ck_grid_restrict(&x, &y, restricted, residual, row)
      func add(_ weight: Float, to plane: Int) {
        if coarse.contains(plane) {
          Float.axpy(weight, restricted, target + plane * coarsePlane, count: coarsePlane)
        }
      }
      guard isCoarsened else {
        add(1, to: k)
        continue
      }
      let weights = transfer.restriction
      let distance = k - transfer.offset
      if distance & 1 == 0 {
        let plane = distance >> 1
        if coarse.contains(plane) { add(weights.centre[plane], to: plane) }
      } else {
        let plane = (distance - 1) >> 1
        if coarse.contains(plane) { add(weights.after[plane], to: plane) }
        if coarse.contains(plane + 1) { add(weights.before[plane + 1], to: plane + 1) }
      }
    }
  }

  /// Adds the interpolated solution of the next level to smoothed values, and smooths again.
  func ascend(
    _ tile: Int, _ scratch: GridWorkspace.Scratch, _ workspace: GridWorkspace, load: Load, store: Store
  ) {
    let size = level.stencil.planeSize
    let own = fineTiles[tile]
    let stages = smoothing.stages.count
    func range(_ stage: Int) -> Range<Int> {
      clipped(own.lowerBound - (stages - stage), own.upperBound + (stages - stage))
    }
    let all = range(0)
    let window = GridWindow(
      level: level, stages: smoothing.reversed, first: all.lowerBound,
      values: smoothing.arrays(scratch), steps: scratch.steps.pointer,
      rhs: UnsafePointer(scratch.rhs.pointer), count: all.count)
    let interpolated = scratch.planes.pointer
    let row = interpolated + 2 * size
    for step in all.lowerBound..<all.upperBound + stages {
      if step < all.upperBound {
        let (k, offset) = (wrapped(step), (step - all.lowerBound) * size)
        load(k, scratch.rhs.pointer + offset)
        let values = window.plane(step, after: 0)
        values.update(from: workspace.smoothed[index].pointer + k * size, count: size)
        addCorrection(values, plane: k, workspace.solution[index + 1].pointer, interpolated, row)
      }
      for stage in 1...stages where range(stage).contains(step - stage) {
        window.run(stage: stage, plane: step - stage, fromZero: false)
      }
      if own.contains(step - stages) {
        store(step - stages, UnsafePointer(window.plane(step - stages, after: stages)))
      }
    }
  }

  private func addCorrection(
    _ values: UnsafeMutablePointer<Float>, plane k: Int, _ source: UnsafePointer<Float>,
    _ interpolated: UnsafeMutablePointer<Float>, _ row: UnsafeMutablePointer<Float>
  ) {
    let transfer = level.transfers[2]
    let coarsePlane = level.transfers[0].coarse * level.transfers[1].coarse
    var (x, y) = (level.transfers[0].kernelAxis, level.transfers[1].kernelAxis)
    let distance = k - transfer.offset
    if transfer.factor == 1 || distance & 1 == 0 {
      let plane = transfer.factor == 1 ? k : distance >> 1
      ck_grid_interpolate_add(&x, &y, values, source + plane * coarsePlane, row)
      return
    }
    let plane = (distance - 1) >> 1
    let next = plane + 1 < transfer.coarse ? plane + 1 : isPeriodic ? 0 : nil
    interpolated.update(repeating: 0, count: coarsePlane)
    if plane >= 0 {
      Float.axpy(
        Float(transfer.left[plane + 1]), source + plane * coarsePlane, interpolated, count: coarsePlane)
    }
    if let next {
      Float.axpy(
        Float(transfer.right[plane + 1]), source + next * coarsePlane, interpolated, count: coarsePlane)
    }
    ck_grid_interpolate_add(&x, &y, values, interpolated, row)
  }

  /// r = b − A u on the whole level.
  func residual(
    _ r: UnsafeMutablePointer<Float>, _ b: UnsafePointer<Float>, _ u: UnsafePointer<Float>, _ pool: WorkerPool
  ) {
    let stencil = level.stencil
    func body(_ tile: Int) {
      for z in fineTiles[tile] {
        let offset = stencil.planeSize * z
        ck_grid_residual_f(
          stencil.plane(z), r + offset, b + offset, u + offset, stencil.neighbour(u, z, -1),
          stencil.neighbour(u, z, 1))
      }
    }
    if isSerial {
      for tile in 0..<fineTiles.count { body(tile) }
    } else {
      pool.forEach(tiles: fineTiles.count) { tile, _ in body(tile) }
    }
  }

  /// The restriction of a whole level.
  func restrict(_ fine: UnsafePointer<Float>, to coarse: UnsafeMutablePointer<Float>) {
    let (size, transfer) = (level.stencil.planeSize, level.transfers[2])
    let coarsePlane = level.transfers[0].coarse * level.transfers[1].coarse
    let (restricted, row) = (
      Buffer<Float>(uninitialized: coarsePlane), Buffer<Float>(uninitialized: level.stencil.counts[0])
    )
    var (x, y) = (level.transfers[0].kernelAxis, level.transfers[1].kernelAxis)
    coarse.update(repeating: 0, count: coarsePlane * transfer.coarse)
    let weights = transfer.restriction
    func add(_ weight: Float, _ plane: Int, to target: Int) {
      ck_grid_restrict(&x, &y, restricted.pointer, fine + plane * size, row.pointer)
      Float.axpy(weight, restricted.pointer, coarse + target * coarsePlane, count: coarsePlane)
    }
    for plane in 0..<transfer.coarse {
      guard transfer.factor == 2 else {
        add(1, plane, to: plane)
        continue
      }
      let k = 2 * plane + transfer.offset
      add(weights.centre[plane], k, to: plane)
      if isPeriodic || k > 0 { add(weights.before[plane], wrapped(k - 1), to: plane) }
      if isPeriodic || k + 1 < level.stencil.planes { add(weights.after[plane], wrapped(k + 1), to: plane) }
    }
  }

  /// Adds the interpolation of a coarse solution to a whole level.
  func interpolateAdd(_ coarse: UnsafePointer<Float>, to fine: UnsafeMutablePointer<Float>) {
    let size = level.stencil.planeSize
    let scratch = Buffer<Float>(uninitialized: 2 * size + level.stencil.counts[0])
    for k in 0..<level.stencil.planes {
      addCorrection(fine + k * size, plane: k, coarse, scratch.pointer, scratch.pointer + 2 * size)
    }
  }
}

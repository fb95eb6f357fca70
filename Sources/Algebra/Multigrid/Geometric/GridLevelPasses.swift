import CKernels
import Tensors

/// The two passes over a level of a multigrid cycle.
///
/// A tile computes what it needs of neighbouring planes itself, so that smoothing, residual and restriction take one
/// pass over memory and tiles do not wait for each other.
final class GridLevelPasses: Sendable {
  typealias Load = @Sendable (_ plane: Int, _ to: UnsafeMutablePointer<Float>) -> Void
  typealias Store = @Sendable (_ plane: Int, _ from: UnsafePointer<Float>) -> Void

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

  /// Smooths from zero, and restricts the residual to the coarse planes of a tile.
  /// - Parameter load: what loads a plane of the right-hand side; nil where the level's own array holds it.
  func descend(_ tile: Int, _ scratch: GridWorkspace.Scratch, _ workspace: GridWorkspace, load: Load?) {
    let (size, stages) = (level.stencil.planeSize, smoothing.stages.count)
    let (coarse, transfer) = (coarseTiles[tile], level.transfers[2])
    let isCoarsened = transfer.factor == 2
    let first = isCoarsened ? 2 * coarse.lowerBound + transfer.offset - 1 : coarse.lowerBound
    let end = isCoarsened ? 2 * (coarse.upperBound - 1) + transfer.offset + 2 : coarse.upperBound
    let residuals = clipped(first, end)
    let isLast = coarse.upperBound == transfer.coarse
    let ownEnd =
      isLast ? level.stencil.planes : isCoarsened ? 2 * coarse.upperBound + transfer.offset - 1 : end
    func range(_ stage: Int) -> Range<Int> {
      clipped(first - 1 - (stages - stage), end + 1 + (stages - stage))
    }
    let all = range(1)
    let window = GridWindow(
      level, smoothing.stages, planes: all, scratch, rhs: load == nil ? workspace.input[index] : nil,
      result: (workspace.smoothed[index].pointer, (tile == 0 ? 0 : first)..<ownEnd))
    for step in all.lowerBound..<all.upperBound + stages + 1 {
      if let load, step < all.upperBound { load(wrapped(step), window.loadedSide(step)) }
      for stage in 1...stages where range(stage).contains(step - stage + 1) {
        window.run(stage: stage, plane: step - stage + 1, fromZero: stage == 1)
      }
      let k = step - stages
      guard residuals.contains(k) else { continue }
      ck_grid_residual_f(
        window.record(k), scratch.residual(k, size), window.side(k), window.values(k, after: stages),
        window.values(k - 1, after: stages), window.values(k + 1, after: stages))
      guard isCoarsened else {
        restrictPlane(scratch.residual(k, size), to: k, scratch, workspace)
        continue
      }
      let distance = k - transfer.offset
      if distance & 1 == 1, coarse.contains(distance >> 1) {
        restrictPlanes(around: k - 1, residuals, to: distance >> 1, scratch, workspace)
      } else if distance & 1 == 0, k == residuals.upperBound - 1, coarse.contains(distance >> 1) {
        restrictPlanes(around: k, residuals, to: distance >> 1, scratch, workspace)
      }
    }
  }

  /// Restricts residuals across the planes, then the result within the plane: a third of the work of the other order.
  private func restrictPlanes(
    around k: Int, _ residuals: Range<Int>, to plane: Int, _ scratch: GridWorkspace.Scratch,
    _ workspace: GridWorkspace
  ) {
    let size = level.stencil.planeSize
    let weights = level.transfers[2].restriction
    func residual(_ k: Int) -> UnsafePointer<Float> {
      UnsafePointer(residuals.contains(k) ? scratch.residual(k, size) : level.stencil.zeros.pointer)
    }
    ck_grid_blend(
      scratch.blend.pointer, residual(k - 1), residual(k), residual(k + 1), weights.before[plane],
      weights.centre[plane], weights.after[plane], Int64(size))
    restrictPlane(scratch.blend.pointer, to: plane, scratch, workspace)
  }

  private func restrictPlane(
    _ fine: UnsafePointer<Float>, to plane: Int, _ scratch: GridWorkspace.Scratch, _ workspace: GridWorkspace
  ) {
    var (x, y) = (level.transfers[0].kernelAxis, level.transfers[1].kernelAxis)
    let size = level.transfers[0].coarse * level.transfers[1].coarse
    ck_grid_restrict(&x, &y, workspace.rhs[index + 1].pointer + plane * size, fine, scratch.row.pointer)
  }

  /// Adds the interpolated solution of the next level to smoothed values, and smooths again.
  /// - Parameters:
  ///   - load: what loads a plane of the right-hand side; nil where the level's own array holds it.
  ///   - store: what takes the planes of the result; nil where they go to the level's own array.
  func ascend(
    _ tile: Int, _ scratch: GridWorkspace.Scratch, _ workspace: GridWorkspace, load: Load?, store: Store?
  ) {
    let (size, stages) = (level.stencil.planeSize, smoothing.stages.count)
    let own = fineTiles[tile]
    func range(_ stage: Int) -> Range<Int> {
      clipped(own.lowerBound - (stages - stage), own.upperBound + (stages - stage))
    }
    let all = range(0)
    let window = GridWindow(
      level, smoothing.reversed, planes: all, scratch, rhs: load == nil ? workspace.input[index] : nil,
      result: store == nil ? (workspace.solution[index].pointer, own) : nil)
    for step in all.lowerBound..<all.upperBound + stages {
      if step < all.upperBound {
        let k = wrapped(step)
        load?(k, window.loadedSide(step))
        addCorrection(
          window.target(step, of: 0), workspace.smoothed[index].pointer + k * size, plane: k,
          workspace.solution[index + 1].pointer, scratch.blend.pointer, scratch.row.pointer)
      }
      for stage in 1...stages where range(stage).contains(step - stage) {
        window.run(stage: stage, plane: step - stage, fromZero: false)
      }
      if let store, own.contains(step - stages) {
        store(step - stages, window.values(step - stages, after: stages))
      }
    }
  }

  /// out = values + the interpolation of a coarse solution to plane k.
  private func addCorrection(
    _ out: UnsafeMutablePointer<Float>, _ values: UnsafePointer<Float>, plane k: Int,
    _ source: UnsafePointer<Float>, _ blend: UnsafeMutablePointer<Float>, _ row: UnsafeMutablePointer<Float>
  ) {
    let transfer = level.transfers[2]
    let coarsePlane = level.transfers[0].coarse * level.transfers[1].coarse
    var (x, y) = (level.transfers[0].kernelAxis, level.transfers[1].kernelAxis)
    let distance = k - transfer.offset
    if transfer.factor == 1 || distance & 1 == 0 {
      let plane = transfer.factor == 1 ? k : distance >> 1
      ck_grid_interpolate_add(&x, &y, out, values, source + plane * coarsePlane, row)
      return
    }
    let plane = (distance - 1) >> 1
    let next = plane + 1 < transfer.coarse ? plane + 1 : isPeriodic ? 0 : nil
    let zeros = UnsafePointer(level.stencil.zeros.pointer)
    ck_grid_blend(
      blend, plane >= 0 ? source + plane * coarsePlane : zeros,
      next.map { source + $0 * coarsePlane } ?? zeros,
      zeros, Float(transfer.left[plane + 1]), Float(transfer.right[plane + 1]), 0, Int64(coarsePlane))
    ck_grid_interpolate_add(&x, &y, out, values, blend, row)
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
    let (blend, row) = (
      Buffer<Float>(uninitialized: size), Buffer<Float>(uninitialized: level.stencil.counts[0])
    )
    for k in 0..<level.stencil.planes {
      addCorrection(fine + k * size, fine + k * size, plane: k, coarse, blend.pointer, row.pointer)
    }
  }
}

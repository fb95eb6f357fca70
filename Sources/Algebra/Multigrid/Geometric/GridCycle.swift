import CKernels
import Tensors

/// A multigrid cycle with its arrays and prepared regions: belongs to one caller at a time.
final class GridCycle<Scalar: SparseScalar>: @unchecked Sendable {
  // Unchecked: regions of this object run one after another; tiles of one region write to planes of their own.

  private let hierarchy: GridHierarchy
  private let settings: GeometricMultigrid
  private let prepared: PreparedGeometricMultigrid<Scalar>
  private let pool: WorkerPool
  private let workspace: GridWorkspace
  private let passes: [GridLevelPasses]
  /// The residual to precondition and the result, of the caller.
  private var input: UnsafePointer<Scalar>?
  private var output: UnsafeMutablePointer<Scalar>?
  private var inputScale: Scalar = 1
  private var outputScale: Scalar = 1
  private let columnScale: Buffer<Float>
  private let rowScale: Buffer<Float>
  private let planeScale: [Scalar]
  private let count: Int
  /// r·z by tiles of the finest level.
  private let sums: Buffer<Double>

  init(_ prepared: PreparedGeometricMultigrid<Scalar>, pool: WorkerPool) {
    self.prepared = prepared
    hierarchy = prepared.hierarchy
    settings = prepared.settings
    self.pool = pool
    count = prepared.rows
    workspace = GridWorkspace(prepared.hierarchy, settings: settings, threads: pool.threadCount)
    passes = prepared.hierarchy.levels.indices.map {
      GridLevelPasses(prepared.hierarchy, level: $0, settings: prepared.settings)
    }
    sums = Buffer(count: max(passes[0].fineTiles.count, 1))
    columnScale = Buffer(prepared.operation.masses[0].map { Float(1 / $0) })
    rowScale = Buffer(prepared.operation.masses[1].map { Float(1 / $0) })
    planeScale = prepared.operation.masses[2].map { Scalar(1 / $0) }
    for index in hierarchy.levels.indices.dropLast() { prepareRegions(index) }
    if hierarchy.levels.count == 1 { workspace.input[0] = UnsafePointer(workspace.rhs[0].pointer) }
  }

  /// z = M⁻¹ r, one cycle from zero; returns r·z.
  @discardableResult
  func apply(_ r: UnsafePointer<Scalar>, to z: UnsafeMutablePointer<Scalar>) -> Double {
    // Single precision has a narrower range: the residual is brought near 1 by a power of two, which rounds nothing.
    let scale = PowerOfTwoScale.bringingToOne(r, count: count)
    (input, output) = (r, z)
    (inputScale, outputScale) = (scale, Scalar(hierarchy.scale) / scale)
    if hierarchy.levels.count == 1 {
      applyDirectly()
    } else {
      run(settings.cycle, level: 0)
    }
    (input, output) = (nil, nil)
    var total = 0.0
    for sum in sums.elements { total += sum }
    return total
  }

  private func narrow(plane z: Int, to out: UnsafeMutablePointer<Float>) {
    let stencil = hierarchy.levels[0].stencil
    Scalar.gridNarrow(
      out, input! + z * stencil.planeSize, columns: stencil.counts[0], rows: stencil.counts[1],
      columnScale: columnScale.pointer, rowScale: rowScale.pointer, scale: inputScale * planeScale[z])
  }

  private func widen(plane z: Int, from values: UnsafePointer<Float>) {
    let size = hierarchy.levels[0].stencil.planeSize
    Scalar.gridWiden(output! + z * size, values, count: size, scale: outputScale)
    sums.pointer[z / passes[0].fineTiles.planesPerTile] += Scalar.inner(
      input! + z * size, output! + z * size, count: size)
  }

  /// Cycles from zero: the solution of a level goes to its `solution`, of level 0 to the output.
  private func run(_ cycle: MultigridCycle, level: Int) {
    guard level + 1 < hierarchy.levels.count else { return workspace.solveCoarsest(hierarchy) }
    passes[level].run(workspace.descents[level]!, pool)
    run(cycle, level: level + 1)
    if cycle != .v && level + 2 < hierarchy.levels.count {
      // The second visit corrects the first: its right-hand side is the residual.
      let next = level + 1
      workspace.keepSolution(of: next, passes[next], pool)
      run(cycle == .w ? .w : .v, level: next)
      workspace.addKeptSolution(of: next, passes[next], pool)
    }
    passes[level].run(workspace.ascents[level]!, pool)
  }

  /// Full multigrid: see ``PreparedGeometricMultigrid/fullMultigrid(_:pool:)``.
  func applyFullMultigrid(_ b: UnsafePointer<Scalar>, to u: UnsafeMutablePointer<Scalar>) {
    let levels = hierarchy.levels
    guard levels.count > 1 else {
      apply(b, to: u)
      return
    }
    (inputScale, outputScale) = (PowerOfTwoScale.bringingToOne(b, count: count), 1)
    outputScale = Scalar(hierarchy.scale) / inputScale
    (input, output) = (b, u)
    // Right-hand sides of all levels, kept apart: cycles overwrite those of coarser levels.
    let sides = levels.map { Buffer<Float>(uninitialized: $0.size) }
    for z in 0..<levels[0].stencil.planes {
      narrow(plane: z, to: sides[0].pointer + z * levels[0].stencil.planeSize)
    }
    (input, output) = (nil, nil)
    let guessScale = outputScale
    for level in 1..<levels.count {
      passes[level - 1].restrict(sides[level - 1].pointer, to: sides[level].pointer)
    }
    let last = levels.count - 1
    workspace.input[last] = UnsafePointer(sides[last].pointer)
    workspace.solveCoarsest(hierarchy)
    workspace.input[last] = UnsafePointer(workspace.rhs[last].pointer)
    // On each finer level two cycles correct the interpolated solution: linear interpolation leaves more error than
    // one of them removes.
    for level in (1..<last).reversed() {
      let size = levels[level].size
      let (guess, residual) = (Buffer<Float>(count: size), Buffer<Float>(uninitialized: size))
      passes[level].interpolateAdd(workspace.solution[level + 1].pointer, to: guess.pointer)
      workspace.input[level] = UnsafePointer(residual.pointer)
      for _ in 0..<2 {
        passes[level].residual(residual.pointer, sides[level].pointer, guess.pointer, pool)
        run(settings.cycle, level: level)
        Float.axpy(1, workspace.solution[level].pointer, guess.pointer, count: size)
      }
      workspace.input[level] = UnsafePointer(workspace.rhs[level].pointer)
      workspace.solution[level].pointer.update(from: guess.pointer, count: size)
    }
    // The finest level in the caller's precision.
    let guess = Buffer<Float>(count: count)
    passes[0].interpolateAdd(workspace.solution[1].pointer, to: guess.pointer)
    Scalar.gridWiden(u, guess.pointer, count: count, scale: guessScale)
    let (residual, correction) = (Buffer<Scalar>(uninitialized: count), Buffer<Scalar>(uninitialized: count))
    let action = prepared.operation.makeAction(pool: pool)
    for _ in 0..<2 {
      action.apply(u, to: residual.pointer)
      Scalar.scale(residual.pointer, by: -1, count: count)
      Scalar.axpy(1, b, residual.pointer, count: count)
      apply(residual.pointer, to: correction.pointer)
      Scalar.axpy(1, correction.pointer, u, count: count)
    }
  }

  private func applyDirectly() {
    for tile in 0..<sums.count { sums.pointer[tile] = 0 }
    let stencil = hierarchy.levels[0].stencil
    for z in 0..<stencil.planes { narrow(plane: z, to: workspace.rhs[0].pointer + z * stencil.planeSize) }
    workspace.solveCoarsest(hierarchy)
    for z in 0..<stencil.planes {
      widen(plane: z, from: workspace.solution[0].pointer + z * stencil.planeSize)
    }
  }

  // The cycle owns the workspace, which owns the regions.
  private func prepareRegions(_ index: Int) {
    let (passes, workspace) = (passes[index], workspace)
    if index > 0 {
      workspace.descents[index] = ParallelRegion(tiles: passes.coarseTiles.count) {
        [unowned(unsafe) workspace] tile, worker in
        passes.descend(tile, workspace.scratch[worker], workspace, load: nil)
      }
      workspace.ascents[index] = ParallelRegion(tiles: passes.fineTiles.count) {
        [unowned(unsafe) workspace] tile, worker in
        passes.ascend(tile, workspace.scratch[worker], workspace, load: nil, store: nil)
      }
      return
    }
    // Made once: a closure that is made in a region is allocated in every cycle.
    let load: GridLevelPasses.Load = { [unowned(unsafe) self] in self.narrow(plane: $0, to: $1) }
    let store: GridLevelPasses.Store = { [unowned(unsafe) self] in self.widen(plane: $0, from: $1) }
    let sums = sums
    workspace.descents[0] = ParallelRegion(tiles: passes.coarseTiles.count) {
      [unowned(unsafe) workspace] tile, worker in
      passes.descend(tile, workspace.scratch[worker], workspace, load: load)
    }
    workspace.ascents[0] = ParallelRegion(tiles: passes.fineTiles.count) {
      [unowned(unsafe) workspace] tile, worker in
      sums.pointer[tile] = 0
      passes.ascend(tile, workspace.scratch[worker], workspace, load: load, store: store)
    }
  }
}

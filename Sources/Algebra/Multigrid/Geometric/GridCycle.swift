import CKernels
import Tensors

/// A multigrid cycle with its arrays and prepared regions: belongs to one caller at a time.
final class GridCycle<Scalar: SparseScalar>: @unchecked Sendable {
  // Unchecked: regions of this object run one after another; tiles of one region write to planes of their own.

  private let hierarchy: GridHierarchy
  private let settings: GeometricMultigrid
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

  init(_ prepared: PreparedGeometricMultigrid<Scalar>, pool: WorkerPool) {
    hierarchy = prepared.hierarchy
    settings = prepared.settings
    self.pool = pool
    count = prepared.rows
    workspace = GridWorkspace(prepared.hierarchy, settings: settings, threads: pool.threadCount)
    passes = prepared.hierarchy.levels.indices.map {
      GridLevelPasses(prepared.hierarchy, level: $0, settings: prepared.settings)
    }
    columnScale = Buffer(prepared.operation.masses[0].map { Float(1 / $0) })
    rowScale = Buffer(prepared.operation.masses[1].map { Float(1 / $0) })
    planeScale = prepared.operation.masses[2].map { Scalar(1 / $0) }
    for index in hierarchy.levels.indices.dropLast() { prepareRegions(index) }
    if hierarchy.levels.count == 1 { workspace.input[0] = UnsafePointer(workspace.rhs[0].pointer) }
  }

  /// z = M⁻¹ r, one cycle from zero.
  func apply(_ r: UnsafePointer<Scalar>, to z: UnsafeMutablePointer<Scalar>) {
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

  private func applyDirectly() {
    let stencil = hierarchy.levels[0].stencil
    for z in 0..<stencil.planes { narrow(plane: z, to: workspace.rhs[0].pointer + z * stencil.planeSize) }
    workspace.solveCoarsest(hierarchy)
    for z in 0..<stencil.planes {
      widen(plane: z, from: workspace.solution[0].pointer + z * stencil.planeSize)
    }
  }

  private func prepareRegions(_ index: Int) {
    let (passes, workspace) = (passes[index], workspace)
    if index == 0 {
      // The cycle owns the workspace, which owns the regions.
      workspace.descents[0] = ParallelRegion(tiles: passes.coarseTiles.count) {
        [unowned self, unowned workspace] tile, worker in
        passes.descend(tile, workspace.scratch[worker], workspace) { narrow(plane: $0, to: $1) }
      }
      workspace.ascents[0] = ParallelRegion(tiles: passes.fineTiles.count) {
        [unowned self, unowned workspace] tile, worker in
        passes.ascend(
          tile, workspace.scratch[worker], workspace, load: { narrow(plane: $0, to: $1) },
          store: { widen(plane: $0, from: $1) })
      }
    } else {
      workspace.descents[index] = ParallelRegion(tiles: passes.coarseTiles.count) {
        [unowned workspace] tile, worker in
        passes.descend(tile, workspace.scratch[worker], workspace) {
          passes.copyInput(of: workspace, plane: $0, to: $1)
        }
      }
      workspace.ascents[index] = ParallelRegion(tiles: passes.fineTiles.count) {
        [unowned workspace] tile, worker in
        passes.ascend(
          tile, workspace.scratch[worker], workspace,
          load: { passes.copyInput(of: workspace, plane: $0, to: $1) },
          store: { passes.copySolution(to: workspace, plane: $0, from: $1) })
      }
    }
  }
}

import Tensors

/// The arrays of a multigrid cycle.
final class GridWorkspace: @unchecked Sendable {
  // Unchecked: belongs to one cycle, whose regions run one after another.

  /// What a worker needs for a tile.
  struct Scratch {
    let values: (Buffer<Float>, Buffer<Float>)
    let steps: Buffer<Float>
    let rhs: Buffer<Float>
    /// The last residuals, four planes in turn.
    let residuals: Buffer<Float>
    /// A combination of planes.
    let blend: Buffer<Float>
    let row: Buffer<Float>

    func residual(_ plane: Int, _ size: Int) -> UnsafeMutablePointer<Float> {
      residuals.pointer + (plane & 3) * size
    }
  }

  let scratch: [Scratch]
  /// Right-hand sides; on the finest level there only if it is the coarsest too.
  let rhs: [Buffer<Float>]
  /// Values after smoothing before the coarse correction, for all levels but the coarsest.
  let smoothed: [Buffer<Float>]
  /// The result of a level's cycle, for all levels but the finest.
  let solution: [Buffer<Float>]
  /// For cycles that visit a level twice: its first solution and the residual of it.
  let kept: [Buffer<Float>]
  let keptResidual: [Buffer<Float>]
  /// The right-hand side that a level's cycle reads.
  var input: [UnsafePointer<Float>?]
  var descents: [ParallelRegion?]
  var ascents: [ParallelRegion?]

  init(_ hierarchy: GridHierarchy, settings: GeometricMultigrid, threads: Int) {
    let levels = hierarchy.levels
    let last = levels.count - 1
    func arrays(_ isNeeded: (Int) -> Bool) -> [Buffer<Float>] {
      levels.indices.map { Buffer(count: isNeeded($0) ? levels[$0].size : 0) }
    }
    rhs = arrays { $0 > 0 || last == 0 }
    smoothed = arrays { $0 < last }
    solution = arrays { $0 > 0 || last == 0 }
    let twice = settings.cycle != .v
    kept = arrays { twice && $0 > 0 && $0 < last }
    keptResidual = arrays { twice && $0 > 0 && $0 < last }
    input = rhs.map { UnsafePointer($0.pointer) }
    descents = [ParallelRegion?](repeating: nil, count: levels.count)
    ascents = descents
    var (window, steps, row, plane) = (0, 0, 0, 0)
    for level in levels.dropLast() {
      let smoothing = GridSmoothing(settings, level: level, dimension: hierarchy.dimension)
      let size = GridWindow.planesKept(stages: smoothing.stages.count) * level.stencil.planeSize
      window = max(window, size)
      if smoothing.carriesSteps { steps = max(steps, size) }
      row = max(row, level.stencil.counts[0])
      plane = max(plane, level.stencil.planeSize)
    }
    scratch = (0..<threads).map { _ in
      Scratch(
        values: (Buffer(uninitialized: window), Buffer(uninitialized: window)),
        steps: Buffer(uninitialized: steps), rhs: Buffer(uninitialized: window),
        residuals: Buffer(uninitialized: 4 * plane), blend: Buffer(uninitialized: plane),
        row: Buffer(uninitialized: row))
    }
  }

  /// The solution of the coarsest level.
  func solveCoarsest(_ hierarchy: GridHierarchy) {
    let last = hierarchy.levels.count - 1
    let n = hierarchy.levels[last].size
    for i in 0..<n {
      solution[last].pointer[i] = Float.dot(hierarchy.coarsestInverse.pointer + i * n, input[last]!, count: n)
    }
  }

  /// Keeps the solution of a level, and makes its residual the level's right-hand side.
  func keepSolution(of level: Int, _ passes: GridLevelPasses, _ pool: WorkerPool) {
    let size = solution[level].count
    kept[level].pointer.update(from: solution[level].pointer, count: size)
    passes.residual(keptResidual[level].pointer, input[level]!, kept[level].pointer, pool)
    input[level] = UnsafePointer(keptResidual[level].pointer)
  }

  /// Adds the solution that was kept to the one of the second visit.
  func addKeptSolution(of level: Int, _ passes: GridLevelPasses, _ pool: WorkerPool) {
    Float.axpy(1, kept[level].pointer, solution[level].pointer, count: solution[level].count)
    input[level] = UnsafePointer(rhs[level].pointer)
  }
}

/// Powers of two that bring vectors into the range of single precision.
enum PowerOfTwoScale {
  /// A power of two by which the largest magnitude becomes about 1; 1 where a sample says that all is well.
  static func bringingToOne<Scalar: SparseScalar>(_ x: UnsafePointer<Scalar>, count: Int) -> Scalar {
    // Residuals differ from iteration to iteration by their norm: a block of elements tells whether they are far from 1.
    let sample = Scalar.maximumMagnitude(x + count / 2, count: min(256, count - count / 2))
    if sample > 1e-10 && sample < 1e10 { return 1 }
    let largest = Scalar.maximumMagnitude(x, count: count)
    guard largest > 0, largest.isFinite else { return 1 }
    return Scalar(sign: .plus, exponent: -largest.exponent, significand: 1)
  }
}

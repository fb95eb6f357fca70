import CKernels
import Tensors

/// A cycle of algebraic multigrid with its vectors and prepared regions: belongs to one caller at a time.
final class AlgebraicCycle<Scalar: SparseScalar>: @unchecked Sendable {
  // Unchecked: regions of this object run one after another; tiles of one region write to rows of their own.

  /// The vectors of one level. A cycle on it reads `rhs` and leaves its solution in `x`.
  private struct Vectors {
    let rhs: Buffer<Float>
    let x: Buffer<Float>
    let y: Buffer<Float>
    let residual: Buffer<Float>
    /// For cycles that visit the level twice: the first solution, and the right-hand side.
    let kept: Buffer<Float>
    let keptRHS: Buffer<Float>
  }

  private let hierarchy: AlgebraicHierarchy
  private let pool: WorkerPool
  private let isTwice: Bool
  private let vectors: [Vectors]
  /// The regions of each level before and after the coarse correction.
  private var down: [[ParallelRegion]] = []
  private var up: [[ParallelRegion]] = []
  private var narrowing: ParallelRegion?
  private var widening: ParallelRegion?
  private var input: UnsafePointer<Scalar>?
  private var output: UnsafeMutablePointer<Scalar>?
  private var inputScale: Scalar = 1
  private var outputScale: Scalar = 1
  private let count: Int

  /// Levels with fewer rows run on one thread: sharing them out would take longer.
  private static var serialRows: Int { 4096 }

  init(_ hierarchy: AlgebraicHierarchy, sweeps: Int, isTwice: Bool, pool: WorkerPool) {
    (self.hierarchy, self.pool, self.isTwice) = (hierarchy, pool, isTwice)
    let sizes = hierarchy.levels.map(\.rows) + [hierarchy.coarsestRows]
    count = sizes[0]
    vectors = sizes.enumerated().map { level, n in
      let (isCoarsest, keeps) = (level + 1 == sizes.count, isTwice && level > 0 && level + 1 < sizes.count)
      return Vectors(
        rhs: Buffer(count: n), x: Buffer(count: n), y: Buffer(count: isCoarsest ? 0 : n),
        residual: Buffer(count: isCoarsest ? 0 : n), kept: Buffer(count: keeps ? n : 0),
        keptRHS: Buffer(count: keeps ? n : 0))
    }
    for level in hierarchy.levels.indices { prepare(level, sweeps: sweeps) }
    let (n, first, solution) = (count, vectors[0].rhs, vectors[0].x)
    narrowing = ParallelRegion(tiles: RowTiles.count(n)) { [unowned self] tile, _ in
      let rows = RowTiles.range(tile, of: n)
      Scalar.narrow(
        first.pointer + rows.lowerBound, input! + rows.lowerBound, count: rows.count, scale: inputScale)
    }
    widening = ParallelRegion(tiles: RowTiles.count(n)) { [unowned self] tile, _ in
      let rows = RowTiles.range(tile, of: n)
      Scalar.gridWiden(
        output! + rows.lowerBound, solution.pointer + rows.lowerBound, count: rows.count, scale: outputScale)
    }
  }

  /// z = M⁻¹ r, one cycle from zero.
  func apply(_ r: UnsafePointer<Scalar>, to z: UnsafeMutablePointer<Scalar>) {
    guard count > 0 else { return }
    // Single precision has a narrower range: the residual is brought near 1 by a power of two, which rounds nothing.
    let scale = PowerOfTwoScale.bringingToOne(r, count: count)
    (input, output) = (r, z)
    (inputScale, outputScale) = (scale, Scalar(hierarchy.scale) / scale)
    pool.run(narrowing!)
    run(0)
    pool.run(widening!)
    (input, output) = (nil, nil)
  }

  private func run(_ level: Int) {
    guard level < hierarchy.levels.count else {
      let (n, own) = (hierarchy.coarsestRows, vectors[level])
      for i in 0..<n {
        own.x.pointer[i] = Float.dot(hierarchy.coarsestInverse.pointer + i * n, own.rhs.pointer, count: n)
      }
      return
    }
    for region in down[level] { run(region, level: level) }
    run(level + 1)
    if isTwice && level + 1 < hierarchy.levels.count { visitAgain(level + 1) }
    for region in up[level] { run(region, level: level) }
  }

  private func run(_ region: ParallelRegion, level: Int) {
    if hierarchy.levels[level].rows < Self.serialRows { region.runSerially() } else { pool.run(region) }
  }

  /// The second visit of a W-cycle: its right-hand side is the residual of the first.
  private func visitAgain(_ level: Int) {
    let (own, n) = (vectors[level], hierarchy.levels[level].rows)
    own.kept.pointer.update(from: own.x.pointer, count: n)
    own.keptRHS.pointer.update(from: own.rhs.pointer, count: n)
    var split = hierarchy.levels[level].smoother.split
    ck_amg_residual(&split, own.rhs.pointer, own.keptRHS.pointer, own.kept.pointer, 0, Int64(n))
    run(level)
    Float.axpy(1, own.kept.pointer, own.x.pointer, count: n)
    own.rhs.pointer.update(from: own.keptRHS.pointer, count: n)
  }

  private func prepare(_ index: Int, sweeps: Int) {
    let (level, own, coarse) = (hierarchy.levels[index], vectors[index], vectors[index + 1])
    let (smoother, n) = (level.smoother, level.rows)
    func sweep(_ body: @escaping @Sendable (UnsafePointer<ck_amg_split>, UnsafePointer<Int64>) -> Void)
      -> ParallelRegion
    {
      ParallelRegion(tiles: smoother.groups) { group, _ in
        var split = smoother.split
        body(&split, smoother.bounds.pointer + 5 * group)
      }
    }
    func rowLoop(_ rows: Int, _ body: @escaping @Sendable (_ first: Int64, _ end: Int64) -> Void)
      -> ParallelRegion
    {
      ParallelRegion(tiles: RowTiles.count(rows)) { tile, _ in
        let range = RowTiles.range(tile, of: rows)
        body(Int64(range.lowerBound), Int64(range.upperBound))
      }
    }
    // An even number of passes writes from one vector to the other, so that the solution ends in x.
    var (current, other) = (own.x, own.y)
    var before = [sweep { ck_amg_forward_from_zero($0, own.x.pointer, own.rhs.pointer, $1) }]
    for _ in 1..<sweeps {
      let (from, to) = (current, other)
      before.append(sweep { ck_amg_forward($0, to.pointer, from.pointer, own.rhs.pointer, $1) })
      swap(&current, &other)
    }
    let smoothed = current
    before.append(
      rowLoop(n) { first, end in
        var split = smoother.split
        if sweeps == 1 {
          ck_amg_rest_residual(&split, own.residual.pointer, smoothed.pointer, first, end)
        } else {
          ck_amg_residual(&split, own.residual.pointer, own.rhs.pointer, smoothed.pointer, first, end)
        }
      })
    let restriction = level.restriction
    before.append(
      rowLoop(restriction.rows) { first, end in
        Float.csrMultiply(
          coarse.rhs.pointer, restriction.pattern.rowStarts.pointer,
          restriction.pattern.columnIndices.pointer,
          restriction.values.pointer, own.residual.pointer, rows: Int(first)..<Int(end))
      })
    let (prolongation, corrected) = (level.prolongation, other)
    var after = [
      rowLoop(n) { first, end in
        ck_amg_prolong_add(
          corrected.pointer, smoothed.pointer, prolongation.pattern.rowStarts.pointer,
          prolongation.pattern.columnIndices.pointer, prolongation.values.pointer, coarse.x.pointer, first,
          end)
      }
    ]
    swap(&current, &other)
    for _ in 0..<sweeps {
      let (from, to) = (current, other)
      after.append(sweep { ck_amg_backward($0, to.pointer, from.pointer, own.rhs.pointer, $1) })
      swap(&current, &other)
    }
    down.append(before)
    up.append(after)
  }
}

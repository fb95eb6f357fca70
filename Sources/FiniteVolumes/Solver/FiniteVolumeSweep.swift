import Tensors

/// The rates along one axis: tiles of lines, each reconstructed, sent through the Riemann solver and differenced.
final class FiniteVolumeSweep<Law: ConservationLaw>: @unchecked Sendable {
  // Unchecked: `source` is set before a run and not during it; tiles write rates of their own lines.

  /// Lines per tile: wide enough that the halo of the transverse correction costs little.
  private static var linesPerTile: Int { 24 }

  private let law: Law
  private let axis: Int
  private let spacing: Double
  private let reconstruction: Reconstruction
  private let solver: RiemannSolver
  private let rates: CellArray
  private let scratch: [Scratch]
  private let source: Buffer<UnsafeMutablePointer<CellState>?>
  private var region: ParallelRegion!
  private let lineCount: Int
  private let count: Int

  /// Lines of one worker: the cells of a line, and states and fluxes at the faces of the tile's lines and its halo.
  private struct Scratch {
    let line, lower, upper, left, right, leftFlux, rightFlux: Buffer<CellState>

    init(count: Int, ghosts: Int, lines: Int) {
      line = Buffer(count: count + 2 * ghosts)
      let faces = lines * (count + 2)
      lower = Buffer(count: faces)
      upper = Buffer(count: faces)
      left = Buffer(count: count + 2)
      right = Buffer(count: count + 2)
      leftFlux = Buffer(count: faces)
      rightFlux = Buffer(count: faces)
    }
  }

  init(
    _ law: Law, axis: Int, spacing: Double, _ reconstruction: Reconstruction, _ solver: RiemannSolver,
    rates: CellArray, pool: WorkerPool
  ) {
    (self.law, self.axis, self.spacing) = (law, axis, spacing)
    (self.reconstruction, self.solver, self.rates) = (reconstruction, solver, rates)
    source = Buffer(count: 1)
    count = axis == 0 ? rates.counts.0 : rates.counts.1
    lineCount = axis == 0 ? rates.counts.1 : rates.counts.0
    let lines = Self.linesPerTile + 4
    let (n, ghosts) = (count, reconstruction.ghostCells)
    scratch = (0..<pool.threadCount).map { _ in Scratch(count: n, ghosts: ghosts, lines: lines) }
    let tiles = (lineCount + Self.linesPerTile - 1) / Self.linesPerTile
    region = ParallelRegion(tiles: tiles) { [unowned self] tile, worker in
      run(tile, scratch[worker])
    }
  }

  /// Writes (along the first axis) or adds the rates of an array whose ghost cells are filled.
  func run(_ array: CellArray, _ pool: WorkerPool) {
    source.pointer[0] = array.cell(0, 0)
    pool.run(region)
  }

  private func run(_ tile: Int, _ scratch: Scratch) {
    let (first, end) = (tile * Self.linesPerTile, min((tile + 1) * Self.linesPerTile, lineCount))
    let ghosts = reconstruction.ghostCells
    let isTwoDimensional = lineCount > 1 || axis == 1
    let isCorrected = reconstruction.needsTransverseCorrection && isTwoDimensional
    let halo = isCorrected ? 2 : 0
    let rowLength = isTwoDimensional ? rates.counts.1 + 2 * ghosts : 1
    let (along, across) = axis == 0 ? (rowLength, 1) : (1, rowLength)
    let stride = count + 2
    let origin = source.pointer[0]!
    for line in first - halo..<end + halo {
      let cells = origin + line * across
      for i in 0..<count + 2 * ghosts {
        scratch.line.pointer[i] = law.turned(cells[(i - ghosts) * along], axis: axis)
      }
      let offset = (line - first + halo) * stride
      law.reconstructLine(
        reconstruction, scratch.line.pointer, ghosts: ghosts, count: count,
        lower: scratch.lower.pointer + offset, upper: scratch.upper.pointer + offset, axis: axis)
    }
    // Face f lies between the cells f and f + 1 of a line with one ghost cell at either end.
    let (lower, upper) = (scratch.lower.pointer, scratch.upper.pointer)
    let leftFlux = scratch.leftFlux.pointer
    let rightFlux = law.hasSource ? scratch.rightFlux.pointer : leftFlux
    let reach = isCorrected ? 1 : 0
    for line in first - reach..<end + reach {
      let offset = (line - first + halo) * stride
      var (left, right) = (UnsafePointer(upper + offset), UnsafePointer(lower + offset + 1))
      if isCorrected {
        law.pointLine(
          left - stride, left, left + stride, count: count + 1, scratch.left.pointer)
        law.pointLine(
          right - stride, right, right + stride, count: count + 1, scratch.right.pointer)
        (left, right) = (UnsafePointer(scratch.left.pointer), UnsafePointer(scratch.right.pointer))
      }
      law.fluxLine(
        solver, left: left, right: right, count: count + 1, leftFlux: leftFlux + offset,
        rightFlux: rightFlux + offset, axis: axis)
    }
    for line in first..<end {
      let offset = (line - first + halo) * stride
      let out = axis == 0 ? rates.cell(0, line) : rates.cell(line, 0)
      let outStride = axis == 0 ? rates.rowLength : 1
      for i in 0..<count {
        var enters = rightFlux[offset + i]
        var leaves = leftFlux[offset + i + 1]
        if isCorrected {
          let (previous, next) = (offset - stride, offset + stride)
          enters += (rightFlux[previous + i] - 2 * enters + rightFlux[next + i]) / 24
          leaves += (leftFlux[previous + i + 1] - 2 * leaves + leftFlux[next + i + 1]) / 24
        }
        var rate = enters - leaves
        if law.hasSource { rate += law.source(lower: lower[offset + i + 1], upper: upper[offset + i + 1]) }
        rate = law.turned(rate / spacing, axis: axis)
        if axis == 0 { out[i * outStride] = rate } else { out[i * outStride] += rate }
      }
    }
  }
}

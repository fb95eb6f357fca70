import Tensors

/// Work on arrays that is cut into independent tiles.
protocol GridTask: AnyObject, Sendable {
  var tiles: Int { get }
  /// About how many nanoseconds the task takes on one thread.
  var cost: Int { get }
  func run(_ tile: Int, _ worker: Int)
}

/// Tasks that follow one another, each group of independent ones as one parallel region.
final class TaskSequence: @unchecked Sendable {
  // Unchecked: built by one thread, then only read.

  private var regions: [(region: ParallelRegion, isShared: Bool)] = []
  /// Regions shorter than this are not worth waking the other threads for.
  private static let leastCost = 30_000

  /// Adds tasks that may run at the same time, after all earlier ones.
  func add(_ tasks: [any GridTask]) {
    let tasks = tasks.filter { $0.tiles > 0 }
    if tasks.isEmpty { return }
    let isShared = tasks.reduce(0) { $0 + $1.cost } >= Self.leastCost
    if tasks.count == 1 {
      let task = tasks[0]
      let region = ParallelRegion(tiles: task.tiles) { tile, worker in task.run(tile, worker) }
      regions.append((region, isShared && task.tiles > 1))
      return
    }
    var ends: [Int] = []
    for task in tasks { ends.append((ends.last ?? 0) + task.tiles) }
    let last = ends
    let region = ParallelRegion(tiles: last[last.count - 1]) { tile, worker in
      var i = 0
      while tile >= last[i] { i += 1 }
      tasks[i].run(tile - (i == 0 ? 0 : last[i - 1]), worker)
    }
    regions.append((region, isShared))
  }

  /// Runs everything in order.
  func run(_ pool: WorkerPool) {
    for (region, isShared) in regions {
      if isShared { pool.run(region) } else { region.runSerially() }
    }
  }
}

/// An array seen along one axis: `outer` × n × `inner`, where n may differ between input and output.
struct LineShape: Hashable, Sendable {
  var outer: Int
  var inner: Int
  /// How many lines there are.
  var lines: Int { outer * inner }
}

/// A dense matrix applied along one axis: out[o][i][k] = Σ_j matrix[i][j] in[o][j][k].
final class DenseTask: GridTask, @unchecked Sendable {
  // Unchecked: tiles write disjoint parts of the output.

  private let matrix: Buffer<Double>
  private let rows: Int
  private let columns: Int
  private let shape: LineShape
  private let input: UnsafeMutablePointer<Double>
  private let output: UnsafeMutablePointer<Double>
  private let cut: Cut
  let tiles: Int
  var cost: Int { shape.lines == 1 ? rows * columns / 8 : rows * columns * shape.lines / 16 }

  /// How the work is cut; it depends on the sizes alone.
  private enum Cut {
    /// Rows of the matrix, for a single line.
    case rows(Int)
    /// Lines that lie one after another.
    case lines(Int)
    /// Neighbouring lines within one outer index.
    case columns(Int, perOuter: Int)
    /// Several outer indices.
    case slabs(Int)
  }

  /// Multiplications that are worth a tile.
  private static let grain = 1 << 17

  /// - Parameter matrix: `rows` × `columns`, by rows.
  init(
    _ matrix: Buffer<Double>, rows: Int, columns: Int, _ shape: LineShape,
    from input: UnsafeMutablePointer<Double>,
    to output: UnsafeMutablePointer<Double>
  ) {
    precondition(
      matrix.count == rows * columns, "\(matrix.count) elements for a matrix of \(rows) × \(columns)")
    (self.matrix, self.rows, self.columns, self.shape) = (matrix, rows, columns, shape)
    (self.input, self.output) = (input, output)
    let work = max(1, rows * columns)
    if shape.lines == 1 {
      let size = max(1, min(rows, Self.grain / max(1, columns)))
      cut = .rows(size)
      tiles = (rows + size - 1) / size
    } else if shape.inner == 1 {
      let size = max(8, Self.grain * 4 / work)
      cut = .lines(size)
      tiles = (shape.outer + size - 1) / size
    } else if shape.inner >= 48 {
      let size = max(48, (Self.grain * 4 / work + 7) / 8 * 8)
      let perOuter = (shape.inner + size - 1) / size
      cut = .columns(size, perOuter: perOuter)
      tiles = perOuter * shape.outer
    } else {
      let size = max(1, Self.grain * 4 / (work * shape.inner))
      cut = .slabs(size)
      tiles = (shape.outer + size - 1) / size
    }
  }

  func run(_ tile: Int, _ worker: Int) {
    let m = matrix.pointer
    switch cut {
    case .rows(let size):
      for i in tile * size..<min((tile + 1) * size, rows) {
        output[i] = Double.dot(m + i * columns, input, count: columns)
      }
    case .lines(let size):
      let first = tile * size
      Double.multiplyMatrices(
        rows: min(size, shape.outer - first), columns: rows, inner: columns, alpha: 1,
        input + first * columns,
        leading: columns, transposed: false, m, leading: columns, transposed: true, beta: 0,
        output + first * rows, leading: rows)
    case .columns(let size, let perOuter):
      let (outer, first) = (tile / perOuter, tile % perOuter * size)
      multiply(outer, first, min(size, shape.inner - first))
    case .slabs(let size):
      for outer in tile * size..<min((tile + 1) * size, shape.outer) { multiply(outer, 0, shape.inner) }
    }
  }

  private func multiply(_ outer: Int, _ first: Int, _ width: Int) {
    Double.multiplyMatrices(
      rows: rows, columns: width, inner: columns, alpha: 1, matrix.pointer, leading: columns,
      transposed: false,
      input + outer * columns * shape.inner + first, leading: shape.inner, transposed: false, beta: 0,
      output + outer * rows * shape.inner + first, leading: shape.inner)
  }
}

/// A few numbers added to the end points of an axis: what boundary data bring about there.
final class FillTask: GridTask, @unchecked Sendable {
  // Unchecked: one tile writes.

  private let field: UnsafeMutablePointer<Double>
  private let count: Int
  private let shape: LineShape
  private let data: UnsafeMutablePointer<Double>
  private let factors: [Double]
  let tiles = 1
  var cost: Int { 2 * shape.lines }

  /// - Parameters:
  ///   - count: Points along the axis.
  ///   - data: outer × inner numbers.
  ///   - factors: What unit data add at the lower and at the upper end.
  init(
    _ field: UnsafeMutablePointer<Double>, count: Int, _ shape: LineShape, data: UnsafeMutablePointer<Double>,
    factors: [Double]
  ) {
    (self.field, self.count, self.shape, self.data, self.factors) = (field, count, shape, data, factors)
  }

  func run(_ tile: Int, _ worker: Int) {
    for (end, point) in [0, count - 1].enumerated() {
      let factor = factors[end]
      if factor == 0 { continue }
      for o in 0..<shape.outer {
        let (values, target) = (data + o * shape.inner, field + (o * count + point) * shape.inner)
        for k in 0..<shape.inner { target[k] += factor * values[k] }
      }
    }
  }
}

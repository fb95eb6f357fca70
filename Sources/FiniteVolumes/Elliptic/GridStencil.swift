import Algebra
import Geometry
import Tensors

/// The rows of a grid's matrix: made vertex by vertex, slab by slab in parallel.
struct GridStencil: Sendable {
  let coefficients: GridCoefficients
  let prescribed: [Double]
  /// Three axes; those that the grid does not have are a single free vertex.
  private let axes: [StencilAxis]
  private let dimension: Int

  init(
    grid: RectilinearGrid, free: [Range<Int>], isPeriodic: [Bool], spacing: [Double],
    coefficients: GridCoefficients, natural: [Side: NaturalSide], prescribed: [Double]
  ) {
    (self.coefficients, self.prescribed) = (coefficients, prescribed)
    dimension = free.count
    let shape = GridDiffusion.padded(grid.shape, with: 1)
    let freeShape = GridDiffusion.padded(free.map(\.count), with: 1)
    axes = (0..<3).map { a in
      let (stride, freeStride) = (shape[(a + 1)...].reduce(1, *), freeShape[(a + 1)...].reduce(1, *))
      guard a < free.count else {
        return StencilAxis(single: stride, freeStride)
      }
      let sides = [false, true].map { natural[Side(Axis.allCases[a], upper: $0)] }
      return StencilAxis(
        count: shape[a], free: free[a], isPeriodic: isPeriodic[a], spacing: spacing[a], stride: stride,
        freeStride: freeStride, lower: sides[0], upper: sides[1])
    }
  }

  /// The matrix and the right-hand side.
  /// - Throws: ``SparseMatrixError/tooManyEntries(_:)``.
  func assemble() throws -> (SparseMatrix<Double>, [Double]) {
    let slabs = axes[0].free.count
    let perSlab = axes[0].freeStride
    let count = slabs * perSlab
    let width = 1 + 2 * dimension + 4 * coefficients.mixed.count
    guard count * width <= Int(Int32.max) else { throw SparseMatrixError.tooManyEntries(count * width) }
    // Rows go to fixed places of the widest row, and are packed afterwards.
    let rows = StencilRows(count: count, width: width)
    WorkerPool.shared.forEach(tiles: slabs) { i, _ in
      var number = i * perSlab
      for j in 0..<axes[1].free.count {
        for k in 0..<axes[2].free.count {
          fill(rows, number, (i, j, k))
          number += 1
        }
      }
    }
    return (rows.packed(), Array(rows.right.elements))
  }

  /// The row of one vertex, given by its place among the free ones.
  private func fill(_ rows: StencilRows, _ number: Int, _ place: (Int, Int, Int)) {
    let here =
      (place.0 + axes[0].free.lowerBound) * axes[0].stride + (place.1 + axes[1].free.lowerBound)
      * axes[1].stride
      + (place.2 + axes[2].free.lowerBound) * axes[2].stride
    let shares = (axes[0].share[place.0], axes[1].share[place.1], axes[2].share[place.2])
    let volume = shares.0 * shares.1 * shares.2
    var diagonal = (coefficients.reaction?[here] ?? 0) * volume
    var row = rows.row(number)
    row.right = coefficients.source[here] * volume
    for a in 0..<dimension {
      let axis = axes[a]
      let p = a == 0 ? place.0 : a == 1 ? place.1 : place.2
      let (h, area) = (axis.spacing, volume / axis.share[p])
      let here_k = coefficients.diffusion[a][here]
      for isUpper in [false, true] {
        let link = isUpper ? axis.upper[p] : axis.lower[p]
        if link.isInside {
          let k = coefficients.diffusion[a][here + link.shift]
          let weight = 2 * here_k * k / (here_k + k) * area / (h * h)
          diagonal += weight
          couple(&row, number, here, link, -weight)
        } else {
          // The flux through a natural side: k ∂u/∂n = k (g − value · u).
          let side = isUpper ? axis.upperSide! : axis.lowerSide!
          let weight = here_k * area / h
          diagonal += weight * side.value
          row.right += weight * side.data(at: here)
        }
      }
      if let b = coefficients.convection[a] {
        let weight = b[here] * volume / h
        let (lower, upper) = (axis.lower[p], axis.upper[p])
        if lower.isInside && upper.isInside {
          couple(&row, number, here, upper, weight / 2)
          couple(&row, number, here, lower, -weight / 2)
        } else {
          // On a natural side the derivative along the axis is the prescribed one.
          let side = upper.isInside ? axis.lowerSide! : axis.upperSide!
          let signed = (upper.isInside ? -1 : 1) * weight * h
          diagonal -= signed * side.value
          row.right -= signed * side.data(at: here)
        }
      }
    }
    for (a, b, values) in coefficients.mixed {
      // −∂ₐ(D ∂ᵦu) − ∂ᵦ(D ∂ₐu) by central differences of central differences.
      let (p, q) = (a == 0 ? place.0 : place.1, b == 1 ? place.1 : place.2)
      let scale = -volume / (4 * axes[a].spacing * axes[b].spacing)
      for s in [false, true] {
        let first = s ? axes[a].upper[p] : axes[a].lower[p]
        for t in [false, true] {
          let second = t ? axes[b].upper[q] : axes[b].lower[q]
          let weight = (s == t ? 1 : -1) * scale * (values[here + first.shift] + values[here + second.shift])
          couple(&row, number, here, first + second, weight)
        }
      }
    }
    row.add(Int32(number), diagonal)
    rows.store(number, row)
  }

  @inline(__always)
  private func couple(
    _ row: inout StencilRows.Row, _ number: Int, _ here: Int, _ link: StencilAxis.Link, _ value: Double
  ) {
    if link.isFree {
      row.add(Int32(number + link.freeShift), value)
    } else {
      row.right -= value * prescribed[here + link.shift]
    }
  }
}

/// A natural side: the factor of u beside ∂u/∂n, and the prescribed values by vertex.
struct NaturalSide: Sendable {
  var value: Double
  var data: [Int: Double]

  func data(at vertex: Int) -> Double { data.isEmpty ? 0 : data[vertex] ?? 0 }
}

/// One axis of a stencil: what lies on either side of each free vertex. A class, so that rows do not copy its arrays.
final class StencilAxis: Sendable {
  /// A neighbour by how far it lies in the numbering of all vertices and of the free ones.
  struct Link: Sendable {
    var shift = 0
    var freeShift = 0
    /// Whether there is a vertex at all.
    var isInside = false
    /// Whether its value is unknown.
    var isFree = false

    static func + (a: Link, b: Link) -> Link {
      Link(
        shift: a.shift + b.shift, freeShift: a.freeShift + b.freeShift, isInside: a.isInside && b.isInside,
        isFree: a.isFree && b.isFree)
    }
  }

  let free: Range<Int>
  let spacing: Double
  let stride: Int
  let freeStride: Int
  let lower: [Link]
  let upper: [Link]
  /// The part of a full cell along the axis that belongs to each free vertex.
  let share: [Double]
  let lowerSide: NaturalSide?
  let upperSide: NaturalSide?

  init(single stride: Int, _ freeStride: Int) {
    (free, spacing, self.stride, self.freeStride) = (0..<1, 1, stride, freeStride)
    (lower, upper, share) = ([Link()], [Link()], [1])
    (lowerSide, upperSide) = (nil, nil)
  }

  init(
    count: Int, free: Range<Int>, isPeriodic: Bool, spacing: Double, stride: Int, freeStride: Int,
    lower lowerSide: NaturalSide?, upper upperSide: NaturalSide?
  ) {
    (self.free, self.spacing, self.stride, self.freeStride) = (free, spacing, stride, freeStride)
    (self.lowerSide, self.upperSide) = (lowerSide, upperSide)
    func link(_ position: Int, _ step: Int) -> Link {
      var target = position + step
      if isPeriodic { target = (target + count) % count }
      guard (0..<count).contains(target) else { return Link() }
      let distance = target - position
      return Link(
        shift: distance * stride, freeShift: distance * freeStride, isInside: true,
        isFree: free.contains(target))
    }
    lower = free.map { link($0, -1) }
    upper = free.map { link($0, 1) }
    share = free.map { isPeriodic || (0 < $0 && $0 < count - 1) ? 1 : 0.5 }
  }
}

/// Rows under construction, each with room for the widest.
final class StencilRows: @unchecked Sendable {
  // Unchecked: each row is written by the one tile that it belongs to.

  /// The room of one row.
  struct Row {
    let columns: UnsafeMutablePointer<Int32>
    let values: UnsafeMutablePointer<Double>
    var count = 0
    var right = 0.0

    /// Adds an entry in the order of columns; no column comes twice, but with convection.
    @inline(__always)
    mutating func add(_ column: Int32, _ value: Double) {
      var p = count
      while p > 0, columns[p - 1] > column { p -= 1 }
      if p > 0, columns[p - 1] == column {
        values[p - 1] += value
        return
      }
      var q = count
      while q > p {
        columns[q] = columns[q - 1]
        values[q] = values[q - 1]
        q -= 1
      }
      columns[p] = column
      values[p] = value
      count += 1
    }
  }

  private let width: Int
  private let columns: Buffer<Int32>
  private let values: Buffer<Double>
  private let lengths: Buffer<Int32>
  let right: Buffer<Double>

  init(count: Int, width: Int) {
    self.width = width
    columns = Buffer(uninitialized: count * width)
    values = Buffer(uninitialized: count * width)
    lengths = Buffer(uninitialized: count)
    right = Buffer(uninitialized: count)
  }

  func row(_ number: Int) -> Row {
    Row(columns: columns.pointer + number * width, values: values.pointer + number * width)
  }

  func store(_ number: Int, _ row: Row) {
    lengths.pointer[number] = Int32(row.count)
    right.pointer[number] = row.right
  }

  /// The matrix of all rows.
  func packed() -> SparseMatrix<Double> {
    let count = lengths.count
    let starts = Buffer<Int32>(uninitialized: count + 1)
    starts.pointer[0] = 0
    for i in 0..<count { starts.pointer[i + 1] = starts.pointer[i] + lengths.pointer[i] }
    let packedColumns = Buffer<Int32>(uninitialized: Int(starts.pointer[count]))
    let packedValues = Buffer<Double>(uninitialized: Int(starts.pointer[count]))
    let tile = 4096
    WorkerPool.shared.forEach(tiles: (count + tile - 1) / tile) { t, _ in
      for row in t * tile..<min((t + 1) * tile, count) {
        let (from, to, n) = (row * width, Int(starts.pointer[row]), Int(lengths.pointer[row]))
        (packedColumns.pointer + to).update(from: columns.pointer + from, count: n)
        (packedValues.pointer + to).update(from: values.pointer + from, count: n)
      }
    }
    return SparseMatrix(
      pattern: SparsityPattern(rows: count, columns: count, rowStarts: starts, columnIndices: packedColumns),
      values: packedValues)
  }
}

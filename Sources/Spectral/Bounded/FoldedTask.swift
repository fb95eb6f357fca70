import Tensors

/// A matrix along one axis that keeps even and odd parts apart, in two halves that cost half of the whole.
struct FoldedMatrix: Sendable {
  /// How a side of the matrix is ordered.
  enum Order: Hashable, Sendable {
    /// Points, which are folded about the middle into sums and differences.
    case points
    /// Even modes, then odd ones.
    case modes
  }

  let rows: Int
  let columns: Int
  let rowOrder: Order
  let columnOrder: Order
  /// Applied to the even part of the input, and to its odd part.
  let even: Buffer<Double>
  let odd: Buffer<Double>
  /// Sizes of the parts.
  let (evenRows, oddRows, evenColumns, oddColumns): (Int, Int, Int, Int)
  /// Whether even inputs give odd outputs, as derivatives of odd order do.
  let exchangesParity: Bool

  /// The halves of a matrix, or nil where even and odd parts mix.
  ///
  /// - Parameters:
  ///   - matrix: `rows` × `columns`, by rows.
  ///   - evenRows: Even modes among the rows; nil for points.
  ///   - evenColumns: Even modes among the columns; nil for points.
  init?(_ matrix: [Double], rows: Int, columns: Int, evenRows: Int? = nil, evenColumns: Int? = nil) {
    precondition(
      matrix.count == rows * columns, "\(matrix.count) elements for a matrix of \(rows) × \(columns)")
    (self.rows, self.columns) = (rows, columns)
    (rowOrder, columnOrder) = (evenRows == nil ? .points : .modes, evenColumns == nil ? .points : .modes)
    let (er, ec) = (evenRows ?? (rows + 1) / 2, evenColumns ?? (columns + 1) / 2)
    (self.evenRows, oddRows, self.evenColumns, oddColumns) = (er, rows - er, ec, columns - ec)

    // How an element changes under reflection of its row or column: modes by their parity, points by position.
    let largest = matrix.reduce(0) { max($0, abs($1)) }
    func mirrored(_ i: Int, _ j: Int) -> Double {
      var sign = 1.0
      if evenRows != nil && i >= er { sign = -sign }
      if evenColumns != nil && j >= ec { sign = -sign }
      return sign
        * matrix[(evenRows == nil ? rows - 1 - i : i) * columns + (evenColumns == nil ? columns - 1 - j : j)]
    }
    var (symmetric, antisymmetric) = (true, true)
    for i in 0..<rows {
      for j in 0..<columns {
        let (a, b) = (matrix[i * columns + j], mirrored(i, j))
        if abs(a - b) > 1e-11 * largest { symmetric = false }
        if abs(a + b) > 1e-11 * largest { antisymmetric = false }
      }
      if !symmetric && !antisymmetric { return nil }
    }
    // Matrices between points and modes are symmetric in this sense.
    guard symmetric || rowOrder == .points && columnOrder == .points else { return nil }
    exchangesParity = !symmetric

    func half(isOdd: Bool) -> Buffer<Double> {
      let rowRange =
        evenRows == nil ? 0..<(rows + 1) / 2 : isOdd ? er..<rows : 0..<er
      let columnRange = evenColumns == nil ? 0..<(isOdd ? columns / 2 : ec) : isOdd ? ec..<columns : 0..<ec
      var elements: [Double] = []
      for i in rowRange {
        for j in columnRange {
          let value = matrix[i * columns + j]
          if evenColumns != nil || j == columns - 1 - j {
            elements.append(value)
          } else {
            let other = matrix[i * columns + columns - 1 - j]
            elements.append(0.5 * (isOdd ? value - other : value + other))
          }
        }
      }
      return Buffer(copying: elements)
    }
    even = half(isOdd: false)
    odd = half(isOdd: true)
  }

  /// Rows of the two halves: of points both have those up to the middle.
  var halfRows: (even: Int, odd: Int) {
    rowOrder == .modes ? (evenRows, oddRows) : ((rows + 1) / 2, (rows + 1) / 2)
  }
}

/// A folded matrix applied along one axis, as ``DenseTask``.
final class FoldedTask: GridTask, @unchecked Sendable {
  // Unchecked: tiles write disjoint parts of the output; scratch is per worker.

  private let matrix: FoldedMatrix
  private let shape: LineShape
  private let input: UnsafeMutablePointer<Double>
  private let output: UnsafeMutablePointer<Double>
  private let scratch: [Buffer<Double>]
  private let cut: Cut
  let tiles: Int
  var cost: Int {
    let work = matrix.rows * matrix.columns
    return shape.lines == 1
      ? work / 16 : work * shape.lines / 32 + 2 * shape.lines * (matrix.rows + matrix.columns)
  }

  private enum Cut {
    /// Rows of the halves, for a single line.
    case rows(Int)
    /// Lines that lie one after another.
    case lines(Int)
    /// Neighbouring lines within one outer index.
    case columns(Int, perOuter: Int)
    /// Several outer indices.
    case slabs(Int)
  }

  private static let grain = 1 << 18

  init(
    _ matrix: FoldedMatrix, _ shape: LineShape, workers: Int, from input: UnsafeMutablePointer<Double>,
    to output: UnsafeMutablePointer<Double>
  ) {
    (self.matrix, self.shape, self.input, self.output) = (matrix, shape, input, output)
    let (rows, columns) = (matrix.rows, matrix.columns)
    let work = max(1, rows * columns)
    let width: Int
    if shape.lines == 1 {
      let size = max(1, min(rows, Self.grain / max(1, columns)))
      cut = .rows(size)
      let halves = matrix.halfRows
      let count = matrix.rowOrder == .points ? halves.even : rows
      tiles = (count + size - 1) / size
      width = 1
    } else if shape.inner == 1 {
      let size = max(8, min(256, Self.grain * 4 / work))
      cut = .lines(size)
      tiles = (shape.outer + size - 1) / size
      width = size
    } else if shape.inner >= 48 {
      let size = max(48, min(256, (Self.grain * 4 / work + 7) / 8 * 8))
      let perOuter = (shape.inner + size - 1) / size
      cut = .columns(size, perOuter: perOuter)
      tiles = perOuter * shape.outer
      width = size
    } else {
      let size = max(1, Self.grain * 4 / (work * shape.inner))
      cut = .slabs(size)
      tiles = (shape.outer + size - 1) / size
      width = shape.inner
    }
    let doubles = width * (columns + rows + 3)
    scratch = (0..<workers).map { _ in Buffer(count: doubles) }
  }

  func run(_ tile: Int, _ worker: Int) {
    switch cut {
    case .rows(let size):
      let count = matrix.rowOrder == .points ? matrix.halfRows.even : matrix.rows
      single(tile * size..<min((tile + 1) * size, count), worker)
    case .lines(let size):
      lines(tile * size, min(size, shape.outer - tile * size), worker)
    case .columns(let size, let perOuter):
      let (outer, first) = (tile / perOuter, tile % perOuter * size)
      block(outer, first, min(size, shape.inner - first), worker)
    case .slabs(let size):
      for outer in tile * size..<min((tile + 1) * size, shape.outer) { block(outer, 0, shape.inner, worker) }
    }
  }

  /// Some rows of the product with one line.
  private func single(_ range: Range<Int>, _ worker: Int) {
    let (n, m) = (matrix.columns, matrix.rows)
    let (evenColumns, oddColumns) = (matrix.evenColumns, matrix.oddColumns)
    var x = input
    if matrix.columnOrder == .points {
      x = scratch[worker].pointer
      for j in 0..<n / 2 {
        x[j] = input[j] + input[n - 1 - j]
        x[evenColumns + j] = input[j] - input[n - 1 - j]
      }
      if n % 2 == 1 { x[n / 2] = input[n / 2] }
    }
    for i in range {
      if matrix.rowOrder == .points {
        let a = Double.dot(matrix.even.pointer + i * evenColumns, x, count: evenColumns)
        let b = Double.dot(matrix.odd.pointer + i * oddColumns, x + evenColumns, count: oddColumns)
        output[m - 1 - i] = matrix.exchangesParity ? b - a : a - b
        output[i] = a + b
      } else if i < matrix.evenRows {
        output[i] = Double.dot(matrix.even.pointer + i * evenColumns, x, count: evenColumns)
      } else {
        output[i] = Double.dot(
          matrix.odd.pointer + (i - matrix.evenRows) * oddColumns, x + evenColumns, count: oddColumns)
      }
    }
  }

  /// Lines that lie one after another.
  private func lines(_ first: Int, _ count: Int, _ worker: Int) {
    let (n, m) = (matrix.columns, matrix.rows)
    let (evenColumns, oddColumns) = (matrix.evenColumns, matrix.oddColumns)
    let (evenRows, oddRows) = matrix.halfRows
    var x = input + first * n
    if matrix.columnOrder == .points {
      let folded = scratch[worker].pointer
      for l in 0..<count {
        let (line, target) = (x + l * n, folded + l * n)
        for j in 0..<n / 2 {
          target[j] = line[j] + line[n - 1 - j]
          target[evenColumns + j] = line[j] - line[n - 1 - j]
        }
        if n % 2 == 1 { target[n / 2] = line[n / 2] }
      }
      x = folded
    }
    let isFolded = matrix.rowOrder == .points
    let result = isFolded ? scratch[worker].pointer + count * n : output + first * m
    let stride = isFolded ? evenRows + oddRows : m
    multiply(count, evenRows, evenColumns, x, n, matrix.even, result, stride)
    multiply(count, oddRows, oddColumns, x + evenColumns, n, matrix.odd, result + evenRows, stride)
    if !isFolded { return }
    for l in 0..<count {
      let (a, b, line) = (result + l * stride, result + l * stride + evenRows, output + (first + l) * m)
      if matrix.exchangesParity {
        for i in 0..<evenRows { line[m - 1 - i] = b[i] - a[i] }
      } else {
        for i in 0..<evenRows { line[m - 1 - i] = a[i] - b[i] }
      }
      for i in 0..<evenRows { line[i] = a[i] + b[i] }
    }
  }

  /// c = x Tᵀ for `count` lines.
  private func multiply(
    _ count: Int, _ rows: Int, _ columns: Int, _ x: UnsafePointer<Double>, _ stride: Int,
    _ half: Buffer<Double>, _ c: UnsafeMutablePointer<Double>, _ resultStride: Int
  ) {
    if rows == 0 { return }
    Double.multiplyMatrices(
      rows: count, columns: rows, inner: columns, alpha: 1, x, leading: stride, transposed: false,
      half.pointer,
      leading: max(1, columns), transposed: true, beta: 0, c, leading: resultStride)
  }

  /// Neighbouring lines of one outer index.
  private func block(_ outer: Int, _ first: Int, _ width: Int, _ worker: Int) {
    let (n, m, inner) = (matrix.columns, matrix.rows, shape.inner)
    let (evenColumns, oddColumns) = (matrix.evenColumns, matrix.oddColumns)
    let (evenRows, oddRows) = matrix.halfRows
    var x = input + outer * n * inner + first
    var stride = inner
    if matrix.columnOrder == .points {
      let folded = scratch[worker].pointer
      for j in 0..<n / 2 {
        let (upper, lower) = (x + j * inner, x + (n - 1 - j) * inner)
        let (sum, difference) = (folded + j * width, folded + (evenColumns + j) * width)
        for k in 0..<width {
          sum[k] = upper[k] + lower[k]
          difference[k] = upper[k] - lower[k]
        }
      }
      if n % 2 == 1 { (folded + n / 2 * width).update(from: x + n / 2 * inner, count: width) }
      (x, stride) = (folded, width)
    }
    let isFolded = matrix.rowOrder == .points
    let target = output + outer * m * inner + first
    let result = isFolded ? scratch[worker].pointer + n * width : target
    let resultStride = isFolded ? width : inner
    multiplyColumns(evenRows, width, evenColumns, matrix.even, x, stride, result, resultStride)
    let oddResult = result + evenRows * resultStride
    multiplyColumns(
      oddRows, width, oddColumns, matrix.odd, x + evenColumns * stride, stride, oddResult, resultStride)
    if !isFolded { return }
    for i in 0..<evenRows {
      let (a, b) = (result + i * width, oddResult + i * width)
      let (upper, lower) = (target + i * inner, target + (m - 1 - i) * inner)
      if matrix.exchangesParity {
        for k in 0..<width { lower[k] = b[k] - a[k] }
      } else {
        for k in 0..<width { lower[k] = a[k] - b[k] }
      }
      for k in 0..<width { upper[k] = a[k] + b[k] }
    }
  }

  /// c = T x for `width` neighbouring lines.
  private func multiplyColumns(
    _ rows: Int, _ width: Int, _ columns: Int, _ half: Buffer<Double>, _ x: UnsafePointer<Double>,
    _ stride: Int, _ c: UnsafeMutablePointer<Double>, _ resultStride: Int
  ) {
    if rows == 0 { return }
    Double.multiplyMatrices(
      rows: rows, columns: width, inner: columns, alpha: 1, half.pointer, leading: max(1, columns),
      transposed: false, x, leading: stride, transposed: false, beta: 0, c, leading: resultStride)
  }
}

import Tensors

import Algebra

/// Sparse matrices for tests, from closed rules.
enum SparseSamples {
  /// A matrix from its entries, in any order; entries in one place are added.
  static func matrix(_ rows: Int, _ columns: Int, _ entries: [(Int, Int, Double)]) -> SparseMatrix<Double> {
    var lines = [[Int: Double]](repeating: [:], count: rows)
    for (i, j, value) in entries { lines[i][j, default: 0] += value }
    var (starts, indices, values): ([Int32], [Int32], [Double]) = ([0], [], [])
    for line in lines {
      for (j, value) in line.sorted(by: { $0.key < $1.key }) {
        indices.append(Int32(j))
        values.append(value)
      }
      starts.append(Int32(indices.count))
    }
    return try! SparseMatrix(
      rows: rows, columns: columns, rowStarts: starts, columnIndices: indices, values: values)
  }

  /// -Δ on n points per axis of `dimensions` axes, times h², with the value zero at both ends of an axis, or with
  /// derivative zero there.
  static func laplacian(_ n: Int, dimensions: Int, isNeumann: Bool = false) -> SparseMatrix<Double> {
    let count = (0..<dimensions).reduce(1) { product, _ in product * n }
    var entries: [(Int, Int, Double)] = []
    for i in 0..<count {
      var stride = 1
      for _ in 0..<dimensions {
        let place = i / stride % n
        for neighbour in [place - 1, place + 1] {
          if (0..<n).contains(neighbour) { entries.append((i, i + (neighbour - place) * stride, -1)) }
          if (0..<n).contains(neighbour) || !isNeumann { entries.append((i, i, 1)) }
        }
        stride *= n
      }
    }
    return matrix(count, count, entries)
  }

  /// A sparse matrix with about `perRow` random entries in each row, and `diagonal` on the diagonal.
  static func random(
    _ rows: Int, _ columns: Int, perRow: Int, diagonal: Double, seed: UInt64
  ) -> SparseMatrix<Double> {
    var state = seed
    func next() -> Double {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(state >> 11) * 0x1p-53
    }
    var entries: [(Int, Int, Double)] = []
    for i in 0..<rows {
      for _ in 0..<perRow {
        entries.append((i, min(Int(next() * Double(columns)), columns - 1), 2 * next() - 1))
      }
      if i < columns, diagonal != 0 { entries.append((i, i, diagonal)) }
    }
    return matrix(rows, columns, entries)
  }

  /// The matrix with all its zeros.
  static func dense(_ a: SparseMatrix<Double>) -> Matrix<Double> {
    var result = Matrix<Double>(rows: a.rows, columns: a.columns)
    for i in 0..<a.rows {
      for p in a.pattern.entries(ofRow: i) {
        result[i, Int(a.pattern.columnIndices.pointer[p])] = a.values.pointer[p]
      }
    }
    return result
  }

  /// A buffer with the elements of an array.
  static func buffer<Element: BitwiseCopyable>(_ elements: [Element]) -> Buffer<Element> {
    let buffer = Buffer<Element>(uninitialized: elements.count)
    for (i, element) in elements.enumerated() { buffer.pointer[i] = element }
    return buffer
  }

  /// The matrix with its values replaced by a function of row, column and value.
  static func map(
    _ a: SparseMatrix<Double>, _ change: (Int, Int, Double) -> Double
  ) -> SparseMatrix<Double> {
    let values = Buffer<Double>(uninitialized: a.entryCount)
    for i in 0..<a.rows {
      for p in a.pattern.entries(ofRow: i) {
        values.pointer[p] = change(i, Int(a.pattern.columnIndices.pointer[p]), a.values.pointer[p])
      }
    }
    return a.withValues(values)
  }

  /// A smooth vector without symmetries.
  static func vector(_ count: Int) -> [Double] {
    (0..<count).map { Double.sin(1 + 0.7 * Double($0)) + 0.3 * Double.cos(0.01 * Double($0 * $0)) }
  }

  /// ‖b - A x‖₂ / ‖b‖₂, or with the transpose.
  static func residual(
    _ a: SparseMatrix<Double>, _ x: [Double], _ b: [Double], transposed: Bool = false
  ) -> Double {
    var r = b
    for i in 0..<a.rows {
      for p in a.pattern.entries(ofRow: i) {
        let j = Int(a.pattern.columnIndices.pointer[p])
        if transposed { r[j] -= a.values.pointer[p] * x[i] } else { r[i] -= a.values.pointer[p] * x[j] }
      }
    }
    return norm(r) / norm(b)
  }

  static func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
}

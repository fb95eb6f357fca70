import Tensors

import Algebra

/// Dense algebra for tests of preconditioners, written out.
enum PreconditionerDense {
  typealias Rows = [[Double]]

  static func rows(_ a: SparseMatrix<Double>) -> Rows {
    (0..<a.rows).map { i in (0..<a.columns).map { a[i, $0] } }
  }

  static func product(_ a: Rows, _ b: Rows) -> Rows {
    a.map { row in
      (0..<b[0].count).map { j in (0..<b.count).reduce(0) { $0 + row[$1] * b[$1][j] } }
    }
  }

  static func transposed(_ a: Rows) -> Rows { (0..<a[0].count).map { j in a.map { $0[j] } } }

  /// M⁻¹ by columns of the identity.
  static func inverse(_ m: any PreparedPreconditioner<Double>) -> Rows {
    let n = m.rows
    let columns = (0..<n).map { j in m.multiply((0..<n).map { $0 == j ? 1 : 0 }) }
    return transposed(columns)
  }

  /// Gauss-Jordan with row exchanges.
  static func inverted(_ a: Rows) -> Rows {
    let n = a.count
    var w = (0..<n).map { i in a[i] + (0..<n).map { $0 == i ? 1 : 0 } }
    for k in 0..<n {
      w.swapAt(k, (k..<n).max { abs(w[$0][k]) < abs(w[$1][k]) }!)
      let pivot = w[k][k]
      for j in 0..<2 * n { w[k][j] /= pivot }
      for i in 0..<n where i != k && w[i][k] != 0 {
        let factor = w[i][k]
        for j in 0..<2 * n { w[i][j] -= factor * w[k][j] }
      }
    }
    return w.map { Array($0[n...]) }
  }

  static func maximum(_ a: Rows, _ b: Rows) -> Double {
    zip(a, b).reduce(0) { worst, rows in zip(rows.0, rows.1).reduce(worst) { max($0, abs($1.0 - $1.1)) } }
  }

  static func magnitude(_ a: Rows) -> Double { a.reduce(0) { $1.reduce($0) { max($0, abs($1)) } } }
}

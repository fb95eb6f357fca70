import Ansatz
import Foundation

extension SolverCase {
  /// A system from a file: SciPy's archive of a sparse matrix, which may hold a right-hand side too, or Matrix Market.
  ///
  /// - Parameter key: The name of the right-hand side in the archive; without one it is `b` where there is a `b`, and
  ///   noise where there is none.
  /// - Throws: ``FormatError`` and ``UsageError``.
  static func file(_ url: URL, rightHandSide key: String?) throws -> SolverCase {
    let bytes = try AtomicFile.read(url)
    let (matrix, others): (SparseMatrix<Double>, [String: NumericArray])
    if bytes.starts(with: Array("%%".utf8)) {
      (matrix, others) = (try MatrixMarket.decode(bytes, file: url.path), [:])
      if key != nil {
        throw UsageError(
          "\(url.path) holds a matrix only: leave out --matrix-b, or give a .npz file that holds both")
      }
    } else if bytes.starts(with: Array("PK".utf8)) {
      (matrix, others) = try SciPySparse.decode(bytes, file: url.path)
    } else {
      throw UsageError(
        "\(url.path) is no sparse matrix: give a .npz file of scipy.sparse.save_npz, or a Matrix Market file (.mtx)"
      )
    }
    guard matrix.rows == matrix.columns, matrix.rows > 0 else {
      throw UsageError(
        "\(url.path): the matrix is \(matrix.rows) × \(matrix.columns); give a square one, with as many equations as unknowns"
      )
    }
    do { try matrix.requireFinite() } catch { throw UsageError("\(url.path): \(error)") }
    let b = try rightHandSide(key, among: others, rows: matrix.rows, file: url.path)
    let diagonal = matrix.diagonal
    let kind: Kind =
      !matrix.isSymmetric() ? .general : diagonal.allSatisfy { $0 > 0 } ? .positive : .symmetric
    return SolverCase(
      name: url.deletingPathExtension().lastPathComponent, family: "file", matrix: matrix, rightHandSide: b,
      grid: nil, dimension: matrix.pattern.apparentDimension, kind: kind, isFromFile: true)
  }

  private static func rightHandSide(
    _ key: String?, among arrays: [String: NumericArray], rows: Int, file: String
  ) throws -> [Double] {
    guard let array = arrays[key ?? "b"] else {
      guard let key else { return noise(rows) }
      throw UsageError.unknown(
        "right-hand side", key, among: arrays.keys.sorted(),
        help: arrays.isEmpty
          ? "\(file) holds the matrix only" : "\(file) holds \(arrays.keys.sorted().joined(separator: ", "))")
    }
    let name = key ?? "b"
    guard let b = array.doubles, b.count == rows else {
      throw UsageError(
        "\(file): '\(name)' has the shape \(array.shape), and the matrix \(rows) rows: give \(rows) real numbers"
      )
    }
    guard b.allSatisfy(\.isFinite), b.contains(where: { $0 != 0 }) else {
      throw UsageError(
        "\(file): '\(name)' is zero, or has elements that are infinite or NaN: give a right-hand side to solve for"
      )
    }
    return b
  }
}

extension SparsityPattern {
  /// 2 or 3: the dimension of a mesh whose graph would look like this one, from how many steps lead from one end to the
  /// other, about n^(1/d) of n rows. It tells whether a direct solver is worth a try.
  var apparentDimension: Int {
    guard rows > 1 else { return 2 }
    // From any row to one at the end, and from there.
    let (last, _) = levels(from: 0)
    let (_, count) = levels(from: last)
    return log(Double(rows)) > 2.25 * log(Double(max(count, 2))) ? 3 : 2
  }

  /// A row that most steps lead to, and the number of steps.
  private func levels(from first: Int) -> (last: Int, count: Int) {
    var isSeen = [Bool](repeating: false, count: rows)
    var (front, count) = ([first], 0)
    isSeen[first] = true
    while true {
      var next: [Int] = []
      for row in front {
        for p in Int(rowStarts.pointer[row])..<Int(rowStarts.pointer[row + 1]) {
          let column = Int(columnIndices.pointer[p])
          if !isSeen[column] {
            isSeen[column] = true
            next.append(column)
          }
        }
      }
      if next.isEmpty { return (front[0], count) }
      (front, count) = (next, count + 1)
    }
  }
}

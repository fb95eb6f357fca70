import Algebra
import Foundation
import Tensors

/// SciPy's archives of one sparse matrix (`scipy.sparse.save_npz`): compressed rows, compressed columns or coordinates.
public enum SciPySparse {
  /// The matrix at `url`, and what else the archive holds, such as a right-hand side `b`.
  ///
  /// - Throws: what ``decode(_:file:)`` throws, and ``FormatError/system(path:action:code:)``.
  public static func read(_ url: URL) throws(FormatError) -> (
    matrix: SparseMatrix<Double>, others: [String: NumericArray]
  ) {
    try decode(AtomicFile.read(url), file: url.path)
  }

  /// The matrix in the bytes of an archive, with sorted rows and duplicates summed, and its other arrays.
  ///
  /// - Parameter file: the name to use in errors.
  /// - Throws: ``FormatError/malformed(file:problem:remedy:)`` for damaged input,
  ///   ``FormatError/unsupported(file:problem:remedy:)`` for block formats, complex values and indices beyond 32 bits.
  public static func decode(_ bytes: [UInt8], file: String = "npz") throws(FormatError) -> (
    matrix: SparseMatrix<Double>, others: [String: NumericArray]
  ) {
    var arrays = Arrays(file: file)
    for entry in try Zip.decode(bytes, file: file) { try arrays.add(entry) }
    let shape = try arrays.integers("shape")
    guard shape.count == 2, shape.allSatisfy({ $0 >= 0 && $0 < .max }) else {
      throw .damaged(file, "its shape is \(shape)")
    }
    let (rows, columns) = (Int(shape[0]), Int(shape[1]))
    let rowIndices: [Int32]
    let columnIndices: [Int32]
    switch arrays.format {
    case "csr":
      rowIndices = try arrays.expanded("indptr", count: rows)
      columnIndices = try arrays.integers("indices")
    case "csc":
      columnIndices = try arrays.expanded("indptr", count: columns)
      rowIndices = try arrays.integers("indices")
    case "coo":
      rowIndices = try arrays.integers("row")
      columnIndices = try arrays.integers("col")
    default:
      throw .unsupported(
        file: file, problem: "its matrix has the format '\(arrays.format)'",
        remedy: "convert it in SciPy with .tocsr()")
    }
    guard let values = try arrays.take("data").doubles else {
      throw .unsupported(file: file, problem: "its values are complex", remedy: "give a real matrix")
    }
    do {
      let matrix = try SparseMatrix(
        rows: rows, columns: columns, rowIndices: rowIndices, columnIndices: columnIndices, values: values)
      return (matrix, arrays.rest)
    } catch { throw .damaged(file, "\(error)") }
  }

  /// The bytes of an archive that `scipy.sparse.load_npz` reads, with compressed rows.
  ///
  /// - Parameter others: further arrays to keep with the matrix, such as a right-hand side.
  /// - Throws: ``FormatError/unsupported(file:problem:remedy:)`` when it would pass 4 GiB.
  public static func encode(
    _ matrix: SparseMatrix<Double>, others: [NPZ.Entry] = [], isCompressed: Bool = false
  ) throws(FormatError) -> [UInt8] {
    let pattern = matrix.pattern
    let arrays: [NPZ.Entry] =
      [
        (
          "indices",
          NumericArray(shape: [matrix.entryCount], elements: .int32(Array(pattern.columnIndices.elements)))
        ),
        (
          "indptr",
          NumericArray(shape: [matrix.rows + 1], elements: .int32(Array(pattern.rowStarts.elements)))
        ),
        ("shape", NumericArray(shape: [2], elements: .int64([Int64(matrix.rows), Int64(matrix.columns)]))),
        ("data", NumericArray(shape: [matrix.entryCount], Array(matrix.values.elements))),
      ] + others
    var entries = arrays.map { Zip.Entry(name: $0.name + ".npy", bytes: NPY.encode($0.array)) }
    entries.append(Zip.Entry(name: "format.npy", bytes: NPY.encode(letters: "csr")))
    return try Zip.encode(entries, isCompressed: isCompressed, file: "npz")
  }

  /// The arrays of an archive, taken one by one.
  private struct Arrays {
    let file: String
    var format = "csr"
    var rest: [String: NumericArray] = [:]

    init(file: String) { self.file = file }

    mutating func add(_ entry: Zip.Entry) throws(FormatError) {
      let name = entry.name.hasSuffix(".npy") ? String(entry.name.dropLast(4)) : entry.name
      switch name {
      case "format":
        // A string of bytes, which is no array of numbers: its letters follow the header's last line.
        let letters =
          entry.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true).last ?? []
        format = String(decoding: letters.filter { $0 != 0 }, as: UTF8.self)
      case "_is_array": break
      default: rest[name] = try NPY.decode(entry.bytes, file: "\(file), entry \(entry.name)")
      }
    }

    mutating func take(_ name: String) throws(FormatError) -> NumericArray {
      guard let array = rest.removeValue(forKey: name) else {
        throw .malformed(
          file: file, problem: "it has no array '\(name)'",
          remedy: "write the matrix with scipy.sparse.save_npz")
      }
      return array
    }

    mutating func integers(_ name: String) throws(FormatError) -> [Int32] {
      switch try take(name).elements {
      case .int32(let values): return values
      case .int64(let values):
        let narrow = values.compactMap { Int32(exactly: $0) }
        guard narrow.count == values.count else {
          throw .unsupported(
            file: file, problem: "an index in '\(name)' exceeds 32 bits",
            remedy: "give a matrix with fewer than 2³¹ entries")
        }
        return narrow
      default: throw .damaged(file, "'\(name)' holds no integers")
      }
    }

    /// The row of each entry, from where the rows start.
    mutating func expanded(_ name: String, count: Int) throws(FormatError) -> [Int32] {
      let starts = try integers(name)
      guard starts.count == count + 1, starts[0] == 0,
        zip(starts, starts.dropFirst()).allSatisfy({ $0 <= $1 }),
        Int(starts[count]) == rest["indices"]?.elements.count
      else { throw .damaged(file, "'\(name)' does not fit the shape and the indices") }
      return [Int32](unsafeUninitializedCapacity: Int(starts[count])) { list, filled in
        for row in 0..<count {
          for p in starts[row]..<starts[row + 1] { list.initializeElement(at: Int(p), to: Int32(row)) }
        }
        filled = Int(starts[count])
      }
    }
  }
}

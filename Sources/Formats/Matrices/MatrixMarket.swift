import Algebra
import Foundation
import Tensors

/// Matrix Market's text files of one sparse matrix (`.mtx`; Boisvert, Pozo & Remington, NISTIR 5935, 1996): coordinate
/// format, real, integer or pattern entries, general, symmetric or skew-symmetric.
public enum MatrixMarket {
  /// The matrix at `url`.
  ///
  /// - Throws: what ``decode(_:file:)`` throws, and ``FormatError/system(path:action:code:)``.
  public static func read(_ url: URL) throws(FormatError) -> SparseMatrix<Double> {
    try decode(AtomicFile.read(url), file: url.path)
  }

  /// The matrix in the bytes of a file; entries of a pattern are 1.
  ///
  /// - Parameter file: the name to use in errors.
  /// - Throws: ``FormatError/malformed(file:problem:remedy:)``, and ``FormatError/unsupported(file:problem:remedy:)`` for
  ///   dense and complex matrices.
  public static func decode(_ bytes: [UInt8], file: String = "mtx") throws(FormatError) -> SparseMatrix<
    Double
  > {
    var scanner = LineScanner(bytes: bytes)
    let banner = (scanner.line() ?? []).map { $0.lowercased() }
    guard banner.count == 5, banner[0] == "%%matrixmarket", banner[1] == "matrix" else {
      throw .malformed(
        file: file, problem: "it does not begin with '%%MatrixMarket matrix'",
        remedy: "give a Matrix Market file")
    }
    guard banner[2] == "coordinate", ["real", "integer", "pattern"].contains(banner[3]),
      ["general", "symmetric", "skew-symmetric"].contains(banner[4])
    else {
      throw .unsupported(
        file: file, problem: "its kind is '\(banner[2...].joined(separator: " "))'",
        remedy: "give a sparse real matrix ('coordinate real general', or symmetric)")
    }
    let isPattern = banner[3] == "pattern"
    guard let size = scanner.line()?.compactMap({ Int($0) }), size.count == 3, size.allSatisfy({ $0 >= 0 }),
      size[0] < Int(Int32.max), size[1] < Int(Int32.max)
    else { throw .damaged(file, "its line of sizes is not three numbers") }
    // Every entry takes at least four bytes, so a count beyond that is no reason to allocate.
    guard size[2] <= bytes.count / 4 + 1 else {
      throw .damaged(file, "it announces \(size[2]) entries, more than it has room for")
    }
    var (rows, columns, values): ([Int32], [Int32], [Double]) = ([], [], [])
    rows.reserveCapacity(size[2])
    columns.reserveCapacity(size[2])
    values.reserveCapacity(size[2])
    let mirror: Double? = banner[4] == "symmetric" ? 1 : banner[4] == "skew-symmetric" ? -1 : nil
    for entry in 0..<size[2] {
      guard let words = scanner.line() else {
        throw .damaged(file, "it ends after \(entry) of \(size[2]) entries")
      }
      guard words.count == (isPattern ? 2 : 3), let i = Int(words[0]), let j = Int(words[1]),
        (1...max(size[0], 1)).contains(i), (1...max(size[1], 1)).contains(j),
        let value = isPattern ? 1 : Double(words[2])
      else { throw .damaged(file, "line \(scanner.number) is no entry of a \(size[0]) × \(size[1]) matrix") }
      rows.append(Int32(i - 1))
      columns.append(Int32(j - 1))
      values.append(value)
      if let mirror, i != j {
        rows.append(Int32(j - 1))
        columns.append(Int32(i - 1))
        values.append(mirror * value)
      }
    }
    do {
      return try SparseMatrix(
        rows: size[0], columns: size[1], rowIndices: rows, columnIndices: columns, values: values)
    } catch { throw .damaged(file, "\(error)") }
  }

  /// Lines as words, comments and empty ones left out; the banner, which starts as a comment does, is kept.
  private struct LineScanner {
    let bytes: [UInt8]
    private var position = 0
    private(set) var number = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func line() -> [String]? {
      while position < bytes.count {
        let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
        let line = bytes[position..<end]
        position = end + 1
        number += 1
        let words = line.split { $0 <= 32 }
        if words.isEmpty || number > 1 && words[0].first == UInt8(ascii: "%") { continue }
        return words.map { String(decoding: $0, as: UTF8.self) }
      }
      return nil
    }
  }
}

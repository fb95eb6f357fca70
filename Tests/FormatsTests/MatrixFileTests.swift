import Algebra
import Formats
import Foundation
import Testing

@Suite("Files of sparse matrices")
struct MatrixFileTests {
  private func sample() throws -> SparseMatrix<Double> {
    try SparseMatrix(
      rows: 3, columns: 4, rowIndices: [2, 0, 0, 2], columnIndices: [3, 1, 0, 0],
      values: [4, 2.5, -1, 1e-300])
  }

  private func expectEqual(_ a: SparseMatrix<Double>, _ b: SparseMatrix<Double>) {
    #expect(a.rows == b.rows && a.columns == b.columns)
    #expect(Array(a.pattern.rowStarts.elements) == Array(b.pattern.rowStarts.elements))
    #expect(Array(a.pattern.columnIndices.elements) == Array(b.pattern.columnIndices.elements))
    #expect(Array(a.values.elements) == Array(b.values.elements))
  }

  @Test(
    "SciPy's archives, plain and compressed, come back with what was kept beside", arguments: [false, true])
  func roundTrip(isCompressed: Bool) throws {
    let extra = NumericArray(shape: [3], [1, 2, 3])
    let bytes = try SciPySparse.encode(sample(), others: [("b", extra)], isCompressed: isCompressed)
    let (matrix, others) = try SciPySparse.decode(bytes)
    expectEqual(matrix, try sample())
    #expect(others == ["b": extra])
  }

  // Made by scipy.sparse.save_npz (SciPy 1.17) of the columns and of the coordinates of the sample.
  @Test("SciPy's own files", arguments: ["csr", "csc", "coo"])
  func scipy(format: String) throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "Fixtures/sample-\(format).npz")
    expectEqual(try SciPySparse.read(url).matrix, try sample())
  }

  @Test("every truncation of an archive is refused")
  func truncation() throws {
    let bytes = try SciPySparse.encode(sample())
    for count in 0..<bytes.count {
      #expect(throws: FormatError.self) { try SciPySparse.decode(Array(bytes.prefix(count))) }
    }
  }

  private func market(_ text: String) throws -> SparseMatrix<Double> {
    try MatrixMarket.decode(Array(text.utf8))
  }

  @Test("Matrix Market: general, symmetric, skew-symmetric and pattern")
  func matrixMarket() throws {
    let general = try market(
      "%%MatrixMarket matrix coordinate real general\n% a comment\n2 3 2\n1 3 -2e1\n2 1 4\n")
    #expect(general.rows == 2 && general.columns == 3 && general[0, 2] == -20 && general[1, 0] == 4)
    let symmetric = try market("%%MatrixMarket matrix coordinate integer symmetric\n\n2 2 2\n1 1 5\n2 1 7")
    #expect(symmetric[0, 0] == 5 && symmetric[0, 1] == 7 && symmetric[1, 0] == 7)
    let skew = try market("%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 1\n2 1 7\n")
    #expect(skew[0, 1] == -7 && skew[1, 0] == 7)
    #expect(try market("%%MatrixMarket matrix coordinate pattern general\n1 1 1\n1 1\n")[0, 0] == 1)
  }

  @Test(
    "what is no Matrix Market file is refused with its place",
    arguments: [
      ("", "does not begin"), ("%%MatrixMarket matrix array real general\n1 1\n1\n", "its kind is"),
      ("%%MatrixMarket matrix coordinate real general\n2 2\n", "sizes"),
      ("%%MatrixMarket matrix coordinate real general\n2 2 9999999999\n", "room for"),
      ("%%MatrixMarket matrix coordinate real general\n2 2 1\n3 1 1\n", "line 3"),
      ("%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1\n", "ends after 1 of 2"),
    ])
  func refusal(text: String, words: String) {
    let error = #expect(throws: FormatError.self) { try market(text) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }
}

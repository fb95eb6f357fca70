import Ansatz
import Foundation
import Testing

/// `ansatz bench solvers --matrix`: systems from files.
@Suite("Benchmark of a matrix from a file")
struct BenchMatrixTests {
  private struct Record: Decodable {
    var name: String
    var program: String
    var figures: [String: Double]
    var hasPassed: Bool?
  }

  /// A matrix of −u″ + c u′ on n points with the diagonal shifted by `shift`.
  private static func matrix(_ n: Int, convection: Double = 0, shift: Double = 0) throws -> SparseMatrix<
    Double
  > {
    var (rows, columns, values): ([Int32], [Int32], [Double]) = ([], [], [])
    for i in 0..<n {
      for (j, value) in [(i - 1, -1 - convection), (i, 2 + convection + shift), (i + 1, -1.0)]
      where (0..<n).contains(j) {
        rows.append(Int32(i))
        columns.append(Int32(j))
        values.append(value)
      }
    }
    return try SparseMatrix(rows: n, columns: n, rowIndices: rows, columnIndices: columns, values: values)
  }

  private static func archive(_ matrix: SparseMatrix<Double>, _ others: [NPZ.Entry] = []) throws -> [UInt8] {
    try SciPySparse.encode(matrix, others: others)
  }

  private func records(_ runner: ProgramRunner, _ file: String, _ more: String...) throws -> [Record] {
    let outcome = try runner.finish(
      runner.start(["bench", "solvers", "--matrix", file, "--json", "figures.json"] + more))
    #expect(outcome.code == 0, "\(outcome.error) \(outcome.output)")
    return try JSONDecoder().decode(
      [Record].self, from: Data(contentsOf: runner.folder.appendingPathComponent("figures.json")))
  }

  @Test("a positive definite matrix gets conjugate gradients, a non-symmetric one GMRES and LU")
  func solversFitTheMatrix() throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    let b = NumericArray(shape: [400], (0..<400).map { Double($0 % 7) - 2 })
    for (file, matrix, present, absent) in [
      ("spd.npz", try Self.matrix(400), ["CG, AMG", "CG, IC(0)", "Cholesky"], ["GMRES, ILU(0)", "SOR"]),
      (
        "general.npz", try Self.matrix(400, convection: 0.3),
        ["GMRES, ILU(0)", "BiCGStab, ILU(0)", "LU", "KLU"], ["CG", "Cholesky", "CG, multigrid"]
      ),
      (
        "indefinite.npz", try Self.matrix(400, shift: -2.5), ["MINRES", "LDLᵀ", "LU"],
        ["CG, AMG", "Cholesky"]
      ),
    ] {
      try Data(Self.archive(matrix, [("load", b)])).write(to: runner.folder.appendingPathComponent(file))
      let found = try records(runner, file, "--matrix-b", "load")
      let name = file.replacingOccurrences(of: ".npz", with: "")
      for solver in present {
        let record = found.first { $0.name == "\(name), \(solver)" }
        #expect(
          try #require(record?.figures["residual"], "\(file): \(solver)") <= 1.01e-8, "\(file): \(solver)")
      }
      for solver in absent {
        #expect(!found.contains { $0.name == "\(name), \(solver)" }, "\(file): \(solver)")
      }
    }
  }

  @Test("Matrix Market files are read, and plots written")
  func matrixMarket() throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    var text = "%%MatrixMarket matrix coordinate real symmetric\n30 30 59\n"
    for i in 1...30 {
      text += "\(i) \(i) 2.5\n"
      if i > 1 { text += "\(i) \(i - 1) -1\n" }
    }
    try Data(text.utf8).write(to: runner.folder.appendingPathComponent("chain.mtx"))
    let found = try records(runner, "chain.mtx", "--plots", "plots")
    #expect(found.contains { $0.name == "chain, CG, Jacobi" && $0.figures["iterations"] ?? 0 > 3 })
    #expect(runner.exists("plots/chain.svg"))
  }

  @Test("a bad file is one sentence")
  func badFiles() throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    let good = try Self.archive(Self.matrix(20))
    let short = NumericArray(shape: [3], [1, 2, 3])
    let wide = try SparseMatrix<Double>(
      rows: 2, columns: 3, rowIndices: [0, 1], columnIndices: [0, 2], values: [1, 1])
    let infinite = try SparseMatrix<Double>(
      rows: 2, columns: 2, rowIndices: [0, 1], columnIndices: [0, 1], values: [1, .infinity])
    let zero = NumericArray(shape: [20], [Double](repeating: 0, count: 20))
    let files: [(name: String, bytes: [UInt8]?, more: [String], part: String)] = [
      ("missing.npz", nil, [], "No such file"),
      ("text.npz", Array("hello".utf8), [], "no sparse matrix"),
      ("empty.mtx", [], [], "no sparse matrix"),
      ("cut.npz", Array(good.prefix(good.count / 2)), [], "damaged"),
      ("vector.npz", try NPZ.encode([("b", short)]), [], "save_npz"),
      ("dense.mtx", Array("%%MatrixMarket matrix array real general\n1 1\n1\n".utf8), [], "sparse"),
      ("wide.npz", try Self.archive(wide), [], "square"),
      ("infinite.npz", try Self.archive(infinite), [], "infinite"),
      ("short.npz", try Self.archive(Self.matrix(20), [("b", short)]), [], "20 rows"),
      ("zero.npz", try Self.archive(Self.matrix(20), [("b", zero)]), [], "zero"),
      ("named.npz", try Self.archive(Self.matrix(20), [("load", zero)]), ["--matrix-b", "laod"], "'load'"),
      (
        "plain.mtx", Array("%%MatrixMarket matrix coordinate real general\n1 1 1\n1 1 1\n".utf8),
        ["--matrix-b", "b"], "leave out"
      ),
    ]
    for (name, bytes, more, part) in files {
      if let bytes { try Data(bytes).write(to: runner.folder.appendingPathComponent(name)) }
      let outcome = try runner.finish(runner.start(["bench", "solvers", "--matrix", name] + more))
      #expect(outcome.code == 2, "\(name): \(outcome.output)")
      #expect(outcome.output.isEmpty, "\(name)")
      #expect(outcome.error.hasPrefix("ansatz: ") && outcome.error.contains(part), "\(outcome.error)")
      #expect(outcome.error.filter { $0 == "\n" }.count == 1, "\(outcome.error)")
    }
    let elsewhere = try runner.run("bench", "flows", "--matrix", "good.npz")
    #expect(elsewhere.code == 2 && elsewhere.error.contains("bench solvers"))
    let only = try runner.run("bench", "solvers", "--only", "1025")
    #expect(only.code == 2 && only.error.contains("poisson 1024²") && only.output.isEmpty)
    let alone = try runner.run("bench", "solvers", "--matrix-b", "b")
    #expect(alone.code == 2 && alone.error.contains("--matrix"))
  }
}

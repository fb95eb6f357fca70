import Ansatz
import Foundation

/// Finite elements: seconds to assemble matrix and right-hand side, beside FEniCSx where it is installed.
///
/// A first assembly goes from the function space to the entries, sparsity pattern included, as FEniCSx' `assemble_matrix`
/// and `assemble_vector` do; a second one has the pattern. Meshes, spaces and compiled forms are not counted for either
/// program, boundary conditions are counted for ours only.
struct AssemblySuite: BenchmarkSuite {
  let name = "assembly"
  let summary = "Finite elements: seconds to assemble matrix and right-hand side"

  func run(_ options: BenchmarkOptions) throws -> [BenchmarkRecord] {
    let cases = AssemblyCase.all(isQuick: options.isQuick)
    try options.check(cases.map(\.name))
    let threads = WorkerPool.shared.threadCount
    let rounds = 2
    report(
      "assembly, \(threads) thread\(threads == 1 ? "" : "s"), double precision; the fastest of \(rounds) runs"
    )
    report("first: sparsity pattern, matrix and right-hand side; again: the same on the known pattern\n")
    report(
      "case             program              unknowns      set-up       first       again   matrix   vector")
    var isMissing = options.includesPeers
    var records: [BenchmarkRecord] = []
    for item in cases where options.includes(item.name) {
      let own = try item.measure(rounds: rounds)
      row(item, "ansatz", own, against: nil)
      var record = BenchmarkRecord(name: item.name, figures: figures(own))
      var others: [BenchmarkRecord] = []
      for ranks in options.includesPeers ? [1, 2] : [] {
        guard let peer = Self.peer(item, ranks: ranks, rounds: rounds) else { continue }
        isMissing = false
        let program = "FEniCSx, \(ranks) rank\(ranks == 1 ? "" : "s")"
        row(item, program, peer, against: own)
        let agrees = own.matrixDifference(peer) <= 1e-9 && own.vectorDifference(peer) <= 1e-6
        record.figures["first / \(program)"] = own.first / peer.first
        record.figures["again / \(program)"] = own.again / peer.again
        // What is asked is against one process.
        var hasPassed = agrees
        if ranks == 1, let limit = item.limit {
          record.figures["limit of first / \(program)"] = limit
          hasPassed = hasPassed && own.first <= limit * peer.first
        }
        record.hasPassed = (record.hasPassed ?? true) && hasPassed
        others.append(
          BenchmarkRecord(
            name: item.name, program: program,
            figures: figures(peer).merging([
              "relative difference of matrix norms": own.matrixDifference(peer),
              "relative difference of vector norms": own.vectorDifference(peer),
            ]) { $1 }))
        let bound = ranks == 1 ? item.limit.map { String(format: ", at most %.2f asked", $0) } ?? "" : ""
        report(
          String(
            format: "  ansatz / %@: first %.3f%@, again %.3f", program, own.first / peer.first, bound,
            own.again / peer.again) + (agrees ? "" : "   the systems differ") + (hasPassed ? "" : "   fail"))
      }
      records.append(record)
      records += others
    }
    if isMissing {
      report(
        "no peer is installed: apt-get install python3-dolfinx, run in a clone of the repository, and name the Python in "
          + "ANSATZ_DOLFINX_PYTHON if it is not /usr/bin/python3")
    }
    return records
  }

  private func row(
    _ item: AssemblyCase, _ program: String, _ figures: AssemblyFigures, against own: AssemblyFigures?
  ) {
    let difference = own.map {
      String(format: "  %7.0e  %7.0e", $0.matrixDifference(figures), $0.vectorDifference(figures))
    }
    report(
      item.name.padded(17) + program.padded(18)
        + String(
          format: "%11d %9.3f s %9.3f s %9.3f s", figures.unknowns, figures.setup, figures.first,
          figures.again) + (difference ?? ""))
  }

  private func figures(_ figures: AssemblyFigures) -> [String: Double] {
    [
      "unknowns": Double(figures.unknowns), "set-up s": figures.setup, "first assembly s": figures.first,
      "assembly again s": figures.again, "matrix norm": figures.matrixNorm, "‖A w‖": figures.imageNorm,
      "w·A w": figures.energy, "vector norm": figures.vectorNorm, "b·w": figures.load,
    ]
  }

  private static let script = PeerScript(
    name: "assembly_dolfinx.py", variable: "ANSATZ_DOLFINX_PYTHON", interpreter: "/usr/bin/python3")

  private static func peer(_ item: AssemblyCase, ranks: Int, rounds: Int) -> AssemblyFigures? {
    script.run(
      [
        "\(item.dimension)", "\(item.cells)", item.simplices ? "simplex" : "box", "\(item.order)",
        item.isVariable ? "variable" : "constant", "\(rounds)",
      ], ranks: ranks, as: AssemblyFigures.self)
  }
}

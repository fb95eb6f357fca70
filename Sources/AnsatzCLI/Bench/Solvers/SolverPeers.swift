import Ansatz
import Foundation

/// PETSc's conjugate gradients, with hypre's and its own preconditioners, on the systems of the suite.
enum SolverPeers {
  struct Run: Decodable {
    var setup, solve: Double
    var iterations: Int
    var residual: Double
    var total: Double { setup + solve }
  }

  /// A peer by preconditioner and number of processes.
  struct Peer: Sendable, Hashable {
    var preconditioner: String
    var ranks: Int
    var name: String { "PETSc \(preconditioner), \(ranks) rank\(ranks == 1 ? "" : "s")" }
  }

  static let all: [Peer] =
    ["hypre", "hypre-tuned", "gamg", "jacobi"].flatMap { kind in
      [1, 2].map { Peer(preconditioner: kind, ranks: $0) }
    }
    + [Peer(preconditioner: "icc", ranks: 1)]

  /// The script, where the suite runs in a clone of the repository.
  private static let script = "Tests/Peers/solvers_petsc.py"

  /// Writes a system for the peers.
  static func write(_ item: SolverCase, to url: URL) throws {
    let b = NumericArray(shape: [item.rightHandSide.count], item.rightHandSide)
    try AtomicFile.write(
      SciPySparse.encode(item.matrix, others: [("b", b)]), to: url, isFlushed: false)
  }

  /// One run, or nil where the peer is not installed.
  static func run(_ peer: Peer, on file: URL) -> Run? {
    let python = ProcessInfo.processInfo.environment["ANSATZ_PETSC_PYTHON"] ?? "/usr/bin/python3"
    guard FileManager.default.fileExists(atPath: script) else { return nil }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let command = [python, script, file.path, peer.preconditioner, "\(SolverEntry.tolerance)"]
    process.arguments = (peer.ranks == 1 ? [] : ["mpirun", "-n", "\(peer.ranks)"]) + command
    var environment = ProcessInfo.processInfo.environment
    environment["OMP_NUM_THREADS"] = "1"
    environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1"
    environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
    process.environment = environment
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return try? JSONDecoder().decode(Run.self, from: output)
  }
}

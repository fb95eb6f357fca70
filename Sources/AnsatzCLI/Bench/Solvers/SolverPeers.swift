import Ansatz
import Foundation

/// PETSc with hypre's and its own preconditioners, and pyamg, on the systems of the suite.
///
/// PETSc's conjugate gradients with hypre's BoomerAMG, both as they are by default, are also what FEniCSx users get for
/// such systems: FEniCSx hands its matrices to PETSc.
enum SolverPeers {
  struct Run: Decodable {
    var setup, solve: Double
    var iterations: Int
    var residual: Double
    var total: Double { setup + solve }
  }

  /// A peer by program, preconditioner and number of processes.
  struct Peer: Sendable, Hashable {
    var script: Script
    var preconditioner: String
    var ranks: Int
    /// What it is compared with.
    var family: Family
    var name: String {
      switch script {
      case .petsc: "PETSc \(preconditioner), \(ranks) rank\(ranks == 1 ? "" : "s")"
      case .pyamg: "pyamg \(preconditioner)"
      }
    }
  }

  enum Script: Sendable { case petsc, pyamg }

  /// Preconditioners that are compared with each other.
  enum Family: Sendable { case multigrid, diagonal, factors }

  /// The peers for a system. Without symmetry, GMRES takes the place of CG.
  static func all(_ kind: SolverCase.Kind) -> [Peer] {
    let petsc = { (preconditioner: String, family: Family, ranks: [Int]) in
      ranks.map { Peer(script: .petsc, preconditioner: preconditioner, ranks: $0, family: family) }
    }
    let multigrid = ["hypre", "hypre-tuned", "gamg"].flatMap { petsc($0, .multigrid, [1, 2]) }
    let factors = petsc(kind == .positive ? "icc" : "ilu", .factors, [1])
    let pyamg = ["smoothed-aggregation", "ruge-stuben"].map {
      Peer(script: .pyamg, preconditioner: $0, ranks: 1, family: .multigrid)
    }
    return multigrid + petsc("jacobi", .diagonal, [1, 2]) + factors + pyamg
  }

  private static func script(_ script: Script) -> PeerScript {
    switch script {
    case .petsc:
      PeerScript(
        name: "solvers_petsc.py", variable: "ANSATZ_PETSC_PYTHON", interpreter: "/usr/bin/python3")
    case .pyamg:
      PeerScript(name: "solvers_pyamg.py", variable: "ANSATZ_PYAMG_PYTHON", interpreter: "python3")
    }
  }

  /// Writes a system for the peers.
  static func write(_ item: SolverCase, to url: URL) throws {
    let b = NumericArray(shape: [item.rightHandSide.count], item.rightHandSide)
    try AtomicFile.write(
      SciPySparse.encode(item.matrix, others: [("b", b)]), to: url, isFlushed: false)
  }

  /// One run, or nil where the peer is not installed or does not take the system.
  static func run(_ peer: Peer, on file: URL, _ kind: SolverCase.Kind) -> Run? {
    script(peer.script).run(
      [file.path, peer.preconditioner, "\(SolverEntry.tolerance)", kind == .positive ? "cg" : "gmres"],
      ranks: peer.ranks, as: Run.self)
  }
}

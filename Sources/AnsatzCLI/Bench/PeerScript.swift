import Foundation

/// A script of Tests/Peers that measures another program and prints one line of JSON.
struct PeerScript: Sendable {
  /// The file's name in Tests/Peers.
  var name: String
  /// The variable of the environment that names the interpreter, and the one that is used without it.
  var variable: String
  var interpreter: String

  /// The script, where the suite runs in a clone of the repository.
  var path: String { "Tests/Peers/\(name)" }

  /// What a run prints, or nil where the program is not installed or does not take the case.
  ///
  /// - Parameters:
  ///   - ranks: The number of MPI processes, by `mpirun` where there are several.
  ///   - threads: How many threads OpenMP and BLAS may take.
  func run<Figures: Decodable>(
    _ arguments: [String], ranks: Int = 1, threads: Int = 1, as type: Figures.Type
  ) -> Figures? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    var environment = ProcessInfo.processInfo.environment
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      (ranks == 1 ? [] : ["mpirun", "-n", "\(ranks)"]) + [environment[variable] ?? interpreter, path]
      + arguments
    for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"] { environment[name] = "\(threads)" }
    // In containers the user is often root, and Open MPI then asks for these.
    environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1"
    environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
    process.environment = environment
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { return nil }
    // Libraries may print before.
    let lines = output.split(separator: UInt8(ascii: "\n")).reversed()
    return lines.lazy.compactMap { try? JSONDecoder().decode(type, from: Data($0)) }.first
  }
}

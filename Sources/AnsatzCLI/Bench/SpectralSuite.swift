import Ansatz
import Foundation

/// The Fourier solvers: microseconds per time step, beside bare transforms and beside exponax, and errors against
/// closed forms and independent programs.
struct SpectralSuite: BenchmarkSuite {
  let name = "spectral"
  let summary = "Fourier solvers: time per step, and errors against references"

  func run(_ options: BenchmarkOptions) throws -> [BenchmarkRecord] {
    let rounds = options.isQuick ? 7 : 25
    let threads = WorkerPool.shared.threadCount
    print("spectral, \(threads) thread\(threads == 1 ? "" : "s"), double precision\n")
    return try speed(rounds: rounds, peers: options.includesPeers ? Self.peerTimes(rounds: rounds) : nil)
      + accuracy()
  }

  // MARK: - Speed

  private func speed(rounds: Int, peers: [String: PeerTime]?) throws -> [BenchmarkRecord] {
    print("ETDRK4 step                 median      fastest   20 transforms   exponax median   ratio")
    return try SpectralCases.timed.map { timed in
      let time = try SpectralCases.microseconds(timed, rounds: rounds)
      var figures = ["µs per step, median": time.median, "µs per step, fastest": time.min]
      var columns = [timed.name.padded(26), time.median.microseconds, time.min.microseconds]
      var hasPassed: Bool?
      if timed.isMeasuredByTransforms {
        let transforms = SpectralCases.twentyTransforms(timed.points, rounds: rounds)
        figures["µs of 20 transforms, median"] = transforms.median
        columns.append(transforms.median.microseconds.leftPadded(15))
        // Five transforms for each of four stages, and 60 % for everything else.
        hasPassed = time.median <= 1.6 * transforms.median
      } else {
        columns.append(String(repeating: " ", count: 15))
      }
      if let peer = peers?[timed.name] {
        figures["exponax µs per step, median"] = peer.median
        figures["exponax / ansatz"] = peer.median / time.median
        columns.append(peer.median.microseconds.leftPadded(16))
        columns.append(String(format: "%7.2f", peer.median / time.median))
        hasPassed = (hasPassed ?? true) && peer.median >= 3 * time.median
      }
      print(columns.joined(separator: " ") + (hasPassed == false ? "   fail" : ""))
      return BenchmarkRecord(name: timed.name, figures: figures, hasPassed: hasPassed)
    }
  }

  private struct PeerTime: Decodable {
    var min: Double
    var median: Double
  }

  /// What Tests/Peers/spectral_exponax.py measures with the Python of `ANSATZ_PYTHON` (or `python3`).
  private static func peerTimes(rounds: Int) throws -> [String: PeerTime] {
    let python = ProcessInfo.processInfo.environment["ANSATZ_PYTHON"] ?? "python3"
    let script = "Tests/Peers/spectral_exponax.py"
    guard FileManager.default.fileExists(atPath: script) else {
      throw UsageError("--peers needs \(script): run it in a clone of the repository")
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [python, script, String(rounds)]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0,
      let times = try? JSONDecoder().decode([String: PeerTime].self, from: output)
    else {
      throw UsageError(
        "--peers needs a Python with exponax: pip install exponax, and name that Python in ANSATZ_PYTHON if it is not "
          + "python3")
    }
    return times
  }

  // MARK: - Accuracy

  private func accuracy() throws -> [BenchmarkRecord] {
    print("\naccuracy                                error        bound   reference")
    return try SpectralAccuracy.cases.map { item in
      let error = try item.error()
      let hasPassed = error <= item.bound
      print(
        item.name.padded(36), String(format: "%9.2e    %9.0e", error, item.bound), "", item.source,
        hasPassed ? "" : "  fail")
      return BenchmarkRecord(
        name: item.name, figures: ["error": error, "bound": item.bound], hasPassed: hasPassed)
    }
  }
}

extension Double {
  fileprivate var microseconds: String { String(format: "%9.1f µs", self) }
}

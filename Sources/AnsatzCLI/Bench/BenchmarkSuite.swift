import Foundation

/// A set of measurements that `ansatz bench` runs.
package protocol BenchmarkSuite: Sendable {
  var name: String { get }
  /// One line for the list of suites.
  var summary: String { get }
  /// Runs the measurements and prints a table as they come.
  ///
  /// - Returns: The measurements, for the JSON file.
  func run(_ options: BenchmarkOptions) throws -> [BenchmarkRecord]
}

/// How a suite is run.
package struct BenchmarkOptions: Sendable, Equatable {
  /// Small sizes only, for a run of seconds.
  package var isQuick: Bool
  /// Whether other programs are measured too, where they are installed.
  package var includesPeers: Bool
  /// Where plots are written, if anywhere.
  package var plots: URL?
  /// What the names of the cases to run contain; nil for all of them.
  package var only: String?
  /// A file with a matrix to measure in place of the suite's own systems.
  package var matrix: URL?
  /// The name of the right-hand side in that file.
  package var rightHandSide: String?
  /// What the suite of training steps runs in place of its own cases.
  var engine = EngineSuite.Settings()

  /// The optimizers that the suite of optimizers races; nil for all of them.
  var optimizers: [String]?

  /// Whether a case is to be run.
  package func includes(_ name: String) -> Bool { only.map { name.contains($0) } ?? true }

  /// Checks that there is anything to run.
  package func check(_ names: [String]) throws {
    guard let only, !names.contains(where: includes) else { return }
    throw UsageError("no case has '\(only)' in its name: choose among \(names.joined(separator: "; "))")
  }
}

/// One measurement.
package struct BenchmarkRecord: Codable, Sendable, Equatable {
  /// What was measured, such as "burgers 1024 ETDRK4".
  package var name: String
  /// The program: "ansatz", or a peer's name.
  package var program: String
  /// Figures by name with the unit in it, such as "µs per step".
  package var figures: [String: Double]
  /// Whether the figures are what they must be; nil where nothing is asked of them.
  package var hasPassed: Bool?

  package init(name: String, program: String = "ansatz", figures: [String: Double], hasPassed: Bool? = nil) {
    (self.name, self.program, self.figures, self.hasPassed) = (name, program, figures, hasPassed)
  }
}

/// Prints a line of a table at once, also where the output goes into a file: measurements take minutes.
func report(_ line: String) {
  print(line)
  fflush(nil)
}

/// The suites that there are.
package enum BenchmarkSuites {
  package static let all: [any BenchmarkSuite] = [
    SpectralSuite(), SolversSuite(), AssemblySuite(), FlowSuite(), EngineSuite(), PinnSuite(),
    OptimizerSuite(),
  ]
}

import Ansatz

/// One problem of the suite: models that are trained on it for the same seconds, and classical methods beside them.
struct PinnCase: Sendable {
  var name: String
  var problem: any Problem
  /// The final time.
  var until = 1.0
  /// Models; what is asked is asked of rows by their names.
  var rows: [PinnRow]
  var marks: [PinnMark]
  /// The method that the models have to be compared with.
  var classical: ClassicalRecipe
  /// Whether errors are those against solutions that the model's own task has, as of solution operators.
  var hasOwnReference = false
  /// The unknowns that are compared, where some are not: a pressure that is known up to a constant.
  var unknowns: [String]?

  static let all: [PinnCase] = [
    .poisson, .convection, .burgers, .allenCahn, .sampling, .transport, .driftingBurgers, .helmholtz,
    .kleinGordon, .gaussianAllenCahn,
    .flowMixing, .nonlinearDiffusion, .poissonOperator, .reactionDiffusionOperator, .navierStokesOperator,
    .kuramotoSivashinsky, .chaos, .heatScales, .wave, .grayScott,
    .perforatedPlate, .cavity,
  ]
}

/// A model as `ansatz train` makes it.
struct PinnRow: Sendable {
  /// What it is called in the table.
  var name: String
  /// A command line of `ansatz train` without problem, final time, seconds and seed.
  var command: String
  /// Whether the best of several starts counts, as people do who may begin again; else the median does.
  var takesBestStart = false

  init(_ name: String, _ command: String, takesBestStart: Bool = false) {
    (self.name, self.command, self.takesBestStart) = (name, command, takesBestStart)
  }
}

/// What must come out.
struct PinnMark: Sendable {
  enum Demand: Sendable {
    /// The error is at most this.
    case atMost(Double)
    /// The error is at least this: the row shows what a method does not do.
    case atLeast(Double)
    /// The error of this row is at least so many times that of the other.
    case timesAbove(Double, row: String)
    /// Nothing: a figure for the record.
    case none
  }

  var row: String
  var demand: Demand
  /// Seconds of training after which it counts.
  var seconds: Double
  /// Whether `--quick` goes as far.
  var isQuick = false

  static func error(
    of row: String, atMost limit: Double, after seconds: Double, isQuick: Bool = false
  ) -> PinnMark { PinnMark(row: row, demand: .atMost(limit), seconds: seconds, isQuick: isQuick) }

  static func error(
    of row: String, atLeast limit: Double, after seconds: Double, isQuick: Bool = false
  ) -> PinnMark { PinnMark(row: row, demand: .atLeast(limit), seconds: seconds, isQuick: isQuick) }

  static func error(
    of row: String, times factor: Double, above other: String, after seconds: Double, isQuick: Bool = false
  ) -> PinnMark {
    PinnMark(row: row, demand: .timesAbove(factor, row: other), seconds: seconds, isQuick: isQuick)
  }

  static func record(of row: String, after seconds: Double, isQuick: Bool = false) -> PinnMark {
    PinnMark(row: row, demand: .none, seconds: seconds, isQuick: isQuick)
  }
}

/// A classical method that stands beside the models, and is the reference where there is no exact solution.
enum ClassicalRecipe: Sendable {
  /// A spectral method on so many points per axis, and ETDRK4 with this step.
  case spectral(points: [Int], step: Double? = nil)
  /// Any method: its solution at a resolution that is so many times refined.
  case method(@Sendable (_ refinement: Int) throws -> Solution)
  /// None, and why.
  case none(String)
}

/// A case with a table of its own.
protocol PinnStudy {
  var name: String { get }

  /// Runs it, and prints its table as it comes.
  func run(_ options: BenchmarkOptions) throws -> [BenchmarkRecord]
}

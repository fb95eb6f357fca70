import Ansatz
import Foundation

/// How a physics-informed network is trained in the suite.
struct PinnRecipe: Sendable {
  /// The name of the row.
  var name: String
  /// "mlp", or "random" for fixed random features with a trained output.
  var network = "mlp"
  var widths: [Int]
  var activation = "tanh"
  /// The largest weight of random features.
  var range = 3.0
  /// Frequencies per periodic coordinate.
  var waves = 1
  /// As ``OptimizerText`` reads it.
  var optimizer: String
  var pattern: CollocationSampler.Pattern = .residual
  var inside: Int
  var boundary = 200
  /// Steps between two draws of points; nil keeps the first.
  var renewsEvery: Int?
  var conditionWeight = 1.0
  /// Steps between two rows of metrics.
  var measuresEvery: Int
  /// The last step, for recipes that end by themselves.
  var steps = 1_000_000_000
}

/// A classical method that stands beside the networks.
struct ClassicalRecipe: Sendable {
  var points: [Int]
  /// The step of ETDRK4, of evolutions.
  var step: Double?
}

/// One problem of the suite: recipes, and what they must reach.
struct PinnCase: Sendable {
  /// What the first recipe must reach by a time.
  struct Mark: Sendable {
    var seconds: Double
    var limit: Double
    /// Whether `--quick` goes as far.
    var isQuick: Bool
  }

  var name: String
  var problem: any Problem
  var until = 1.0
  var recipes: [PinnRecipe]
  var marks: [Mark]
  /// How many starts the first recipe has; the best one counts.
  var starts = 1
  /// The last recipe's error divided by the first one's must reach this.
  var gain: Double?
  var classical: ClassicalRecipe

  static let all = [
    PinnCase(
      name: "poisson", problem: PoissonSines(),
      recipes: [
        PinnRecipe(
          name: "Gauss-Newton", widths: [64], optimizer: "gn", pattern: .grid, inside: 900, boundary: 30,
          measuresEvery: 5),
        PinnRecipe(
          name: "random features", network: "random", widths: [400], optimizer: "gn", pattern: .grid,
          inside: 900, boundary: 30, measuresEvery: 1, steps: 2),
      ],
      marks: [Mark(seconds: 10, limit: 1e-8, isQuick: true)], starts: 3,
      classical: ClassicalRecipe(points: [33, 33])),
    PinnCase(
      name: "convection", problem: Convection(),
      recipes: [
        PinnRecipe(
          name: "SSBroyden", widths: [20, 20, 20], optimizer: "adam:300,ssbroyden", inside: 2000,
          renewsEvery: 200, measuresEvery: 100),
        PinnRecipe(
          name: "random features", network: "random", widths: [1000], activation: "sin", range: 16,
          optimizer: "gn",
          pattern: .sobol, inside: 3000, measuresEvery: 1, steps: 2),
      ],
      marks: [Mark(seconds: 60, limit: 1e-3, isQuick: true)],
      classical: ClassicalRecipe(points: [64], step: 2e-3)),
    PinnCase(
      name: "burgers", problem: BurgersShock(),
      recipes: [
        PinnRecipe(
          name: "SSBroyden", widths: [20, 20, 20], optimizer: "adam:1000,ssbroyden", inside: 8000,
          renewsEvery: 500, measuresEvery: 100)
      ],
      marks: [
        Mark(seconds: 180, limit: 1e-4, isQuick: true), Mark(seconds: 1200, limit: 1e-6, isQuick: false),
      ],
      classical: ClassicalRecipe(points: [2049], step: 2e-4)),
    PinnCase(
      name: "allen-cahn", problem: AllenCahn1D(),
      recipes: [
        PinnRecipe(
          name: "SSBroyden", widths: [30, 30, 30], waves: 5, optimizer: "adam:1000,ssbroyden", inside: 8000,
          boundary: 1000, renewsEvery: 500, conditionWeight: 100, measuresEvery: 100)
      ],
      marks: [Mark(seconds: 1200, limit: 1e-4, isQuick: false)],
      classical: ClassicalRecipe(points: [1024], step: 1e-3)),
    PinnCase(
      name: "sampling", problem: BurgersShock(),
      recipes: [
        PinnRecipe(
          name: "renewed by residuals", widths: [20, 20], optimizer: "lm", inside: 2000, renewsEvery: 20,
          measuresEvery: 10),
        PinnRecipe(
          name: "fixed points", widths: [20, 20], optimizer: "lm", pattern: .uniform, inside: 2000,
          measuresEvery: 10),
      ],
      marks: [Mark(seconds: 25, limit: .infinity, isQuick: true)], gain: 10,
      classical: ClassicalRecipe(points: [2049], step: 2e-4)),
  ]
}

/// −Δu = 2π² sin πx sin πy on the unit square, u = 0 on its boundary: the standard first test of physics-informed networks.
struct PoissonSines: Problem {
  let u = ScalarField.unknown("u")
  var name: String { "poisson-sines" }
  var domain: Domain { .cube(0, 1, dimension: 2) }
  var equations: [Equation] { [-laplacian(u) == 2 * .pi * .pi * sin(.pi * x) * sin(.pi * y)] }
  var conditions: [Condition] { [.dirichlet(u == 0)] }
  var exact: [Equation] { [u == sin(.pi * x) * sin(.pi * y)] }
}

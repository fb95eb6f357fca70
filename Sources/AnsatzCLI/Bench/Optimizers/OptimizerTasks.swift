import Ansatz
import Foundation

extension OptimizerTask {
  /// All tasks that every optimizer is tried on.
  static let all: [OptimizerTask] = [.poisson, .regression, .burgers, .operatorLearning, .deep]

  /// A network of 129 parameters for Poisson's equation, whose start any program can repeat.
  static let poisson = OptimizerTask(
    "poisson", "-laplacian(u) = 2pi^2 sin(pi x) sin(pi y), network 2-32-1, 900 + 120 fixed points",
    equalSteps: 300
  ) { try AnchorNetwork.poissonTask(seed: 1) }

  /// A regression with a network of 2241 parameters on all samples at once.
  static let regression = OptimizerTask(
    "regression",
    "y = sin(2 pi x) sin(pi y) + sin(3 pi x y) / 2, network 2-32-32-32-1, 576 samples in every step"
  ) { try AnchorNetwork.regressionTask(seed: 7) }

  /// Burgers' equation with a front, points renewed by residuals.
  static let burgers = OptimizerTask(
    "burgers", "Burgers' equation, nu = 0.01/pi, network 2-20-20-20-1, 4000 points renewed by residuals"
  ) {
    let reference = try OptimizerReferences.burgers.get()
    return try OptimizerTask.physics(
      BurgersShock(), widths: [20, 20, 20], Double.self,
      points: CollocationSampler(pattern: .residual, inside: 4000, boundary: 200, seed: 1), renewsEvery: 500,
      reference: reference)
  }

  /// A Fourier neural operator in batches.
  static let operatorLearning = OptimizerTask(
    "operator",
    "Burgers' equation from t = 0 to 1, Fourier neural operator, 256 pairs in batches of 32, float32"
  ) {
    let data = try OptimizerReferences.pairs.get()
    var stream = RandomStream(seed: 1, stream: 1)
    return try SupervisedTask(
      SmallFourierOperator(channels: 24, modes: 12, blocks: 3, from: &stream), data: data, input: "before",
      target: "after", batchSize: 32, validation: 0.2, seed: 1)
  }

  /// A network with 50 thousand parameters against the Allen-Cahn equation.
  static let deep = OptimizerTask(
    "deep",
    "Allen-Cahn equation, D = 1e-4, network of 4 x 128 units, 2000 points renewed by residuals, float32",
    equalSteps: 200
  ) {
    let reference = try OptimizerReferences.allenCahn.get()
    return try OptimizerTask.physics(
      AllenCahn1D(), widths: [128, 128, 128, 128], waves: 2, Float.self,
      points: CollocationSampler(pattern: .residual, inside: 2000, boundary: 256, seed: 1), renewsEvery: 500,
      conditionWeight: 100, reference: reference)
  }

  /// A network of dense layers against a problem.
  static func physics<Scalar: OptimizerScalar>(
    _ problem: some Problem, widths: [Int], waves: Int = 1, _ type: Scalar.Type,
    points: CollocationSampler, renewsEvery: Int?, conditionWeight: Double = 1, reference: MeasuredPoints?,
    seed: UInt64 = 1
  ) throws -> PhysicsTask<MLP<Scalar>> {
    let system = try PointwiseSystem(problem)
    let conditions = try HardConditions(system, until: 1)
    var stream = RandomStream(seed: seed, stream: 1)
    let network = PhysicsNetwork(system, waves: waves, conditions: conditions) {
      MLP<Scalar>([$0] + widths + [system.unknowns.count], from: &stream)
    }
    return try PhysicsTask(
      system, network: network,
      settings: TrainingPoints(sampler: points, renewsEvery: renewsEvery, conditionWeight: conditionWeight),
      conditions: conditions.remaining, reference: reference)
  }
}

/// What is computed once for all optimizers: classical solutions.
private enum OptimizerReferences {
  static let burgers = Result { try reference("burgers") }
  static let allenCahn = Result { try reference("allen-cahn") }

  /// The reference of a problem of the suite of physics-informed networks.
  private static func reference(_ name: String) throws -> MeasuredPoints {
    try PinnReference(PinnCase.all.first { $0.name == name }!).points
  }

  /// States of Burgers' equation at t = 0 and t = 1, [320, 1, 64] each.
  static let pairs = Result { () throws -> Dataset in
    let (samples, points) = (320, 64)
    var stream = RandomStream(seed: 1)
    let grid = (0..<points).map { [2 * Double.pi * Double($0) / Double(points)] }
    var (before, after): ([Float], [Float]) = ([], [])
    for _ in 0..<samples {
      let problem = WavyBurgers(
        amplitudes: Tensor<Double>.randomNormal([8], deviation: 0.5, from: &stream).elements)
      let solution = try solve(
        problem, with: SuitableBasis(points: [256]), stepping: ETDRK4(step: 5e-3), until: 1, saving: .count(2)
      )
      func values(_ frame: Int) throws -> [Float] {
        try solution.frames[frame].field("u").values(at: grid)[0].map { Float($0) }
      }
      before += try values(0)
      after += try values(1)
    }
    return Dataset([
      "before": Tensor(shape: [samples, 1, points], before),
      "after": Tensor(shape: [samples, 1, points], after),
    ])
  }
}

/// Burgers' equation with four waves at the beginning.
private struct WavyBurgers: Problem {
  let amplitudes: [Double]
  let u = ScalarField.unknown("u")
  var name: String { "wavy-burgers" }
  var domain: Domain { .interval(0, 2 * .pi, periodic: true) }
  var equations: [Equation] { [dt(u) + u * dx(u) == 0.05 * dx(dx(u))] }
  var conditions: [Condition] {
    var start: ScalarField = 0
    for k in 1...4 {
      let own = amplitudes[2 * k - 2] * sin(Double(k) * x) + amplitudes[2 * k - 1] * cos(Double(k) * x)
      start = start + own / Double(k)
    }
    return [.initial(u == start)]
  }
}

/// A Fourier neural operator in one dimension (Li et al., ICLR 2021): [batch, 1, points] to [batch, 1, points].
struct SmallFourierOperator: Layer {
  typealias Scalar = Float
  let lift: Convolution<Float>
  let spectral: [SpectralConvolution<Float>]
  let local: [Convolution<Float>]
  let projection: [Convolution<Float>]

  init(channels: Int, modes: Int, blocks: Int, from stream: inout RandomStream) {
    lift = Convolution(1, channels, kernel: [1], from: &stream)
    spectral = (0..<blocks).map { _ in
      SpectralConvolution(channels, channels, modes: [modes], from: &stream)
    }
    local = (0..<blocks).map { _ in Convolution(channels, channels, kernel: [1], from: &stream) }
    projection = [
      Convolution(channels, 64, kernel: [1], from: &stream), Convolution(64, 1, kernel: [1], from: &stream),
    ]
  }

  func callAsFunction(_ x: Tensor<Float>) -> Tensor<Float> {
    let gelu = Activation<Float>.gelu
    var h = lift(x)  // [batch, channels, points]
    for (i, (wave, point)) in zip(spectral, local).enumerated() {
      let sum = wave(h) + point(h)
      h = i + 1 < spectral.count ? gelu(sum) : sum
    }
    return projection[1](gelu(projection[0](h)))
  }
}

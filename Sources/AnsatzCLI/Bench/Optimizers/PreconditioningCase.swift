import Ansatz
import Foundation

/// Networks of Fourier features trained plainly, and preconditioned by the symbol of the equation: same features, same
/// start, each method at the best of five rates.
struct PreconditioningCase: OptimizerCase {
  let name: String
  let summary: String
  /// Seconds of one training.
  let quickSeconds, fullSeconds: Double
  /// Whether preconditioning must bring a factor of ten over Adam.
  let isAsked: Bool
  private let make: @Sendable () throws -> Setting

  /// A task that can be made again and again, and P.
  struct Setting {
    var task: () throws -> FixedTask<PhysicsObjective<Double>>
    var scale: Tensor<Double>
  }

  static let all = [fourierPoisson, fourierAdvection, featurePoisson, featureAdvection, featureBurgers]

  /// A sum of 16 waves for Poisson's equation in one dimension.
  private static let fourierPoisson = PreconditioningCase(
    name: "fourier-poisson", summary: "−u″ = f on (−π, π), a sum of waves to 16 periods", quickSeconds: 2,
    fullSeconds: 10, isAsked: true
  ) { try setting(FourierSeries((1...16).map { [Double($0)] }), rows: "output.weight", poissonLine()) }

  /// A sum of waves for fast transport.
  private static let fourierAdvection = PreconditioningCase(
    name: "fourier-advection",
    summary: "u_t + 50 u_x = 0 for a time of 2π, a sum of waves to 2 and 64 periods",
    quickSeconds: 4, fullSeconds: 20, isAsked: true
  ) { try setting(FourierSeries(transportWaves), rows: "output.weight", transport()) }

  /// The same features below two hidden layers.
  private static let featurePoisson = PreconditioningCase(
    name: "features-poisson",
    summary: "−u″ = f on (−π, π), 32 Fourier features and a network of 2 × 48 units",
    quickSeconds: 6, fullSeconds: 30, isAsked: false
  ) {
    var stream = RandomStream(seed: 1)
    let model = FourierFeatureNetwork<Double>(
      waves: (1...16).map { [Double($0)] }, [48, 48, 1], from: &stream)
    return try setting(model, rows: "network.layers.0.weight", poissonLine())
  }

  private static let featureAdvection = PreconditioningCase(
    name: "features-advection",
    summary: "u_t + 50 u_x = 0 for a time of 2π, Fourier features and a network of 2 × 48 units",
    quickSeconds: 6, fullSeconds: 30, isAsked: false
  ) {
    var stream = RandomStream(seed: 1)
    let model = FourierFeatureNetwork<Double>(waves: transportWaves, [48, 48, 1], from: &stream)
    return try setting(model, rows: "network.layers.0.weight", transport())
  }

  /// A nonlinear equation, whose symbol is that of its linear part at rest.
  private static let featureBurgers = PreconditioningCase(
    name: "features-burgers",
    summary: "Burgers' equation, ν = 0.01/π, 112 Fourier features and a network of 2 × 48 units",
    quickSeconds: 10, fullSeconds: 60, isAsked: false
  ) {
    var stream = RandomStream(seed: 1)
    var waves: [[Double]] = []
    for k in 0...8 {
      for m in -3...3 where k > 0 || m > 0 { waves.append([.pi * Double(k), 0.5 * .pi * Double(m)]) }
    }
    let model = FourierFeatureNetwork<Double>(waves: waves, [48, 48, 1], from: &stream)
    let system = try PointwiseSystem(Burgers())
    let sampler = CollocationSampler(pattern: .sobol, inside: 2000, boundary: 200, seed: 1)
    let points = PointSet<Double>([
      .inside: sampler.points(.inside, of: system, count: 2000),
      .initial: sampler.points(.initial, of: system, count: 200),
    ])
    let reference = try PinnReference(PinnCase.all.first { $0.name == "burgers" }!).points
    return try setting(
      model, rows: "network.layers.0.weight",
      Equation(system: system, points: points, symbolState: 0, reference: reference))
  }

  // MARK: - Equations

  private struct Equation {
    var system: PointwiseSystem
    var points: PointSet<Double>
    var symbolState: Double?
    var reference: MeasuredPoints
  }

  /// −u″ = Σ k sin kx, of which u = Σ sin(kx)/k is the solution.
  private struct Line: Problem {
    let u = ScalarField.unknown("u")
    private static let waves = [1.0, 4, 9, 16]
    var domain: Domain { .interval(-.pi, .pi) }
    var equations: [Ansatz.Equation] {
      [-dx(dx(u)) == Self.waves.reduce(ScalarField(0)) { $0 + $1 * sin($1 * x) }]
    }
    var conditions: [Condition] { [.dirichlet(u == 0)] }
    var exact: [Ansatz.Equation] { [u == Self.waves.reduce(ScalarField(0)) { $0 + sin($1 * x) / $1 }] }
  }

  private static func poissonLine() throws -> Equation {
    let system = try PointwiseSystem(Line())
    let points = PointSet<Double>([
      .inside: midpoints([-Double.pi...Double.pi], [80]),
      .side(Side(.x, upper: false)): Tensor(shape: [1, 1], [-Double.pi]),
      .side(Side(.x, upper: true)): Tensor(shape: [1, 1], [Double.pi]),
    ])
    return Equation(
      system: system, points: points,
      reference: try reference(system, midpoints([-Double.pi...Double.pi], [401])))
  }

  private static var transportWaves: [[Double]] {
    (0...2).flatMap { k in
      (-64...64).compactMap { k > 0 || $0 > 0 ? [Double(k), Double($0)] : nil }
    }
  }

  private static func transport() throws -> Equation {
    let system = try PointwiseSystem(Convection(speed: 50))
    let box = [0...2 * Double.pi, 0...2 * Double.pi]
    let start = midpoints([box[0]], [64])
    let points = PointSet<Double>([
      .inside: midpoints(box, [8, 192]),
      .initial: .concatenated([start, Tensor<Double>.zeros([64, 1])], axis: 1),
    ])
    return Equation(
      system: system, points: points, reference: try reference(system, midpoints(box, [17, 331])))
  }

  private static func reference(_ system: PointwiseSystem, _ points: Tensor<Double>) throws -> MeasuredPoints
  {
    let formula = PointFormula(points: points, dimension: system.dimension) { _ in Tensor(0) }
    let values = try formula(system.exact[0]!).broadcast(to: [points.shape[0], 1])
    return MeasuredPoints(points: points, values: values, unknowns: [0])
  }

  private static func setting<Model: FourierModel>(
    _ model: Model, rows: NamePattern, _ equation: Equation
  ) throws -> Setting where Model.Scalar == Double {
    let objective = try PhysicsObjective(equation.system, model: model, points: equation.points)
    let scale: Tensor<Double> = try OperatorPreconditioner(equation.system, about: equation.symbolState)
      .scale(
        objective.layout, rowsOf: rows, features: model.features, isEvolution: equation.system.isEvolution)
    let first = objective.parameterVector
    let values = equation.reference.values
    return Setting(
      task: {
        FixedTask(objective, from: first) { x in
          objective.setParameters(x)
          return (model(equation.reference.points) - values).norm() / values.norm()
        }
      }, scale: scale)
  }

  // MARK: - Trainings

  func run(_ options: BenchmarkOptions) throws -> [BenchmarkRecord] {
    let time = seconds(options, quick: quickSeconds, full: fullSeconds)
    let setting = try make()
    report(
      "\(Int(time)) s for each of five rates, of which the best is shown; rates fall to 0 by half a cosine\n")
    report("                        seconds     steps    ms/step       error  optimizer")
    var runs: [(name: String, run: OptimizerRun)] = []
    func best(_ label: String, _ name: String, rates: [Double]?, scale: Tensor<Double>?) throws -> Double {
      var best: OptimizerRun?
      for rate in rates ?? [0] where Interruption.signalName == nil {
        do {
          var text = name
          if rates != nil {
            text += "@\(String(format: "%.2g", rate))"
            let pilot = try OptimizerRun(
              setting.task, optimizer: text, scale: scale, seconds: 0.1 * time, measuresEvery: 1 << 40)
            text += "+cosine=\(max(2, Int(time / pilot.secondsPerStep)))"
          }
          let run = try OptimizerRun(setting.task, optimizer: text, scale: scale, seconds: time)
          let (own, other) = (
            run.rows.last?.validation ?? .infinity, best?.rows.last?.validation ?? .infinity
          )
          if own < other { best = run }
        } catch is TrainingError {
          continue
        }
      }
      guard let best else {
        report("\(label.padded(22)) no finite loss")
        return .infinity
      }
      runs.append((label, best))
      report(row(label, best).line)
      return best.rows.last?.error ?? .infinity
    }
    let adamRates = [1e-4, 1e-3, 1e-2, 1e-1, 1]
    let descentRates = [0.01, 0.03, 0.1, 0.3, 1]
    let adam = try best("adam", "adam", rates: adamRates, scale: nil)
    let scaledAdam = try best("adam, P", "adam", rates: adamRates, scale: setting.scale)
    _ = try best("nesterov", "nesterov", rates: descentRates.map { $0 * 1e-3 }, scale: nil)
    let scaledDescent = try best("nesterov, P", "nesterov", rates: descentRates, scale: setting.scale)
    _ = try best("lbfgs", "lbfgs", rates: nil, scale: nil)
    _ = try best("lbfgs, P", "lbfgs", rates: nil, scale: setting.scale)
    guard Interruption.signalName == nil else { return [] }
    let gain = adam / min(scaledAdam, scaledDescent)
    let hasPassed: Bool? = isAsked ? gain >= 10 : nil
    report(
      String(format: "error of Adam / best preconditioned first-order method: %.3g", gain)
        + (isAsked ? ", at least 10 is asked" : "") + (hasPassed == false ? "   fail" : "") + "\n")
    try plot(runs, options)
    return runs.map { row($0.name, $0.run).record }
      + [BenchmarkRecord(name: "\(name) gain", figures: ["gain over Adam": gain], hasPassed: hasPassed)]
  }
}

/// A model on Fourier features.
private protocol FourierModel: Layer {
  var features: FourierFeatures<Scalar> { get }
}
extension FourierSeries: FourierModel {}
extension FourierFeatureNetwork: FourierModel {}

import Ansatz
import Foundation

/// Networks of Fourier features trained plainly, and preconditioned by the symbol of the equation: same features, same
/// start, each method at the best of five rates.
struct PreconditioningCase: OptimizerCase {
  let name: String
  let summary: String
  /// Seconds of one training.
  let quickSeconds, fullSeconds: Double
  /// Whether the model is linear in its parameters: then preconditioned descent must be ten times ahead of Adam when it
  /// has converged.
  let isLinear: Bool
  private let make: @Sendable () throws -> Setting

  /// A task that can be made again and again, and P.
  struct Setting {
    var task: () throws -> FixedTask<PhysicsObjective<Double>>
    var scale: Tensor<Double>
  }

  static let all = [fourierLine, fourierPoisson, fourierAdvection, featurePoisson, featureBurgers]

  /// Where the operator is diagonal but for two conditions, Adam undoes it by itself.
  private static let fourierLine = PreconditioningCase(
    name: "fourier-line", summary: "-u'' = f on (-pi, pi), u = 0 on both ends, a sum of waves to 16 periods",
    quickSeconds: 1, fullSeconds: 2, isLinear: true
  ) {
    try setting(
      FourierSeries((1...16).map { [Double($0)] }), rows: "output.weight", isLinear: true, poissonLine())
  }

  /// In two dimensions the conditions tie all waves together.
  private static let fourierPoisson = PreconditioningCase(
    name: "fourier-poisson",
    summary:
      "-laplacian(u) = f on (-pi, pi)^2, u = 0 on the boundary, a sum of 544 waves to 16 periods along each axis",
    quickSeconds: 5, fullSeconds: 30, isLinear: true
  ) {
    var waves: [[Double]] = []
    for k in 0...16 {
      for l in -16...16 where k > 0 || l > 0 { waves.append([Double(k), Double(l)]) }
    }
    return try setting(FourierSeries(waves), rows: "output.weight", isLinear: true, poissonSquare())
  }

  /// A sum of waves for fast transport.
  private static let fourierAdvection = PreconditioningCase(
    name: "fourier-advection",
    summary: "u_t + 50 u_x = 0 for a time of 2 pi, a sum of waves to 2 and 64 periods",
    quickSeconds: 4, fullSeconds: 20, isLinear: true
  ) { try setting(FourierSeries(transportWaves), rows: "output.weight", isLinear: true, transport()) }

  /// The same features below two hidden layers.
  private static let featurePoisson = PreconditioningCase(
    name: "features-poisson",
    summary: "-u'' = f on (-pi, pi), 32 Fourier features and a network of 2 x 48 units",
    quickSeconds: 6, fullSeconds: 30, isLinear: false
  ) {
    var stream = RandomStream(seed: 1)
    let model = FourierFeatureNetwork<Double>(
      waves: (1...16).map { [Double($0)] }, [48, 48, 1], from: &stream)
    return try setting(model, rows: "network.layers.0.weight", poissonLine(points: 1000))
  }

  /// A nonlinear equation, whose symbol is that of its linear part at rest.
  private static let featureBurgers = PreconditioningCase(
    name: "features-burgers",
    summary: "Burgers' equation, nu = 0.01/pi, 112 Fourier features and a network of 2 x 48 units",
    quickSeconds: 10, fullSeconds: 60, isLinear: false
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
    var conditionWeight = 1.0
  }

  /// −u″ = f with u = Σ (sin kx + cos kx − cos kπ)/k over some waves.
  private struct Line: Problem {
    let u = ScalarField.unknown("u")
    private static let waves = [1.0, 4, 9, 16]
    private func sum(_ term: (Double) -> ScalarField) -> ScalarField {
      Self.waves.reduce(ScalarField(0)) { $0 + term($1) }
    }
    var domain: Domain { .interval(-.pi, .pi) }
    var equations: [Ansatz.Equation] { [-dx(dx(u)) == sum { $0 * (sin($0 * x) + cos($0 * x)) }] }
    var conditions: [Condition] { [.dirichlet(u == 0)] }
    var exact: [Ansatz.Equation] {
      [u == sum { (sin($0 * x) + cos($0 * x) - Foundation.cos(.pi * $0)) / $0 }]
    }
  }

  private static func poissonLine(points count: Int = 80) throws -> Equation {
    let system = try PointwiseSystem(Line())
    let points = PointSet<Double>([
      .inside: midpoints([-Double.pi...Double.pi], [count]),
      .side(Side(.x, upper: false)): Tensor(shape: [1, 1], [-Double.pi]),
      .side(Side(.x, upper: true)): Tensor(shape: [1, 1], [Double.pi]),
    ])
    return Equation(
      system: system, points: points,
      reference: try reference(system, midpoints([-Double.pi...Double.pi], [401])),
      conditionWeight: 0.01)
  }

  /// −Δu = f with u = Σ g_k(x) g_l(y) / (k + l) over some pairs of waves, g_k(x) = sin kx + cos kx − cos kπ.
  private struct Plate: Problem {
    let u = ScalarField.unknown("u")
    private static let waves = [(1.0, 1.0), (2, 5), (9, 4), (16, 13)]
    private func bump(_ k: Double, _ x: ScalarField) -> ScalarField {
      sin(k * x) + cos(k * x) - Foundation.cos(.pi * k)
    }
    private var solution: ScalarField {
      Self.waves.reduce(ScalarField(0)) { $0 + bump($1.0, x) * bump($1.1, y) / ($1.0 + $1.1) }
    }
    var domain: Domain { .cube(-.pi, .pi, dimension: 2) }
    var equations: [Ansatz.Equation] {
      let curvature = Self.waves.reduce(ScalarField(0)) { sum, wave in
        let (k, l) = wave
        let wavy = { (k: Double, x: ScalarField) in k * k * (sin(k * x) + cos(k * x)) }
        return sum + (wavy(k, x) * bump(l, y) + bump(k, x) * wavy(l, y)) / (k + l)
      }
      return [-laplacian(u) == curvature]
    }
    var conditions: [Condition] { [.dirichlet(u == 0)] }
    var exact: [Ansatz.Equation] { [u == solution] }
  }

  private static func poissonSquare() throws -> Equation {
    let system = try PointwiseSystem(Plate())
    let side = -Double.pi...Double.pi
    var tables: [PointwiseSystem.Place: Tensor<Double>] = [.inside: midpoints([side, side], [48, 48])]
    for isUpper in [false, true] {
      let end = isUpper ? Double.pi...Double.pi : -Double.pi...(-Double.pi)
      tables[.side(Side(.x, upper: isUpper))] = midpoints([end, side], [1, 48])
      tables[.side(Side(.y, upper: isUpper))] = midpoints([side, end], [48, 1])
    }
    return Equation(
      system: system, points: PointSet(tables),
      reference: try reference(system, midpoints([side, side], [67, 67])),
      conditionWeight: 0.01)
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
    _ model: Model, rows: NamePattern, isLinear: Bool = false, _ equation: Equation
  ) throws -> Setting where Model.Scalar == Double {
    let objective = try PhysicsObjective(
      equation.system, model: model, points: equation.points,
      weight: { $0.place == .inside ? 1 : equation.conditionWeight })
    let preconditioner = try OperatorPreconditioner(equation.system, about: equation.symbolState)
    let scale =
      isLinear
      ? try preconditioner.scale(objective, rowsOf: rows, features: model.features)
      : try preconditioner.scale(
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

  /// A method at its rates, plain or preconditioned.
  private struct Method {
    var name: String
    /// The rates that are tried; nil for a method that takes none.
    var rates: [Double]?
    /// As ``OptimizerText`` reads it, or a description.
    var text: (Double) -> String
    /// Nil where the text makes the optimizer.
    var make: ((Double) -> any LeastSquaresOptimizer<Double>)?
  }

  private static func named(_ name: String, _ rates: [Double]?) -> Method {
    Method(name: name, rates: rates) { rates == nil ? name : "\(name)@\(String(format: "%.2g", $0))" }
  }

  private var methods: [(plain: Method, preconditioned: Method)] {
    let adam = Self.named("adam", [1e-4, 1e-3, 1e-2, 1e-1, 1])
    let others = ["lbfgs", "ssbroyden"].map { Self.named($0, nil) }
    func descent(_ factor: Double) -> Method {
      Method(
        name: "descent", rates: [0.25, 0.5, 1, 1.5, 2].map { factor * $0 },
        text: { String(format: "gradient descent, rate %.2g", $0) },
        make: { SGD<Double>(rate: .constant($0), momentum: 0) })
    }
    return [(adam, adam), (descent(isLinear ? 1e-4 : 1e-2), descent(1))]
      + (isLinear ? others.prefix(1) : others[...]).map { ($0, $0) }
  }

  func run(_ options: BenchmarkOptions) throws -> [BenchmarkRecord] {
    let time = seconds(options, quick: quickSeconds, full: fullSeconds)
    let setting = try make()
    report("at most \(Int(time)) s for each of five rates, of which the best is shown\n")
    report("                        seconds     steps    ms/step       error  below 1e-8 after")
    var shown: [(name: String, run: OptimizerRun)] = []
    /// The trainings with all rates.
    func runs(_ method: Method, isPreconditioned: Bool) throws -> [OptimizerRun] {
      let label = isPreconditioned ? "\(method.name), P" : method.name
      var runs: [OptimizerRun] = []
      for rate in method.rates ?? [0] where Interruption.signalName == nil {
        do {
          let own = try method.make?(rate) ?? OptimizerText.optimizer(method.text(rate), Double.self)
          func scaled<Base: LeastSquaresOptimizer<Double>>(_ base: Base) -> any LeastSquaresOptimizer<Double>
          {
            base.reparametrized(by: setting.scale)
          }
          runs.append(
            try OptimizerRun(
              setting.task, method.text(rate), isPreconditioned ? scaled(own) : own, seconds: time,
              measuresEvery: isLinear ? 5 : nil, until: isLinear ? 1e-12 : 0))
        } catch is TrainingError {
          continue
        }
      }
      func order(_ run: OptimizerRun) -> (Double, Double) {
        (run.reached(1e-8)?.seconds ?? .infinity, run.rows.last?.validation ?? .infinity)
      }
      if let best = runs.min(by: { order($0) < order($1) }) {
        shown.append((label, best))
        report(row(label, best, limit: 1e-8).line)
      } else if Interruption.signalName == nil {
        report("\(label.padded(22)) no finite loss")
      }
      return runs
    }
    var trained: [(plain: [OptimizerRun], preconditioned: [OptimizerRun])] = []
    for method in methods {
      trained.append(
        (
          try runs(method.plain, isPreconditioned: false),
          try runs(method.preconditioned, isPreconditioned: true)
        ))
    }
    guard Interruption.signalName == nil else { return [] }
    // Seconds at which the preconditioned descent is there, or the end.
    let moment = trained[1].preconditioned.compactMap { $0.reached(1e-8)?.seconds }.min() ?? time
    func error(_ runs: [OptimizerRun]) -> Double {
      runs.compactMap { $0.error(by: moment) }.min() ?? .infinity
    }
    let (adam, own) = (error(trained[0].plain), error(trained[1].preconditioned))
    let gain = adam / (isLinear ? own : min(own, error(trained[0].preconditioned)))
    let hasPassed: Bool? = isLinear ? gain >= 10 : nil
    report(
      String(
        format: "after %.3g s: Adam %.1e, preconditioned %.1e, gain %.3g", moment, adam, adam / gain, gain)
        + (isLinear ? ", at least 10 is asked" : "") + (hasPassed == false ? "   fail" : "") + "\n")
    try plot(shown, options)
    return shown.map { row($0.name, $0.run, limit: 1e-8).record }
      + [
        BenchmarkRecord(
          name: "\(name) gain",
          figures: ["seconds": moment, "error of Adam": adam, "error, preconditioned": adam / gain],
          hasPassed: hasPassed)
      ]
  }
}

/// A model on Fourier features.
private protocol FourierModel: Layer {
  var features: FourierFeatures<Scalar> { get }
}
extension FourierSeries: FourierModel {}
extension FourierFeatureNetwork: FourierModel {}

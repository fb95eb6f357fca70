import Equations
import Geometry
import NeuralNetworks
import Optimizers
import Simulation
import Tensors

/// The training of a Lagrangian network against a problem.
///
/// Points are labels and times. Errors are taken at positions: the labels there are found by turning X back. How far
/// characteristics are from crossing is a number of every row of metrics, `jacobian`: the smallest det ∂X/∂a.
public final class LagrangianTask<State: Layer, Position: Layer>: TrainingTask
where State.Scalar: OptimizerScalar, State.Scalar == Position.Scalar {
  public typealias Scalar = State.Scalar

  /// The problem in labels.
  public let lagrangian: LagrangianSystem
  /// The training of the network against the problem in labels.
  public let inner: PhysicsTask<BranchedNetwork<State, Position>>
  /// Whether characteristics crossed at the parameters that were validated last.
  public private(set) var crossing: CrossingReport?
  /// The network of unknowns and characteristics.
  public var network: LagrangianNetwork<State, Position> { inner.network }
  private let reference: MeasuredPoints?
  private let mapEvaluator: LabelEvaluator<Scalar>
  private let stateEvaluator: LabelEvaluator<Scalar>

  /// The training of a network.
  ///
  /// - Parameters:
  ///   - network: The network of ``LagrangianSystem/network(waves:conditions:state:position:)``.
  ///   - settings: Points are of labels; their final time must be that of the system.
  ///   - conditions: The conditions that are parts of the loss; all of `lagrangian.labels` where left out.
  ///   - reference: Values at positions to compare with; the exact solution where left out and there is one.
  public init(
    _ lagrangian: LagrangianSystem, network: LagrangianNetwork<State, Position>, settings: TrainingPoints,
    conditions: [PointwiseSystem.Residual]? = nil, reference: MeasuredPoints? = nil
  ) throws {
    precondition(
      settings.until == lagrangian.until,
      "points until t = \(settings.until) for characteristics until \(lagrangian.until)")
    self.lagrangian = lagrangian
    inner = try PhysicsTask(
      lagrangian.labels, network: network, settings: settings, conditions: conditions)
    self.reference = try reference ?? Self.exactValues(lagrangian)
    let parameters = inner.objective.modelParameters
    mapEvaluator = LabelEvaluator(
      lagrangian.labels, CharacteristicMap<Scalar>.formulas(lagrangian), parameters: parameters
    ) { network($0) }
    stateEvaluator = LabelEvaluator(
      lagrangian.labels, lagrangian.system.unknowns.indices.map { .jet(Jet($0)) }, parameters: parameters
    ) { network($0) }
  }

  /// The exact solution on a grid of positions and times.
  private static func exactValues(_ lagrangian: LagrangianSystem) throws -> MeasuredPoints? {
    let system = lagrangian.system
    let known = system.unknowns.indices.filter { system.exact[$0] != nil }
    guard !known.isEmpty else { return nil }
    let table: Tensor<Double> = CollocationSampler(pattern: .grid, inside: 0, boundary: 0).points(
      .inside, of: system, until: lagrangian.until, count: 10_000)
    let formula = PointFormula(points: table, dimension: system.dimension) { _ in Tensor(0) }
    let columns = try known.map { try formula(system.exact[$0]!).broadcast(to: [table.shape[0], 1]) }
    return MeasuredPoints(points: table, values: .concatenated(columns, axis: 1), unknowns: known)
  }

  // MARK: - Training

  public var objective: PhysicsObjective<Scalar> { inner.objective }
  public var terms: [(name: String, loss: Double)] { inner.terms }
  public var initialParameters: Tensor<Scalar> { inner.initialParameters }
  public var state: [String: Tensor<Scalar>] { inner.state }
  public var numbers: [(name: String, value: Double)] {
    inner.numbers + [("jacobian", crossing?.smallest ?? 1)]
  }

  public func prepare(step: Int, at x: Tensor<Scalar>) throws -> ObjectiveChange {
    try inner.prepare(step: step, at: x)
  }
  public func nextChange(from step: Int) -> Int? { inner.nextChange(from: step) }
  public func restore(_ state: [String: Tensor<Scalar>]) throws { try inner.restore(state) }
  public func apply(_ x: Tensor<Scalar>) { inner.apply(x) }
  public func modelTensors(at x: Tensor<Scalar>) -> [(name: String, tensor: Tensor<Scalar>)] {
    inner.modelTensors(at: x)
  }

  /// The loss at labels that are not trained on, and errors at positions: ‖u − reference‖₂/‖reference‖₂ per unknown; with several,
  /// of all together first.
  public func validate(at x: Tensor<Scalar>) throws -> [(name: String, value: Double)] {
    var result = try inner.validate(at: x)
    let map = try characteristics(at: Self.times(lagrangian))
    crossing = map.crossing
    guard let reference else { return result }
    let columns = reference.points.shape[1]
    let elements = reference.points.elements
    let points = (0..<reference.points.shape[0]).map { Array(elements[$0 * columns..<($0 + 1) * columns]) }
    let values = try stateEvaluator(map.labels(at: points).rows)
    var errors: [(name: String, value: Double)] = []
    var (all, size) = (0.0, 0.0)
    let exact = reference.values.elements
    for (column, unknown) in reference.unknowns.enumerated() {
      var (difference, norm) = (0.0, 0.0)
      for i in points.indices {
        let value = exact[i * reference.unknowns.count + column]
        difference += (values[unknown][i] - value) * (values[unknown][i] - value)
        norm += value * value
      }
      all += difference
      size += norm
      let name = "error(\(lagrangian.system.unknowns[unknown].name))"
      errors.append((name, (norm > 0 ? difference / norm : difference).squareRoot()))
    }
    if errors.count > 1 { errors.insert(("error", (size > 0 ? all / size : all).squareRoot()), at: 0) }
    result += errors
    return result
  }

  // MARK: - Characteristics

  /// Times at which characteristics are watched.
  private static func times(_ lagrangian: LagrangianSystem) -> [Double] {
    let count = lagrangian.system.dimension == 1 ? 64 : 16
    return (0...count).map { lagrangian.until * Double($0) / Double(count) }
  }

  /// The characteristics of the network at its present parameters.
  func characteristics(at times: [Double]) throws -> CharacteristicMap<Scalar> {
    try CharacteristicMap(lagrangian, mapEvaluator, times: times)
  }

  /// An evaluator of formulas over the unknowns of the problem in labels.
  func evaluator(_ formulas: [Node]) -> LabelEvaluator<Scalar> {
    let network = network
    return LabelEvaluator(
      lagrangian.labels, formulas, parameters: inner.objective.modelParameters
    ) { network($0) }
  }
}

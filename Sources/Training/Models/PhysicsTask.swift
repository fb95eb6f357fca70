import Autodiff
import Equations
import Foundation
import Geometry
import NeuralNetworks
import Optimizers
import Tensors

/// The training of a network against a problem: points, their renewal, errors.
public final class PhysicsTask<Core: Layer>: FieldTask where Core.Scalar: OptimizerScalar {
  public typealias Scalar = Core.Scalar

  public let system: PointwiseSystem
  public let network: PhysicsNetwork<Core>
  public let settings: TrainingPoints
  public let objective: PhysicsObjective<Scalar>
  /// Parameters of the problem that are being found.
  public let found: [Parameter<Scalar>]
  private let places: [PointwiseSystem.Place]
  private var points: PointSet<Scalar>
  private let validation: PhysicsValidation<Scalar>
  private let balancer: LossBalancer<Scalar>
  /// The same loss at points that are never trained on; it decides which parameters are the best.
  private let heldOut: PhysicsObjective<Scalar>

  /// The training of a network.
  ///
  /// - Parameters:
  ///   - network: The network; what its conditions meet is left out of the loss.
  ///   - conditions: The conditions that are parts of the loss; all of the system where left out.
  ///   - data: Measurements that the unknowns should match.
  ///   - reference: Values to compare with; the exact solution where left out and there is one.
  public init(
    _ system: PointwiseSystem, network: PhysicsNetwork<Core>, settings: TrainingPoints,
    conditions: [PointwiseSystem.Residual]? = nil, data: MeasuredPoints? = nil,
    reference: MeasuredPoints? = nil
  ) throws {
    precondition(
      network.fields.count == system.fields.count,
      "\(network.fields.count) models of fields for \(system.fields.count) that are to be found")
    if let field = system.fields.first, data == nil {
      throw EquationError(
        "'\(field.name)' is to be found, and there are no measurements that could tell it: give some")
    }
    (self.system, self.network, self.settings) = (system, network, settings)
    let left = conditions ?? system.conditions
    let places = CollocationSampler.places(left)
    self.places = places
    let found = system.free.map { Parameter(wrappedValue: Tensor([Scalar($0.defaultValue)])) }
    self.found = found
    points = settings.sampler.spread(at: places, of: system, until: settings.until)
    let (weight, equationWeight) = (settings.conditionWeight, settings.equationWeight)
    let penalties = try network.fields.enumerated().flatMap { i, field in
      try field.slopes(of: i, in: system)
    }
    func objective(at points: PointSet<Scalar>) throws -> PhysicsObjective<Scalar> {
      try PhysicsObjective(
        system, model: network, free: found, points: points, conditions: left, data: data,
        penalties: penalties, priors: network.fields.compactMap(\.prior),
        weight: { $0.place == .inside ? equationWeight : weight })
    }
    self.objective = try objective(at: points)
    heldOut = try objective(
      at: settings.sampler.heldOut.spread(at: places, of: system, until: settings.until))
    validation = try PhysicsValidation(system, until: settings.until, reference: reference) { network($0) }
    balancer = LossBalancer(balancing: settings.balancing)
    balancer.begin(self.objective)
  }

  public var terms: [(name: String, loss: Double)] {
    zip(objective.terms, objective.termLosses).map { ($0.name, $1) }
      + (objective.prior.count > 0 && !objective.termLosses.isEmpty ? [("prior", objective.priorLoss)] : [])
  }

  public var initialParameters: Tensor<Scalar> { objective.parameterVector }

  public var numbers: [(name: String, value: Double)] {
    var numbers = balancer.weights(objective)
    if settings.sampler.pattern.grows { numbers.append(("points", Double(points.count(.inside)))) }
    return numbers
  }

  public func prepare(step: Int, at x: Tensor<Scalar>) throws -> ObjectiveChange {
    var change = ObjectiveChange.none
    if let every = settings.renewsEvery, step > 0, step % every == 0, try renew(round: step / every, at: x) {
      change = .objective
    }
    if balancer.changes(before: step) {
      try balancer.update(objective, at: x)
      // What drifts in every step is no other loss; what changes now and then is.
      change = max(change, settings.balancing.rule.drifts ? .samples : .objective)
    }
    return change
  }

  public func nextChange(from step: Int) -> Int? {
    settings.nextRenewal(from: step)
  }

  /// Draws points; returns whether there are others now.
  private func renew(round: Int, at x: Tensor<Scalar>) throws -> Bool {
    let sampler = settings.sampler
    if sampler.pattern.grows {
      let old = objective.pointFactors(at: .inside)
      guard
        let more = try sampler.addition(
          to: points.count(.inside), of: system, until: settings.until, round: round,
          sizes: { try objective.residualSizes(at: $0, .inside, x) }) as Tensor<Scalar>?
      else { return false }
      points.tables[.inside] = .concatenated([points.tables[.inside]!, more])
      try objective.setPoints(points)
      balancer.reset(objective, at: .inside, keeping: old)
      return true
    }
    points = try sampler.redrawn(points, at: places, of: system, until: settings.until, round: round) {
      try objective.residualSizes(at: $0, .inside, x)
    }
    try objective.setPoints(points)
    for place in places { balancer.reset(objective, at: place, keeping: nil) }
    return true
  }

  public func validate(at x: Tensor<Scalar>) throws -> [(name: String, value: Double)] {
    let loss = try heldOut.value(at: x)
    objective.setParameters(x)
    var result = [("validation", loss)] + validation.errors(objective.modelParameters)
    for (parameter, tensor) in zip(system.free, found) {
      result.append((parameter.name, Double(tensor.wrappedValue.elements[0])))
    }
    return result
  }

  // MARK: - Checkpoints

  public var state: [String: Tensor<Scalar>] {
    let tables = points.tables.map { ("points/\($0.key.name)", $0.value) }
    return Dictionary(uniqueKeysWithValues: tables).merging(balancer.state(objective)) { $1 }
  }

  public func restore(_ state: [String: Tensor<Scalar>]) throws {
    for place in places {
      let first = points.tables[place]!
      let most =
        place == .inside && settings.sampler.pattern.grows
        ? max(settings.sampler.limit, first.shape[0]) : first.shape[0]
      guard let table = state["points/\(place.name)"], table.rank == 2, table.shape[1] == first.shape[1],
        (first.shape[0]...most).contains(table.shape[0])
      else {
        throw TrainingError(
          "the checkpoint lacks the points of '\(place.name)', or has them in another number: give the settings of the "
            + "training that was begun")
      }
      points.tables[place] = table
    }
    try objective.setPoints(points)
    try balancer.restore(state, into: objective)
  }

  public func apply(_ x: Tensor<Scalar>) { objective.setParameters(x) }

  public func modelTensors(at x: Tensor<Scalar>) -> [(name: String, tensor: Tensor<Scalar>)] {
    objective.layout.tensors(of: x, in: network)
  }
}

/// Values of unknowns at points: measurements to match, or a reference to compare with.
public struct MeasuredPoints: Sendable {
  /// Coordinates, and time last: [points, coordinates].
  public var points: Tensor<Double>
  /// Values: [points, unknowns that are measured].
  public var values: Tensor<Double>
  /// Which unknowns the columns are; numbers after those of the unknowns are fields that are to be found.
  public var unknowns: [Int]
  /// What the mean squared differences weigh in the loss.
  public var weight: Double

  public init(points: Tensor<Double>, values: Tensor<Double>, unknowns: [Int], weight: Double = 1) {
    precondition(
      points.rank == 2 && values.rank == 2 && points.shape[0] == values.shape[0]
        && values.shape[1] == unknowns.count,
      "values of shape \(values.shape) at points of shape \(points.shape) for \(unknowns.count) unknowns")
    (self.points, self.values, self.unknowns, self.weight) = (points, values, unknowns, weight)
  }
}

/// Errors of a model against a reference, at points that are not trained on.
struct PhysicsValidation<Scalar: Real> {
  private let names: [String]
  private let reference: MeasuredPoints?
  private let points: Tensor<Scalar>
  private let model: (Tensor<Scalar>) -> Tensor<Scalar>

  init(
    _ system: PointwiseSystem, until: Double, reference: MeasuredPoints?,
    model: @escaping (Tensor<Scalar>) -> Tensor<Scalar>
  ) throws {
    self.model = model
    let reference = try reference ?? Self.exact(system, until: until)
    self.reference = reference
    points = Tensor<Scalar>(
      reference?.points ?? .zeros([1, system.dimension + (system.isEvolution ? 1 : 0)]))
    names = reference?.unknowns.map { "error(\(system.name(of: $0)))" } ?? []
  }

  /// The exact solution on a grid, for those unknowns for which the problem states one.
  static func exact(_ system: PointwiseSystem, until: Double) throws -> MeasuredPoints? {
    let known = system.unknowns.indices.filter { system.exact[$0] != nil }
    guard !known.isEmpty else { return nil }
    let sampler = CollocationSampler(pattern: .grid, inside: 0, boundary: 0)
    let count = [1: 500, 2: 10_000, 3: 27_000, 4: 30_000][system.dimension + (system.isEvolution ? 1 : 0)]!
    let table: Tensor<Double> = sampler.points(.inside, of: system, until: until, round: 0, count: count)
    let formula = PointFormula(points: table, dimension: system.dimension) { _ in Tensor(0) }
    let columns = try known.map { try formula(system.exact[$0]!).broadcast(to: [table.shape[0], 1]) }
    return MeasuredPoints(points: table, values: .concatenated(columns, axis: 1), unknowns: known)
  }

  /// ‖u − reference‖₂/‖reference‖₂ per unknown; with several, of all together first.
  func errors(_ parameters: [Parameter<Scalar>]) -> [(name: String, value: Double)] {
    guard let reference else { return [] }
    let values = Tensor<Double>(model(points))
    var result: [(name: String, value: Double)] = []
    var (all, size) = (0.0, 0.0)
    for (column, unknown) in reference.unknowns.enumerated() {
      let own = values.slice(axis: 1, unknown..<unknown + 1)
      let exact = reference.values.slice(axis: 1, column..<column + 1)
      let (difference, norm) = ((own - exact).norm(), exact.norm())
      all += difference * difference
      size += norm * norm
      result.append((names[column], norm > 0 ? difference / norm : difference))
    }
    if result.count > 1 {
      result.insert(("error", size > 0 ? (all / size).squareRoot() : all.squareRoot()), at: 0)
    }
    return result
  }
}

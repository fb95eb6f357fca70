import Autodiff
import Equations
import Foundation
import Geometry
import NeuralNetworks
import Optimizers
import Tensors

/// When Gaussians are added and removed, and how many there may be.
public struct GaussianGrowth: Hashable, Sendable, Codable {
  /// Steps between two rounds.
  public var every: Int
  /// Gaussians that a round adds.
  public var added: Int
  /// The most Gaussians.
  public var limit: Int
  public var selection: GaussianSelection
  public var reduction: GaussianReduction
  /// Up to how many Gaussians means and widths are trained; from there on only the weights are.
  public var trainableLimit: Int

  public init(
    every: Int, added: Int, limit: Int, selection: GaussianSelection = GaussianSelection(),
    reduction: GaussianReduction = GaussianReduction(), trainableLimit: Int = 600
  ) {
    precondition(
      every > 0 && added > 0 && limit > 0 && trainableLimit >= 0,
      "every \(every) steps \(added) Gaussians up to \(limit)")
    (self.every, self.added, self.limit) = (every, added, limit)
    (self.selection, self.reduction, self.trainableLimit) = (selection, reduction, trainableLimit)
  }
}

/// A horizon that grows from draw to draw of points, so that an evolution is learned from its beginning on (Wight and Zhao,
/// Commun. Comput. Phys. 29, 2021).
public struct GaussianHorizon: Hashable, Sendable, Codable {
  /// The first part of the time that is learned.
  public var first: Double
  /// Draws after which it is the whole.
  public var draws: Int

  /// A tenth at first and the whole after 20 draws, unless given.
  public init(first: Double = 0.1, draws: Int = 20) {
    precondition(
      first > 0 && first <= 1 && draws > 0, "a first part of \(first), the whole after \(draws) draws")
    (self.first, self.draws) = (first, draws)
  }

  /// The part that is learned at a draw.
  func part(_ round: Int) -> Double { min(1, first + (1 - first) * Double(round) / Double(draws)) }
}

/// The training of a sum of Gaussians against a problem: points and their renewal, Gaussians that come and go, errors.
///
/// It suits ``VariableProjection``; what takes gradients only works too.
public final class GaussianTask: TrainingTask {
  public typealias Scalar = Double

  public let system: PointwiseSystem
  public let settings: TrainingPoints
  public let growth: GaussianGrowth?
  public let start: GaussianStart
  public let horizon: GaussianHorizon?
  public let objective: GaussianObjective
  /// The unknowns as a layer; its parameters are those that were last applied.
  public let model: GaussianModel
  private let heldOut: GaussianObjective
  private let validation: PhysicsValidation<Double>
  private let places: [PointwiseSystem.Place]
  private let fitsWidths: Bool
  private var points: PointSet<Double>
  /// Parameters after Gaussians have come or gone, or those of the beginning.
  private var current: Tensor<Double>
  /// Values of the parameters that are to be found, at the parameters that were applied last.
  public private(set) var found: [Double]

  /// The training of Gaussians.
  ///
  /// - Parameters:
  ///   - until: The final time is that of the settings.
  ///   - isHard: Whether conditions that can be are met by a change of variables, u = G + d · (sum of Gaussians).
  ///   - horizon: A time that is learned first, if not all at once; it grows when points are renewed.
  ///   - shapes: Means and logarithms of widths to begin with, [2 · coordinates · count], in place of those of `start`.
  ///   - trainsShapes: Whether means and widths are trained, or stay as they begin: fixed Gaussians.
  ///   - reference: Values to compare with; the exact solution where left out and there is one.
  public init(
    _ system: PointwiseSystem, start: GaussianStart, settings: TrainingPoints, growth: GaussianGrowth? = nil,
    horizon: GaussianHorizon? = nil, shapes given: Tensor<Double>? = nil, isHard: Bool = false,
    trainsShapes: Bool = true, reference: MeasuredPoints? = nil
  ) throws {
    try system.requireBox(for: "a sum of Gaussians (pig)")
    let axes = system.dimension + (system.isEvolution ? 1 : 0)
    let first = given.map { $0.count / (2 * axes) } ?? start.count
    fitsWidths = given == nil && start.fitsWidths
    (self.system, self.settings, self.growth, self.start) = (system, settings, growth, start)
    self.horizon = horizon
    let lift = isHard ? try HardConditions(system, until: settings.until) : nil
    let equations =
      try lift.map { lift in try system.equations.map { try lift.lifted($0, system) } } ?? system.equations
    let conditions =
      try lift.map { lift in try lift.remaining.map { try lift.lifted($0, system) } } ?? system.conditions
    let places = CollocationSampler.places(conditions)
    self.places = places
    points = settings.sampler.spread(
      at: places, of: system, until: (horizon?.part(0) ?? 1) * settings.until)
    let weight = settings.conditionWeight
    func objective(at points: PointSet<Double>, _ trainsShapes: Bool) throws -> GaussianObjective {
      try GaussianObjective(
        system, count: first, points: points, equations: equations, conditions: conditions,
        trainsShapes: trainsShapes, weight: { $0.place == .inside ? 1 : weight })
    }
    self.objective = try objective(at: points, trainsShapes)
    heldOut = try objective(
      at: settings.sampler.heldOut.spread(at: places, of: system, until: settings.until), true)
    let shapes = given ?? start.shapes(system, until: settings.until)
    model = GaussianModel(system, conditions: lift)
    let found = system.free.map { $0.defaultValue }
    self.found = found
    current = Tensor(
      Array(repeating: 0, count: system.unknowns.count * first) + shapes.elements + found)
    validation = try PhysicsValidation(system, until: settings.until, reference: reference) { [model] in
      model($0)
    }
    apply(current)
  }

  public var terms: [(name: String, loss: Double)] {
    zip(objective.terms, objective.termLosses).map { ($0.name, $1) }
  }

  public var initialParameters: Tensor<Double> { current }

  public var numbers: [(name: String, value: Double)] { [("gaussians", Double(objective.count))] }

  public func prepare(step: Int, at x: Tensor<Double>) throws -> ObjectiveChange {
    if step == 0 { return try fitsWidths ? fitWidths() : .none }
    var change = ObjectiveChange.none
    if let growth, step % growth.every == 0, try restructure(growth, round: step / growth.every, at: x) {
      change = .parameters
    }
    if let every = settings.renewsEvery, step % every == 0 {
      try renew(round: step / every, at: change == .parameters ? current : x)
      change = max(change, .objective)
    }
    return change
  }

  public func nextChange(from step: Int) -> Int? {
    let growing = growth.map { max((step + $0.every - 1) / $0.every, 1) * $0.every }
    return [growing, settings.nextRenewal(from: step)].compactMap { $0 }.min()
  }

  /// The time up to which points are drawn.
  private func until(_ round: Int) -> Double { (horizon?.part(round) ?? 1) * settings.until }

  private func renew(round: Int, at x: Tensor<Double>) throws {
    points = try settings.sampler.redrawn(points, at: places, of: system, until: until(round), round: round) {
      try objective.residualSizes(at: $0, x)
    }
    try objective.setPoints(points)
  }

  /// Removes Gaussians that are not missed and adds others. Whether anything has changed.
  private func restructure(_ growth: GaussianGrowth, round: Int, at x: Tensor<Double>) throws -> Bool {
    let removed = try growth.reduction.removals(of: objective, at: x, limit: max(growth.added / 2, 1))
    let room = min(growth.added, growth.limit - objective.count + removed.count)
    let added =
      room > 0
      ? try growth.selection.additions(room, to: objective, at: x, until: settings.until, round: round) : []
    guard !removed.isEmpty || !added.isEmpty else { return false }
    let (unknowns, old, axes) = (system.unknowns.count, objective.count, objective.axes)
    let kept = (0..<old).filter { !removed.contains($0) }
    let count = kept.count + added.count
    let (values, shapes) = (x.elements, objective.shapes(at: x).elements)
    let weights = (0..<unknowns).flatMap { u in
      kept.map { values[u * old + $0] } + Array(repeating: 0.0, count: added.count)
    }
    let newShapes = (0..<2 * axes).flatMap { j in kept.map { shapes[j * old + $0] } + added.map { $0[j] } }
    let trains = objective.trainsShapes && count <= growth.trainableLimit
    objective.setCount(count, trainsShapes: trains)
    current = Tensor(weights + newShapes + values.suffix(system.free.count))
    return true
  }

  /// Finds the widths along each axis, the same for all Gaussians, with which the weights alone lower the loss most: axis by
  /// axis they are doubled or halved as long as that helps, then changed by √2.
  private func fitWidths() throws -> ObjectiveChange {
    let (axes, count) = (objective.axes, objective.count)
    let (trains, free) = (objective.trainsShapes, current.elements.suffix(system.free.count))
    let first = objective.shapes(at: current)
    func shapes(_ shifts: [Double]) -> Tensor<Double> {
      let values = first.elements
      return Tensor(
        shape: first.shape,
        values.indices.map { i in
          i < axes * count ? values[i] : values[i] + shifts[i / count - axes]
        })
    }
    func projected(_ shifts: [Double]) throws -> (loss: Double, weights: Tensor<Double>) {
      var x = Tensor<Double>(
        Array(repeating: 0, count: objective.linearCount) + shapes(shifts).elements + free)
      var projection = VariableProjection(linearSteps: 8)
      let report = try projection.leastSquaresStep(objective, at: &x)
      return (report.loss, x)
    }
    objective.setCount(count, trainsShapes: false)
    var shifts = Array(repeating: 0.0, count: axes)
    var best = try projected(shifts)
    for step in [Foundation.log(2.0), Foundation.log(2.0) / 2] {
      var improves = true
      for _ in 0..<3 where improves {
        improves = false
        for axis in 0..<axes {
          for sign in [1.0, -1] {
            while abs(shifts[axis] + sign * step) < 5 {
              var other = shifts
              other[axis] += sign * step
              let trial = try projected(other)
              guard trial.loss < 0.98 * best.loss else { break }
              (best, shifts, improves) = (trial, other, true)
            }
          }
        }
      }
    }
    objective.setCount(count, trainsShapes: trains)
    current = best.weights
    return .parameters
  }

  public func validate(at x: Tensor<Double>) throws -> [(name: String, value: Double)] {
    // Parameters may be those of an earlier number of Gaussians.
    let count = (x.count - system.free.count) / (system.unknowns.count + 2 * objective.axes)
    if heldOut.count != count { heldOut.setCount(count, trainsShapes: true) }
    let loss = try heldOut.value(at: x)
    apply(x)
    var result = [("validation", loss)] + validation.errors([])
    for (parameter, value) in zip(system.free, x.elements.suffix(system.free.count)) {
      result.append((parameter.name, value))
    }
    return result
  }

  public func apply(_ x: Tensor<Double>) {
    found = Array(x.elements.suffix(system.free.count))
    model.set(x, unknowns: system.unknowns.count, axes: objective.axes, free: system.free.count)
  }

  // MARK: - Checkpoints

  public var state: [String: Tensor<Double>] {
    var state = Dictionary(uniqueKeysWithValues: points.tables.map { ("points/\($0.key.name)", $0.value) })
    state["gaussians"] = Tensor([Double(objective.count), objective.trainsShapes ? 1 : 0])
    return state
  }

  public func restore(_ state: [String: Tensor<Double>]) throws {
    for place in places {
      guard let table = state["points/\(place.name)"], table.shape == points.tables[place]?.shape else {
        throw TrainingError(
          "the checkpoint lacks the points of '\(place.name)', or has them in another number: give the settings of the "
            + "training that was begun")
      }
      points.tables[place] = table
    }
    guard let numbers = state["gaussians"]?.elements, numbers.count == 2, numbers[0] >= 1, numbers[0] < 1e9
    else {
      throw TrainingError("the checkpoint does not say how many Gaussians there are: it is damaged")
    }
    let (count, trains) = (Int(numbers[0]), numbers[1] != 0)
    objective.setCount(count, trainsShapes: trains)
    current = .zeros([objective.layout.count])
    try objective.setPoints(points)
  }

  public func modelTensors(at x: Tensor<Double>) -> [(name: String, tensor: Tensor<Double>)] {
    apply(x)
    return model.namedParameters.map { ($0.name, $0.parameter.wrappedValue) }
  }
}

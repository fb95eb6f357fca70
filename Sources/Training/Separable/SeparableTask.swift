import Equations
import Geometry
import NeuralNetworks
import Optimizers
import Simulation
import Tensors

/// The training of a separable network on tensor grids, whose points along the axes are drawn anew now and then.
public final class SeparableTask<Scalar: OptimizerScalar>: FieldTask {
  public let system: PointwiseSystem
  public let network: SeparableNetwork<Scalar>
  public let objective: SeparableObjective<Scalar>
  /// Points along every axis, time last.
  public let points: [Int]
  public let settings: TrainingPoints
  private let heldOut: SeparableObjective<Scalar>
  private let validation: PhysicsValidation<Scalar>

  /// The training of a network.
  ///
  /// - Parameters:
  ///   - points: Points along every axis, time last.
  ///   - settings: When points are renewed, the final time, the weight of conditions and the seed; numbers of points and the
  ///     pattern, which is uniform, are those of scattered points and not used.
  ///   - reference: Values to compare with; the exact solution where left out and there is one.
  /// - Throws: ``EquationError`` for a problem with something to be found, or a formula that cannot be evaluated.
  public init(
    _ system: PointwiseSystem, network: SeparableNetwork<Scalar>, points: [Int], settings: TrainingPoints,
    reference: MeasuredPoints? = nil
  ) throws {
    precondition(
      points.count == network.axes.count && points.allSatisfy { $0 > 0 },
      "\(points) points for \(network.axes.count) axes")
    guard system.free.isEmpty, system.fields.isEmpty else {
      throw EquationError("a separable network finds nothing but the unknowns of \(system.name): train pinn")
    }
    (self.system, self.network, self.points, self.settings) = (system, network, points, settings)
    objective = try SeparableObjective(
      system, network, axes: Self.axes(system, points, settings, round: 0), weight: settings.conditionWeight)
    // Twice as many points, of another seed.
    var other = settings
    other.sampler.seed &+= 1
    heldOut = try SeparableObjective(
      system, network, axes: Self.axes(system, points.map { 2 * $0 }, other, round: 0),
      weight: settings.conditionWeight)
    validation = try PhysicsValidation(system, until: settings.until, reference: reference) { network($0) }
  }

  /// Points along the axes of every place, uniform in the open intervals, one where a place has but one coordinate.
  private static func axes(
    _ system: PointwiseSystem, _ points: [Int], _ settings: TrainingPoints, round: Int
  ) -> [PointwiseSystem.Place: [Tensor<Scalar>]] {
    var intervals = system.box.intervals.map { $0.lower...$0.upper }
    if system.isEvolution { intervals.append(0...settings.until) }
    let places = Set([.inside] + system.conditions.map(\.place))
    return Dictionary(
      uniqueKeysWithValues: places.map { place in
        let fixed: (axis: Int, value: Double)?
        let part: Int
        switch place {
        case .initial: (fixed, part) = ((system.dimension, 0), 1)
        case .side(let side):
          let bounds = intervals[side.axis.rawValue]
          fixed = (side.axis.rawValue, side.isUpper ? bounds.upperBound : bounds.lowerBound)
          part = 2 + 2 * side.axis.rawValue + (side.isUpper ? 1 : 0)
        default: (fixed, part) = (nil, 0)
        }
        return (
          place,
          intervals.enumerated().map { axis, bounds in
            if let fixed, fixed.axis == axis { return Tensor<Scalar>(shape: [1, 1], [Scalar(fixed.value)]) }
            let unit = PointSampler(.latinHypercube, seed: settings.sampler.seed).unitPoints(
              points[axis], dimension: 1, round: round, part: 16 * axis + part
            ).elements
            return Tensor<Scalar>(
              shape: [points[axis], 1],
              unit.map { Scalar(bounds.lowerBound + (bounds.upperBound - bounds.lowerBound) * $0) })
          }
        )
      })
  }

  public var terms: [(name: String, loss: Double)] {
    zip(objective.terms, objective.termLosses).map { ($0.name, $1) }
  }
  public var initialParameters: Tensor<Scalar> { objective.parameterVector }

  public func prepare(step: Int, at x: Tensor<Scalar>) throws -> ObjectiveChange {
    guard let every = settings.renewsEvery else { return .none }
    // Points are a function of the step, so that a resumed training has them without keeping them.
    if step % every == 0 || isRestored {
      objective.setAxes(Self.axes(system, points, settings, round: step / every))
      isRestored = false
      return step > 0 && step % every == 0 ? .objective : .none
    }
    return .none
  }
  private var isRestored = false

  public func nextChange(from step: Int) -> Int? {
    settings.nextRenewal(from: step)
  }
  public func restore(_ state: [String: Tensor<Scalar>]) { isRestored = true }

  public func validate(at x: Tensor<Scalar>) throws -> [(name: String, value: Double)] {
    let loss = try heldOut.value(at: x)
    objective.setParameters(x)
    return [("validation", loss)] + validation.errors(objective.parameters)
  }

  public func apply(_ x: Tensor<Scalar>) { objective.setParameters(x) }

  public func modelTensors(at x: Tensor<Scalar>) -> [(name: String, tensor: Tensor<Scalar>)] {
    objective.layout.tensors(of: x)
  }

  public func solution(
    of problem: some Problem, parameters: ParameterValues = [:], points: [Int], frames: Int = 21,
    steps: Int = 0,
    seconds: Double = 0
  ) throws -> Solution {
    try LearnedSolution(
      system: system, found: [], until: settings.until, solver: "separable network", method: "separable",
      unknowns: objective.layout.count, steps: steps, seconds: seconds
    ).solution(of: problem, parameters: parameters, points: points, frames: frames) {
      LearnedState<Scalar>(system: $0, time: $1, grid: $2, pointwise: system, model: { self.network($0) })
    }
  }
}

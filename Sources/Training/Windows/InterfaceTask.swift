import Equations
import Geometry
import NeuralNetworks
import Optimizers
import Simulation
import Tensors

/// The training of networks of boxes that tile the domain, each against the equations in its box, with terms that join
/// neighbours: across interfaces, values and residuals agree (extended physics-informed networks, Jagtap and Karniadakis,
/// Commun. Comput. Phys. 28, 2020), and so do slopes where the equations have second derivatives across them.
///
/// Points are drawn evenly in every box, whatever residuals are.
public final class InterfaceTask<Core: Layer>: FieldTask where Core.Scalar: OptimizerScalar {
  public typealias Scalar = Core.Scalar

  public let system: PointwiseSystem
  public let network: SplitNetwork<Core>
  public let settings: TrainingPoints
  public let objective: ResidualObjective<Scalar>

  /// Where the samples of a term lie.
  private struct Region {
    /// Ranges of the coordinates; two for interfaces, of one side and of the other.
    let ranges: [ClosedRange<Double>]
    let others: [ClosedRange<Double>]?
    let count: Int
  }
  private let regions: [Region]
  private var samples: [Tensor<Scalar>]
  private let heldOut: ResidualObjective<Scalar>
  private let validation: PhysicsValidation<Scalar>

  /// The training of networks.
  ///
  /// - Parameters:
  ///   - conditions: The conditions that are parts of the loss; all of the system where left out.
  ///   - interface: What squared jumps across interfaces weigh beside the equations, which weigh 1.
  ///   - reference: Values to compare with; the exact solution where left out and there is one.
  /// - Throws: `TrainingError` for parameters that are to be found, and ``EquationError`` where a formula cannot be evaluated.
  public init(
    _ system: PointwiseSystem, network: SplitNetwork<Core>, settings: TrainingPoints,
    conditions: [PointwiseSystem.Residual]? = nil, interface: Double = 1, reference: MeasuredPoints? = nil
  ) throws {
    try system.requireBox(for: "a set of networks that meet at interfaces")
    guard system.free.isEmpty else {
      throw TrainingError(
        "networks that meet at interfaces have no parameters in common to be found: train one network, or windows that "
          + "overlap")
    }
    (self.system, self.network, self.settings) = (system, network, settings)
    var (terms, regions): ([ResidualObjective<Scalar>.Term], [Region]) = ([], [])
    let cells = network.cells
    let share = max(settings.sampler.inside / cells.count, 1)
    func add(
      _ name: String, _ nodes: [Node], weight: Double, _ region: Region,
      values: @escaping (ResidualRecorder<Scalar>, Tensor<Scalar>) throws -> [Tensor<Scalar>]
    ) throws {
      for (i, node) in nodes.enumerated() {
        let recorder = try ResidualRecorder<Scalar>(system, [node])
        terms.append(
          .init(nodes.count == 1 ? name : "\(name) \(i + 1)", weight: weight) { x in
            try values(recorder, x)[0]
          })
        regions.append(region)
      }
    }
    for (number, cell) in cells.enumerated() {
      try add(
        "equation in \(number + 1)", system.equations.map(\.node), weight: 1 / Double(cells.count),
        Region(ranges: cell.bounds, others: nil, count: share)
      ) { recorder, x in try recorder(x, free: []) { network.part(number, $0) } }
    }
    for condition in conditions ?? system.conditions {
      for (number, cell) in cells.enumerated() {
        guard let ranges = Self.face(cell, condition.place, system, network.counts) else { continue }
        try add(
          "\(condition.place.name) in \(number + 1)", [condition.node], weight: settings.conditionWeight,
          Region(ranges: ranges, others: nil, count: settings.sampler.boundary)
        ) { recorder, x in try recorder(x, free: []) { network.part(number, $0) } }
      }
    }
    for (first, second, axis) in network.interfaces {
      var (ranges, others) = (cells[first].bounds, cells[second].bounds)
      ranges[axis] = ranges[axis].upperBound...ranges[axis].upperBound
      others[axis] = others[axis].lowerBound...others[axis].lowerBound
      let columns = ranges.count
      try add(
        "interface \(first + 1)|\(second + 1)", Self.joined(system, across: axis), weight: interface,
        Region(ranges: ranges, others: others, count: settings.sampler.boundary)
      ) { recorder, x in
        let one = try recorder(x.slice(axis: 1, 0..<columns), free: []) { network.part(first, $0) }
        let two = try recorder(x.slice(axis: 1, columns..<2 * columns), free: []) { network.part(second, $0) }
        return zip(one, two).map { $0 - $1 }
      }
    }
    self.regions = regions
    samples = regions.enumerated().map { Self.draw($1, settings.sampler, round: 0, part: $0) }
    objective = ResidualObjective(network, terms: terms, samples: samples)
    let other = CollocationSampler(
      pattern: .halton, inside: settings.sampler.inside, boundary: settings.sampler.boundary,
      seed: settings.sampler.seed &+ 1)
    heldOut = ResidualObjective(
      network, terms: terms,
      samples: regions.enumerated().map { Self.draw($1, other, round: 0, part: $0) })
    validation = try PhysicsValidation(system, until: settings.until, reference: reference) { network($0) }
  }

  /// The part of a side or of the initial time that a cell has, if it has one.
  private static func face(
    _ cell: SplitNetwork<Core>.Cell, _ place: PointwiseSystem.Place, _ system: PointwiseSystem,
    _ counts: [Int]
  ) -> [ClosedRange<Double>]? {
    var ranges = cell.bounds
    let (axis, isUpper): (Int, Bool)
    switch place {
    case .initial: (axis, isUpper) = (system.dimension, false)
    case .side(let side): (axis, isUpper) = (side.axis.rawValue, side.isUpper)
    default: return nil
    }
    guard cell.place[axis] == (isUpper ? counts[axis] - 1 : 0) else { return nil }
    let bound = isUpper ? ranges[axis].upperBound : ranges[axis].lowerBound
    ranges[axis] = bound...bound
    return ranges
  }

  /// What agrees on both sides of an interface: every unknown, its derivatives across up to one order less than the equations
  /// have, and the equations' residuals.
  private static func joined(_ system: PointwiseSystem, across axis: Int) -> [Node] {
    let isTime = axis == system.dimension
    func order(_ jet: Jet) -> Int { isTime ? jet.timeOrder : jet.orders[Axis(rawValue: axis)!] }
    var nodes: [Node] = []
    for unknown in system.unknowns.indices {
      var highest = 1
      for equation in system.equations {
        equation.node.visit {
          if case .jet(let jet) = $0, jet.unknown == unknown { highest = max(highest, order(jet)) }
        }
      }
      for derivative in 0..<highest {
        var orders = MultiIndex.zero
        if !isTime { orders[Axis(rawValue: axis)!] = derivative }
        nodes.append(.jet(Jet(unknown, orders, timeOrder: isTime ? derivative : 0)))
      }
    }
    return nodes + system.equations.map(\.node)
  }

  /// Points of a region: [points, coordinates], of interfaces with those of the other side behind.
  private static func draw(_ region: Region, _ sampler: CollocationSampler, round: Int, part: Int)
    -> Tensor<Scalar>
  {
    let free = region.ranges.indices.filter { region.ranges[$0].lowerBound < region.ranges[$0].upperBound }
    let unit =
      free.isEmpty
      ? Tensor<Double>.zeros([1, 0])
      : PointSampler(sampler.pattern.sequence, seed: sampler.seed).unitPoints(
        region.count, dimension: free.count, round: round, part: part)
    let sides = [region.ranges] + (region.others.map { [$0] } ?? [])
    var values: [Scalar] = []
    let elements = unit.elements
    for row in 0..<unit.shape[0] {
      for side in sides {
        for (axis, range) in side.enumerated() {
          let place = free.firstIndex(of: axis).map { elements[row * free.count + $0] } ?? 0
          values.append(Scalar(range.lowerBound + (range.upperBound - range.lowerBound) * place))
        }
      }
    }
    return Tensor(shape: [unit.shape[0], sides.count * region.ranges.count], values)
  }

  // MARK: - Training

  public var initialParameters: Tensor<Scalar> { objective.parameterVector }

  public func prepare(step: Int, at x: Tensor<Scalar>) -> ObjectiveChange {
    guard let every = settings.renewsEvery, step > 0, step % every == 0 else { return .none }
    samples = regions.enumerated().map { Self.draw($1, settings.sampler, round: step / every, part: $0) }
    objective.setSamples(samples)
    return .objective
  }

  public func nextChange(from step: Int) -> Int? {
    settings.nextRenewal(from: step)
  }

  public func validate(at x: Tensor<Scalar>) throws -> [(name: String, value: Double)] {
    let loss = try heldOut.value(at: x)
    objective.setParameters(x)
    return [("validation", loss)] + validation.errors([])
  }

  public func apply(_ x: Tensor<Scalar>) { objective.setParameters(x) }

  public var state: [String: Tensor<Scalar>] {
    Dictionary(uniqueKeysWithValues: samples.enumerated().map { ("points/\($0)", $1) })
  }

  public func restore(_ state: [String: Tensor<Scalar>]) throws {
    samples = try samples.enumerated().map { i, first in
      guard let table = state["points/\(i)"], table.shape == first.shape else {
        throw TrainingError(
          "the checkpoint lacks the points of '\(objective.terms[i].name)', or has them in another number: give the settings "
            + "of the training that was begun")
      }
      return table
    }
    objective.setSamples(samples)
  }

  public func modelTensors(at x: Tensor<Scalar>) -> [(name: String, tensor: Tensor<Scalar>)] {
    objective.layout.tensors(of: x, in: network)
  }

  public func solution(
    of problem: some Problem, parameters: ParameterValues = [:], points: [Int], frames: Int = 21,
    steps: Int = 0, seconds: Double = 0
  ) throws -> Solution {
    try LearnedSolution(
      system: system, found: [], until: settings.until,
      solver: "physics-informed networks of \(network.parts.count) boxes", method: "pinn",
      unknowns: objective.layout.count, steps: steps, seconds: seconds
    ).solution(of: problem, parameters: parameters, points: points, frames: frames) {
      LearnedState<Scalar>(system: $0, time: $1, grid: $2, pointwise: system, model: { self.network($0) })
    }
  }
}

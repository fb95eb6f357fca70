import Equations
import Foundation
import Geometry
import NeuralNetworks
import Tensors

/// The unknowns of a problem as a sum of Gaussians: [points, coordinates] to [points, unknowns].
public struct GaussianModel: Layer {
  public typealias Scalar = Double

  /// The Gaussians.
  public let sum: GaussianExpansion<Double>
  private let conditions: HardConditions?

  init(_ system: PointwiseSystem, conditions: HardConditions?) {
    let axes = system.dimension + (system.isEvolution ? 1 : 0)
    let periods =
      system.box.intervals.map { $0.isPeriodic ? $0.upper - $0.lower : nil }
      + (system.isEvolution ? [nil] : [])
    sum = GaussianExpansion(
      weights: .zeros([system.unknowns.count, 1]), means: .zeros([axes, 1]), logWidths: .zeros([axes, 1]),
      periods: periods)
    self.conditions = conditions
  }

  public func callAsFunction(_ x: Tensor<Double>) -> Tensor<Double> {
    let values = sum(x)
    return conditions?(values, at: x) ?? values
  }

  /// The number of Gaussians.
  var count: Int { sum.means.shape[1] }

  /// An unknown, or its derivative in time, at a time as a formula of the spatial coordinates.
  ///
  /// - Parameters:
  ///   - dimension: Spatial coordinates; time is the one after them.
  ///   - order: Derivatives in time, 0 or 1.
  func formula(of unknown: Int, dimension: Int, at time: Double, timeOrder order: Int) throws -> Node {
    precondition(order <= 1, "a time derivative of order \(order) of a state")
    let total = bells(of: unknown, dimension: dimension, at: time, timeOrder: order)
    guard let lift = conditions?.lifts[unknown] else { return total }
    let now = { (node: Node) in node.replacingTerminals { $0 == .time ? .constant(time) : nil } }
    guard order == 1 else { return now(lift.offset) + now(lift.distance) * total }
    return now(try lift.offset.timeDerivative()) + now(lift.distance) * total
      + now(try lift.distance.timeDerivative())
      * bells(of: unknown, dimension: dimension, at: time, timeOrder: 0)
  }

  private func bells(of unknown: Int, dimension: Int, at time: Double, timeOrder order: Int) -> Node {
    let (weights, means, widths) = (sum.weights.elements, sum.means.elements, sum.logWidths.elements)
    let terms = (0..<count).compactMap { k -> Node? in
      var factors: [Node] = []
      for axis in 0..<dimension {
        let (mean, width) = (means[axis * count + k], exp(widths[axis * count + k]))
        let x = Node.coordinate(Axis.allCases[axis])
        func bell(_ shift: Double) -> Node {
          .function(
            .exp, .constant(-0.5 / (width * width)) * .raise(x - .constant(mean + shift), .constant(2)))
        }
        if let period = sum.periods[axis] {
          // Images beyond 8.6 widths are below rounding.
          let images = min(Int((8.6 * width / period + 0.5).rounded(.up)), 40)
          factors.append(.sum(of: (-images...images).map { bell(Double($0) * period) }))
        } else {
          factors.append(bell(0))
        }
      }
      let (mean, width) = (means[dimension * count + k], exp(widths[dimension * count + k]))
      let z = (time - mean) / width
      let value = exp(-0.5 * z * z)
      let amplitude = weights[unknown * count + k] * (order == 0 ? value : -z / width * value)
      return abs(amplitude) < 1e-300 ? nil : factors.reduce(.constant(amplitude), *)
    }
    return .sum(of: terms)
  }

  /// Takes up weights [unknowns, count], means and logarithms of widths [axes, count] from one vector.
  func set(_ x: Tensor<Double>, unknowns: Int, axes: Int, free: Int) {
    let count = (x.count - free) / (unknowns + 2 * axes)
    let (first, second) = (unknowns * count, (unknowns + axes) * count)
    sum.set(
      weights: x.slice(axis: 0, 0..<first).reshaped([unknowns, count]),
      means: x.slice(axis: 0, first..<second).reshaped([axes, count]),
      logWidths: x.slice(axis: 0, second..<second + axes * count).reshaped([axes, count]))
  }
}

extension HardConditions {
  /// The residual of the unknowns u = G + d v as one of v.
  ///
  /// - Throws: ``EquationError`` where G or d cannot be differentiated as often as the residual asks.
  func lifted(_ residual: PointwiseSystem.Residual, _ system: PointwiseSystem) throws
    -> PointwiseSystem.Residual
  {
    var known: [Jet: Node] = [:]
    var jets: Set<Jet> = []
    residual.node.visit {
      if case .jet(let jet) = $0, jet.unknown < system.unknowns.count { jets.insert(jet) }
    }
    for jet in jets {
      guard let lift = lifts[jet.unknown] else { continue }
      var node = lift.offset + lift.distance * .jet(Jet(jet.unknown))
      for axis in Axis.allCases {
        for _ in 0..<jet.orders[axis] { node = try node.differentiated(.axis(axis)) }
      }
      for _ in 0..<jet.timeOrder { node = try node.differentiated(.time) }
      known[jet] = node
    }
    var result = residual
    result.node = residual.node.replacingTerminals { node in
      if case .jet(let jet) = node { known[jet] } else { nil }
    }
    result.assignment = nil
    return result
  }
}

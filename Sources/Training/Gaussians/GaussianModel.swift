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

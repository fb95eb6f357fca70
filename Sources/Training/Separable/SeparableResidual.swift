import Autodiff
import Equations
import Geometry
import NeuralNetworks
import Tensors

/// Residuals of a separable network on a tensor grid, with derivatives axis by axis.
///
/// Values on the grid are a matrix: rows are points of the first half of the axes, columns those of the second, and a
/// derivative of an unknown is one product of the factors' derivatives over the rank.
struct SeparableResidual<Scalar: Real> {
  private let system: PointwiseSystem
  private let network: SeparableNetwork<Scalar>
  private let nodes: [Node]
  /// The highest derivative along each axis.
  private let orders: [Int]

  init(_ system: PointwiseSystem, _ network: SeparableNetwork<Scalar>, _ nodes: [Node]) {
    (self.system, self.network, self.nodes) = (system, network, nodes)
    var orders = [Int](repeating: 0, count: network.axes.count)
    for node in nodes {
      node.visit { node in
        guard case .jet(let jet) = node else { return }
        for (axis, order) in Self.orders(jet, system).enumerated() { orders[axis] = max(orders[axis], order) }
      }
    }
    self.orders = orders
  }

  /// Orders of a derivative per axis, time last.
  private static func orders(_ jet: Jet, _ system: PointwiseSystem) -> [Int] {
    Axis.allCases.prefix(system.dimension).map { jet.orders[$0] }
      + (system.isEvolution ? [jet.timeOrder] : [])
  }

  /// The number of axes whose points are rows.
  private var split: Int { (network.axes.count + 1) / 2 }

  /// The residuals at the points of a grid.
  ///
  /// - Parameter coordinates: [points, 1] of every axis, recorded.
  /// - Returns: One matrix [points of the first axes, points of the others] per residual.
  func callAsFunction(_ coordinates: [Tensor<Scalar>]) throws -> [Tensor<Scalar>] {
    let counts = coordinates.map { $0.shape[0] }
    let shape = [counts[..<split].reduce(1, *), counts[split...].reduce(1, *)]
    // Derivatives of the factors of every axis, from the value on.
    let factors = try coordinates.indices.map { axis -> [Tensor<Scalar>] in
      let value = network.factors(axis, coordinates[axis])
      guard orders[axis] > 0 else { return [value] }
      let plan = TaylorPlan(
        (1...orders[axis]).map { DerivativeCombination(DerivativeIndex([$0])) }, directions: 1)
      let unit = Tensor<Scalar>(shape: [1, 1], [1])
      return [value]
        + (try taylorDerivatives(of: [value], by: coordinates[axis], along: [unit], plan: plan)[0])
    }
    var known: [Jet: Tensor<Scalar>] = [:]
    let rank = network.rank
    func grid(_ jet: Jet) -> Tensor<Scalar> {
      let own = Self.orders(jet, system).enumerated().map { axis, order in
        factors[axis][order].slice(axis: 1, jet.unknown * rank..<(jet.unknown + 1) * rank)
      }
      // Rows of products over some axes, the last one fastest: [points, rank].
      func product(_ parts: ArraySlice<Tensor<Scalar>>) -> Tensor<Scalar>? {
        parts.dropFirst().reduce(parts.first) { result, next in
          let (n, m) = (result!.shape[0], next.shape[0])
          return (result!.reshaped([n, 1, rank]) * next.reshaped([1, m, rank])).reshaped([n * m, rank])
        }
      }
      let left = product(own[..<split])!
      guard let right = product(own[split...]) else { return left.sum(axis: 1).reshaped([shape[0], 1]) }
      return matmul(left, right.transposed)
    }
    // A coordinate on the grid: a column of the rows, or a row of the columns.
    func spread(_ axis: Int) -> Tensor<Scalar> {
      let range = axis < split ? 0..<split : split..<counts.count
      let (before, after) = (
        counts[range.lowerBound..<axis].reduce(1, *), counts[axis + 1..<range.upperBound].reduce(1, *)
      )
      let all = coordinates[axis].reshaped([1, counts[axis], 1])
        .broadcast(to: [before, counts[axis], after])
      return axis < split ? all.reshaped([shape[0], 1]) : all.reshaped([1, shape[1]])
    }
    let formula = PointFormula<Scalar>(
      coordinates: (0..<system.dimension).map(spread),
      time: system.isEvolution ? spread(system.dimension) : nil
    ) { jet in
      if let value = known[jet] { return value }
      let value = grid(jet)
      known[jet] = value
      return value
    }
    return try nodes.map { try formula($0).broadcast(to: shape) }
  }
}

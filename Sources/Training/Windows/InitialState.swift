import Autodiff
import Equations
import Geometry
import Tensors

/// What an evolution begins with in a window of time: the unknowns, and as many of their time derivatives as the equations
/// ask for, as series on the box.
struct InitialState: Sendable {
  /// The unknowns' derivatives in time that the columns of the series are.
  let functions: [Jet]
  let series: BoxSeries

  /// For each unknown, how many time derivatives, the value included, determine what follows: the highest order in time of
  /// its derivatives in the equations.
  static func orders(_ system: PointwiseSystem) -> [Int] {
    system.unknowns.indices.map { unknown in
      var order = 0
      for equation in system.equations {
        equation.node.visit {
          if case .jet(let jet) = $0, jet.unknown == unknown { order = max(order, jet.timeOrder) }
        }
      }
      return order
    }
  }

  /// The state of a model at a time.
  ///
  /// - Parameter model: The unknowns at points [points, coordinates and time].
  init<Scalar: Real>(
    of model: (Tensor<Scalar>) -> Tensor<Scalar>, _ system: PointwiseSystem, at time: Double
  ) throws {
    let functions = Self.orders(system).enumerated().flatMap { unknown, order in
      (0..<order).map { Jet(unknown, timeOrder: $0) }
    }
    self.functions = functions
    let columns = system.dimension + 1
    let isDouble = Scalar.self == Double.self
    series = try BoxSeries(
      system.box, tolerance: isDouble ? 1e-14 : 1e-7, limit: [1: 1024, 2: 256, 3: 32][system.dimension]!
    ) { points in
      let table = Tensor<Scalar>(
        shape: [points.count, columns], points.flatMap { ($0 + [time]).map { Scalar($0) } })
      let wanted = functions.map { jet in
        (
          jet.unknown,
          DerivativeIndex(Array(repeating: 0, count: system.dimension) + [jet.timeOrder])
        )
      }
      return Tensor<Double>(.concatenated(try derivatives(of: model, wanted, at: table), axis: 1))
    }
  }
}

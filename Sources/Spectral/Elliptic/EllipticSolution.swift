import Equations
import Geometry
import Tensors

/// What a direct solve did.
public struct EllipticStatistics: Sendable, Codable {
  /// The method of each axis.
  public var methodNames: [String]
  /// Grid points per axis.
  public var points: [Int]
  /// The time of planning and factorising, shared by all solves of a system.
  public var setupSeconds: Double
  /// The time of this solve, sources and data included.
  public var solveSeconds: Double
}

/// The solution of a steady problem: every unknown on the grid, and by its basis anywhere in the domain.
public struct EllipticSolution: Sendable {
  /// The lowered problem.
  public let system: PDESystem
  /// The points.
  public let grid: RectilinearGrid
  /// Integration weights of the grid's points along each axis.
  public let weights: [[Double]]
  /// Times and methods.
  public let statistics: EllipticStatistics

  private let fields: Fields

  enum Fields: Sendable {
    case scalars([EllipticField])
    case modes(FourierLayout, [[Double]])
  }

  init(
    system: PDESystem, grid: RectilinearGrid, weights: [[Double]], fields: Fields,
    statistics: EllipticStatistics
  ) {
    (self.system, self.grid, self.weights) = (system, grid, weights)
    (self.fields, self.statistics) = (fields, statistics)
  }

  /// Every unknown on the grid, row-major with x slowest.
  public var values: [[Double]] { values(of: system.unknowns.indices.map { Jet($0) }) }

  /// Values of jets of the unknowns on the grid.
  public func values(of jets: [Jet]) -> [[Double]] {
    check(jets)
    switch fields {
    case .scalars(let fields): return jets.map { fields[$0.unknown].derivative($0.orders) }
    case .modes(let layout, let modes):
      let transform = FourierTransform(layout)
      return jets.map { transform.grid(of: layout.differentiated(modes[$0.unknown], $0.orders)) }
    }
  }

  /// Values of jets of the unknowns at any points, each given by its coordinates; NaN outside the domain. One array per
  /// jet.
  public func values(of jets: [Jet], at points: [[Double]]) -> [[Double]] {
    check(jets)
    switch fields {
    case .scalars(let fields): return jets.map { fields[$0.unknown].derivative($0.orders, at: points) }
    case .modes(let layout, let modes):
      return jets.map { jet in
        let modes = layout.differentiated(modes[jet.unknown], jet.orders)
        return points.map { $0.allSatisfy(\.isFinite) ? layout.value(of: modes, at: $0) : .nan }
      }
    }
  }

  private func check(_ jets: [Jet]) {
    for jet in jets {
      precondition(
        system.unknowns.indices.contains(jet.unknown) && jet.timeOrder == 0,
        "the steady solution of \(system.unknowns.count) unknowns has no jet \(jet)")
      for axis in Axis.allCases.dropFirst(system.dimension) {
        precondition(
          jet.orders[axis] == 0, "a derivative along \(axis.name) in \(system.dimension) dimensions")
      }
    }
  }
}

extension FourierLayout {
  /// The modes of a derivative.
  func differentiated(_ modes: [Double], _ orders: MultiIndex) -> [Double] {
    if orders == .zero { return modes }
    var result = modes
    for m in 0..<modeCount {
      let value =
        LinearStructure.symbol(orders, physicalWavenumbers(m)) * Complex(modes[2 * m], modes[2 * m + 1])
      (result[2 * m], result[2 * m + 1]) = (value.real, value.imaginary)
    }
    return result
  }
}

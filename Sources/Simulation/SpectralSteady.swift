import Equations
import Foundation
import Geometry
import Spectral

/// A steady method that diagonalises the operator by transforms.
public protocol SpectralSteadyMethod: SteadyMethod {
  /// The discretisation of a problem's axes.
  func ellipticMethod(for system: PDESystem) throws -> EllipticMethod
}

extension SpectralSteadyMethod {
  /// Solves by transforms, or by dense matrices along Chebyshev axes.
  /// - Throws: ``EquationError``, and ``EllipticError`` when there is no unique solution.
  public func solve(_ system: PDESystem, seed: UInt64) throws -> SteadySolution {
    let points = try system.resolvedPoints(points)
    let elliptic = try EllipticSystem(system, points: points, method: ellipticMethod(for: system))
    let result = try elliptic.solve(random: { field, grid in
      RandomFields(seed: seed, stream: 1 << 32).values(of: field, box: system.box, on: grid)
    })
    var statistics = RunStatistics()
    statistics.secondsSetup = result.statistics.setupSeconds
    statistics.secondsSolve = result.statistics.solveSeconds
    return SteadySolution(state: SpectralSteadyState(solution: result), statistics: statistics)
  }
}

/// The second-order finite-difference stencil on every axis, inverted by fast transforms.
public struct FiniteDifference: SpectralSteadyMethod {
  public var points: [Int]
  /// Where the points lie.
  public var grid: UniformGrid

  public init(points: [Int], grid: UniformGrid = .vertices) { (self.points, self.grid) = (points, grid) }

  public var name: String { "fft" }

  public func ellipticMethod(for system: PDESystem) throws -> EllipticMethod { .finiteDifference(grid) }
}

extension Fourier: SpectralSteadyMethod {
  public func ellipticMethod(for system: PDESystem) throws -> EllipticMethod {
    .axes(system.box.intervals.map { _ in .fourier })
  }
}

/// The solution of a steady problem as a state for fields.
private struct SpectralSteadyState: SolutionState {
  let solution: EllipticSolution

  var system: PDESystem { solution.system }
  var time: Double { 0 }
  var grid: RectilinearGrid { solution.grid }
  var weights: [[Double]] { solution.weights }
  var hidden: Set<Int> { [] }

  func values(of jets: [Jet]) throws -> [[Double]] { solution.values(of: jets) }
  func values(of jets: [Jet], at points: [[Double]]) throws -> [[Double]] {
    solution.values(of: jets, at: points)
  }
}

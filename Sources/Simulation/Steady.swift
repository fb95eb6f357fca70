import Equations
import Foundation
import Geometry
import Spectral
import Tensors

/// A way to solve a steady linear problem on a box.
public protocol SteadyMethod: Sendable {
  /// The name by which the command line knows the method.
  var name: String { get }
  /// Grid points per axis; a single number holds for all.
  var points: [Int] { get }
  /// The discretisation of a problem's axes.
  func ellipticMethod(for system: PDESystem) throws -> EllipticMethod
}

/// The second-order finite-difference stencil on every axis, inverted by fast transforms.
public struct FiniteDifference: SteadyMethod {
  public var points: [Int]
  /// Where the points lie.
  public var grid: UniformGrid

  public init(points: [Int], grid: UniformGrid = .vertices) { (self.points, self.grid) = (points, grid) }

  public var name: String { "finite-difference" }

  public func ellipticMethod(for system: PDESystem) throws -> EllipticMethod { .finiteDifference(grid) }
}

extension Fourier: SteadyMethod {
  public func ellipticMethod(for system: PDESystem) throws -> EllipticMethod {
    .axes(system.box.intervals.map { _ in .fourier })
  }
}

/// Solves a steady linear problem.
///
/// ```swift
/// let solution = try solve(Poisson(), with: Chebyshev(points: [64]))
/// ```
///
/// - Parameters:
///   - problem: The equation with its domain and conditions.
///   - method: The discretisation.
///   - parameters: Values of parameters other than their defaults.
///   - seed: What random fields in sources are drawn from.
/// - Throws: ``EquationError`` when the problem or the method is wrong, ``EllipticError`` when there is no unique
///   solution.
public func solve(
  _ problem: some Problem, with method: some SteadyMethod, parameters: ParameterValues = [:], seed: UInt64 = 0
) throws -> Solution {
  let system = try PDESystem(problem, parameters: parameters)
  guard !system.isEvolution else {
    throw EquationError(
      "\(problem.name) has a time derivative: give a time stepper and a final time, as in "
        + "solve(…, stepping: ETDRK4(step: 1e-3), until: 1)")
  }
  let points = try system.resolvedPoints(method.points)
  let elliptic = try EllipticSystem(system, points: points, method: method.ellipticMethod(for: system))
  let result = try elliptic.solve(random: { field, grid in
    RandomFields(seed: seed, stream: 1 << 32).values(of: field, box: system.box, on: grid)
  })
  var statistics = RunStatistics()
  statistics.secondsSetup = result.statistics.setupSeconds
  statistics.secondsSolve = result.statistics.solveSeconds
  statistics.threads = WorkerPool.shared.threadCount
  return Solution(
    problem: problem.name, parameters: problem.values(of: parameters), method: method.name,
    frames: [Solution.Frame(time: 0, state: SteadyState(solution: result))], statistics: statistics)
}

/// The solution of a steady problem as a state for fields.
private struct SteadyState: SolutionState {
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

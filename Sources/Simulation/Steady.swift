import Equations
import Foundation
import Geometry
import Tensors

/// A way to solve a steady problem.
public protocol SteadyMethod: Sendable {
  /// The name by which the command line knows the method.
  var name: String { get }
  /// Grid points per axis; a single number holds for all, none where the method has no grid of its own.
  var points: [Int] { get }
  /// The mesh that problems are posed on instead of their own domain, for methods on meshes.
  var placement: MeshPlacement { get }
  /// Solves a lowered problem.
  ///
  /// - Parameters:
  ///   - system: The problem, without time derivatives.
  ///   - seed: What random fields are drawn from.
  /// - Throws: ``EquationError`` when the method cannot take the problem, with what to use instead, and whatever the
  ///   solver throws when there is no unique solution.
  func solve(_ system: PDESystem, seed: UInt64) throws -> SteadySolution
}

extension SteadyMethod {
  /// The problem's own domain.
  public var placement: MeshPlacement { MeshPlacement() }
}

/// What a steady method gives: the state, and what it cost.
public struct SteadySolution: Sendable {
  /// The unknowns.
  public var state: any SolutionState
  /// Seconds, and the solver's figures.
  public var statistics: RunStatistics

  /// A solution.
  public init(state: any SolutionState, statistics: RunStatistics) {
    (self.state, self.statistics) = (state, statistics)
  }
}

/// Solves a steady problem.
///
/// ```swift
/// let solution = try solve(Poisson(), with: Chebyshev(points: [64]))
/// ```
///
/// - Parameters:
///   - problem: The equation with its domain and conditions.
///   - method: The discretisation.
///   - parameters: Values of parameters other than their defaults.
///   - seed: What random fields in sources and coefficients are drawn from.
/// - Throws: ``EquationError`` when the problem or the method is wrong, and the errors of the solver when there is no
///   unique solution.
public func solve(
  _ problem: some Problem, with method: some SteadyMethod, parameters: ParameterValues = [:], seed: UInt64 = 0
) throws -> Solution {
  let system = try PDESystem(problem, parameters: parameters, on: method.placement)
  guard !system.isEvolution else {
    throw EquationError(
      "\(problem.name) has a time derivative: give a time stepper and a final time, as in "
        + "solve(…, stepping: ETDRK4(step: 1e-3), until: 1)")
  }
  var result = try method.solve(system, seed: seed)
  result.statistics.threads = WorkerPool.shared.threadCount
  return Solution(
    problem: problem.name, parameters: problem.values(of: parameters), method: method.name,
    frames: [Solution.Frame(time: 0, state: result.state)], statistics: result.statistics)
}

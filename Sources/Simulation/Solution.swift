import Algebra
import Equations
import Foundation
import Geometry
import Spectral

/// The solution of a problem: fields at the times that were kept, and how they came about.
public struct Solution: Sendable {
  /// One kept time.
  public struct Frame: Sendable {
    /// The time; 0 for a steady problem.
    public let time: Double
    /// The unknowns as their method has them.
    public let state: any SolutionState

    /// A state at a time.
    public init(time: Double, state: any SolutionState) { (self.time, self.state) = (time, state) }

    /// Names of the fields: unknowns and derived fields.
    public var fieldNames: [String] { definitions.map(\.name) }

    var definitions: [FieldDefinition] { FieldDefinition.all(of: state.system, without: state.hidden) }

    /// The field with the given name.
    ///
    /// - Throws: ``EquationError`` when there is none; the text lists those that there are.
    public func field(_ name: String) throws -> SolutionField {
      guard let definition = definitions.first(where: { $0.name == name }) else {
        throw EquationError(
          "\(state.system.name) has no field '\(name)': choose one of \(fieldNames.joined(separator: ", "))")
      }
      return try SolutionField(definition, state)
    }

    /// All fields.
    public var fields: [SolutionField] {
      get throws { try definitions.map { try SolutionField($0, state) } }
    }

    /// Derived numbers (integrals and means) by name, in the order of the problem.
    public var numbers: [(name: String, value: Double)] {
      get throws {
        try state.system.derived.filter { $0.kind != .field }.map { quantity in
          let integral = try state.integral(of: quantity.components[0])
          guard quantity.kind == .mean else { return (quantity.name, integral) }
          let volume = state.fillsBox ? state.system.box.volume : try state.integral(of: .one)
          return (quantity.name, integral / volume)
        }
      }
    }

    /// The relative L² error of each unknown whose exact solution the problem states.
    public var exactErrors: [(name: String, value: Double)] {
      get throws {
        try definitions.compactMap { definition in
          let exact = definition.formulas.map { formula -> Node? in
            guard case .jet(let jet) = formula, jet.orders == .zero, jet.unknown < state.system.exact.count
            else { return nil }
            return state.system.exact[jet.unknown]
          }
          guard exact.allSatisfy({ $0 != nil }) else { return nil }
          if !state.fillsBox {
            let square = { (nodes: [Node]) in Node.sum(of: nodes.map { .raise($0, .constant(2)) }) }
            let difference = try state.integral(of: square(zip(definition.formulas, exact).map { $0 - $1! }))
            let size = try state.integral(of: square(exact.map { $0! }))
            return (definition.name, (size > 0 ? difference / size : difference).squareRoot())
          }
          let reference = try state.evaluate(exact.map { $0! }, at: nil)
          return (definition.name, try SolutionField(definition, state).relativeError(to: reference))
        }
      }
    }
  }

  /// The problem's name.
  public let problem: String
  /// Values of the problem's parameters by name.
  public let parameters: [String: Double]
  /// The discretisation's name, such as "fourier".
  public let method: String
  /// The kept times in order, at least one.
  public let frames: [Frame]
  /// What the solve cost.
  public let statistics: RunStatistics

  /// The solution by a method: at least one frame, in the order of time.
  public init(
    problem: String, parameters: [String: Double], method: String, frames: [Frame], statistics: RunStatistics
  ) {
    precondition(!frames.isEmpty, "a solution of \(problem) without frames")
    (self.problem, self.parameters, self.method) = (problem, parameters, method)
    (self.frames, self.statistics) = (frames, statistics)
  }

  /// The last frame.
  public var last: Frame { frames[frames.count - 1] }
  /// The kept times.
  public var times: [Double] { frames.map(\.time) }

  /// A field at the last time.
  ///
  /// - Throws: ``EquationError`` when there is none of this name.
  public func field(_ name: String) throws -> SolutionField { try last.field(name) }

  /// A field at each kept time.
  public func series(_ name: String) throws -> [SolutionField] { try frames.map { try $0.field(name) } }
}

/// What a solve cost.
public struct RunStatistics: Sendable, Codable, Equatable {
  /// The time stepper, or nil for a steady problem.
  public var stepper: String?
  /// The (last) step.
  public var step: Double?
  /// Steps that were taken.
  public var steps = 0
  /// Steps that were tried and repeated with a shorter one.
  public var rejectedSteps = 0
  /// Fourier transforms of a whole field per evaluation of the nonlinear terms.
  public var transformsPerEvaluation: Int?
  /// Unknowns of a sparse system.
  public var unknowns: Int?
  /// What solved it.
  public var solver: String?
  /// Iterations of the solver.
  public var iterations: Int?
  /// The largest ‖b − A x‖ / ‖b‖ of the linear systems.
  public var relativeResidual: Double?
  /// Steps of Newton's method, for nonlinear problems.
  public var newtonSteps: Int?
  public var secondsSetup = 0.0
  public var secondsSolve = 0.0
  public var threads = 1
  /// Why a callback stopped the run, if one did.
  public var stopReason: String?

  public init() {}

  /// Solves a linear system and takes over what that took; matrices on one pattern share what depends on it alone.
  ///
  /// - Parameter prepared: The method for the matrix before, if there was one, and then for this.
  /// - Throws: What the method throws, and ``IterativeSolverError`` when an iteration ends short of its tolerance.
  mutating func solve(
    _ matrix: SparseMatrix<Double>, _ b: [Double], with method: any LinearSolver,
    nullSpace: NullSpace<Double>? = nil, prepared: inout (any PreparedLinearSolver<Double>)?
  ) throws -> [Double] {
    let begin = Date()
    let ready: any PreparedLinearSolver<Double>
    do {
      ready = try prepared?.updated(matrix) ?? method.prepare(matrix, nullSpace: nullSpace)
    } catch DirectSolverError.notPositiveDefinite {
      throw Self.indefinite(method)
    }
    prepared = ready
    let between = Date()
    let solution = try ready.solve(b)
    if solution.status == .indefiniteMatrix { throw Self.indefinite(method) }
    secondsSetup += between.timeIntervalSince(begin)
    secondsSolve += Date().timeIntervalSince(between)
    solver = solution.statistics.method
    if solution.statistics.iterations > 0 { iterations = (iterations ?? 0) + solution.statistics.iterations }
    relativeResidual = max(relativeResidual ?? 0, solution.statistics.relativeResidual)
    // Where rounding stops an iteration short of a tight tolerance, what it reached is the best there is; the figure goes
    // into the statistics.
    return solution.isAtRounding ? solution.value : try solution.converged()
  }

  private static func indefinite(_ method: any LinearSolver) -> EquationError {
    EquationError(
      "\(method.name) takes positive definite matrices, and that of this problem has eigenvalues of both signs, as "
        + "Helmholtz's equation at a high wave number: use lu, ldl, minres or automatic")
  }
}

/// A state of an evolution at one time.
struct EvolutionState: SolutionState {
  let spectral: any SpectralSystem
  let coefficients: [[Double]]
  let time: Double

  var system: PDESystem { spectral.system }
  var grid: RectilinearGrid { spectral.grid }
  var weights: [[Double]] { spectral.weights }
  var hidden: Set<Int> { spectral.hiddenUnknowns }

  func values(of jets: [Jet]) throws -> [[Double]] {
    try spectral.values(of: jets, in: coefficients, time: time)
  }

  func values(of jets: [Jet], at points: [[Double]]) throws -> [[Double]] {
    let box = system.box
    let isInside = points.map { point in
      zip(point, box.intervals).allSatisfy { $1.isPeriodic || ($1.lower...$1.upper).contains($0) }
    }
    return try spectral.values(of: jets, in: coefficients, time: time, at: points).map { values in
      zip(values, isInside).map { $1 ? $0 : .nan }
    }
  }
}

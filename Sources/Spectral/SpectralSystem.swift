import Algebra
import Equations
import Geometry
import Tensors

/// An evolution equation discretised in a basis in which its linear part is diagonal, or block-diagonal over the
/// unknowns of a mode: v' = L v + N(v, t).
///
/// The state is one array of `coefficientCount` numbers per variable. Conforming types are immutable; steppers with
/// their own memory run on them.
public protocol SpectralSystem: Sendable {
  /// The lowered problem.
  var system: PDESystem { get }
  /// Unknowns that are stepped, by index into `system.unknowns`.
  var variables: [Int] { get }
  /// Modes of one variable: each has a matrix L of its own.
  var modeCount: Int { get }
  /// Numbers that hold the modes of one variable: two per complex mode.
  var coefficientCount: Int { get }
  /// Whether L couples variables.
  var isCoupled: Bool { get }
  /// L of a mode, variables × variables.
  func linearPart(_ mode: Int) -> SmallComplexMatrix
  /// The points on which fields are sampled and products formed. Periodic axes omit their upper end.
  var grid: RectilinearGrid { get }
  /// Integration weights of the grid's points along each axis: ∫ f dx ≈ Σ w f.
  var weights: [[Double]] { get }
  /// Unknowns that the state gives no values of: multipliers of constraints where a source is random.
  var hiddenUnknowns: Set<Int> { get }
  /// The name of the method, such as "Fourier".
  var methodName: String { get }

  /// The state nearest to fields given on the grid, one array per variable.
  ///
  /// - Throws: ``EquationError`` when the fields do not suit the basis (boundary values, a constraint).
  func state(of fields: [[Double]], time: Double) throws -> [[Double]]

  /// Values of jets of the unknowns on the grid, determined unknowns included.
  func values(of jets: [Jet], in state: [[Double]], time: Double) throws -> [[Double]]

  /// Values of jets at any points of the domain, by the basis itself: `points[i]` holds the coordinates of point i.
  func values(of jets: [Jet], in state: [[Double]], time: Double, at points: [[Double]]) throws -> [[Double]]

  /// A stepper on this system.
  ///
  /// - Parameters:
  ///   - coefficients: The method at its step size.
  ///   - state: The state to begin with.
  ///   - time: Its time.
  ///   - stepIndex: How many steps led there, for runs that go on from a saved state.
  ///   - pool: The threads to use.
  func makeStepper(
    _ coefficients: StepCoefficients, state: [[Double]], time: Double, stepIndex: Int, pool: WorkerPool
  ) -> any SpectralStepper
}

/// A state that is stepped in time.
///
/// One thread at a time drives a stepper. The same state gives the same bits for any number of threads.
public protocol SpectralStepper: AnyObject {
  /// The time of the state. Drivers of fixed steps set it after each step, so that it does not drift by rounding.
  var time: Double { get set }
  /// Steps taken since the beginning of the run.
  var stepIndex: Int { get }
  /// The step size.
  var step: Double { get }
  /// Copies of the coefficients of all variables.
  var state: [[Double]] { get }
  /// Replaces the state.
  func setState(_ state: [[Double]])
  /// Earlier states and nonlinear terms, newest first, all variables in one array: what a multistep method needs.
  var history: [StepHistory] { get set }
  /// The nonlinear part of the state's time derivative, all variables in one array.
  func nonlinear() -> [Double]
  /// Changes the step size. The new coefficients have as many stages and as much history as the old.
  func setCoefficients(_ new: StepCoefficients)
  /// Advances by one step without allocating.
  func advance()
  /// Forms the next state and, for embedded methods, its error, without moving on.
  func attempt()
  /// Makes the attempted state the state.
  func accept()
  /// rms over variables of |error| / (absolute + relative · max(|old|, |new|)), with L² norms of the fields.
  func errorNorm(absolute: Double, relative: Double) -> Double
  /// The mean square of each variable's field (for bases without orthogonality, of its coefficients). Not finite once
  /// the run has blown up.
  var meanSquares: [Double] { get }
}

extension SpectralStepper {
  public func advance() {
    attempt()
    accept()
  }
}

/// One earlier step of a multistep method.
public struct StepHistory: Sendable, Codable {
  /// The state, all variables one after another.
  public var state: [Double]
  /// Its nonlinear terms.
  public var nonlinear: [Double]

  public init(state: [Double], nonlinear: [Double]) { (self.state, self.nonlinear) = (state, nonlinear) }
}

/// The conserved quantities of one cell, or their fluxes, in four lanes; a law says which lanes it uses.
public typealias CellState = SIMD4<Double>

/// ∂u/∂t + ∂f(u)/∂x + ∂g(u)/∂y = s: what a finite-volume solver must know of a system of conservation laws.
///
/// States are turned so that lane 1 holds the momentum along the axis of a sweep: a law states its flux in one direction.
/// The loops over lines of cells are inlinable, so that they are compiled for a law of the user's own as well.
public protocol ConservationLaw: Sendable {
  /// The names of the conserved quantities.
  var componentNames: [String] { get }
  /// The lane of each of them.
  var lanes: [Int] { get }
  /// The flux along an axis of a state that is turned to it.
  func flux(_ u: CellState, axis: Int) -> CellState
  /// The slowest and the fastest characteristic speed along an axis.
  func signalSpeeds(_ u: CellState, axis: Int) -> (slow: Double, fast: Double)
  /// Whether a state makes physical sense, such as a positive density and pressure.
  func isAdmissible(_ u: CellState) -> Bool
  /// The variables in which slopes are limited, such as density, velocity and pressure.
  func variables(_ u: CellState) -> CellState
  /// The state with the given variables.
  func state(_ v: CellState) -> CellState
  /// The state turned to an axis; turning twice gives the state back.
  func turned(_ u: CellState, axis: Int) -> CellState
  /// The state with the velocity along the axis reversed: what lies behind a wall.
  func reflected(_ u: CellState) -> CellState
  /// The eigenvectors of the flux's Jacobian along lane 1, or nil for a law that is reconstructed lane by lane.
  func eigenvectors(_ u: CellState, axis: Int) -> FluxEigenvectors?
  /// The flux through a face that resolves contact waves, between signals that move apart; nil for a law without.
  func contactFlux(
    _ left: CellState, _ right: CellState, slow: Double, fast: Double, axis: Int
  ) -> CellState?
  /// The fluxes that the cells on the left and on the right of a face see. They differ where a source, such as a
  /// sloping bottom, acts in the face.
  func faceFluxes(
    _ left: CellState, _ right: CellState, _ solver: RiemannSolver, axis: Int
  ) -> (left: CellState, right: CellState)
  /// Whether ``source(lower:upper:)`` is not zero.
  var hasSource: Bool { get }
  /// The source of a cell times its width, from the states at its lower and upper face along an axis.
  func source(lower: CellState, upper: CellState) -> CellState

  // MARK: - Loops over lines. Their defaults are right for every law; they are requirements so that each law has loops
  // of its own, in which its functions are inlined.

  /// See ``reconstructLine(_:_:ghosts:count:lower:upper:axis:)``.
  func reconstructLine(
    _ scheme: Reconstruction, _ cells: UnsafePointer<CellState>, ghosts: Int, count: Int,
    lower: UnsafeMutablePointer<CellState>, upper: UnsafeMutablePointer<CellState>, axis: Int)
  /// The fluxes through `count` faces from the states on their left and right.
  func fluxLine(
    _ solver: RiemannSolver, left: UnsafePointer<CellState>, right: UnsafePointer<CellState>, count: Int,
    leftFlux: UnsafeMutablePointer<CellState>, rightFlux: UnsafeMutablePointer<CellState>, axis: Int)
  /// The fastest signal along an axis of `count` states that are not turned.
  func fastestSignal(_ cells: UnsafePointer<CellState>, count: Int, axis: Int) -> Double
  /// Point values in the middle of faces from averages over faces along a line, given those of the neighbouring lines;
  /// a value that would not be admissible stays the average.
  func pointLine(
    _ previous: UnsafePointer<CellState>, _ here: UnsafePointer<CellState>, _ next: UnsafePointer<CellState>,
    count: Int, _ points: UnsafeMutablePointer<CellState>)
}

/// Right and left eigenvectors of a Jacobian, each by columns: L u = Σ left_k u_k.
public struct FluxEigenvectors: Sendable {
  /// The columns of L.
  public var left: (CellState, CellState, CellState, CellState)
  /// The columns of R = L⁻¹.
  public var right: (CellState, CellState, CellState, CellState)

  /// Eigenvectors by columns.
  public init(
    left: (CellState, CellState, CellState, CellState), right: (CellState, CellState, CellState, CellState)
  ) {
    (self.left, self.right) = (left, right)
  }

  /// The amplitudes of the characteristic fields.
  @inlinable
  public func amplitudes(_ u: CellState) -> CellState {
    left.0 * u[0] + left.1 * u[1] + left.2 * u[2] + left.3 * u[3]
  }

  /// The state with given amplitudes.
  @inlinable
  public func state(_ w: CellState) -> CellState {
    right.0 * w[0] + right.1 * w[1] + right.2 * w[2] + right.3 * w[3]
  }
}

extension ConservationLaw {
  @inlinable
  public func isAdmissible(_ u: CellState) -> Bool {
    u.x.isFinite && u.y.isFinite && u.z.isFinite && u.w.isFinite
  }
  @inlinable
  public func variables(_ u: CellState) -> CellState { u }
  @inlinable
  public func state(_ v: CellState) -> CellState { v }
  @inlinable
  public func turned(_ u: CellState, axis: Int) -> CellState { u }
  @inlinable
  public func reflected(_ u: CellState) -> CellState { u }
  @inlinable
  public func eigenvectors(_ u: CellState, axis: Int) -> FluxEigenvectors? { nil }
  @inlinable
  public func contactFlux(
    _ left: CellState, _ right: CellState, slow: Double, fast: Double, axis: Int
  ) -> CellState? { nil }
  @inlinable
  public func faceFluxes(
    _ left: CellState, _ right: CellState, _ solver: RiemannSolver, axis: Int
  ) -> (left: CellState, right: CellState) {
    let flux = solver.flux(left, right, of: self, axis: axis)
    return (flux, flux)
  }
  @inlinable
  public var hasSource: Bool { false }
  @inlinable
  public func source(lower: CellState, upper: CellState) -> CellState { .zero }

  @inlinable
  public func fluxLine(
    _ solver: RiemannSolver, left: UnsafePointer<CellState>, right: UnsafePointer<CellState>, count: Int,
    leftFlux: UnsafeMutablePointer<CellState>, rightFlux: UnsafeMutablePointer<CellState>, axis: Int
  ) {
    if hasSource {
      for i in 0..<count { (leftFlux[i], rightFlux[i]) = faceFluxes(left[i], right[i], solver, axis: axis) }
      return
    }
    for i in 0..<count { leftFlux[i] = solver.flux(left[i], right[i], of: self, axis: axis) }
  }

  @inlinable
  public func fastestSignal(_ cells: UnsafePointer<CellState>, count: Int, axis: Int) -> Double {
    var fastest = 0.0
    for i in 0..<count {
      let speeds = signalSpeeds(turned(cells[i], axis: axis), axis: axis)
      let speed = max(abs(speeds.slow), abs(speeds.fast))
      // A comparison that is false for what is not a number keeps it.
      if !(speed <= fastest) { fastest = speed }
      if speed.isNaN { return .nan }
    }
    return fastest
  }

  @inlinable
  public func pointLine(
    _ previous: UnsafePointer<CellState>, _ here: UnsafePointer<CellState>, _ next: UnsafePointer<CellState>,
    count: Int, _ points: UnsafeMutablePointer<CellState>
  ) {
    for i in 0..<count {
      let point = here[i] - (previous[i] - 2 * here[i] + next[i]) / 24
      points[i] = isAdmissible(point) ? point : here[i]
    }
  }
}

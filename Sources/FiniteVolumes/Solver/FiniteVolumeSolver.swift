import Geometry
import Tensors

/// A conservation law on a uniform grid in one or two dimensions: cell averages advanced by the strong-stability-
/// preserving Runge–Kutta method of third order (Shu & Osher 1988).
///
/// Each axis is swept line by line: states at faces are reconstructed, a Riemann solver gives the fluxes, and their
/// differences the rates. With WENO in two dimensions, averages over faces are turned into point values and fluxes back
/// into averages (Buchmüller & Helzel 2014), without which the midpoint rule would cap the order at two.
///
/// ```swift
/// let gas = Euler(gamma: 1.4)
/// let solver = FiniteVolumeSolver(
///   gas, box: Box([.init(0, 1, periodic: false)]), cells: [400], reconstruction: .weno5(.z), solver: .hllc,
///   boundary: [[.outflow, .outflow]]
/// ) { x in
///   x[0] < 0.5
///     ? gas.state(density: 1, velocity: (0, 0), pressure: 1)
///     : gas.state(density: 0.125, velocity: (0, 0), pressure: 0.1)
/// }
/// try solver.advance(to: 0.2)
/// ```
///
/// A solver belongs to one caller at a time; its sweeps use the pool's threads, with results that do not depend on their
/// number. A step does not allocate.
public final class FiniteVolumeSolver<Law: ConservationLaw> {
  /// The law.
  public let law: Law
  /// The region.
  public let box: Box
  /// Cells along each axis.
  public let cells: [Int]
  /// The time reached.
  public private(set) var time = 0.0
  /// Steps taken.
  public private(set) var steps = 0

  private let boundary: [[BoundaryTreatment]]
  private let pool: WorkerPool
  private let state: CellArray
  private let stage: CellArray
  private let sweeps: [FiniteVolumeSweep<Law>]
  private let combination: StageCombination
  private let signals: SignalScan<Law>

  /// A solver with an initial state, whose averages are taken by Gauss quadrature of fifth degree per axis.
  ///
  /// - Parameters:
  ///   - law: The law.
  ///   - box: The region, of one or two dimensions.
  ///   - cells: Cells along each axis.
  ///   - reconstruction: How states at faces are made.
  ///   - solver: The Riemann solver.
  ///   - boundary: What lies beyond the lower and the upper side of each axis; periodic axes of the box need none.
  ///   - pool: The threads to use.
  ///   - initial: The state at a point, given by its coordinates.
  public init(
    _ law: Law, box: Box, cells: [Int], reconstruction: Reconstruction = .muscl(.monotonizedCentral),
    solver: RiemannSolver = .hllc, boundary: [[BoundaryTreatment]] = [], pool: WorkerPool = .shared,
    initial: ([Double]) -> CellState
  ) {
    let d = box.dimension
    precondition((1...2).contains(d), "finite volumes work in 1 and 2 dimensions, not \(d)")
    precondition(cells.count == d, "\(cells.count) cell counts for \(d) axes")
    let ghosts = reconstruction.ghostCells
    precondition(
      cells.allSatisfy { $0 >= ghosts }, "\(cells) cells: at least \(ghosts) are needed along each axis")
    (self.law, self.box, self.cells, self.pool) = (law, box, cells, pool)
    self.boundary = box.intervals.enumerated().map { axis, interval in
      if interval.isPeriodic { return [.periodic, .periodic] }
      let given = axis < boundary.count ? boundary[axis] : [.outflow, .outflow]
      precondition(
        given.count == 2 && !given.contains(.periodic),
        "a bounded axis has treatments of its lower and its upper side, not \(given)")
      return given
    }
    state = CellArray(counts: cells, ghosts: ghosts)
    stage = CellArray(counts: cells, ghosts: ghosts)
    let rates = CellArray(counts: cells, ghosts: 0)
    let spacing = zip(box.intervals, cells).map { $0.length / Double($1) }
    sweeps = (0..<d).map { axis in
      FiniteVolumeSweep(
        law, axis: axis, spacing: spacing[axis], reconstruction, solver, rates: rates, pool: pool)
    }
    combination = StageCombination(state: state, stage: stage, rates: rates)
    signals = SignalScan(law, state, spacing: spacing)
    setAverages(initial, spacing)
  }

  private func setAverages(_ initial: ([Double]) -> CellState, _ spacing: [Double]) {
    let nodes = [-(0.6).squareRoot() / 2, 0, (0.6).squareRoot() / 2]
    let weights = [5.0 / 18, 8.0 / 18, 5.0 / 18]
    for i in 0..<state.counts.0 {
      for j in 0..<state.counts.1 {
        let centre = zip(box.intervals, zip(spacing, [i, j])).map { $0.lower + (Double($1.1) + 0.5) * $1.0 }
        var sum = CellState.zero
        for p in 0..<3 {
          if centre.count == 1 {
            sum += weights[p] * initial([centre[0] + nodes[p] * spacing[0]])
            continue
          }
          for q in 0..<3 {
            sum +=
              (weights[p] * weights[q])
              * initial([centre[0] + nodes[p] * spacing[0], centre[1] + nodes[q] * spacing[1]])
          }
        }
        state.cell(i, j).pointee = sum
      }
    }
  }

  // MARK: - Time

  /// The largest step with a CFL number of 1: 1 / max Σ |signal| / Δx over the axes.
  public var signalTime: Double { 1 / signals.fastest(pool) }

  /// Advances to a time, with steps of the given CFL number.
  ///
  /// - Throws: ``FiniteVolumeError`` when a state makes no physical sense any more.
  public func advance(to end: Double, cfl: Double = 0.4, stepLimit: Int = 10_000_000) throws {
    precondition(cfl > 0 && cfl <= 1, "a CFL number of \(cfl): it lies in (0, 1]")
    let firstStep = steps
    while time < end {
      let signal = signals.fastest(pool)
      guard signal.isFinite else { throw inadmissible() }
      let longest = signal > 0 ? cfl / signal : end - time
      // A remainder of a millionth of a step is taken along.
      let step = end - time <= longest * (1 + 1e-6) ? end - time : longest
      guard steps - firstStep < stepLimit, time + step > time else {
        throw FiniteVolumeError.stepLimit(time: time, steps: steps - firstStep)
      }
      advance(by: step)
      if time + step * 1e-6 >= end { time = end }
    }
    guard signals.fastest(pool).isFinite else { throw inadmissible() }
  }

  /// One step of a given length.
  public func advance(by step: Double) {
    rate(of: state)
    combination.run(pool, weight: 0, step: step, into: stage)
    rate(of: stage)
    combination.run(pool, weight: 0.25, step: 0.25 * step, into: stage)
    rate(of: stage)
    combination.run(pool, weight: 2.0 / 3, step: 2.0 / 3 * step, into: state)
    time += step
    steps += 1
  }

  private func rate(of array: CellArray) {
    array.fillGhosts(boundary, law)
    for sweep in sweeps { sweep.run(array, pool) }
  }

  private func inadmissible() -> FiniteVolumeError {
    for i in 0..<state.counts.0 {
      for j in 0..<state.counts.1 where !law.isAdmissible(state.cell(i, j).pointee) {
        return .inadmissible(time: time, cell: cells.count == 1 ? [i] : [i, j])
      }
    }
    return .inadmissible(time: time, cell: [])
  }

  // MARK: - Results

  /// The centres of the cells.
  public var grid: RectilinearGrid {
    let spacing = zip(box.intervals, cells).map { $0.length / Double($1) }
    return RectilinearGrid(
      origin: zip(box.intervals, spacing).map { $0.lower + $1 / 2 }, spacing: spacing, shape: cells)
  }

  /// Cell averages of one conserved quantity, in the order of the law's `componentNames`; x slowest.
  public func averages(_ component: Int) -> [Double] {
    let lane = law.lanes[component]
    return states.map { $0[lane] }
  }

  /// Cell averages as states, x slowest.
  public var states: [CellState] {
    (0..<state.counts.0).flatMap { i in (0..<state.counts.1).map { state.cell(i, $0).pointee } }
  }

  /// The integral of each conserved quantity over the box, in the order of `componentNames`.
  public var totals: [Double] {
    let volume = zip(box.intervals, cells).reduce(1) { $0 * $1.0.length / Double($1.1) }
    return law.lanes.map { lane in states.reduce(0) { $0 + $1[lane] } * volume }
  }
}

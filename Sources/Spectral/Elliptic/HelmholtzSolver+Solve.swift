import Geometry
import Tensors

extension HelmholtzSolver {
  /// Scratch memory of solves: one solve at a time may use it.
  public final class Workspace: @unchecked Sendable {
    // Unchecked: the owner lets one solve at a time use it, and within a solve every worker has its own part.

    /// The threads that solves run on.
    public let pool: WorkerPool
    let lines: Buffer<Double>
    let stride: Int
    /// The constant's amplitude of the right-hand side, where the problem leaves the constant free.
    let constant = Buffer<Double>(count: 1)

    init(_ solver: HelmholtzSolver, pool: WorkerPool) {
      self.pool = pool
      // Values, amplitudes, and two factors per lane.
      stride = solver.transforms.map { 2 * $0.lanes * $0.stride + 2 * ($0.lanes + 7) / 8 * 8 }.max()!
      lines = Buffer(count: pool.threadCount * stride)
    }
  }

  /// Scratch memory for solves on the threads of `pool`.
  public func makeWorkspace(pool: WorkerPool = .shared) -> Workspace { Workspace(self, pool: pool) }

  /// Solves for one source.
  ///
  /// - Parameters:
  ///   - source: f on the grid.
  ///   - boundary: Data on the sides; sides without have g = 0.
  ///   - mean: The mean of the solution where the problem leaves it free.
  ///   - pool: The threads to use.
  /// - Returns: The solution as a field that can be differentiated and evaluated.
  /// - Throws: ``EllipticError/incompatible(defect:scale:)`` where the data do not balance,
  ///   ``EllipticError/notFinite(what:)``.
  public func solve(
    _ source: [Double], boundary: [Side: [Double]] = [:], mean: Double = 0, pool: WorkerPool = .shared
  ) throws(EllipticError) -> EllipticField {
    precondition(source.count == pointCount, "\(source.count) source values for a grid of \(grid.shape)")
    let data = try prepared(boundary)
    let workspace = makeWorkspace(pool: pool)
    var failure: EllipticError?
    let values = [Double](unsafeUninitializedCapacity: pointCount) { values, count in
      do throws(EllipticError) {
        try solve(source, into: values.baseAddress!, data, mean: mean, workspace)
        count = pointCount
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    let lifts = data.lifts.filter { axes[$0.axis].sides[$0.side].isSeparated }.map {
      EllipticField.Lift(
        axis: $0.axis, polynomial: axes[$0.axis].sides[$0.side].lift!, values: $0.values)
    }
    return EllipticField(box: box, grid: grid, axes: axes, values: values, lifts: lifts)
  }

  /// Solves into memory of the caller, without allocating any field.
  ///
  /// - Parameters:
  ///   - source: f, `grid.pointCount` numbers.
  ///   - solution: Where the solution goes; may be the source.
  ///   - boundary: Data on the sides.
  ///   - mean: The mean of the solution where the problem leaves it free.
  ///   - workspace: Scratch from ``makeWorkspace(pool:)``, which also says which threads run.
  public func solve(
    _ source: UnsafePointer<Double>, into solution: UnsafeMutablePointer<Double>,
    boundary: [Side: [Double]] = [:], mean: Double = 0, workspace: Workspace
  ) throws(EllipticError) {
    try solve(source, into: solution, try prepared(boundary), mean: mean, workspace)
  }

  private func solve(
    _ source: UnsafePointer<Double>, into solution: UnsafeMutablePointer<Double>, _ data: BoundaryTerms,
    mean: Double, _ workspace: Workspace
  ) throws(EllipticError) {
    let size = isSingular ? magnitude(source) : 0
    var input = source
    for axis in stride(from: 2, to: pivot, by: -1) {
      run(.analysis, axis, input, solution, data, workspace)
      input = UnsafePointer(solution)
    }
    run(.solution, pivot, input, solution, data, workspace)
    if isSingular { try checkCompatibility(size, data, workspace) }
    for axis in stride(from: pivot + 1, through: 2, by: 1) {
      run(.synthesis, axis, UnsafePointer(solution), solution, data, workspace)
    }
    finish(solution, data, workspace)
    if isSingular { shiftMean(of: solution, to: mean) }
  }

  // MARK: Passes

  private enum Work { case analysis, solution, synthesis }

  /// One pass over all lines along an axis, a few neighbouring lines at a time.
  private func run(
    _ work: Work, _ axis: Int, _ input: UnsafePointer<Double>, _ output: UnsafeMutablePointer<Double>,
    _ data: BoundaryTerms, _ workspace: Workspace
  ) {
    let laneAxis = axis == 2 ? 1 : 2
    let otherAxis = 3 - axis - laneAxis
    // Axes after this one hold amplitudes; those before hold values still (or again).
    func range(_ other: Int) -> Range<Int> {
      if other > axis { return 0..<axes[other].modeCount }
      return work == .synthesis ? axes[other].synthesisRange : axes[other].analysisRange
    }
    let (laneRange, otherRange) = (range(laneAxis), range(otherAxis))
    let transform = transforms[axis]
    let lanes = transform.lanes
    let chunks = (laneRange.count + lanes - 1) / lanes
    let modes = axes[axis].modeCount
    let from = work == .synthesis ? 0..<modes : axes[axis].analysisRange
    let to = work == .analysis ? 0..<modes : axes[axis].synthesisRange
    let (step, laneStep) = (strides[axis], strides[laneAxis])
    nonisolated(unsafe) let (input, output) = (input, output)
    workspace.pool.forEach(tiles: otherRange.count * chunks) { tile, worker in
      let other = otherRange.lowerBound + tile / chunks
      let lane = laneRange.lowerBound + tile % chunks * lanes
      let count = Swift.min(lanes, laneRange.upperBound - lane)
      let start = other * strides[otherAxis] + lane * laneStep
      let values = workspace.lines.pointer + worker * workspace.stride
      let amplitudes = values + lanes * transform.stride
      let scratch = amplitudes + lanes * transform.stride
      if work == .synthesis {
        gather(
          input + start, amplitudes, step: step, laneStep: laneStep, from, lanes: count, of: lanes,
          stride: transform.stride)
      } else {
        gather(
          input + start, values, step: step, laneStep: laneStep, from, lanes: count, of: lanes,
          stride: transform.stride)
        transform.forward(values, amplitudes)
      }
      if work == .solution {
        if !data.isZero {
          data.add(to: amplitudes, stride: transform.stride, lane: lane, other: other, count: count)
        }
        divide(
          amplitudes, stride: transform.stride, axis: axis, laneAxis: laneAxis, lane: lane, count: count,
          otherAxis: otherAxis, other: other, scratch, workspace.constant.pointer)
      }
      if work == .analysis {
        scatter(
          amplitudes, output + start, step: step, laneStep: laneStep, to, lanes: count,
          stride: transform.stride)
      } else {
        transform.backward(amplitudes, values)
        scatter(
          values, output + start, step: step, laneStep: laneStep, to, lanes: count, stride: transform.stride)
      }
    }
  }

  /// Amplitudes of the right-hand side into those of the solution.
  private func divide(
    _ amplitudes: UnsafeMutablePointer<Double>, stride: Int, axis: Int, laneAxis: Int, lane: Int, count: Int,
    otherAxis: Int, other: Int, _ scratch: UnsafeMutablePointer<Double>,
    _ constant: UnsafeMutablePointer<Double>
  ) {
    let modes = axes[axis].modeCount
    let (otherMass, otherStiffness) = (axes[otherAxis].mass[other], axes[otherAxis].stiffness[other])
    for l in 0..<count {
      let (laneMass, laneStiffness) = (axes[laneAxis].mass[lane + l], axes[laneAxis].stiffness[lane + l])
      // The factor of mode j is μ_j first + κ_j second.
      scratch[2 * l] =
        normalization
        * (shift * laneMass * otherMass + factors[laneAxis] * laneStiffness * otherMass
          + factors[otherAxis] * otherStiffness * laneMass)
      scratch[2 * l + 1] = normalization * factors[axis] * laneMass * otherMass
    }
    axes[axis].mass.withUnsafeBufferPointer { mass in
      axes[axis].stiffness.withUnsafeBufferPointer { stiffness in
        let (mass, stiffness) = (mass.baseAddress!, stiffness.baseAddress!)
        for l in 0..<count {
          let line = amplitudes + l * stride
          let (first, second) = (scratch[2 * l], scratch[2 * l + 1])
          let free = isSingular && lane + l == 0 && other == 0
          if free { constant[0] = line[0] }
          for j in 0..<modes { line[j] /= mass[j] * first + stiffness[j] * second }
          if free { line[0] = 0 }
        }
      }
    }
  }

  /// Writes what the boundary data say onto and near Dirichlet sides.
  private func finish(
    _ solution: UnsafeMutablePointer<Double>, _ data: BoundaryTerms, _ workspace: Workspace
  ) {
    let shape = shape
    let (rows, n) = (shape[0] * shape[1], shape[2])
    let inside = axes.map(\.synthesisRange)
    if data.isZero && zip(inside, shape).allSatisfy({ $0.count == $1 }) { return }
    let block = 16
    nonisolated(unsafe) let solution = solution
    workspace.pool.forEach(tiles: (rows + block - 1) / block) { tile, _ in
      for row in tile * block..<Swift.min((tile + 1) * block, rows) {
        let (i, j) = (row / shape[1], row % shape[1])
        let line = solution + row * n
        if inside[0].contains(i) && inside[1].contains(j) {
          for k in 0..<inside[2].lowerBound { line[k] = 0 }
          for k in inside[2].upperBound..<n { line[k] = 0 }
        } else {
          for k in 0..<n { line[k] = 0 }
        }
        for lift in data.lifts { lift.add(to: line, i, j, shape: shape) }
      }
    }
  }

  // MARK: Problems that leave the constant free

  /// The largest magnitude of a field.
  private func magnitude(_ field: UnsafePointer<Double>) -> Double {
    var largest = 0.0
    for i in 0..<pointCount { largest = Swift.max(largest, abs(field[i])) }
    return largest
  }

  private func checkCompatibility(
    _ size: Double, _ data: BoundaryTerms, _ workspace: Workspace
  ) throws(EllipticError) {
    let ones = analysisOfOne.reduce(1, *)
    let defect = workspace.constant.pointer[0] / ones
    let scale = size + data.fluxScale
    // A stencil balances sampled data only up to its own error.
    let tolerance = 1e-9 + axes.reduce(0) { $0 + $1.balanceTolerance }
    if abs(defect) > tolerance * scale { throw .incompatible(defect: defect, scale: scale) }
    if !defect.isFinite { throw .notFinite(what: "the source") }
  }

  private func shiftMean(of solution: UnsafeMutablePointer<Double>, to mean: Double) {
    let shape = shape
    var total = 0.0
    for i in 0..<shape[0] {
      for j in 0..<shape[1] {
        let sum = Double.dot(solution + (i * shape[1] + j) * shape[2], axes[2].weights, count: shape[2])
        total += axes[0].weights[i] * axes[1].weights[j] * sum
      }
    }
    let change = mean - total / box.volume
    for i in 0..<pointCount { solution[i] += change }
  }
}

extension EllipticAxis {
  /// How far, relative to their size, data that balance exactly may be from balance in the stencil.
  fileprivate var balanceTolerance: Double {
    guard case .local = basis else { return 0 }
    let n = Double(points.count)
    return 4 / (n * n)
  }
}

/// Copies lines with the given stride between elements into contiguous ones; lanes beyond `lanes` become zero.
@inline(__always)
private func gather(
  _ source: UnsafePointer<Double>, _ lines: UnsafeMutablePointer<Double>, step: Int, laneStep: Int,
  _ range: Range<Int>, lanes: Int, of all: Int, stride: Int
) {
  if step == 1 {
    for l in 0..<lanes {
      (lines + l * stride).update(from: source + l * laneStep + range.lowerBound, count: range.count)
    }
  } else if lanes == 8 {
    var from = source + range.lowerBound * step
    for i in 0..<range.count {
      for l in 0..<8 { lines[l * stride + i] = from[l] }
      from += step
    }
  } else {
    for i in 0..<range.count {
      let from = source + (range.lowerBound + i) * step
      for l in 0..<lanes { lines[l * stride + i] = from[l] }
    }
  }
  for l in lanes..<Swift.max(all, lanes) {
    for i in 0..<range.count { lines[l * stride + i] = 0 }
  }
}

/// The reverse of ``gather``.
@inline(__always)
private func scatter(
  _ lines: UnsafePointer<Double>, _ target: UnsafeMutablePointer<Double>, step: Int, laneStep: Int,
  _ range: Range<Int>, lanes: Int, stride: Int
) {
  if step == 1 {
    for l in 0..<lanes {
      (target + l * laneStep + range.lowerBound).update(from: lines + l * stride, count: range.count)
    }
  } else if lanes == 8 {
    var to = target + range.lowerBound * step
    for i in 0..<range.count {
      for l in 0..<8 { to[l] = lines[l * stride + i] }
      to += step
    }
  } else {
    for i in 0..<range.count {
      let to = target + (range.lowerBound + i) * step
      for l in 0..<lanes { to[l] = lines[l * stride + i] }
    }
  }
}

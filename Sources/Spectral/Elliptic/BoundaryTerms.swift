import Geometry
import Tensors

/// What data on the sides contribute to the right-hand side and to the solution.
struct BoundaryTerms: Sendable {
  /// factors ⊗ values, added to the amplitudes of the right-hand side.
  struct Term: Sendable {
    var axis: Int
    /// Per mode of `axis`.
    var factors: [Double]
    /// Amplitudes along the other axes: those of the pivot are contiguous unless it is `axis`.
    var values: [Double]
  }

  /// lift ⊗ values, added to the solution.
  struct Lift: Sendable {
    var axis: Int
    var side: Int
    var factors: [Double]
    /// Data along the other axes, one point along `axis`.
    var values: GridArray

    /// Adds the row (i, j, ·).
    func add(to line: UnsafeMutablePointer<Double>, _ i: Int, _ j: Int, shape: [Int]) {
      let n = shape[2]
      values.values.withUnsafeBufferPointer { data in
        switch axis {
        case 2:
          let g = data[i * shape[1] + j]
          if g != 0 { Double.axpy(g, factors, line, count: n) }
        case 1: if factors[j] != 0 { Double.axpy(factors[j], data.baseAddress! + i * n, line, count: n) }
        default: if factors[i] != 0 { Double.axpy(factors[i], data.baseAddress! + j * n, line, count: n) }
        }
      }
    }
  }

  var terms: [Term] = []
  var lifts: [Lift] = []
  /// The size of fluxes in units of the source.
  var fluxScale = 0.0
  private var pivot: Int
  private var laneAxis: Int { pivot == 2 ? 1 : 2 }
  private var laneCount: Int
  /// Modes of the pivot axis.
  private var pivotCount: Int

  var isZero: Bool { terms.isEmpty && lifts.isEmpty }

  /// - Parameters:
  ///   - pivot: The axis along which lines of amplitudes are divided.
  ///   - axes: Three axes, absent ones first.
  init(pivot: Int, axes: [EllipticAxis]) {
    self.pivot = pivot
    laneCount = axes[pivot == 2 ? 1 : 2].modeCount
    pivotCount = axes[pivot].modeCount
  }

  /// Adds to the lines of amplitudes along the pivot that belong to modes `lane ..< lane + count` of the lane axis and
  /// mode `other` of the remaining one.
  func add(to lines: UnsafeMutablePointer<Double>, stride: Int, lane: Int, other: Int, count: Int) {
    for term in terms {
      term.values.withUnsafeBufferPointer { values in
        let values = values.baseAddress!
        for l in 0..<count {
          let line = lines + l * stride
          if term.axis == pivot {
            Double.axpy(values[other * laneCount + lane + l], term.factors, line, count: term.factors.count)
          } else {
            let isLane = term.axis == laneAxis
            Double.axpy(
              term.factors[isLane ? lane + l : other], values + (isLane ? other : lane + l) * pivotCount,
              line, count: pivotCount)
          }
        }
      }
    }
  }

}

extension HelmholtzSolver {
  /// Analyses data on the sides.
  func prepared(_ boundary: [Side: [Double]]) throws(EllipticError) -> BoundaryTerms {
    var data = BoundaryTerms(pivot: pivot, axes: axes)
    if boundary.isEmpty { return data }
    var given: [[GridArray?]] = axes.map { $0.sides.map { _ in nil } }
    for (side, values) in boundary.sorted(by: { Sides($0.key).rawValue < Sides($1.key).rawValue }) {
      let axis = pivot + side.axis.rawValue
      precondition(
        side.axis.rawValue < box.dimension && !axes[axis].sides.isEmpty,
        "data on the \(side.name) side, which the domain does not have")
      var shape = shape
      shape[axis] = 1
      let count = shape.reduce(1, *)
      precondition(
        values.count == count, "\(values.count) values on the \(side.name) side, which has \(count) points")
      guard values.allSatisfy(\.isFinite) else {
        throw .notFinite(what: "the boundary data on the \(side.name) side")
      }
      if values.contains(where: { $0 != 0 }) {
        given[axis][side.isUpper ? 1 : 0] = GridArray(shape: shape, values: values)
      }
    }

    for (axis, sides) in given.enumerated() {
      for (s, values) in sides.enumerated() {
        let side = axes[axis].sides[s]
        guard let values, !side.flux.isEmpty else { continue }
        let amplitudes = tangential(values, besides: axis, stiff: nil)
        addTerm(axis, side.flux.map { factors[axis] * $0 }, amplitudes, to: &data)
        data.fluxScale += fluxSize(side.flux, values, axis)
      }
    }
    // Derivatives are lifted before values: the lift of a derivative along a side need not vanish where that side
    // meets one with values, but the data of the latter then tell its trace.
    let order = axes.indices.flatMap { a in axes[a].sides.indices.map { (axis: a, side: $0) } }
      .filter { !axes[$0.axis].sides[$0.side].liftValues.isEmpty }
    let derivatives = order.filter { axes[$0.axis].sides[$0.side].liftsDerivative }
    let values = order.filter { !axes[$0.axis].sides[$0.side].liftsDerivative }
    for (axis, s) in derivatives + values { try addLift(axis, s, given[axis][s], to: &data) }
    return data
  }

  private func addLift(
    _ axis: Int, _ s: Int, _ given: GridArray?, to data: inout BoundaryTerms
  ) throws(EllipticError) {
    let side = axes[axis].sides[s]
    var rest = given
    if !side.liftsDerivative {
      for earlier in data.lifts where earlier.axis != axis {
        guard let edge = side.edge else { continue }
        let trace = earlier.values.slice(axis, edge).mapLines(
          along: earlier.axis, count: earlier.factors.count
        ) { line in earlier.factors.map { $0 * line[0] } }
        rest =
          rest.map { GridArray(shape: $0.shape, values: zip($0.values, trace.values).map { $0 - $1 }) }
          ?? GridArray(shape: trace.shape, values: trace.values.map { -$0 })
      }
    }
    guard let rest, rest.values.contains(where: { $0 != 0 }) else { return }
    if side.lift != nil {
      for other in axes.indices where other != axis {
        if axes[other].sides.contains(where: { $0.isSeparated && $0.condition == .dirichlet }) {
          throw .unsupported(
            "sines on cell centres take values on other sides only if these vanish: use vertices, Chebyshev points or finite differences"
          )
        }
      }
      let amplitudes = tangential(rest, besides: axis, stiff: nil)
      var own = side.liftMass.map { -shift * $0 }
      for (j, value) in side.liftStiffness.enumerated() { own[j] -= factors[axis] * value }
      addTerm(axis, own, amplitudes, to: &data)
      for other in axes.indices where other != axis && factors[other] != 0 {
        addTerm(
          axis, side.liftMass.map { -factors[other] * $0 }, tangential(rest, besides: axis, stiff: other),
          to: &data)
      }
      if side.liftsDerivative { data.fluxScale += fluxSize(side.liftStiffness, rest, axis) }
    }
    data.lifts.append(.init(axis: axis, side: s, factors: side.liftValues, values: rest))
  }

  /// The size of a side's data against the source, in the constant mode.
  private func fluxSize(_ flux: [Double], _ values: GridArray, _ axis: Int) -> Double {
    guard isSingular, let first = flux.first else { return 0 }
    return abs(factors[axis] * first / analysisOfOne[axis]) * (values.values.map(abs).max() ?? 0)
  }

  /// Data on a side in amplitudes of the other axes' modes, with −d²/dx² along one of them.
  private func tangential(_ values: GridArray, besides axis: Int, stiff: Int?) -> GridArray {
    var result = values
    for other in axes.indices where other != axis {
      let discretized = axes[other]
      result = result.mapLines(along: other, count: discretized.modeCount) {
        other == stiff ? discretized.stiffnessAnalysis($0) : discretized.analysis($0)
      }
    }
    return result
  }

  private func addTerm(
    _ axis: Int, _ factors: [Double], _ amplitudes: GridArray, to data: inout BoundaryTerms
  ) {
    data.terms.append(
      .init(
        axis: axis, factors: factors,
        values: axis == pivot ? amplitudes.values : amplitudes.lines(along: pivot)))
  }
}

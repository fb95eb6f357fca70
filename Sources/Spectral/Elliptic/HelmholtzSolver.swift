import Foundation
import Geometry
import Tensors

/// A direct solver for a u − Σ c_d ∂²u/∂x_d² = f on a box with periodic, Dirichlet, Neumann or Robin sides.
///
/// The modes of every axis diagonalise its second derivative, so that a solve is one analysis, one division and one
/// synthesis (Hockney, J. ACM 12, 1965; Lynch, Rice and Thomas, Numer. Math. 6, 1964): O(N log N) with trigonometric
/// modes, one product of matrices per Chebyshev axis. Plans and matrices are made once; solves share them.
///
/// A field is a row-major array over `grid` with x slowest. With trigonometric modes and stencils, values of the source
/// on Dirichlet sides are not used. Where two Dirichlet sides meet, the data of the later axis hold. Data whose normal
/// derivative does not vanish where two Neumann sides meet leave cosines with algebraic accuracy.
public final class HelmholtzSolver: Sendable {
  /// The domain.
  public let box: Box
  /// The points. Bounded axes of `vertices` and Chebyshev points have points on both sides; periodic ones omit the
  /// upper end.
  public let grid: RectilinearGrid
  /// Integration weights of the grid's points along each axis.
  public let weights: [[Double]]
  /// The method of each axis, such as "Fourier" or "Chebyshev".
  public let methodNames: [String]
  /// a, the factor of u.
  public let shift: Double
  /// c per axis.
  public let diffusivity: [Double]
  /// Whether the solution is determined up to a constant only.
  public let isSingular: Bool

  /// Three axes, absent ones first, with their factors c.
  let axes: [EllipticAxis]
  let factors: [Double]
  let transforms: [LineTransform]
  /// The first axis that exists: the one whose pass analyses, divides and synthesises.
  var pivot: Int { 3 - box.dimension }
  let shape: [Int]
  let strides: [Int]
  /// What the analysis makes of 1 in the constant mode, per axis.
  let analysisOfOne: [Double]
  var pointCount: Int { grid.pointCount }
  let normalization: Double

  /// Prepares a solver.
  ///
  /// - Parameters:
  ///   - box: The domain.
  ///   - points: Points per axis, those on the sides included where the grid has them.
  ///   - conditions: What is prescribed on the sides of each axis.
  ///   - discretization: How each axis is discretised.
  ///   - shift: a, of either sign.
  ///   - diffusivity: c per axis, of either sign.
  /// - Throws: ``EllipticError`` for a resonant problem, or one that the discretisation cannot take.
  public init(
    box: Box, points: [Int], conditions: [AxisConditions], discretization: [AxisDiscretization],
    shift: Double = 0, diffusivity: [Double]
  ) throws(EllipticError) {
    let d = box.dimension
    precondition(
      points.count == d && conditions.count == d && discretization.count == d && diffusivity.count == d,
      "\(points.count) point counts, \(conditions.count) conditions, \(discretization.count) discretisations and \(diffusivity.count) factors for a box of \(d) dimensions"
    )
    guard shift.isFinite, diffusivity.allSatisfy(\.isFinite) else {
      throw .notFinite(what: "a coefficient of the equation")
    }
    self.box = box
    self.shift = shift
    self.diffusivity = diffusivity
    var axes: [EllipticAxis] = []
    for a in 0..<d {
      if !conditions[a].isPeriodic && diffusivity[a] == 0 {
        let axis = Axis(rawValue: a)!
        let sides = [Side(axis, upper: false), Side(axis, upper: true)].map(\.name)
        throw .unsupported(
          "the equation has no second derivative along \(axis.name), so conditions on the \(sides[0]) and \(sides[1]) sides determine too much: add that derivative, or solve a problem of fewer dimensions"
        )
      }
      // Axes that are alike share their matrices.
      let twin = (0..<a).first {
        box.intervals[$0] == box.intervals[a] && points[$0] == points[a] && conditions[$0] == conditions[a]
          && discretization[$0] == discretization[a]
      }
      if let twin {
        axes.append(axes[twin])
        continue
      }
      axes.append(
        try EllipticAxis(
          box.intervals[a], points: points[a], conditions[a], discretization[a], axis: Axis(rawValue: a)!))
    }
    grid = RectilinearGrid(coordinates: axes.map(\.points))
    weights = axes.map(\.weights)
    methodNames = axes.map(\.name)
    let padding = 3 - d
    let all = Array(repeating: EllipticAxis.trivial, count: padding) + axes
    self.axes = all
    let shape = all.map { $0.points.count }
    self.shape = shape
    strides = [shape[1] * shape[2], shape[2], 1]
    analysisOfOne = all.map { axis in axis.analysis(axis.points.map { _ in 1 })[0] }
    factors = Array(repeating: 0, count: padding) + diffusivity
    normalization = all.reduce(1) { $0 * $1.normalization }
    isSingular =
      shift == 0 && conditions.allSatisfy(\.leavesConstantFree)
    transforms = all.indices.map { a in
      let lane = a == 2 ? 1 : 2
      let count = all[lane].points.count
      return LineTransform(
        all[a].transform, lanes: Swift.min(all[a].transform.preferredLanes, count),
        stride: LineTransform.stride(for: all[a].points.count))
    }
    try checkResonance()
  }

  /// Prepares a solver with the same factor c along every axis.
  public convenience init(
    box: Box, points: [Int], conditions: [AxisConditions], discretization: [AxisDiscretization],
    shift: Double = 0, diffusivity: Double = 1
  ) throws(EllipticError) {
    try self.init(
      box: box, points: points, conditions: conditions, discretization: discretization, shift: shift,
      diffusivity: Array(repeating: diffusivity, count: box.dimension))
  }

  /// Looks for modes whose factor vanishes to rounding.
  private func checkResonance() throws(EllipticError) {
    let terms = factors.indices.filter { $0 >= pivot }.map { a in
      zip(axes[a].stiffness, axes[a].mass).map { factors[a] * $0 / $1 }
    }
    // An eigenvalue that is zero to rounding, as a Robin condition with factors of different sign may give.
    let smallest = factors.indices.dropFirst(pivot).map { a in
      1e-10 * abs(factors[a]) * pow(Double.pi / box.intervals[a - pivot].length, 2)
    }
    let isTiny = { (value: Double, axis: Int) in value != 0 && abs(value) <= smallest[axis] }
    // Without terms of different sign nothing cancels.
    let lowest = terms.map { $0.min()! }
    let highest = terms.map { $0.max()! }
    let hasConstant = factors.dropFirst(pivot).allSatisfy { $0 != 0 }
    if hasConstant {
      if shift > 0 && lowest.allSatisfy({ $0 >= 0 }) || shift < 0 && highest.allSatisfy({ $0 <= 0 }) {
        return
      }
      if shift == 0, lowest.allSatisfy({ $0 >= 0 }) || highest.allSatisfy({ $0 <= 0 }) {
        // Only the first modes of all axes can vanish together.
        let first = terms.map { $0.min { abs($0) < abs($1) }! }
        if first.indices.contains(where: { first[$0] != 0 && !isTiny(first[$0], $0) }) || isSingular {
          return
        }
      }
    }
    let padded = Array(repeating: [0.0], count: pivot) + terms
    for (i, x) in padded[0].enumerated() {
      for (j, y) in padded[1].enumerated() {
        for (k, z) in padded[2].enumerated() {
          let sum = shift + x + y + z
          var size = abs(shift) + abs(x) + abs(y) + abs(z)
          for (axis, value) in [x, y, z].dropFirst(pivot).enumerated() where isTiny(value, axis) {
            size += 1e10 * smallest[axis]
          }
          if abs(sum) > 1e-11 * size || (isSingular && i == 0 && j == 0 && k == 0) { continue }
          let names = zip([i, j, k], axes).dropFirst(pivot).map { $1.modeName($0) }
          let mode = "mode (" + names.joined(separator: ", ") + ")"
          throw .resonant(mode: mode, eigenvalue: x + y + z, shift: shift)
        }
      }
    }
  }

  /// The side grid's points along each axis, for data on a side: all of `grid` but with one value along its axis.
  public func sidePoints(_ side: Side) -> [[Double]] {
    grid.coordinates.indices.map { a in
      guard a == side.axis.rawValue else { return grid.coordinates[a] }
      let interval = box.intervals[a]
      return [side.isUpper ? interval.upper : interval.lower]
    }
  }

  /// Data on a side from a function of the coordinates.
  public func sideValues(_ side: Side, _ function: ([Double]) -> Double) -> [Double] {
    let points = sidePoints(side)
    var result: [Double] = []
    func collect(_ prefix: [Double]) {
      if prefix.count == points.count { return result.append(function(prefix)) }
      for x in points[prefix.count] { collect(prefix + [x]) }
    }
    collect([])
    return result
  }

  /// The values of a function on the grid.
  public func gridValues(_ function: ([Double]) -> Double) -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(pointCount)
    let points = grid.coordinates
    func collect(_ prefix: [Double]) {
      if prefix.count == points.count { return result.append(function(prefix)) }
      for x in points[prefix.count] { collect(prefix + [x]) }
    }
    collect([])
    return result
  }
}

extension EllipticAxis {
  /// A mode's number for messages: waves per period, half waves between the ends, or the place among the polynomials.
  func modeName(_ j: Int) -> String {
    switch basis {
    case .fourier(let n, _, _): return "\(EllipticBasis.wavenumber(packed: j, count: n))"
    case .trigonometric(let modes, _, _, _):
      let w = modes.wavenumber(j)
      return w == w.rounded() ? "\(Int(w))" : "\(w)"
    default:
      if conditions.isPeriodic { return "\(EllipticBasis.wavenumber(packed: j, count: points.count))" }
      if case .chebyshev = basis, conditions.lower == conditions.upper {
        let even = (modeCount + 1) / 2
        return "\((j < even ? 2 * j : 2 * (j - even) + 1) + (conditions.leavesConstantFree ? 0 : 1))"
      }
      return "\(conditions.leavesConstantFree ? j : j + 1)"
    }
  }
}

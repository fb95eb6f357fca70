import Foundation
import Geometry
import Tensors
import Transforms

/// The trigonometric functions that meet homogeneous conditions at both ends, and the transform to them.
///
/// Mode k is sin or cos of w_k π s with s the position as a fraction of the interval: sines where the lower side is
/// Dirichlet. w_k is k + 1 between two Dirichlet sides, k between two Neumann sides, and k + 1/2 otherwise.
struct TrigonometricModes: Sendable {
  var lowerDirichlet: Bool
  var upperDirichlet: Bool
  var grid: UniformGrid
  /// Points of the axis, those on Dirichlet sides included.
  var points: Int

  var isSine: Bool { lowerDirichlet }
  /// Points with unknown values.
  var unknowns: Range<Int> {
    grid == .cellCentres ? 0..<points : (lowerDirichlet ? 1 : 0)..<(upperDirichlet ? points - 1 : points)
  }
  var count: Int { unknowns.count }
  /// Cells of the grid.
  var cells: Int { grid == .vertices ? points - 1 : points }

  /// The transform from values to amplitudes (the kinds of Strang, SIAM Review 41, 1999).
  var kind: RealTransformKind {
    switch (lowerDirichlet, upperDirichlet, grid) {
    case (true, true, .vertices): .dst1
    case (true, true, .cellCentres): .dst2
    case (false, false, .vertices): .dct1
    case (false, false, .cellCentres): .dct2
    case (true, false, .vertices): .dst3
    case (true, false, .cellCentres): .dst4
    case (false, true, .vertices): .dct3
    case (false, true, .cellCentres): .dct4
    }
  }

  func wavenumber(_ k: Int) -> Double {
    switch (lowerDirichlet, upperDirichlet) {
    case (true, true): Double(k + 1)
    case (false, false): Double(k)
    default: Double(k) + 0.5
    }
  }

  /// The position of point i as a fraction of the interval.
  func fraction(_ i: Int) -> Double {
    grid == .vertices ? Double(i) / Double(cells) : (Double(i) + 0.5) / Double(cells)
  }

  /// What a transform of `kind` multiplies the trigonometric function of its input number i by: 1 at ends that belong
  /// to the sum once, 2 elsewhere.
  static func weight(_ kind: RealTransformKind, _ i: Int, count: Int) -> Double {
    switch kind {
    case .dct1: i == 0 || i == count - 1 ? 1 : 2
    case .dct3: i == 0 ? 1 : 2
    case .dst3: i == count - 1 ? 1 : 2
    default: 2
    }
  }

  /// The weights that integrate the interpolating trigonometric sum over a unit interval, at the unknown points.
  var integrationWeights: [Double] {
    let integrals = (0..<count).map { k -> Double in
      let angle = .pi * wavenumber(k)
      if angle == 0 { return 1 }
      return isSine ? (1 - cos(angle)) / angle : sin(angle) / angle
    }
    let sums = EllipticAxis.transformed(integrals, by: .real(kind.inverse, count: count), modes: count)
    let norm = Double(kind.normalization(count: count))
    return sums.indices.map { Self.weight(kind, $0, count: count) * sums[$0] / norm }
  }
}

extension EllipticAxis {
  /// Evenly spaced points on a circle.
  static func periodic(
    _ interval: Box.Interval, count n: Int, _ grid: UniformGrid, finiteDifference: Bool
  ) -> EllipticAxis {
    let h = interval.length / Double(n)
    let points = (0..<n).map { interval.lower + (Double($0) + (grid == .vertices ? 0 : 0.5)) * h }
    let eigenvalues = (0..<n).map { j -> Double in
      let k = Double(EllipticBasis.wavenumber(packed: j, count: n))
      let wave =
        finiteDifference ? 2 / h * sin(.pi * k / Double(n)) : 2 * .pi * k / interval.length
      return wave * wave
    }
    return EllipticAxis(
      name: finiteDifference ? "finite differences" : "Fourier", interval: interval, conditions: .periodic,
      points: points, weights: Array(repeating: h, count: n), transform: .fourier(count: n),
      analysisRange: 0..<n, synthesisRange: 0..<n, mass: Array(repeating: 1, count: n),
      stiffness: eigenvalues, normalization: Double(n), sides: [],
      basis: finiteDifference
        ? .local(points: points, period: interval.length)
        : .fourier(count: n, origin: points[0], length: interval.length),
      tangential: .eigenvalues(ends: []))
  }

  /// Evenly spaced points with sides that are Dirichlet or Neumann.
  static func trigonometric(
    _ interval: Box.Interval, count n: Int, _ conditions: AxisConditions, _ grid: UniformGrid,
    finiteDifference: Bool
  ) -> EllipticAxis {
    let modes = TrigonometricModes(
      lowerDirichlet: conditions.lower == .dirichlet, upperDirichlet: conditions.upper == .dirichlet,
      grid: grid, points: n)
    let length = interval.length
    let h = length / Double(modes.cells)
    var points = (0..<n).map { interval.lower + modes.fraction($0) * length }
    if grid == .vertices { points[n - 1] = interval.upper }
    let eigenvalues = (0..<modes.count).map { k -> Double in
      let angle = .pi * modes.wavenumber(k)
      let wave = finiteDifference ? 2 / h * sin(angle / Double(2 * modes.cells)) : angle / length
      return wave * wave
    }

    var axis = EllipticAxis(
      name: modes.isSine ? "sine" : "cosine", interval: interval, conditions: conditions, points: points,
      weights: [], transform: .real(modes.kind, count: modes.count), analysisRange: modes.unknowns,
      synthesisRange: modes.unknowns, mass: Array(repeating: 1, count: modes.count), stiffness: eigenvalues,
      normalization: Double(modes.kind.normalization(count: modes.count)), sides: [],
      basis: .local(points: points, period: nil), tangential: .eigenvalues(ends: []))
    if finiteDifference {
      axis.name = "finite differences"
      axis.weights = (0..<n).map { grid == .vertices && ($0 == 0 || $0 == n - 1) ? h / 2 : h }
      axis.sides = [false, true].map { axis.stencilSide(upper: $0, spacing: h, grid) }
      return axis
    }

    axis.sides = [false, true].map { axis.spectralSide(upper: $0, grid) }
    let ends = axis.sides.filter { !$0.isSeparated }.map { (index: $0.edge!, function: $0.liftValues) }
    axis.tangential = .eigenvalues(ends: ends)
    axis.weights = Array(repeating: 0, count: n)
    for (i, weight) in zip(modes.unknowns, modes.integrationWeights) { axis.weights[i] = weight * length }
    // The end's function is integrated exactly; its values at the unknown points are integrated already.
    let covered = axis.weights
    for (side, (index, function)) in zip(axis.sides.filter({ !$0.isSeparated }), ends) {
      let integral =
        (side.lift!.value(at: interval.lower) + side.lift!.value(at: interval.upper)) / 2 * length
      axis.weights[index] = integral - zip(covered, function).reduce(0) { $0 + $1.0 * $1.1 }
    }
    axis.basis = .trigonometric(
      modes, origin: interval.lower, length: length,
      ends: axis.sides.filter { !$0.isSeparated }.map { ($0.edge!, $0.lift!) })
    return axis
  }

  /// A side of the second-order stencil: the neighbour beyond the side is eliminated by the condition.
  private func stencilSide(upper isUpper: Bool, spacing h: Double, _ grid: UniformGrid) -> EllipticSide {
    let condition = conditions[upper: isUpper]
    let last = points.count - 1
    let edge = isUpper ? last : 0
    var unit = Array(repeating: 0.0, count: points.count)
    let factor: Double
    switch (condition, grid) {
    case (.dirichlet, .vertices):
      // The side's own value is known; it enters its neighbour's equation.
      unit[isUpper ? last - 1 : 1] = 1
      factor = 1 / (h * h)
    case (.dirichlet, .cellCentres):
      unit[edge] = 1
      factor = 2 / (h * h)
    case (_, .vertices):
      unit[edge] = 1
      factor = 2 / h
    case (_, .cellCentres):
      unit[edge] = 1
      factor = 1 / h
    }
    var side = EllipticSide(
      isUpper: isUpper, edge: grid == .vertices ? edge : nil, flux: analysis(unit).map { factor * $0 },
      condition: condition)
    if condition == .dirichlet && grid == .vertices {
      side.liftValues = (0...last).map { $0 == edge ? 1 : 0 }
    }
    return side
  }

  /// A side whose data are carried by the polynomial of lowest degree that meets the other side's condition.
  private func spectralSide(upper isUpper: Bool, _ grid: UniformGrid) -> EllipticSide {
    let (lower, upper, length) = (interval.lower, interval.upper, interval.length)
    let sign = isUpper ? 1.0 : -1.0
    let opposite = isUpper ? lower : upper
    let lift: LiftPolynomial
    switch (conditions[upper: isUpper], conditions[upper: !isUpper]) {
    case (.dirichlet, .dirichlet): lift = .init(origin: opposite, coefficients: [0, sign / length])
    case (.dirichlet, _): lift = .init(origin: opposite, coefficients: [1])
    case (_, .dirichlet): lift = .init(origin: opposite, coefficients: [0, sign])
    default: lift = .init(origin: opposite, coefficients: [0, 0, 1 / (2 * length)])
    }
    let values = points.map { lift.value(at: $0) }
    let curvature = -lift.value(order: 2, at: lower)
    let isDirichlet = conditions[upper: isUpper] == .dirichlet
    return EllipticSide(
      isUpper: isUpper, edge: grid == .vertices ? (isUpper ? points.count - 1 : 0) : nil, lift: lift,
      liftValues: values, liftMass: analysis(values),
      liftStiffness: curvature == 0 ? [] : analysis(points.map { _ in curvature }),
      isSeparated: !isDirichlet || grid == .cellCentres, condition: conditions[upper: isUpper])
  }
}

import Geometry
import Tensors
import Transforms

/// One axis of an elliptic problem: its points, and modes that diagonalise −d²/dx² under its conditions.
///
/// In amplitudes of modes the equation a u − Σ c_d ∂²_d u = f reads (a Π μ_d + Σ_d c_d κ_d Π_{e≠d} μ_e) û = f̂, where f̂
/// is what the axes' analyses make of f one after another, and the product runs over the axes. For trigonometric modes
/// μ is 1 and κ the eigenvalue; polynomial modes have a mass μ and a stiffness κ.
struct EllipticAxis: Sendable {
  /// The name of the method.
  var name: String
  var interval: Box.Interval
  var conditions: AxisConditions
  /// The grid points, ascending.
  var points: [Double]
  /// Integration weights of the points.
  var weights: [Double]
  var transform: LineTransformKind
  /// Points whose values the analysis takes.
  var analysisRange: Range<Int>
  /// Points to which the modes contribute: all but those on Dirichlet sides.
  var synthesisRange: Range<Int>
  /// μ per mode.
  var mass: [Double]
  /// κ per mode.
  var stiffness: [Double]
  /// The factor by which analysis and synthesis in turn multiply.
  var normalization: Double
  /// The lower and the upper side of a bounded axis.
  var sides: [EllipticSide]
  /// What values along the axis are expanded in, for derivatives and values between the points.
  var basis: EllipticBasis
  /// What the analysis makes of −d²/dx² of a function given at all points.
  var tangential: TangentialStiffness

  var modeCount: Int { mass.count }

  /// An axis of one point that stands for a dimension which the problem does not have.
  static let trivial = EllipticAxis(
    name: "", interval: .init(0, 1, periodic: true), conditions: .periodic, points: [0], weights: [1],
    transform: .identity, analysisRange: 0..<1, synthesisRange: 0..<1, mass: [1], stiffness: [0],
    normalization: 1, sides: [], basis: .single, tangential: .eigenvalues(ends: []))

  /// The axis discretised as asked.
  init(
    _ interval: Box.Interval, points: Int, _ conditions: AxisConditions, _ discretization: AxisDiscretization,
    axis: Axis
  ) throws(EllipticError) {
    precondition(
      conditions.isPeriodic == interval.isPeriodic,
      "the conditions \(conditions) do not fit the interval \(interval) along \(axis.name)")
    let robin = [conditions.lower, conditions.upper].contains {
      if case .robin = $0 { true } else { false }
    }
    if robin && discretization != .chebyshev {
      throw .unsupported(
        "the Robin condition along \(axis.name) fits no trigonometric basis and no stencil here: use Chebyshev points along \(axis.name)"
      )
    }
    let least = Self.leastPoints(conditions, discretization)
    guard points >= least else {
      throw .unsupported(
        "\(points) points along \(axis.name) are too few for \(conditions.lower) and \(conditions.upper) sides: give at least \(least)"
      )
    }
    switch discretization {
    case .chebyshev where conditions.isPeriodic:
      throw .unsupported(
        "Chebyshev points need a bounded axis, but \(axis.name) is periodic: use Fourier modes there")
    case .chebyshev: self = try .chebyshev(interval, count: points, conditions)
    case .spectral(let grid):
      self =
        conditions.isPeriodic
        ? .periodic(interval, count: points, grid, finiteDifference: false)
        : .trigonometric(interval, count: points, conditions, grid, finiteDifference: false)
    case .finiteDifference(let grid):
      self =
        conditions.isPeriodic
        ? .periodic(interval, count: points, grid, finiteDifference: true)
        : .trigonometric(interval, count: points, conditions, grid, finiteDifference: true)
    }
  }

  init(
    name: String, interval: Box.Interval, conditions: AxisConditions, points: [Double], weights: [Double],
    transform: LineTransformKind, analysisRange: Range<Int>, synthesisRange: Range<Int>, mass: [Double],
    stiffness: [Double], normalization: Double, sides: [EllipticSide], basis: EllipticBasis,
    tangential: TangentialStiffness
  ) {
    (self.name, self.interval, self.conditions) = (name, interval, conditions)
    (self.points, self.weights, self.transform) = (points, weights, transform)
    (self.analysisRange, self.synthesisRange) = (analysisRange, synthesisRange)
    (self.mass, self.stiffness, self.normalization) = (mass, stiffness, normalization)
    (self.sides, self.basis, self.tangential) = (sides, basis, tangential)
  }

  private static func leastPoints(_ conditions: AxisConditions, _ discretization: AxisDiscretization) -> Int {
    switch discretization {
    case .finiteDifference where conditions.isPeriodic: 3
    case .spectral(.cellCentres), .finiteDifference(.cellCentres): 2
    default: conditions.isPeriodic ? 1 : 3
    }
  }

  /// What the analysis makes of values at all points of a line.
  func analysis(_ line: [Double]) -> [Double] {
    precondition(line.count == points.count, "\(line.count) values for \(points.count) points")
    return Self.transformed(Array(line[analysisRange]), by: transform, modes: modeCount)
  }

  /// What the analysis makes of −d²/dx² of a function given at all points of a line.
  func stiffnessAnalysis(_ line: [Double]) -> [Double] {
    switch tangential {
    case .matrix(let matrix):
      let n = points.count
      return (0..<modeCount).map { j in
        (0..<n).reduce(0) { $0 + matrix[j * n + $1] * line[$1] }
      }
    case .eigenvalues(let ends):
      var remainder = line
      // Copies: each end's value multiplies its function, which is 1 there and 0 at the other end.
      for (index, function) in ends {
        for i in remainder.indices { remainder[i] -= line[index] * function[i] }
      }
      return zip(analysis(remainder), stiffness).map { $0 * $1 }
    }
  }

  /// One line through the forward transform.
  static func transformed(_ line: [Double], by kind: LineTransformKind, modes: Int) -> [Double] {
    let stride = LineTransform.stride(for: Swift.max(line.count, modes))
    let transform = LineTransform(kind, lanes: 1, stride: stride)
    let scratch = Buffer<Double>(count: 2 * stride)
    for (i, value) in line.enumerated() { scratch.pointer[i] = value }
    transform.forward(scratch.pointer, scratch.pointer + stride)
    return (0..<modes).map { scratch.pointer[stride + $0] }
  }
}

/// How −d²/dx² acts on data that are given along an axis.
enum TangentialStiffness: Sendable {
  /// The modes' eigenvalues, after functions linear in x with the values at both ends have been removed: their index
  /// and values at the points.
  case eigenvalues(ends: [(index: Int, function: [Double])])
  /// A matrix, modes × points.
  case matrix([Double])
}

/// One side of a bounded axis: how its data enter the equation and the solution.
///
/// Data g enter either as a flux, c · `flux` ⊗ g on the right, or by a lift: the solution is a part that meets the
/// homogeneous condition plus lift(x) g.
struct EllipticSide: Sendable {
  var isUpper: Bool
  /// The grid point on the side, if there is one.
  var edge: Int?
  /// The lift as a polynomial, where it is one.
  var lift: LiftPolynomial?
  /// The lift at the points; empty where the data are a flux only.
  var liftValues: [Double] = []
  /// The analysis of the lift and of minus its second derivative; empty where they vanish.
  var liftMass: [Double] = []
  var liftStiffness: [Double] = []
  /// The analysis of a unit flux.
  var flux: [Double] = []
  /// Whether the lift has to be removed before values are expanded in the axis's basis.
  var isSeparated = false

  /// Whether the side is lifted by its normal derivative.
  var liftsDerivative: Bool { lift != nil && condition == .neumann }
  var condition: SideCondition
}

/// A polynomial of low degree in x − origin.
struct LiftPolynomial: Sendable {
  var origin: Double
  /// Ascending.
  var coefficients: [Double]

  /// The derivative of the given order at x.
  func value(order: Int = 0, at x: Double) -> Double {
    var derived = coefficients
    for _ in 0..<order { derived = derived.enumerated().dropFirst().map { Double($0) * $1 } }
    return derived.reversed().reduce(0) { $0 * (x - origin) + $1 }
  }
}

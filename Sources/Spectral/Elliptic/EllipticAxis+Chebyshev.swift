import Algebra
import Foundation
import Geometry
import Tensors
import Transforms

extension EllipticAxis {
  /// Chebyshev points, and polynomials that diagonalise mass and stiffness in weak form.
  ///
  /// The unknown is a polynomial, given at the Chebyshev points; the equation holds in the weak form with exact
  /// integrals over products of Legendre polynomials (Shen, Efficient spectral-Galerkin method I, 1994; and
  /// Chebyshev–Legendre, 1996). The basis is (1 ∓ ξ)/2 on sides that are not Dirichlet, and differences of Legendre
  /// polynomials that vanish at both ends, scaled to stiffness 1. Dirichlet values are lifted; Neumann and Robin
  /// conditions are natural. The pencil B x = μ (K + σ B) x of mass and stiffness, whose right-hand matrix is well
  /// conditioned, gives modes with μ in (0, ∞) and κ = 1 − σ μ without cancellation in any mode.
  static func chebyshev(
    _ interval: Box.Interval, count n: Int, _ conditions: AxisConditions
  ) throws(EllipticError) -> EllipticAxis {
    let legendre = LegendreForms(interval: interval, count: n, conditions: conditions)
    let grid = ChebyshevGrid(count: n, interval: interval.lower...interval.upper)
    let points = grid.points
    let natural = legendre.natural
    let synthesisRange = (natural.lower ? 0 : 1)..<(natural.upper ? n : n - 1)

    let modes: LegendreForms.Modes
    let inverse: LUFactorization<Double>
    do {
      modes = try legendre.modes()
      inverse = try LUFactorization(legendre.vandermonde)
    } catch {
      throw .unsupported("the Chebyshev basis of \(n) points could not be set up: \(error)")
    }
    let m = modes.mass.count
    // ∫ φ_j ℓ_i: moments against Legendre polynomials, then Lagrange polynomials by the transposed transform.
    let moments = legendre.moments(modes.vectors)
    let stiff = legendre.bubbleStiffness(modes.vectors)
    var (analysis, matrix) = ([Double](), [Double]())
    for j in 0..<m {
      analysis += inverse.solve(moments.column(j), transposed: true)
      var row = inverse.solve(stiff.column(j), transposed: true)
      let (lower, upper) = legendre.vertexStiffness(modes.vectors, mode: j)
      row[0] += lower
      row[n - 1] += upper
      matrix += row
    }
    let values = legendre.values(modes.vectors)
    let synthesis = synthesisRange.flatMap { i in (0..<m).map { values[i, $0] } }

    var axis = EllipticAxis(
      name: "Chebyshev", interval: interval, conditions: conditions, points: points,
      weights: grid.quadratureWeights,
      transform: .dense(
        DenseLinePair(
          inputs: n, modes: m, outputs: synthesisRange.count, analysis: analysis, synthesis: synthesis)),
      analysisRange: 0..<n, synthesisRange: synthesisRange, mass: modes.mass, stiffness: modes.stiffness,
      normalization: 1, sides: [], basis: .chebyshev(grid), tangential: .matrix(matrix))
    axis.sides = [false, true].map { isUpper in
      let condition = conditions[upper: isUpper]
      let edge = isUpper ? n - 1 : 0
      var side = EllipticSide(isUpper: isUpper, edge: edge, condition: condition)
      switch condition {
      case .robin(_, let normal): side.flux = (0..<m).map { values[edge, $0] / normal }
      case .neumann: side.flux = (0..<m).map { values[edge, $0] }
      default:
        let opposite = isUpper ? interval.lower : interval.upper
        let lift = LiftPolynomial(
          origin: opposite, coefficients: [0, (isUpper ? 1 : -1) / interval.length])
        side.lift = lift
        side.liftValues = points.map { lift.value(at: $0) }
        side.liftMass = axis.analysis(side.liftValues)
        side.liftStiffness = axis.stiffnessAnalysis(side.liftValues)
      }
      return side
    }
    return axis
  }
}

/// Mass and stiffness of polynomials up to degree n − 1 on an interval, in a basis with one function for every end that
/// is not Dirichlet and functions that vanish at both ends ("bubbles").
struct LegendreForms {
  let count: Int
  /// Half the length.
  let half: Double
  /// Which ends have a function of their own.
  let natural: (lower: Bool, upper: Bool)
  /// value / normal of a Robin condition, 0 without one.
  private let robin: (lower: Double, upper: Double)

  /// Modes as columns over the basis, from smooth to rough.
  struct Modes {
    var vectors: Matrix<Double>
    var mass: [Double]
    var stiffness: [Double]
  }

  init(interval: Box.Interval, count: Int, conditions: AxisConditions) {
    func ratio(_ condition: SideCondition) -> Double {
      if case .robin(let value, let normal) = condition { return value / normal }
      return 0
    }
    self.count = count
    half = interval.length / 2
    natural = (conditions.lower != .dirichlet, conditions.upper != .dirichlet)
    robin = (ratio(conditions.lower), ratio(conditions.upper))
  }

  private var bubbles: Int { count - 2 }
  /// Positions of the end functions in the basis, after the bubbles.
  private var lowerIndex: Int? { natural.lower ? bubbles : nil }
  private var upperIndex: Int? { natural.upper ? bubbles + (natural.lower ? 1 : 0) : nil }
  private var size: Int { bubbles + (natural.lower ? 1 : 0) + (natural.upper ? 1 : 0) }

  /// Bubble k is scale(k) (L_{k+2} − L_k): its derivative has norm 1 on [−1, 1].
  private func scale(_ k: Int) -> Double { 1 / Double(2 * (2 * k + 3)).squareRoot() }
  /// ∫ L_k² on [−1, 1].
  private func norm(_ k: Int) -> Double { 2 / Double(2 * k + 1) }

  /// The basis functions' Legendre coefficients.
  private func legendre(_ index: Int) -> [(degree: Int, coefficient: Double)] {
    if index < bubbles { return [(index, -scale(index)), (index + 2, scale(index))] }
    return [(0, 0.5), (1, index == lowerIndex ? -0.5 : 0.5)]
  }

  private var massMatrix: Matrix<Double> {
    var result = Matrix<Double>(rows: size, columns: size)
    let functions = (0..<size).map(legendre)
    for i in 0..<size {
      for j in 0..<size {
        for (k, a) in functions[i] {
          for (l, b) in functions[j] where k == l { result[i, j] += half * a * b * norm(k) }
        }
      }
    }
    return result
  }

  private var stiffnessMatrix: Matrix<Double> {
    var result = Matrix<Double>(rows: size, columns: size)
    for k in 0..<bubbles { result[k, k] = 1 / half }
    if let i = lowerIndex { result[i, i] = 1 / (2 * half) + robin.lower }
    if let i = upperIndex { result[i, i] = 1 / (2 * half) + robin.upper }
    if let i = lowerIndex, let j = upperIndex {
      result[i, j] = -1 / (2 * half)
      result[j, i] = -1 / (2 * half)
    }
    return result
  }

  /// Solves the pencil.
  func modes() throws(FactorizationError) -> Modes {
    let (mass, stiffness) = (massMatrix, stiffnessMatrix)
    // Without end functions the stiffness is definite. With them the mass is added, enough of it to outweigh what a
    // Robin condition of the unstable sign takes away.
    var shift = natural.lower || natural.upper ? 1 / (half * half) : 0
    var (sum, factor): (Matrix<Double>, Cholesky<Double>?) = (stiffness, nil)
    while factor == nil {
      sum = stiffness + shift * mass
      do {
        factor = try Cholesky(sum)
      } catch {
        guard case .notPositiveDefinite = error else { throw error }
        shift = 4 * Swift.max(shift, 1 / (half * half))
      }
    }
    // C = L⁻¹ B L⁻ᵀ.
    let upper = factor!.lower.transposed
    let left = upper.solvedTransposed(mass)
    var symmetric = upper.solvedTransposed(left.transposed)
    for i in 0..<size {
      for j in 0..<i {
        let mean = (symmetric[i, j] + symmetric[j, i]) / 2
        (symmetric[i, j], symmetric[j, i]) = (mean, mean)
      }
    }
    let eigen = try SymmetricEigen(symmetric)
    let back = upper.solvedUpper(eigen.vectors)
    // LAPACK's values ascend; the largest mass belongs to the smoothest mode.
    let order = Array((0..<size).reversed())
    var vectors = Matrix<Double>(rows: size, columns: size)
    for (j, source) in order.enumerated() { for i in 0..<size { vectors[i, j] = back[i, source] } }
    var masses = order.map { eigen.values[$0] }
    var stiffnesses = masses.map { 1 - shift * $0 }
    if natural.lower, natural.upper, robin == (0, 0) {
      // The constant is a mode with stiffness exactly zero.
      let value = 1 / (2 * half * shift).squareRoot()
      for i in 0..<size { vectors[i, 0] = i < bubbles ? 0 : value }
      (masses[0], stiffnesses[0]) = (1 / shift, 0)
    }
    return Modes(vectors: vectors, mass: masses, stiffness: stiffnesses)
  }

  /// Legendre polynomials (columns) at the Chebyshev points (rows).
  var vandermonde: Matrix<Double> {
    var result = Matrix<Double>(rows: count, columns: count)
    for (i, x) in ChebyshevGrid(count: count).points.enumerated() {
      var (previous, current) = (0.0, 1.0)
      for k in 0..<count {
        result[i, k] = current
        (previous, current) = (
          current, (Double(2 * k + 1) * x * current - Double(k) * previous) / Double(k + 1)
        )
      }
    }
    return result
  }

  /// ∫ φ_j L_k over the interval, as columns.
  func moments(_ vectors: Matrix<Double>) -> Matrix<Double> {
    var result = Matrix<Double>(rows: count, columns: size)
    for i in 0..<size {
      for (k, a) in legendre(i) {
        for j in 0..<size { result[k, j] += half * a * norm(k) * vectors[i, j] }
      }
    }
    return result
  }

  /// ∫ φ_j' L_k' without the part of the end functions, as columns: a polynomial's bubble k has the amplitude
  /// Σ a_{k+2+2l} / scale(k), by its Legendre coefficients a.
  func bubbleStiffness(_ vectors: Matrix<Double>) -> Matrix<Double> {
    var result = Matrix<Double>(rows: count, columns: size)
    for j in 0..<size {
      for degree in 2..<Swift.max(count, 2) {
        let sum = result[degree - 2, j]
        result[degree, j] = vectors[degree - 2, j] / (scale(degree - 2) * half) + sum
      }
    }
    return result
  }

  /// What the end values of a polynomial contribute to its form with mode j, Robin terms included.
  func vertexStiffness(_ vectors: Matrix<Double>, mode j: Int) -> (lower: Double, upper: Double) {
    let lower = lowerIndex.map { vectors[$0, j] } ?? 0
    let upper = upperIndex.map { vectors[$0, j] } ?? 0
    let slope = (upper - lower) / (2 * half)
    return (-slope + robin.lower * lower, slope + robin.upper * upper)
  }

  /// Modes at the Chebyshev points, as columns.
  func values(_ vectors: Matrix<Double>) -> Matrix<Double> {
    let polynomials = vandermonde
    var basis = Matrix<Double>(rows: count, columns: size)
    for function in 0..<size {
      for (k, a) in legendre(function) {
        for i in 0..<count { basis[i, function] += a * polynomials[i, k] }
      }
    }
    // Exact at the ends, where differences of Legendre polynomials may leave rounding.
    for function in 0..<size {
      basis[0, function] = function == lowerIndex ? 1 : 0
      basis[count - 1, function] = function == upperIndex ? 1 : 0
    }
    return basis * vectors
  }
}

extension Matrix where Scalar == Double {
  /// U⁻ᵀ B for this upper triangular matrix U.
  fileprivate func solvedTransposed(_ b: Matrix) -> Matrix { solved(b, transposed: true) }
  /// U⁻¹ B for this upper triangular matrix U.
  fileprivate func solvedUpper(_ b: Matrix) -> Matrix { solved(b, transposed: false) }

  private func solved(_ b: Matrix, transposed: Bool) -> Matrix {
    var x = b
    let (n, columns) = (rows, b.columns)
    withUnsafePointer { u in
      x.withUnsafeMutablePointer { _ = Double.trtrs(transposed: transposed, n, columns, u, n, $0, n) }
    }
    return x
  }
}

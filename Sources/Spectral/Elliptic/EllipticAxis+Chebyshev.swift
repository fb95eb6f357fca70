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
    // ∫ φ_j ℓ_i: moments against Legendre polynomials, then Lagrange polynomials by the transposed transform. Columns of
    // the results are rows of the matrices.
    let analysis = inverse.solve(legendre.moments(modes.vectors), transposed: true).columnMajorElements
    var matrix = inverse.solve(legendre.bubbleStiffness(modes.vectors), transposed: true).columnMajorElements
    for j in 0..<m {
      let (lower, upper) = legendre.vertexStiffness(modes.vectors, mode: j)
      matrix[j * n] += lower
      matrix[j * n + n - 1] += upper
    }
    let values = legendre.values(modes.vectors)
    let synthesis = synthesisRange.flatMap { i in (0..<m).map { values[$0 * n + i] } }

    var axis = EllipticAxis(
      name: "Chebyshev", interval: interval, conditions: conditions, points: points,
      weights: grid.quadratureWeights,
      transform: .dense(
        DenseLinePair(
          inputs: n, modes: m, outputs: synthesisRange.count, analysis: analysis, synthesis: synthesis,
          isSymmetric: legendre.isSymmetric)),
      analysisRange: 0..<n, synthesisRange: synthesisRange, mass: modes.mass, stiffness: modes.stiffness,
      normalization: 1, sides: [], basis: .chebyshev(grid), tangential: .matrix(matrix))
    axis.sides = [false, true].map { isUpper in
      let condition = conditions[upper: isUpper]
      let edge = isUpper ? n - 1 : 0
      var side = EllipticSide(isUpper: isUpper, edge: edge, condition: condition)
      switch condition {
      case .robin(_, let normal): side.flux = (0..<m).map { values[$0 * n + edge] / normal }
      case .neumann: side.flux = (0..<m).map { values[$0 * n + edge] }
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

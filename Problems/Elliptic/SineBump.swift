import Equations
import Geometry

/// The manufactured solution of the elliptic problems: U = Π g(xᵢ) with g(s) = sin(πs) exp(cos(πs)).
///
/// It vanishes on the boundary of the unit box, and its odd continuation is analytic, so that sine and Chebyshev
/// expansions converge geometrically; no single mode represents it.
struct SineBump {
  let coordinates: [ScalarField]

  /// The bump on the unit box of the given dimension.
  init(dimension: Int) {
    precondition((1...3).contains(dimension), "a box has 1 to 3 axes, not \(dimension)")
    coordinates = Array([.x, .y, .z].prefix(dimension))
  }

  /// U.
  var value: ScalarField {
    coordinates.dropFirst().reduce(factor(coordinates[0])) { $0 * factor($1) }
  }

  /// −ΔU / U = π² Σ (1 + 3 cos(πxᵢ) − sin²(πxᵢ)), because g″ = π² (sin² − 3 cos − 1) g.
  var minusLaplacianOverValue: ScalarField {
    let sum = coordinates.dropFirst().reduce(curvature(coordinates[0])) { $0 + curvature($1) }
    return .pi * .pi * sum
  }

  private func factor(_ s: ScalarField) -> ScalarField { sin(.pi * s) * exp(cos(.pi * s)) }
  private func curvature(_ s: ScalarField) -> ScalarField { 1 + 3 * cos(.pi * s) - pow(sin(.pi * s), 2) }
}

import Equations
import Geometry

/// −∇·σ = (0, −g) in a beam [0, 4] × [0, 1] that is clamped at the left: linear elasticity in plane strain.
///
/// σ = 2μ ε + λ (∇·u) I with the strain ε = (∇u + ∇uᵀ)/2 and Lamé's constants μ and λ from Young's modulus and Poisson's
/// ratio. Linear triangles are much too stiff in bending; quadratic ones are not. Towards a ratio of one half the material
/// becomes incompressible and low orders lock.
///
/// **Good values**: the tip sinks by roughly 12 (1 − ν²) g L⁴ / (8 E), the deflection of a slender beam.
///
/// Source: T. J. R. Hughes, The Finite Element Method (1987).
public struct Cantilever: Problem {
  /// E.
  public var youngsModulus: ScalarField
  /// ν.
  public var poissonsRatio: ScalarField
  /// g, the weight per area.
  public var weight: ScalarField
  /// The displacement.
  public let u = VectorField.unknown("u")

  /// The problem with the given parameters.
  public init(
    youngsModulus: ScalarField = .parameter("youngs-modulus", 1000, in: 1e-3...1e4),
    poissonsRatio: ScalarField = .parameter("poissons-ratio", 0.3, in: 0...0.499),
    weight: ScalarField = .parameter("weight", 0.1, in: -100...100)
  ) {
    (self.youngsModulus, self.poissonsRatio, self.weight) = (youngsModulus, poissonsRatio, weight)
  }

  /// The stress of a displacement.
  public func stress(_ u: VectorField) -> TensorField {
    let mu = youngsModulus / (2 * (1 + poissonsRatio))
    let lambda = youngsModulus * poissonsRatio / ((1 + poissonsRatio) * (1 - 2 * poissonsRatio))
    return 2 * mu * symmetric(grad(u)) + lambda * div(u) * TensorField.identity
  }

  public var summary: String { "An elastic beam, clamped at one end, that bends under its own weight." }
  public var domain: Domain { .rectangle((0, 4), (0, 1)) }
  public var equations: [Equation] { [-div(stress(u)) == VectorField(0, -weight)] }
  public var conditions: [Condition] { [.dirichlet(u == VectorField(0, 0), on: .left)] }
  public var suggested: SuggestedRun { SuggestedRun(points: [65, 17]) }
}

import Equations
import Geometry

/// −∇·(D ∇u) = f on the unit square, u = 0 on its boundary, with D = R(θ) diag(1, ε) R(θ)ᵀ and f such that
/// u = Π sin(πxᵢ) exp(cos(πxᵢ)).
///
/// Diffusion that is strong along one direction and weak across it. Where the direction follows the grid (θ = 0) point
/// smoothers fail and semicoarsening or a strength of connection is needed; where it does not, mixed derivatives appear.
///
/// **Good values**: the error of the second-order stencil falls by four per halving of the mesh width for any ε.
///
/// Source: U. Trottenberg, C. W. Oosterlee and A. Schüller, Multigrid (2001), chapter 5.
public struct AnisotropicDiffusion: Problem {
  /// ε, the weak diffusivity.
  public var anisotropy: ScalarField
  /// θ, the angle of the strong direction with the x axis in radians.
  public var angle: ScalarField
  /// The unknown.
  public let u = ScalarField.unknown("u")

  /// The problem with the given parameters.
  public init(
    anisotropy: ScalarField = .parameter("anisotropy", 1e-3, in: 1e-8...1),
    angle: ScalarField = .parameter("angle", 0, in: -4...4)
  ) {
    (self.anisotropy, self.angle) = (anisotropy, angle)
  }

  private func operatorOf(_ v: ScalarField) -> ScalarField {
    let (c, s) = (cos(angle), sin(angle))
    let xx = c * c + anisotropy * s * s
    let yy = s * s + anisotropy * c * c
    let xy = (1 - anisotropy) * c * s
    return -(xx * dx(dx(v)) + yy * dy(dy(v)) + 2 * xy * dx(dy(v)))
  }

  public var summary: String { "Diffusion that is much stronger along one direction than across it." }
  public var domain: Domain { .cube(0, 1, dimension: 2) }
  public var equations: [Equation] { [operatorOf(u) == operatorOf(bump.value)] }
  public var conditions: [Condition] { [.dirichlet(u == 0)] }
  public var exact: [Equation] { [u == bump.value] }
  public var suggested: SuggestedRun { SuggestedRun(points: [129, 129]) }

  private var bump: SineBump { SineBump(dimension: 2) }
}

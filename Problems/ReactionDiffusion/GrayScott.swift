import Equations
import Geometry

/// u_t = D_u Δu − uv² + F(1 − u), v_t = D_v Δv + uv² − (F + k)v on the periodic square [0, 1.25)².
///
/// v feeds on u, which flows in at the rate F; v is removed at F + k. From one seed grow spots that divide, stripes, or
/// waves, after F and k. The state u = 1, v = 0 is always stable: without a seed nothing happens.
///
/// **Good values**: D_u = 2·10⁻⁵, D_v = 10⁻⁵ with (F, k) = (0.04, 0.06) for growing stripes, (0.0367, 0.0649) for dividing
/// spots, (0.014, 0.054) for moving ones. Patterns fill the square by t ≈ 4000.
///
/// Source: P. Gray and S. K. Scott, Chem. Eng. Sci. 38 (1983); J. E. Pearson, Science 261 (1993).
public struct GrayScott: Problem {
  /// D_u.
  public var diffusivityU: ScalarField
  /// D_v.
  public var diffusivityV: ScalarField
  /// F.
  public var feed: ScalarField
  /// k.
  public var kill: ScalarField
  /// The concentration of the substrate.
  public let u = ScalarField.unknown("u")
  /// The concentration of the autocatalyst.
  public let v = ScalarField.unknown("v")

  /// The problem with the given parameters.
  public init(
    diffusivityU: ScalarField = .parameter("Du", 2e-5, in: 1e-7...1e-2),
    diffusivityV: ScalarField = .parameter("Dv", 1e-5, in: 1e-7...1e-2),
    feed: ScalarField = .parameter("feed", 0.04, in: 0...0.1),
    kill: ScalarField = .parameter("kill", 0.06, in: 0...0.1)
  ) {
    self.diffusivityU = diffusivityU
    self.diffusivityV = diffusivityV
    self.feed = feed
    self.kill = kill
  }

  public var summary: String { "The Gray-Scott reaction: spots and stripes that grow from a seed." }
  public var domain: Domain { .torus(0, 1.25, dimension: 2) }
  public var equations: [Equation] {
    [
      dt(u) == diffusivityU * laplacian(u) - u * pow(v, 2) + feed * (1 - u),
      dt(v) == diffusivityV * laplacian(v) + u * pow(v, 2) - (feed + kill) * v,
    ]
  }
  public var conditions: [Condition] {
    // The noise breaks the seed's symmetry and vanishes with it, so that v stays zero elsewhere.
    let seed = exp(-80 * (pow(x - 0.625, 2) + pow(y - 0.625, 2)))
    let noisy = seed * (1 + .random(.noise(standardDeviation: 0.01)))
    return [.initial(u == 1 - 0.5 * noisy), .initial(v == 0.25 * noisy)]
  }
  public var derived: [Derived] { [.mean("mean-u", u), .mean("mean-v", v)] }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [128, 128], step: 2, until: 5000, frames: 51, stepper: "ETDRK4")
  }
}

import Equations
import Geometry

/// u_t = r u − (1 + Δ)²u + g u² − u³ on the periodic square [0, 20π)².
///
/// Waves of wavenumber 1 grow when r > 0 and saturate: stripes for g = 0, hexagons for larger g. The dynamics descends
/// the Lyapunov functional ∫ ½((1 + Δ)u)² − ½ru² − ⅓gu³ + ¼u⁴.
///
/// **Good values**: r = 0.3, g = 0 gives stripes of amplitude about 2√(r/3), with defects that heal slowly; g = 1 gives
/// hexagons. Ten wavelengths fit the square.
///
/// Source: J. Swift and P. C. Hohenberg, Phys. Rev. A 15 (1977).
public struct SwiftHohenberg: Problem {
  /// r, the distance from onset.
  public var growth: ScalarField
  /// g.
  public var quadratic: ScalarField
  /// The unknown.
  public let u = ScalarField.unknown("u")

  /// The problem with the given parameters.
  public init(
    growth: ScalarField = .parameter("growth", 0.3, in: -1...1),
    quadratic: ScalarField = .parameter("quadratic", 0, in: 0...2)
  ) {
    self.growth = growth
    self.quadratic = quadratic
  }

  public var summary: String { "The Swift-Hohenberg equation: stripes or hexagons from noise." }
  public var domain: Domain { .torus(0, 20 * .pi, dimension: 2) }
  public var equations: [Equation] {
    let linear = growth * u - (u + 2 * laplacian(u) + biharmonic(u))
    return [dt(u) == linear + quadratic * pow(u, 2) - pow(u, 3)]
  }
  public var conditions: [Condition] {
    [.initial(u == .random(.spectrum(peak: 10, slope: 4, rootMeanSquare: 0.1)))]
  }
  public var derived: [Derived] {
    let operated = u + laplacian(u)
    let bulk = 0.25 * pow(u, 4) - quadratic / 3 * pow(u, 3) - 0.5 * growth * pow(u, 2)
    return [.mean("free-energy", 0.5 * operated * operated + bulk)]
  }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [128, 128], step: 0.1, until: 100, frames: 51, stepper: "ETDRK4")
  }
}

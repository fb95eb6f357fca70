import Equations
import Geometry

/// u_t + ½|∇u|² + Δu + Δ²u = 0 on the periodic square [0, 30π)².
///
/// The height of a flame front. Its mean falls steadily, by half the mean square slope per time; about it lies a
/// turbulent landscape of cells with ridges between them.
///
/// **Good values**: length 30π with 128² points; the smooth start has grown into chaos by t ≈ 30.
///
/// Source: G. Sivashinsky, Acta Astronautica 4 (1977); A. Kalogirou, E. E. Keaveny and D. T. Papageorgiou, Proc. R. Soc.
/// A 471 (2015).
public struct KuramotoSivashinsky2D: Problem {
  /// The unknown.
  public let u = ScalarField.unknown("u")

  /// The problem, which has no parameters.
  public init() {}

  public var summary: String { "The Kuramoto-Sivashinsky equation of a flame front in two dimensions." }
  public var domain: Domain { .torus(0, 30 * .pi, dimension: 2) }
  public var equations: [Equation] {
    [dt(u) + 0.5 * dot(grad(u), grad(u)) + laplacian(u) + biharmonic(u) == 0]
  }
  public var conditions: [Condition] { [.initial(u == .random(.fourierSeries(highest: 5)))] }
  public var derived: [Derived] { [.mean("mean", u), .mean("slope", dot(grad(u), grad(u)))] }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [128, 128], step: 0.1, until: 100, frames: 51, stepper: "ETDRK4")
  }
}

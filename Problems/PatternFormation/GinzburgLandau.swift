import Equations
import Geometry

/// A_t = A + (1 + ib)ΔA − (1 + ic)|A|²A for a complex amplitude A on the periodic square [0, 64)².
///
/// The amplitude of waves near an oscillatory instability. Where 1 + bc > 0 plane waves are stable and spirals form
/// around the zeros of A; where 1 + bc < 0 every plane wave is unstable (Benjamin–Feir) and defects are born and die
/// without end.
///
/// **Good values**: b = 0.5, c = −1 for spirals; b = 2, c = −1 for defect turbulence.
///
/// Source: I. S. Aranson and L. Kramer, Rev. Mod. Phys. 74 (2002); H. Chaté and P. Manneville, Physica A 224 (1996).
public struct GinzburgLandau: Problem {
  /// b.
  public var dispersion: ScalarField
  /// c, the dependence of the frequency on the amplitude.
  public var shift: ScalarField
  /// The amplitude A.
  public let a = ScalarField.complexUnknown("A")

  /// The problem with the given parameters.
  public init(
    dispersion: ScalarField = .parameter("dispersion", 0.5, in: -4...4),
    shift: ScalarField = .parameter("shift", -1, in: -4...4)
  ) {
    self.dispersion = dispersion
    self.shift = shift
  }

  public var summary: String { "The complex Ginzburg-Landau equation: spirals and defect turbulence." }
  public var domain: Domain { .torus(0, 64, dimension: 2) }
  public var equations: [Equation] {
    [dt(a) == a + (1 + .i * dispersion) * laplacian(a) - (1 + .i * shift) * abs2(a) * a]
  }
  public var conditions: [Condition] {
    let real = ScalarField.random(.spectrum(peak: 5, slope: 4, rootMeanSquare: 0.5))
    let imaginary = ScalarField.random(.spectrum(peak: 6, slope: 4, rootMeanSquare: 0.5))
    return [.initial(a == real + .i * imaginary)]
  }
  public var derived: [Derived] { [.field("intensity", abs2(a)), .mean("mass", abs2(a))] }
  public var suggested: SuggestedRun {
    SuggestedRun(points: [128, 128], step: 0.05, until: 50, frames: 51, stepper: "ETDRK4")
  }
}

import Equations
import Geometry

/// What the vorticity–stream-function problems derive: the velocity (∂ψ/∂y, −∂ψ/∂x), the mean kinetic energy ½|u|² and
/// the mean enstrophy ½w².
func planeFlowQuantities(vorticity w: ScalarField, streamFunction psi: ScalarField) -> [Derived] {
  let velocity = perp(psi)
  return [
    .field("velocity", velocity), .mean("energy", 0.5 * dot(velocity, velocity)),
    .mean("enstrophy", 0.5 * w * w),
  ]
}

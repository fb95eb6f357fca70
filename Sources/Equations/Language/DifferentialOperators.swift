import Geometry

// Differential operators stay nodes of the tree until an analysis lowers them, so that they print as written.

/// ∂/∂x.
public func dx(_ a: ScalarField) -> ScalarField { ScalarField(.derivative(a.node, .x)) }
/// ∂/∂y.
public func dy(_ a: ScalarField) -> ScalarField { ScalarField(.derivative(a.node, .y)) }
/// ∂/∂z.
public func dz(_ a: ScalarField) -> ScalarField { ScalarField(.derivative(a.node, .z)) }
/// ∂/∂t.
public func dt(_ a: ScalarField) -> ScalarField { ScalarField(.timeDerivative(a.node)) }
/// The derivative along the outward normal; only conditions on sides use it.
public func dn(_ a: ScalarField) -> ScalarField { ScalarField(.normalDerivative(a.node)) }
/// The Laplacian Δa.
public func laplacian(_ a: ScalarField) -> ScalarField { ScalarField(.laplacian(a.node)) }
/// Δ²a.
public func biharmonic(_ a: ScalarField) -> ScalarField { laplacian(laplacian(a)) }
/// The gradient ∇a.
public func grad(_ a: ScalarField) -> VectorField { VectorField(.gradient(a.node)) }
/// (∂a/∂y, −∂a/∂x): the velocity of the stream function a, in two dimensions.
public func perp(_ a: ScalarField) -> VectorField { VectorField(.perpendicularGradient(a.node)) }

public func dx(_ a: VectorField) -> VectorField { VectorField(.derivative(a.node, .x)) }
public func dy(_ a: VectorField) -> VectorField { VectorField(.derivative(a.node, .y)) }
public func dz(_ a: VectorField) -> VectorField { VectorField(.derivative(a.node, .z)) }
public func dt(_ a: VectorField) -> VectorField { VectorField(.timeDerivative(a.node)) }
public func dn(_ a: VectorField) -> VectorField { VectorField(.normalDerivative(a.node)) }
/// The Laplacian of each Cartesian component.
public func laplacian(_ a: VectorField) -> VectorField { VectorField(.laplacian(a.node)) }
/// The divergence ∇·a.
public func div(_ a: VectorField) -> ScalarField { ScalarField(.divergence(a.node)) }
/// The curl ∇×a, in three dimensions; in two see ``rot(_:)``.
public func curl(_ a: VectorField) -> VectorField { VectorField(.curl(a.node)) }
/// ∂a_y/∂x − ∂a_x/∂y, the scalar curl of two dimensions.
public func rot(_ a: VectorField) -> ScalarField { ScalarField(.rotation(a.node)) }
/// a·b.
public func dot(_ a: VectorField, _ b: VectorField) -> ScalarField { ScalarField(.dot(a.node, b.node)) }
/// a×b, in three dimensions.
public func cross(_ a: VectorField, _ b: VectorField) -> VectorField { VectorField(.cross(a.node, b.node)) }
/// (a·∇)b, the advection of b by a.
public func convect(_ a: VectorField, _ b: ScalarField) -> ScalarField {
  ScalarField(.advection(a.node, b.node))
}
/// (a·∇)b, component by component.
public func convect(_ a: VectorField, _ b: VectorField) -> VectorField {
  VectorField(.advection(a.node, b.node))
}

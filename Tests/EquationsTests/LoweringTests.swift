import Equations
import Geometry
import Problems
import TestSupport
import Testing

/// Term lists derived by hand. Rows read M ∂t u + K u + terms = 0.
@Suite("Lowering to real first-order systems")
struct LoweringTests {
  private let plane = Domain.torus(0, 1, dimension: 2)

  @Test("Burgers' equation keeps the product u ∂x u")
  func burgers() throws {
    let system = try PDESystem(Burgers(), parameters: ["viscosity": 0.25])
    #expect(system.texts(ofRow: 0) == ["-0.25 u[xx]", "1 u u[x]", "dt 1 u"])
    #expect(system.degree == 2)
    #expect(system.jets == [Jet(0), Jet(0, MultiIndex(1))])
  }

  @Test("a conservative form keeps its outer derivative")
  func conservative() throws {
    let u = ScalarField.unknown("u")
    let system = try PDESystem(ProblemSketch(dt(u) + dx(u * u / 2) == dx(u) * 3))
    #expect(system.texts(ofRow: 0) == ["-3 u[x]", "0.5 (u^2)[x]", "dt 1 u"])
  }

  @Test("the Kuramoto-Sivashinsky equation in one and two dimensions")
  func kuramotoSivashinsky() throws {
    let one = try PDESystem(KuramotoSivashinsky())
    #expect(one.texts(ofRow: 0) == ["1 u u[x]", "1 u[xx]", "1 u[xxxx]", "dt 1 u"])
    let two = try PDESystem(KuramotoSivashinsky2D())
    #expect(
      two.texts(ofRow: 0) == [
        "0.5 u[x]^2", "0.5 u[y]^2", "1 u[xx]", "1 u[xxxx]", "1 u[yy]", "1 u[yyyy]", "2 u[xxyy]", "dt 1 u",
      ])
  }

  @Test("the Cahn-Hilliard equation keeps the Laplacian of u³ and makes the rest linear")
  func cahnHilliard() throws {
    let system = try PDESystem(CahnHilliard(epsilon: 0.5))
    #expect(
      system.texts(ofRow: 0) == [
        "-1 (u^3)[xx]", "-1 (u^3)[yy]", "0.25 u[xxxx]", "0.25 u[yyyy]", "0.5 u[xxyy]", "1 u[xx]", "1 u[yy]",
        "dt 1 u",
      ])
    #expect(system.degree == 3)
  }

  @Test("the nonlinear Schrödinger equation becomes two real equations")
  func nonlinearSchroedinger() throws {
    // ψ = a + ib: the real part is −b_t + ½a_xx + (a² + b²)a, the imaginary part a_t + ½b_xx + (a² + b²)b.
    let system = try PDESystem(NonlinearSchroedinger())
    #expect(system.unknowns.map(\.name) == ["psi_re", "psi_im"])
    #expect(
      system.texts(ofRow: 0) == ["0.5 psi_re[xx]", "1 psi_re psi_im^2", "1 psi_re^3", "dt -1 psi_im"])
    #expect(
      system.texts(ofRow: 1) == ["0.5 psi_im[xx]", "1 psi_im^3", "1 psi_re^2 psi_im", "dt 1 psi_re"])
  }

  @Test("a complex coefficient couples the two parts")
  func ginzburgLandau() throws {
    let system = try PDESystem(GinzburgLandau(dispersion: 2, shift: 3))
    #expect(
      system.texts(ofRow: 0) == [
        "-1 A_re", "-1 A_re[xx]", "-1 A_re[yy]", "-3 A_im^3", "-3 A_re^2 A_im", "1 A_re A_im^2", "1 A_re^3",
        "2 A_im[xx]", "2 A_im[yy]", "dt 1 A_re",
      ])
    #expect(
      system.texts(ofRow: 1) == [
        "-1 A_im", "-1 A_im[xx]", "-1 A_im[yy]", "-2 A_re[xx]", "-2 A_re[yy]", "1 A_im^3", "1 A_re^2 A_im",
        "3 A_re A_im^2", "3 A_re^3", "dt 1 A_im",
      ])
  }

  @Test("the wave equation is reduced to first order")
  func wave() throws {
    let system = try PDESystem(Wave(speed: 2))
    #expect(system.unknowns.map(\.name) == ["u", "u_t"])
    #expect(system.unknowns.map(\.isVelocity) == [false, true])
    #expect(system.texts(ofRow: 0) == ["-4 u[xx]", "dt 1 u_t"])
    #expect(system.texts(ofRow: 1) == ["-1 u_t", "dt 1 u"])
    #expect(system.velocityIndex(of: 0) == 1)
    #expect(system.initial[1] == .zero)
  }

  @Test("damping, and a product with ∂t u, use the velocity of the reduction")
  func dampedWave() throws {
    let u = ScalarField.unknown("u")
    let system = try PDESystem(
      ProblemSketch(dt(dt(u)) + 3 * dt(u) + u * dt(u) == dx(dx(u)), derived: [.mean("k", dt(u) * dt(dx(u)))])
    )
    #expect(system.texts(ofRow: 0) == ["-1 u[xx]", "1 u u_t", "3 u_t", "dt 1 u_t"])
    #expect(system.derived[0].components == [.jet(Jet(1)) * .jet(Jet(1, MultiIndex(1)))])
    #expect(system.initial == [nil, .zero])
  }

  @Test("the Navier-Stokes equations in three dimensions")
  func navierStokes3D() throws {
    let system = try PDESystem(TaylorGreenVortex3D(viscosity: 0.5))
    #expect(system.unknowns.map(\.name) == ["u_x", "u_y", "u_z", "p"])
    #expect(
      system.texts(ofRow: 0) == [
        "-0.5 u_x[xx]", "-0.5 u_x[yy]", "-0.5 u_x[zz]", "1 p[x]", "1 u_x u_x[x]", "1 u_x[y] u_y",
        "1 u_x[z] u_z", "dt 1 u_x",
      ])
    #expect(
      system.texts(ofRow: 1) == [
        "-0.5 u_y[xx]", "-0.5 u_y[yy]", "-0.5 u_y[zz]", "1 p[y]", "1 u_x u_y[x]", "1 u_y u_y[y]",
        "1 u_y[z] u_z", "dt 1 u_y",
      ])
    #expect(
      system.texts(ofRow: 2) == [
        "-0.5 u_z[xx]", "-0.5 u_z[yy]", "-0.5 u_z[zz]", "1 p[z]", "1 u_x u_z[x]", "1 u_y u_z[y]",
        "1 u_z u_z[z]", "dt 1 u_z",
      ])
    #expect(system.texts(ofRow: 3) == ["1 u_x[x]", "1 u_y[y]", "1 u_z[z]"])
    #expect(system.differential == [0, 1, 2])
    #expect(system.algebraic == [3])
    #expect(system.isEvolution)
  }

  @Test("two-layer quasi-geostrophic flow")
  func quasiGeostrophic() throws {
    let problem = TwoLayerQuasiGeostrophic(coupling: 3, shear: 2, beta: 5, drag: 7, hyperviscosity: 0)
    let system = try PDESystem(problem)
    #expect(system.unknowns.map(\.name) == ["q1", "psi1", "q2", "psi2"])
    // The background gradients are β ± 2FU = 5 ± 12.
    #expect(
      system.texts(ofRow: 0) == ["-1 q1[x] psi1[y]", "1 q1[y] psi1[x]", "17 psi1[x]", "2 q1[x]", "dt 1 q1"])
    #expect(
      system.texts(ofRow: 1) == [
        "-1 q2[x] psi2[y]", "-2 q2[x]", "-7 psi2[x]", "1 q2[y] psi2[x]", "7 psi2[xx]", "7 psi2[yy]",
        "dt 1 q2",
      ])
    #expect(system.texts(ofRow: 2) == ["-1 q1", "-3 psi1", "1 psi1[xx]", "1 psi1[yy]", "3 psi2"])
    #expect(system.texts(ofRow: 3) == ["-1 q2", "-3 psi2", "1 psi2[xx]", "1 psi2[yy]", "3 psi1"])
    #expect(system.algebraic == [1, 3])
  }

  @Test("vorticity and stream function: the velocity is (ψ_y, −ψ_x)")
  func vorticity() throws {
    let system = try PDESystem(KolmogorovFlow(viscosity: 0.5, drag: 0.25, forcing: 3, wavenumber: 2))
    #expect(
      system.texts(ofRow: 0) == [
        "-0.5 w[xx]", "-0.5 w[yy]", "-1 w[y] psi[x]", "0.25 w", "1 w[x] psi[y]", "6 cos(2 y)", "dt 1 w",
      ])
    #expect(system.texts(ofRow: 1) == ["1 psi[xx]", "1 psi[yy]", "1 w"])
  }

  @Test("reaction terms: everything with constant coefficients is linear")
  func grayScott() throws {
    let system = try PDESystem(GrayScott(diffusivityU: 2, diffusivityV: 1, feed: 0.25, kill: 0.5))
    #expect(
      system.texts(ofRow: 0) == ["-0.25", "-2 u[xx]", "-2 u[yy]", "0.25 u", "1 u v^2", "dt 1 u"])
    #expect(system.texts(ofRow: 1) == ["-1 u v^2", "-1 v[xx]", "-1 v[yy]", "0.75 v", "dt 1 v"])
  }

  @Test("an outer derivative inside a product is carried out")
  func productRule() throws {
    // u ∂xx(u²) = u (2u_x² + 2u u_xx), and (∂x(uv))² = u_x²v² + 2uv u_x v_x + u²v_x².
    let u = ScalarField.unknown("u")
    let v = ScalarField.unknown("v")
    let system = try PDESystem(
      ProblemSketch(dt(u) + u * dx(dx(pow(u, 2))) == 0, dt(v) + pow(dx(u * v), 2) == 0))
    #expect(system.texts(ofRow: 0) == ["2 u u[x]^2", "2 u^2 u[xx]", "dt 1 u"])
    #expect(
      system.texts(ofRow: 1) == ["1 u[x]^2 v^2", "1 u^2 v[x]^2", "2 u u[x] v v[x]", "dt 1 v"])
  }

  @Test("variable coefficients and sources are no linear terms")
  func variableCoefficients() throws {
    let u = ScalarField.unknown("u")
    let x = ScalarField.x
    let system = try PDESystem(ProblemSketch(dt(u) == dx((1 + x) * dx(u)) + sin(x)))
    // ∂x((1 + x)u_x) = u_xx + ∂x(x u_x): the constant part is linear, the rest keeps its outer derivative.
    #expect(system.texts(ofRow: 0) == ["-1 (x u[x])[x]", "-1 sin(x)", "-1 u[xx]", "dt 1 u"])
    #expect(system.degree == 1)
  }

  @Test("non-polynomial terms stay closed")
  func nonPolynomial() throws {
    let u = ScalarField.unknown("u")
    let system = try PDESystem(ProblemSketch(dt(u) == 2 * u * exp(-u) + 1 / (1 + u)))
    #expect(system.degree == nil)
    #expect(system.rows[0].terms.count == 2)
    #expect(system.rows[0].linear.isEmpty)
  }

  @Test("vector calculus in components")
  func vectorCalculus() throws {
    let (v, w) = (VectorField.unknown("v"), VectorField.unknown("w"))
    let curls = try PDESystem(
      ProblemSketch(dt(v) == curl(w), dt(w) == cross(v, w), on: .torus(0, 1, dimension: 3)))
    #expect(curls.texts(ofRow: 0) == ["-1 w_z[y]", "1 w_y[z]", "dt 1 v_x"])
    #expect(curls.texts(ofRow: 1) == ["-1 w_x[z]", "1 w_z[x]", "dt 1 v_y"])
    #expect(curls.texts(ofRow: 2) == ["-1 w_y[x]", "1 w_x[y]", "dt 1 v_z"])
    #expect(curls.texts(ofRow: 3) == ["-1 v_y w_z", "1 v_z w_y", "dt 1 w_x"])
    #expect(curls.texts(ofRow: 4) == ["-1 v_z w_x", "1 v_x w_z", "dt 1 w_y"])
    #expect(curls.texts(ofRow: 5) == ["-1 v_x w_y", "1 v_y w_x", "dt 1 w_z"])
    let p = ScalarField.unknown("p")
    let plane = try PDESystem(
      ProblemSketch(dt(v) == 3 * perp(p) / 2 - v.y * v, p == rot(v) - dot(v, v) + div(v), on: plane))
    #expect(plane.texts(ofRow: 0) == ["-1.5 p[y]", "1 v_x v_y", "dt 1 v_x"])
    #expect(plane.texts(ofRow: 1) == ["1 v_y^2", "1.5 p[x]", "dt 1 v_y"])
    #expect(
      plane.texts(ofRow: 2)
        == [
          "-1 v_x[x]", "-1 v_y[x]", "-1 v_y[y]", "1 p", "1 v_x[y]", "1 v_x^2", "1 v_y^2",
        ].sorted())
  }

  @Test("equal terms merge, cancelling terms vanish")
  func merging() throws {
    let u = ScalarField.unknown("u")
    let product = u * dx(u)
    let system = try PDESystem(ProblemSketch(dt(u) + product + dx(u) * u - pow(u + 1, 2) == u - pow(u, 2)))
    #expect(system.texts(ofRow: 0) == ["-1", "-3 u", "2 u u[x]", "dt 1 u"])
  }

  @Test("quantities such as |ψ|² are real")
  func realQuantities() throws {
    let system = try PDESystem(NonlinearSchroedinger())
    #expect(system.derived.map(\.components.count) == [1, 1, 1, 1])
    // Schrödinger-Poisson: the second equation is real although ψ is complex.
    let phi = ScalarField.unknown("phi")
    let psi = ScalarField.complexUnknown("psi")
    let coupled = try PDESystem(ProblemSketch(.i * dt(psi) == phi * psi, laplacian(phi) == abs2(psi)))
    #expect(coupled.rows.count == 3)
    #expect(coupled.texts(ofRow: 0) == ["-1 psi_re phi", "dt -1 psi_im"])
    #expect(coupled.texts(ofRow: 1) == ["-1 psi_im phi", "dt 1 psi_re"])
    #expect(coupled.texts(ofRow: 2) == ["-1 psi_im^2", "-1 psi_re^2", "1 phi[xx]"])
    let sum = try PDESystem(ProblemSketch(psi == 1, phi == psi + conjugate(psi)))
    #expect(sum.texts(ofRow: 2) == ["-2 psi_re", "1 phi"])
  }
}

import Ansatz

extension PinnCase {
  /// The wave of Kang et al. (2024) and Cho et al. (2023): Gaussians that move against Gaussians that do not.
  static let helmholtz = PinnCase(
    name: "helmholtz", problem: HelmholtzWaves(),
    rows: [
      PinnRow("PIG", "pig --gaussians 200 --pattern sobol --inside 2000 --boundary 100"),
      PinnRow(
        "PIG, fixed Gaussians", "pig --gaussians 200 --fixed --pattern sobol --inside 2000 --boundary 100"),
      PinnRow(
        "PIG as published",
        "pinn --network gaussian --gaussians 100 --optimizer lbfgs --pattern uniform --inside 2500 --renew 20"
      ),
      PinnRow("PINN, SSBroyden", "pinn --widths 30,30,30 --optimizer adam:300,ssbroyden --inside 2000"),
      PinnRow(
        "random features",
        "pinn --network random --widths 800 --range 7 --optimizer gn --pattern sobol --inside 3000 --measure 1 --steps 2"
      ),
    ],
    marks: [
      .error(of: "PIG", atMost: 1e-6, after: 60, isQuick: true),
      .error(of: "PIG, fixed Gaussians", times: 10, above: "PIG", after: 60, isQuick: true),
    ],
    classical: .spectral(points: [49, 49]))

  /// A standing wave in the square up to t = 10.
  static let kleinGordon = PinnCase(
    name: "klein-gordon", problem: PlaneKleinGordon(), until: 10,
    rows: [PinnRow("PIG", "pig --gaussians 200 --pattern sobol --inside 3000 --boundary 300")],
    marks: [.error(of: "PIG", atMost: 2.7e-3, after: 600)],
    classical: .none(
      "the spectral solvers take no conditions on moving sides of an equation of second order in time"))

  /// The interfaces of the Allen-Cahn equation at D = 10⁻⁴.
  static let gaussianAllenCahn = PinnCase(
    name: "gaussian-allen-cahn", problem: AllenCahn1D(),
    rows: [
      PinnRow(
        "PIG", "pig --windows 5 --gaussians 150 --grow 10:25:350 --inside 2500 --boundary 400 --renew 20")
    ],
    marks: [.error(of: "PIG", atMost: 1e-4, after: 600)],
    classical: .spectral(points: [1024], step: 1e-3))

  /// A front that a vortex winds up.
  static let flowMixing = PinnCase(
    name: "flow-mixing", problem: FlowMixing(), until: 4,
    rows: [
      PinnRow("PIG", "pig --windows 4 --gaussians 200 --grow 10:25:400 --inside 4000 --boundary 300")
    ],
    marks: [.error(of: "PIG", atMost: 2.9e-3, after: 1200)],
    classical: .none("the exact solution stands beside it"))

  /// Three heaps that spread into each other, the more slowly the lower they are.
  static let nonlinearDiffusion = PinnCase(
    name: "nonlinear-diffusion", problem: NonlinearDiffusion(),
    rows: [
      PinnRow("PIG", "pig --windows 4 --gaussians 200 --grow 10:25:400 --inside 4000 --boundary 300")
    ],
    marks: [.error(of: "PIG", atMost: 5e-3, after: 1200)],
    classical: .method { refinement in
      let points = 48 + 24 * (refinement - 1)
      return try solve(
        NonlinearDiffusion(), with: SuitableBasis(points: [points, points]),
        stepping: ETDRK4(step: refinement == 1 ? 2e-4 : 4e-5), until: 1, saving: .count(21))
    })
}

/// Δu + u = f with u = sin 4πx sin πy on (−1, 1)², 0 on its boundary.
struct HelmholtzWaves: Problem {
  let u = ScalarField.unknown("u")
  var name: String { "helmholtz-waves" }
  var domain: Domain { .cube(-1, 1, dimension: 2) }
  var equations: [Equation] {
    [laplacian(u) + u == (1 - 17 * .pi * .pi) * sin(4 * .pi * x) * sin(.pi * y)]
  }
  var conditions: [Condition] { [.dirichlet(u == 0)] }
  var exact: [Equation] { [u == sin(4 * .pi * x) * sin(.pi * y)] }
}

/// u_tt − Δu + u² = f on (−1, 1)² with u = (x + y) cos 2t + xy sin 2t (Cho et al. 2023), whose initial rate is given too:
/// without it the equation would not determine u.
struct PlaneKleinGordon: Problem {
  let u = ScalarField.unknown("u")
  var name: String { "plane-klein-gordon" }
  var domain: Domain { .cube(-1, 1, dimension: 2) }
  private var value: ScalarField { (x + y) * cos(2 * t) + x * y * sin(2 * t) }
  var equations: [Equation] { [dt(dt(u)) - laplacian(u) + u * u == -4 * value + value * value] }
  var conditions: [Condition] {
    [.initial(u == x + y), .initial(dt(u) == 2 * x * y), .dirichlet(u == value)]
  }
  var exact: [Equation] { [u == value] }
}

/// u_t + a u_x + b u_y = 0 on (−4, 4)²: a vortex whose tangential speed sech²r tanh r has its maximum scaled to 1 by 0.385
/// winds up a front (Tamamidis & Assanis 1993; Cho et al. 2023).
struct FlowMixing: Problem {
  let u = ScalarField.unknown("u")
  var name: String { "flow-mixing" }
  var domain: Domain { .cube(-4, 4, dimension: 2) }
  // The quotient by r has a limit at 0, its formula has none.
  private var r: ScalarField { sqrt(x * x + y * y + 1e-20) }
  private var frequency: ScalarField { tanh(r) / (pow(cosh(r), 2) * 0.385 * r) }
  private var value: ScalarField {
    -tanh(0.5 * y * cos(frequency * t) - 0.5 * x * sin(frequency * t))
  }
  var equations: [Equation] { [dt(u) - frequency * y * dx(u) + frequency * x * dy(u) == 0] }
  var conditions: [Condition] { [.initial(u == -tanh(0.5 * y)), .dirichlet(u == value)] }
  var exact: [Equation] { [u == value] }
}

/// u_t = 0.05 (|∇u|² + u Δu) on (−1, 1)², 0 on the boundary, from three heaps (Cho et al. 2023).
struct NonlinearDiffusion: Problem {
  let u = ScalarField.unknown("u")
  var name: String { "nonlinear-diffusion" }
  var domain: Domain { .cube(-1, 1, dimension: 2) }
  private func heap(_ height: Double, _ width: Double, _ a: Double, _ b: Double) -> ScalarField {
    height * exp(-width * (pow(x - a, 2) + pow(y - b, 2)))
  }
  var equations: [Equation] {
    [dt(u) == 0.05 * (dx(u) * dx(u) + dy(u) * dy(u) + u * laplacian(u))]
  }
  var conditions: [Condition] {
    [
      .initial(u == heap(0.25, 10, 0.3, 0.2) + heap(0.4, 15, -0.5, -0.1) + heap(0.3, 20, 0, -0.5)),
      .dirichlet(u == 0),
    ]
  }
}

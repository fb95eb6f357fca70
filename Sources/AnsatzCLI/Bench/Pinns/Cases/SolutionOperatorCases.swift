import Ansatz

extension PinnCase {
  // One network for all of them: 64 channels, four layers, gelu.
  private static let network = "nsm --channels 64 --depth 4 --precision single --batch 16 --measure 100"

  /// The operator from sources to solutions of Poisson's equation on the torus (Du et al. 2024).
  static let poissonOperator = PinnCase(
    name: "poisson-operator", problem: TorusPoisson(),
    rows: [
      PinnRow(
        "NSM",
        network + " --vary s --length 0.2 --modes 31,31 --tests 64 --optimizer adam@2e-3+cosine=4000"),
      PinnRow(
        "NSM as published",
        network
          + " --vary s --length 0.2 --modes 31,31 --tests 64 --plain --scaling uniform --optimizer adam@2e-3+cosine=4000"
      ),
    ],
    marks: [
      .error(of: "NSM", atMost: 1e-2, after: 300),
      .error(of: "NSM", atMost: 1e-3, after: 1500),
    ],
    classical: .none("a spectral solve divides the source's coefficients by |k|², which is exact"),
    hasOwnReference: true)

  /// The operator from initial states to solutions of a reaction-diffusion equation (Du et al. 2024).
  static let reactionDiffusionOperator = PinnCase(
    name: "reaction-diffusion-operator", problem: TorusReactionDiffusion(),
    rows: [
      PinnRow(
        "NSM",
        network
          + " --vary initial_u --length 0.2 --between 0,1 --modes 64,32 --tests 64 --optimizer adam@2e-3+cosine=4000"
      )
    ],
    marks: [.error(of: "NSM", atMost: 2e-2, after: 1200)],
    classical: .none("errors are those against ETDRK4 on twice the points"), hasOwnReference: true)

  /// The operator from initial vorticities to flows on the torus up to t = 3 (Du et al. 2024).
  static let navierStokesOperator = PinnCase(
    name: "navier-stokes-operator", problem: TorusFlow(), until: 3,
    rows: [
      PinnRow(
        "NSM",
        "nsm --channels 16 --depth 4 --precision single --batch 16 --measure 100 --vary initial_w --length 0.8 --zero-mean "
          + "--modes 31,31,12 --tests 16 --time-step 0.01 --optimizer adam@2e-3+cosine=8000")
    ],
    marks: [.error(of: "NSM", atMost: 3e-2, after: 2400)],
    classical: .none("errors are those against ETDRK4 on twice the points"), hasOwnReference: true)
}

/// −Δu = s on the unit torus, for any source s of mean zero.
struct TorusPoisson: Problem {
  let u = ScalarField.unknown("u")
  let s = ScalarField.unknown("s")
  var name: String { "torus-poisson" }
  var domain: Domain { .torus(0, 1, dimension: 2) }
  var equations: [Equation] { [-laplacian(u) == s] }
}

/// u_t = ν u_xx + 5 u (1 − u) on the unit circle, ν = 0.01.
struct TorusReactionDiffusion: Problem {
  let u = ScalarField.unknown("u")
  var name: String { "torus-reaction-diffusion" }
  var domain: Domain { .interval(0, 1, periodic: true) }
  var equations: [Equation] { [dt(u) == 0.01 * dx(dx(u)) + 5 * u * (1 - u)] }
}

/// The Navier-Stokes equations for the vorticity on the unit torus, ν = 0.01.
struct TorusFlow: Problem {
  let w = ScalarField.unknown("w")
  let psi = ScalarField.unknown("psi")
  var name: String { "torus-flow" }
  var domain: Domain { .torus(0, 1, dimension: 2) }
  var equations: [Equation] {
    [dt(w) + convect(perp(psi), w) == 0.01 * laplacian(w), laplacian(psi) == -w]
  }
}

import Ansatz

extension PinnCase {
  /// Transport at speed 50, which coordinates of a network in x and t do not follow and characteristics do.
  static let transport = PinnCase(
    name: "transport", problem: FastConvection(),
    rows: [
      // The speed enters a Lagrangian network only through the mean drift, which is taken out beforehand; the second
      // row leaves it in.
      PinnRow("LPINN", "lpinn --widths 20,20 --optimizer lm --inside 1000 --renew 20"),
      PinnRow(
        "LPINN, drift kept", "lpinn --keep-drift --widths 20,20 --optimizer lm --inside 1000 --renew 20"),
      PinnRow(
        "PINN", "pinn --soft --widths 50,50,50,50 --optimizer adam --inside 1000 --renew 200"),
      PinnRow("PINN, SSBroyden", "pinn --widths 20,20,20 --optimizer adam:300,ssbroyden --inside 2000"),
      PinnRow(
        "random features",
        "pinn --network random --widths 1000 --activation sin --range 26 --optimizer gn --pattern sobol --inside 3000 "
          + "--measure 1 --steps 2"),
    ],
    marks: [
      .error(of: "LPINN", atMost: 1e-3, after: 60, isQuick: true),
      .error(of: "LPINN, drift kept", atMost: 1e-3, after: 60, isQuick: true),
      .error(of: "PINN", atLeast: 0.1, after: 60, isQuick: true),
    ],
    classical: .spectral(points: [64], step: 2e-3))

  /// Burgers' equation with a drift of 50.
  static let driftingBurgers = PinnCase(
    name: "drifting-burgers", problem: DriftingBurgers(),
    rows: [
      PinnRow("LPINN", "lpinn --widths 20,20 --optimizer lm --inside 1000 --renew 20"),
      PinnRow(
        "LPINN, drift kept", "lpinn --keep-drift --widths 20,20 --optimizer lm --inside 1000 --renew 20"),
      PinnRow(
        "LPINN, label Laplacian",
        "lpinn --derivatives labels --widths 20,20 --optimizer lm --inside 1000 --renew 20"),
      PinnRow(
        "PINN", "pinn --soft --widths 50,50,50,50 --optimizer adam --inside 1000 --renew 200"),
    ],
    marks: [
      .error(of: "LPINN", atMost: 1e-2, after: 60, isQuick: true),
      .error(of: "LPINN, drift kept", atMost: 1e-2, after: 60, isQuick: true),
      .error(of: "LPINN, label Laplacian", times: 2, above: "LPINN", after: 60, isQuick: true),
    ],
    classical: .spectral(points: [512], step: 2e-4))
}

/// u_t + 50 u_x = 0 from sin x (Krishnapriyan et al. 2021).
struct FastConvection: Problem {
  let u = ScalarField.unknown("u")
  var name: String { "fast-convection" }
  var domain: Domain { .torus(0, 2 * .pi, dimension: 1) }
  var equations: [Equation] { [dt(u) + 50 * dx(u) == 0] }
  var conditions: [Condition] { [.initial(u == sin(x))] }
  var exact: [Equation] { [u == sin(x - 50 * t)] }
}

/// u_t + (u + c) u_x = 0.01 u_xx from sin x (Mojgani, Balajewicz & Hassanzadeh 2023).
struct DriftingBurgers: Problem {
  /// c.
  var drift = 50.0
  let u = ScalarField.unknown("u")
  var name: String { "drifting-burgers" }
  var domain: Domain { .torus(0, 2 * .pi, dimension: 1) }
  var equations: [Equation] { [dt(u) + (u + drift) * dx(u) == 0.01 * dx(dx(u))] }
  var conditions: [Condition] { [.initial(u == sin(x))] }
}

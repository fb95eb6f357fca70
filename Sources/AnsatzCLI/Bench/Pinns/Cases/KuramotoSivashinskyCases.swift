import Ansatz

extension PinnCase {
  /// Steepening fronts of the Kuramoto-Sivashinsky equation up to where they settle.
  static let kuramotoSivashinsky = PinnCase(
    name: "kuramoto-sivashinsky", problem: SteepeningKuramotoSivashinsky(),
    rows: [
      PinnRow(
        "40 windows, SSBroyden",
        "pinn --windows 40 --waves 6 --widths 20,20 --optimizer ssbroyden --pattern sobol --inside 800 --renew 0 "
          + "--measure 50 --stage-tolerance 5e-10")
    ],
    marks: [.error(of: "40 windows, SSBroyden", atMost: 1e-4, after: 1200)],
    classical: .spectral(points: [256], step: 2e-4))

  /// The same equation on an interval of sixteen cells, up to and into chaos.
  static let chaos = PinnCase(
    name: "chaos", problem: ChaoticKuramotoSivashinsky(),
    rows: [
      PinnRow(
        "100 windows, SSBroyden",
        "pinn --windows 100 --waves 16 --widths 24,24 --optimizer ssbroyden --pattern sobol --inside 1500 --renew 0 "
          + "--measure 50 --stage-tolerance 1e-7")
    ],
    marks: [.error(of: "100 windows, SSBroyden", atMost: 0.1, after: 3600)],
    classical: .spectral(points: [512], step: 1e-4))
}

/// u_t + 5 u u_x + 0.5 u_xx + 0.005 u_xxxx = 0 from −sin πx (Wang, Sankaran, Wang & Perdikaris 2023, the regular case).
struct SteepeningKuramotoSivashinsky: Problem {
  let u = ScalarField.unknown("u")
  var name: String { "steepening-kuramoto-sivashinsky" }
  var domain: Domain { .interval(-1, 1, periodic: true) }
  var equations: [Equation] {
    [dt(u) + 5 * u * dx(u) + 0.5 * dx(dx(u)) + 0.005 * dx(dx(dx(dx(u)))) == 0]
  }
  var conditions: [Condition] { [.initial(u == -sin(.pi * x))] }
}

/// u_t + 100/16 u u_x + 100/16² u_xx + 100/16⁴ u_xxxx = 0 from cos x (1 + sin x): Kassam and Trefethen's (2005) up to their
/// t = 100, in units of the interval (Wang, Sankaran, Wang & Perdikaris 2023, the chaotic case).
struct ChaoticKuramotoSivashinsky: Problem {
  let u = ScalarField.unknown("u")
  var name: String { "chaotic-kuramoto-sivashinsky" }
  var domain: Domain { .interval(0, 2 * .pi, periodic: true) }
  var equations: [Equation] {
    [
      dt(u) + 100.0 / 16 * u * dx(u) + 100.0 / 256 * dx(dx(u)) + 100.0 / 65536 * dx(dx(dx(dx(u)))) == 0
    ]
  }
  var conditions: [Condition] { [.initial(u == cos(x) * (1 + sin(x)))] }
}

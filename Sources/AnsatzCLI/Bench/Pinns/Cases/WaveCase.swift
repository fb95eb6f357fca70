import Ansatz

extension PinnCase {
  /// A string that swings four times, with two notes.
  static let wave = PinnCase(
    name: "wave", problem: TwoNotes(),
    rows: [
      PinnRow(
        "SSBroyden",
        "pinn --widths 20,20 --optimizer adam:300,ssbroyden --inside 2000 --renew 200"),
      PinnRow(
        "random features",
        "pinn --network random --widths 1000 --range 12 --activation sin --optimizer gn --pattern sobol --inside 4000 "
          + "--renew 0 --measure 1 --steps 2"),
    ],
    marks: [.error(of: "SSBroyden", atMost: 9.8e-3, after: 240, isQuick: true)],
    classical: .spectral(points: [65], step: 1e-3))
}

/// u_tt = 4 u_xx with two standing waves (Hao et al., PINNacle, 2023).
struct TwoNotes: Problem {
  let u = ScalarField.unknown("u")
  var name: String { "two-notes" }
  var domain: Domain { .interval(0, 1) }
  var equations: [Equation] { [dt(dt(u)) == 4 * dx(dx(u))] }
  var conditions: [Condition] {
    [.initial(u == sin(.pi * x) + 0.5 * sin(4 * .pi * x)), .initial(dt(u) == 0), .dirichlet(u == 0)]
  }
  var exact: [Equation] {
    [u == sin(.pi * x) * cos(2 * .pi * t) + 0.5 * sin(4 * .pi * x) * cos(8 * .pi * t)]
  }
}

import Ansatz

extension PinnCase {
  /// A front of a reaction that has crossed a part of the square after 200 units of time.
  static let grayScott = PinnCase(
    name: "gray-scott", problem: SeededGrayScott(), until: 200,
    rows: [
      PinnRow(
        "20 windows, SOAP",
        "pinn --windows 20 --waves 3 --network modified --widths 48,48,48 --optimizer soap@3e-3+cosine=2000 "
          + "--inside 4000 --renew 100 --measure 100")
    ],
    marks: [.error(of: "20 windows, SOAP", atMost: 8e-3, after: 900)],
    classical: .spectral(points: [256, 256], step: 0.5))
}

/// The reaction of Gray and Scott from two overlapping hills (Hao et al., PINNacle, 2023, who state no conditions on the
/// sides; the hills are those of a periodic demonstration, and up to t = 200 what they begin does not reach the sides).
struct SeededGrayScott: Problem {
  let u = ScalarField.unknown("u")
  let v = ScalarField.unknown("v")
  var name: String { "seeded-gray-scott" }
  var domain: Domain { .torus(-1, 1, dimension: 2) }
  var equations: [Equation] {
    [
      dt(u) == 1e-5 * laplacian(u) + 0.04 * (1 - u) - u * pow(v, 2),
      dt(v) == 5e-6 * laplacian(v) - 0.1 * v + u * pow(v, 2),
    ]
  }
  var conditions: [Condition] {
    [
      .initial(u == 1 - exp(-80 * (pow(x + 0.05, 2) + pow(y + 0.02, 2)))),
      .initial(v == exp(-80 * (pow(x - 0.05, 2) + pow(y - 0.02, 2)))),
    ]
  }
}

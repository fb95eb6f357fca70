import Ansatz

extension PinnCase {
  /// Laplace's equation in a square without four discs: a region of no simple shape, whose values are met exactly.
  static let perforatedPlate = PinnCase(
    name: "perforated-plate", problem: PerforatedPlate(),
    rows: [
      PinnRow(
        "Levenberg-Marquardt", "pinn --widths 24,24 --optimizer lm --inside 2000 --boundary 200 --renew 20"),
      PinnRow(
        "values in the loss",
        "pinn --soft --widths 24,24 --optimizer lm --inside 2000 --boundary 200 --renew 20 --weight 100"),
    ],
    marks: [.error(of: "Levenberg-Marquardt", atMost: 1.23e-3, after: 300, isQuick: true)],
    classical: .method { refinement in
      try solve(
        PerforatedPlate(),
        with: FiniteElementMethod(
          mesh: .perforatedPlate(
            columns: [-0.5, 0, 0.5], rows: [-0.5, 0, 0.5], cells: 16 * refinement, order: 2
          ) { column, row in
            ((x: column == 0 ? -0.3 : 0.3, y: row == 0 ? -0.3 : 0.3), 0.1)
          },
          boundaries: ["circles": ["holes"]], order: 3))
    })
}

/// Δu = 0 between the sides of a square, where u = 1, and four circles, where u = 0: the case Poisson2d-C of PINNacle (Hao et
/// al., NeurIPS 2024).
struct PerforatedPlate: Problem {
  let u = ScalarField.unknown("u")
  var name: String { "perforated-plate" }
  var domain: Domain {
    var plate = Region.rectangle((-0.5, 0.5), (-0.5, 0.5))
    for x in [-0.3, 0.3] {
      for y in [-0.3, 0.3] { plate = plate.subtracting(.disc(center: (x, y), radius: 0.1), named: "circles") }
    }
    return .region(plate)
  }
  var equations: [Equation] { [laplacian(u) == 0] }
  var conditions: [Condition] { [.dirichlet(u == 1), .dirichlet(u == 0, on: "circles")] }
}

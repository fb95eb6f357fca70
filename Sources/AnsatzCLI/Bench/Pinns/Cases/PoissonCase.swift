import Ansatz

extension PinnCase {
  /// The square with one wave: Gauss-Newton steps on a small network, beside fixed random features.
  static let poisson = PinnCase(
    name: "poisson", problem: PoissonSines(),
    rows: [
      PinnRow(
        "Gauss-Newton",
        "pinn --widths 64 --optimizer gn --pattern grid --inside 900 --boundary 30 --measure 5",
        takesBestStart: true),
      PinnRow(
        "random features",
        "pinn --network random --widths 400 --optimizer gn --pattern grid --inside 900 --boundary 30 --measure 1 --steps 2"
      ),
    ],
    marks: [.error(of: "Gauss-Newton", atMost: 1e-8, after: 10, isQuick: true)],
    classical: .spectral(points: [33, 33]))
}

/// −Δu = 2π² sin πx sin πy on the unit square, u = 0 on its boundary: the standard first test of physics-informed networks.
struct PoissonSines: Problem {
  let u = ScalarField.unknown("u")
  var name: String { "poisson-sines" }
  var domain: Domain { .cube(0, 1, dimension: 2) }
  var equations: [Equation] { [-laplacian(u) == 2 * .pi * .pi * sin(.pi * x) * sin(.pi * y)] }
  var conditions: [Condition] { [.dirichlet(u == 0)] }
  var exact: [Equation] { [u == sin(.pi * x) * sin(.pi * y)] }
}

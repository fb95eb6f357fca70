import Ansatz

extension PinnCase {
  /// Heat that is ten waves fine along one axis and half a wave along the other, with diffusivities that differ as much.
  static let heatScales = PinnCase(
    name: "heat-scales", problem: ScaledHeat(), until: 5,
    rows: [
      PinnRow(
        "frequencies of the data",
        "pinn --features data --widths 20,20,20 --optimizer adam:500,ssbroyden --inside 3000 --renew 200"),
      PinnRow(
        "coordinates alone", "pinn --widths 20,20,20 --optimizer adam:500,ssbroyden --inside 3000 --renew 200"
      ),
      PinnRow(
        "random features",
        "pinn --features data --network random --widths 1000 --range 1 --optimizer gn --pattern sobol --inside 4000 "
          + "--renew 0 --measure 1 --steps 2"),
    ],
    marks: [
      .error(of: "frequencies of the data", atMost: 6.21e-3, after: 60, isQuick: true),
      .record(of: "coordinates alone", after: 60, isQuick: true),
    ],
    classical: .spectral(points: [129, 33], step: 1e-2))
}

/// u_t = u_xx/(500π)² + u_yy/π² (Hao et al., PINNacle, 2023: heat of several scales).
struct ScaledHeat: Problem {
  let u = ScalarField.unknown("u")
  var name: String { "scaled-heat" }
  var domain: Domain { .cube(0, 1, dimension: 2) }
  var equations: [Equation] {
    [dt(u) == dx(dx(u)) / (250_000 * .pi * .pi) + dy(dy(u)) / (.pi * .pi)]
  }
  var conditions: [Condition] { [.initial(u == sin(20 * .pi * x) * sin(.pi * y)), .dirichlet(u == 0)] }
  var exact: [Equation] { [u == sin(20 * .pi * x) * sin(.pi * y) * exp(-(400.0 / 250_000 + 1) * t)] }
}

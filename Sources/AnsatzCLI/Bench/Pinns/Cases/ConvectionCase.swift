import Ansatz

extension PinnCase {
  /// Transport at speed 30: a network of periodic coordinates, beside fixed random features.
  static let convection = PinnCase(
    name: "convection", problem: Convection(),
    rows: [
      PinnRow(
        "SSBroyden",
        "pinn --optimizer adam:300,ssbroyden --inside 2000 --renew 200"),
      PinnRow(
        "random features",
        "pinn --network random --widths 1000 --activation sin --range 16 --optimizer gn --pattern sobol --inside 3000 "
          + "--measure 1 --steps 2"),
    ],
    marks: [.error(of: "SSBroyden", atMost: 1e-3, after: 60, isQuick: true)],
    classical: .spectral(points: [64], step: 2e-3))
}

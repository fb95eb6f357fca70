import Ansatz

extension PinnCase {
  /// The front of Burgers' equation at ν = 0.01/π.
  static let burgers = PinnCase(
    name: "burgers", problem: BurgersShock(),
    rows: [PinnRow("SSBroyden", "pinn --optimizer adam:1000,ssbroyden --inside 8000 --renew 500")],
    marks: [
      .error(of: "SSBroyden", atMost: 1e-4, after: 180, isQuick: true),
      .error(of: "SSBroyden", atMost: 1e-6, after: 1200),
    ],
    classical: .spectral(points: [2049], step: 2e-4))

  /// Points that are renewed by residuals against points that stay.
  static let sampling = PinnCase(
    name: "sampling", problem: BurgersShock(),
    rows: [
      PinnRow("renewed by residuals", "pinn --widths 20,20 --optimizer lm --inside 2000 --renew 20"),
      PinnRow("fixed points", "pinn --widths 20,20 --optimizer lm --pattern uniform --inside 2000 --renew 0"),
    ],
    marks: [.error(of: "fixed points", times: 10, above: "renewed by residuals", after: 25, isQuick: true)],
    classical: .spectral(points: [2049], step: 2e-4))
}

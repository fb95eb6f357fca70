import Ansatz

extension PinnCase {
  /// The interfaces of the Allen-Cahn equation at D = 10⁻⁴.
  static let allenCahn = PinnCase(
    name: "allen-cahn", problem: AllenCahn1D(),
    rows: [
      PinnRow(
        "SSBroyden",
        "pinn --widths 30,30,30 --waves 5 --optimizer adam:1000,ssbroyden --inside 8000 --boundary 1000 --renew 500 "
          + "--weight 100")
    ],
    marks: [.error(of: "SSBroyden", atMost: 1e-4, after: 1200)],
    classical: .spectral(points: [1024], step: 1e-3))
}

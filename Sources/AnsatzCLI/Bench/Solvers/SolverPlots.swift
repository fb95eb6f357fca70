import Ansatz
import Foundation

/// Convergence of the iterations on one system, as a drawing.
enum SolverPlots {
  /// Writes the residuals of all iterations against their number.
  static func write(
    _ item: SolverCase, _ outcomes: [(name: String, outcome: SolverOutcome)], into folder: URL
  ) throws {
    let curves = outcomes.filter { $0.outcome.history.count > 1 }.map { name, outcome in
      // The start is iteration 0, which a logarithmic axis does not have.
      let history = outcome.history.dropFirst()
      return LinePlot.Curve(name: name, x: history.indices.map { Double($0) }, y: Array(history))
    }
    guard !curves.isEmpty else { return }
    let plot = LinePlot(
      title: item.name, xLabel: "iteration", yLabel: "relative residual", xScale: .logarithmic,
      yScale: .logarithmic, curves: curves)
    let replaced = item.name.replacingOccurrences(of: "²", with: "^2").replacingOccurrences(
      of: "³", with: "^3"
    )
    .replacingOccurrences(of: ", ", with: "-").replacingOccurrences(of: " ", with: "-")
    try SVGPlot.write(plot, to: folder.appendingPathComponent("\(replaced).svg"), width: 900, height: 620)
  }
}

import Ansatz
import Foundation

/// Equations of one benchmark step, from text: `u_t + u*u_x = 0.003*u_xx`, several of them separated by semicolons.
struct TextProblem: Problem {
  let equations: [Equation]
  private let dimension: Int

  init(_ text: String) throws {
    equations = try text.split(separator: ";").map { try FormulaText.equation(String($0)) }
    var highest = 0
    for equation in equations {
      equation.visit { node in
        switch node {
        case .coordinate(let axis), .derivative(_, let axis): highest = max(highest, axis.rawValue)
        case .laplacian: highest = max(highest, 1)
        default: break
        }
      }
    }
    dimension = highest + 1
  }

  var name: String { "equations" }
  var domain: Domain { .cube(0, 1, dimension: dimension) }
}

/// One step of training that is timed.
struct EngineCase: Sendable {
  var name: String
  var equations: String
  /// Hidden widths.
  var widths: [Int]
  /// The case's name in the peers' scripts, if they have it.
  var peer: String?
  /// What the fastest peer's time divided by ours must reach.
  var ratio = 3.0

  static let all = [
    EngineCase(
      name: "poisson 2-64x4-1", equations: "-laplacian(u) = sin(pi*x)*sin(pi*y)",
      widths: [64, 64, 64, 64], peer: "poisson"),
    EngineCase(
      name: "burgers 2-50x5-1", equations: "u_t + u*u_x = 0.003*u_xx", widths: [50, 50, 50, 50, 50],
      peer: "burgers"),
    EngineCase(
      name: "navier-stokes 3-64x4-3",
      equations: "u_t + u*u_x + v*u_y = -p_x + 0.01*laplacian(u); "
        + "v_t + u*v_x + v*v_y = -p_y + 0.01*laplacian(v); u_x + v_y = 0", widths: [64, 64, 64, 64],
      peer: "navier-stokes"),
    EngineCase(
      name: "kuramoto-sivashinsky 2-64x4-1", equations: "u_t + u*u_x + u_xx + u_xxxx = 0",
      widths: [64, 64, 64, 64], peer: "kuramoto-sivashinsky"),
  ]
}

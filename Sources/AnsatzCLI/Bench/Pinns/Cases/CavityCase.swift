import Ansatz
import Foundation

extension PinnCase {
  /// The flow in a cavity at Re = 100 under the lid 4x(1 − x), whose velocity vanishes at the corners; velocities are
  /// compared.
  static let cavity = PinnCase(
    name: "cavity", problem: ParabolicLidCavity(),
    rows: [
      PinnRow(
        "Levenberg-Marquardt", "pinn --widths 24,24,24 --optimizer lm --inside 1500 --boundary 100 --renew 20"
      )
    ],
    marks: [.error(of: "Levenberg-Marquardt", atMost: 3.6e-3, after: 600)],
    classical: .method { refinement in
      // Walls that stand still and a lid whose velocity grows from the corner do not go together: gradients jump there, and cells are
      // small.
      let n = 16 * refinement
      let axis = (0...n).map { $0 == n ? 1 : (1 - cos(Double.pi * Double($0) / Double(n))) / 2 }
      let mesh = Mesh(grid: RectilinearGrid(coordinates: [axis, axis]), simplices: true)
      return try solve(ParabolicLidCavity(), with: FiniteElementMethod(mesh: mesh, order: 3))
    },
    unknowns: ["u_x", "u_y"])
}

/// (u·∇)u − Δu/Re + ∇p = 0, ∇·u = 0 in the unit square under a lid of velocity 4x(1 − x): the cavity of PINNacle (Hao et al.,
/// NeurIPS 2024), NS2d-C.
struct ParabolicLidCavity: Problem {
  let u = VectorField.unknown("u")
  let p = ScalarField.unknown("p")
  var name: String { "parabolic-lid-cavity" }
  var domain: Domain { .cube(0, 1, dimension: 2) }
  var equations: [Equation] {
    [convect(u, u) - laplacian(u) / 100 + grad(p) == VectorField(0, 0), div(u) == 0]
  }
  var conditions: [Condition] {
    [
      .dirichlet(u == VectorField(4 * x * (1 - x), 0), on: .top),
      .dirichlet(u == VectorField(0, 0), on: [.left, .right, .bottom]),
    ]
  }
}

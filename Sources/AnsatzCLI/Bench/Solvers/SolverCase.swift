import Ansatz
import Foundation

/// A linear system of the solver suite.
struct SolverCase: Sendable {
  var name: String
  /// The family that sizes of one problem share, for scaling exponents.
  var family: String
  var matrix: SparseMatrix<Double>
  var rightHandSide: [Double]
  /// The operator on a grid that the matrix comes from, for geometric multigrid.
  var grid: GridOperator<Double>?
  var dimension: Int
  /// What solvers may rely on.
  var kind = Kind.positive
  /// Whether the matrix comes from the user, of whom nobody knows which solvers must succeed.
  var isFromFile = false

  /// What is known of a matrix.
  enum Kind: Sendable {
    /// Symmetric with a positive diagonal, and taken to be positive definite.
    case positive
    /// Symmetric with a diagonal entry that is not positive.
    case symmetric
    case general
  }

  /// Poisson's equation on n points per axis between Dirichlet ends, with a random right-hand side.
  static func poisson(_ n: Int, dimension: Int) throws -> SolverCase {
    let axis = GridAxis(count: n, spacing: 1 / Double(n + 1))
    let grid = try GridOperator<Double>(axes: Array(repeating: axis, count: dimension))
    return SolverCase(
      name: "poisson \(n)\(dimension == 2 ? "²" : "³")", family: "poisson \(dimension)-D",
      matrix: grid.assembled(),
      rightHandSide: noise(grid.rows), grid: grid, dimension: dimension)
  }

  /// −∇·(k ∇u) with k = 10⁴ in the middle half of each axis and 1 outside.
  static func jump(_ n: Int, dimension: Int) throws -> SolverCase {
    let count = Int(Foundation.pow(Double(n), Double(dimension)).rounded())
    let k = (0..<count).map { index -> Double in
      var (rest, isInside) = (index, true)
      for _ in 0..<dimension {
        let x = Double(rest % n + 1) / Double(n + 1)
        isInside = isInside && abs(x - 0.5) < 0.25
        rest /= n
      }
      return isInside ? 1e4 : 1
    }
    let axis = GridAxis(count: n, spacing: 1 / Double(n + 1))
    let grid = try GridOperator<Double>(
      axes: Array(repeating: axis, count: dimension), diffusion: .perUnknown(k))
    return SolverCase(
      name: "jump 1e4 \(n)\(dimension == 2 ? "²" : "³")", family: "jump \(dimension)-D",
      matrix: grid.assembled(),
      rightHandSide: noise(grid.rows), grid: grid, dimension: dimension)
  }

  /// −∂xx u − 10⁻³ ∂yy u.
  static func anisotropic(_ n: Int) throws -> SolverCase {
    let axis = GridAxis(count: n, spacing: 1 / Double(n + 1))
    let grid = try GridOperator<Double>(axes: [axis, axis], diffusion: .perAxis([1, 1e-3]))
    return SolverCase(
      name: "anisotropic 1e-3 \(n)²", family: "anisotropic 2-D", matrix: grid.assembled(),
      rightHandSide: noise(grid.rows), grid: grid, dimension: 2)
  }

  /// Linear elements on a disc of 3 n (n + 1) + 1 vertices with −∇·(k ∇u), k = 10⁴ in a sector of it.
  static func disc(rings: Int) throws -> SolverCase {
    let assembled = try FiniteElementSystem(PDESystem(DiscWithSector(rings: rings))).assemble()
    return SolverCase(
      name: "disc, jump 1e4, \(assembled.matrix.rows)", family: "disc P1", matrix: assembled.matrix,
      rightHandSide: assembled.rightHandSide, grid: nil, dimension: 2)
  }

  private struct DiscWithSector: Problem {
    let rings: Int
    let u = ScalarField.unknown("u")
    var domain: Domain { .mesh(.disc(rings: rings)) }
    var equations: [Equation] { [-div((1 + 9999 * less(abs(y), x)) * grad(u)) == 1] }
    var conditions: [Condition] { [.dirichlet(u == 0)] }
  }

  /// Numbers that are uniform in (−1, 1).
  static func noise(_ count: Int) -> [Double] {
    let random = RandomStream(seed: 1, stream: 0)
    return (0..<count).map { 2 * random.uniform(at: UInt64($0)) - 1 }
  }
}

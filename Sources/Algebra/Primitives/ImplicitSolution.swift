import Tensors

/// The solution u of nonlinear equations F(u, θ) = 0 as a function of tensors θ, with its first derivatives by the theorem
/// of implicit functions: du = −(∂F/∂u)⁻¹ ∂F/∂θ dθ, from one linear solve with the Jacobian matrix at the solution.
///
/// What a solver found becomes differentiable by one step of Newton's method from it, in which the solver's result and
/// the matrix are taken as given. A fixed point u = G(u, θ) is the equation u − G(u, θ) = 0. The matrix's factors are shared
/// with the adjoint (Blondel et al., arXiv 2105.15183, 2021).
///
/// - Parameters:
///   - parameters: θ; recorded or not.
///   - count: The length of u.
///   - pattern: Where ∂F/∂u has entries.
///   - linearSolver: The method for linear systems with that matrix.
///   - solve: Finds u for values of θ, by any method, from scratch.
///   - residual: F, of u with shape [count], and of θ.
///   - jacobian: The entries of ∂F/∂u on the pattern.
/// - Returns: u, of shape [count].
public func implicitSolution<Solver: DirectSolver>(
  of parameters: [Tensor<Double>], count: Int, pattern: SparsityPattern, linearSolver: Solver,
  solve: @escaping @Sendable ([Tensor<Double>]) -> Tensor<Double>,
  residual: (_ u: Tensor<Double>, _ parameters: [Tensor<Double>]) -> Tensor<Double>,
  jacobian: (_ u: Tensor<Double>, _ parameters: [Tensor<Double>]) -> Tensor<Double>
) -> Tensor<Double> {
  precondition(
    pattern.rows == count && pattern.columns == count,
    "a Jacobian matrix of \(pattern.rows) × \(pattern.columns) for \(count) unknowns")
  let found = GivenSolution(count: count, solve: solve).apply(parameters).stoppingGradient
  let matrix = jacobian(found, parameters).stoppingGradient
  let step = SparseSolve(pattern, by: linearSolver)(matrix, residual(found, parameters).reshaped([1, count]))
  return found - step.reshaped([count])
}

/// What a solver finds, without derivatives.
private struct GivenSolution: CustomPrimitive {
  typealias Scalar = Double
  let count: Int
  let solve: @Sendable ([Tensor<Double>]) -> Tensor<Double>

  var name: String { "nonlinear solve" }

  func shape(of operands: [[Int]]) -> [Int] { [count] }

  func evaluate(
    _ operands: UnsafeBufferPointer<UnsafePointer<Double>>, shapes: [[Int]],
    into result: UnsafeMutablePointer<Double>
  ) {
    let parameters = zip(operands, shapes).map { pointer, shape in
      Tensor<Double>(shape: shape) { $0.baseAddress?.update(from: pointer, count: $0.count) }
    }
    let u = solve(parameters)
    precondition(u.shape == [count], "the solver gave a solution of shape \(u.shape), not [\(count)]")
    u.withUnsafeBufferPointer { result.update(from: $0.baseAddress!, count: count) }
  }

  func pullback(_ gradient: Tensor<Double>, operands: [Tensor<Double>], result: Tensor<Double>)
    -> [Tensor<Double>?]
  { operands.map { _ in nil } }

  func pushforward(_ tangents: [Tensor<Double>?], operands: [Tensor<Double>], result: Tensor<Double>)
    -> Tensor<Double>?
  { nil }
}

import Synchronization
import Tensors

/// The solution of A(v) x = b with a sparse matrix on a fixed pattern, as a primitive of recorded graphs with derivatives
/// with respect to the matrix's values v and the right-hand sides b.
///
/// v has the shape [entries], b and x have [vectors, rows]. Derivatives are solves with the same factors: b̄ = A⁻ᵀ x̄ and
/// v̄ = −b̄ xᵀ on the pattern. Factors are kept as long as the values do not change, and made anew on the kept ordering where
/// they do. A matrix that cannot be factorised gives NaN.
public struct SparseSolve<Solver: DirectSolver>: CustomPrimitive {
  public typealias Scalar = Double

  /// Where the matrix has entries.
  public let pattern: SparsityPattern
  /// Whether Aᵀ x = b is solved.
  public let isTransposed: Bool
  private let solver: Solver
  private let factors: Factors

  /// The factors of the latest values, which a solve and its adjoint share.
  private final class Factors: Sendable {
    struct State {
      var values: Buffer<Double>?
      var factorization: Solver.Factorization?
      var actions: [Bool: LinearAction<Double>] = [:]
    }
    // Actions own scratch: they are used within the lock only.
    let state = Mutex(UncheckedState())
    struct UncheckedState: @unchecked Sendable { var state = State() }
  }

  /// Solves with matrices on a square pattern by a direct method.
  public init(_ pattern: SparsityPattern, by solver: Solver) {
    precondition(
      pattern.isSquare,
      "a linear system needs a square matrix, not one of \(pattern.rows) × \(pattern.columns)")
    self.init(pattern, solver, isTransposed: false, Factors())
  }

  private init(_ pattern: SparsityPattern, _ solver: Solver, isTransposed: Bool, _ factors: Factors) {
    (self.pattern, self.solver, self.isTransposed, self.factors) = (pattern, solver, isTransposed, factors)
  }

  /// The solve with the transpose, which shares the factors.
  public var transposed: SparseSolve {
    SparseSolve(pattern, solver, isTransposed: !isTransposed, factors)
  }

  public var name: String { "sparse solve\(isTransposed ? " with the transpose" : "")" }

  public var definingProduct: (any CustomPrimitive<Double>)? {
    SparseProduct<Double>(pattern, isTransposed ? .transposed : .product)
  }

  public func shape(of operands: [[Int]]) -> [Int] {
    precondition(
      operands[0] == [pattern.entryCount] && operands[1].count == 2 && operands[1][1] == pattern.rows,
      "values of shape \(operands[0]) and right-hand sides of shape \(operands[1]) for a matrix of \(pattern.rows) "
        + "rows with \(pattern.entryCount) entries")
    return operands[1]
  }

  public func evaluate(
    _ operands: UnsafeBufferPointer<UnsafePointer<Double>>, shapes: [[Int]],
    into result: UnsafeMutablePointer<Double>
  ) {
    let (values, b, n) = (operands[0], operands[1], pattern.rows)
    let vectors = shapes[1][0]
    let isSolved = factors.state.withLock { unchecked in
      guard let action = action(&unchecked.state, values) else { return false }
      for i in 0..<vectors { action.apply(b + i * n, to: result + i * n) }
      return true
    }
    if !isSolved { result.update(repeating: .nan, count: vectors * n) }
  }

  private func action(_ state: inout Factors.State, _ values: UnsafePointer<Double>) -> LinearAction<Double>?
  {
    let count = pattern.entryCount
    let isKnown =
      state.values.map { known in (0..<count).allSatisfy { known.pointer[$0] == values[$0] } } ?? false
    if !isKnown {
      let copy = Buffer<Double>(uninitialized: count)
      copy.pointer.update(from: values, count: count)
      let matrix = SparseMatrix(pattern: pattern, values: copy)
      state.actions = [:]
      state.values = nil
      do {
        if state.factorization == nil {
          state.factorization = try solver.prepare(matrix)
        } else {
          try state.factorization!.refactorize(matrix)
        }
      } catch {
        state.factorization = nil
        return nil
      }
      state.values = copy
    }
    if state.actions[isTransposed] == nil {
      state.actions[isTransposed] = state.factorization!.makeSolve(
        rightHandSides: 1, transposed: isTransposed)
    }
    return state.actions[isTransposed]
  }

  public func pullback(_ gradient: Tensor<Double>, operands: [Tensor<Double>], result: Tensor<Double>)
    -> [Tensor<Double>?]
  {
    let adjoint = transposed(operands[0], gradient)
    let outer = SparseProduct<Double>(pattern, .values)
    return [-(isTransposed ? outer(adjoint, result) : outer(result, adjoint)), adjoint]
  }

  public func pushforward(_ tangents: [Tensor<Double>?], operands: [Tensor<Double>], result: Tensor<Double>)
    -> Tensor<Double>?
  {
    let product = SparseProduct<Double>(pattern, isTransposed ? .transposed : .product)
    let moved = tangents[0].map { product($0, result) }
    guard let right = tangents[1] else { return moved.map { -self(operands[0], $0) } }
    return self(operands[0], moved.map { right - $0 } ?? right)
  }
}

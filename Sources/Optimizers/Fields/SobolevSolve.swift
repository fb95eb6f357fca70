import Synchronization
import Tensors

/// The Sobolev metric P = (1 + ℓ² L)^{-s} of a whole order s ≥ 1 by as many solves, for Laplacians that no transform
/// diagonalises: of variable coefficients, by multigrid, and of graphs (Neuberger, Sobolev Gradients and Differential
/// Equations, 1997).
///
/// Fields are the last axes of tensors. A solve that does not converge gives NaN, which optimizers refuse.
public struct SobolevSolve: Sendable {
  private let map: SolveMap

  /// The metric of a Laplacian with s = 1 and ℓ = 1, unless given.
  /// - Throws: where the solve cannot be prepared.
  public init(_ laplacian: some FieldLaplacian, order: Int = 1, length: Double = 1) throws {
    precondition(order > 0 && length > 0, "a Sobolev metric of order \(order) and length \(length) by solves")
    let solve = try laplacian.makeSolve(identity: 1, laplacian: length * length)
    map = SolveMap(solve, laplacian.shape, order: order, weights: laplacian.pointWeights)
  }

  /// P x, recorded where x is.
  public func applied<Scalar: Real>(to x: Tensor<Scalar>) -> Tensor<Scalar> {
    SolvePrimitive(map: map, role: .map, isTransposed: false)(x)
  }

  /// x itself, through which a gradient g goes back as P g.
  public func withSobolevGradient<Scalar: Real>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    SolvePrimitive(map: map, role: .gradient, isTransposed: false)(x)
  }
}

/// Repeated solves of fields, one caller at a time.
private final class SolveMap: Sendable {
  private struct Work: @unchecked Sendable {
    // Unchecked: used under the lock alone.
    let solve: any FieldSolve
    let first, second: Buffer<Double>
  }

  let shape: [Int]
  let order: Int
  private let weights: [Double]?
  private let work: Mutex<Work>
  let count: Int

  init(_ solve: any FieldSolve, _ shape: [Int], order: Int, weights: [Double]?) {
    (self.shape, self.order, self.weights) = (shape, order, weights)
    let count = shape.reduce(1, *)
    self.count = count
    let (first, second) = (Buffer<Double>(count: count), Buffer<Double>(count: count))
    nonisolated(unsafe) let owned = solve
    work = Mutex(Work(solve: owned, first: first, second: second))
  }

  /// P x, or its transpose w P w⁻¹ x, for fields that follow one another.
  func apply<Scalar: Real>(
    _ x: UnsafePointer<Scalar>, into out: UnsafeMutablePointer<Scalar>, fields: Int, isTransposed: Bool
  ) {
    work.withLock { work in
      let (f, u) = (work.first.pointer, work.second.pointer)
      for field in 0..<fields {
        Scalar.convert(x + field * count, toDouble: f, count: count)
        if isTransposed, let weights { for k in 0..<count { f[k] /= weights[k] } }
        for _ in 0..<order {
          u.update(repeating: 0, count: count)
          do {
            _ = try work.solve.solve(f, into: u)
          } catch {
            u.update(repeating: .nan, count: count)
          }
          f.update(from: u, count: count)
        }
        if isTransposed, let weights { for k in 0..<count { f[k] *= weights[k] } }
        Scalar.convert(f, to: out + field * count, count: count)
      }
    }
  }
}

/// Solves as a primitive of recorded graphs, or the identity with solves for its gradients.
private struct SolvePrimitive<Scalar: Real>: CustomPrimitive {
  enum Role {
    case map
    case gradient
  }

  let map: SolveMap
  let role: Role
  let isTransposed: Bool

  var name: String { role == .map ? "Sobolev solve" : "Sobolev gradient by solves" }
  var isLinear: Bool { role == .map }

  func shape(of operands: [[Int]]) -> [Int] {
    precondition(
      operands.count == 1 && operands[0].count > map.shape.count
        && operands[0].suffix(map.shape.count) == map.shape[...],
      "operands of shapes \(operands) for fields of shape [entries, …] + \(map.shape)")
    return operands[0]
  }

  func evaluate(
    _ operands: UnsafeBufferPointer<UnsafePointer<Scalar>>, shapes: [[Int]],
    into result: UnsafeMutablePointer<Scalar>
  ) {
    let count = shapes[0].reduce(1, *)
    switch role {
    case .map:
      map.apply(operands[0], into: result, fields: count / map.count, isTransposed: isTransposed)
    case .gradient: result.update(from: operands[0], count: count)
    }
  }

  func pullback(_ gradient: Tensor<Scalar>, operands: [Tensor<Scalar>], result: Tensor<Scalar>)
    -> [Tensor<Scalar>?]
  {
    let isBack = role == .gradient || !isTransposed
    return [SolvePrimitive(map: map, role: .map, isTransposed: isBack)(gradient)]
  }

  func pushforward(_ tangents: [Tensor<Scalar>?], operands: [Tensor<Scalar>], result: Tensor<Scalar>)
    -> Tensor<Scalar>?
  {
    role == .map ? tangents[0].map { self($0) } : tangents[0]
  }
}

import Synchronization
import Tensors

/// The fixed point u = G(u, θ) as a function of tensors θ, with its first derivatives by the theorem of implicit functions:
/// du = (I − ∂G/∂u)⁻¹ ∂G/∂θ dθ.
///
/// Forward, u ← G(u, θ) is iterated; the linear systems of derivatives, and their adjoints, are iterated in the same way, x ← r
/// + ∂G/∂u x, so they converge wherever the iteration itself does, as fast, and no iterate is kept (Blondel et al., arXiv
/// 2105.15183, 2021; Bai, Kolter and Koltun, arXiv 1909.01377, 2019). Where the Jacobian matrix is sparse and known,
/// `implicitSolution` of Algebra solves directly. What does not converge is NaN.
///
/// - Parameters:
///   - parameters: θ; recorded or not.
///   - start: The first iterate, which also gives the shape of u; not recorded.
///   - tolerance: Iterations end when the largest change is at most this times (1 + the largest element); nil for a
///     hundred times the machine's precision.
///   - iterations: At most so many.
///   - map: G, recorded as a program for each way it is used.
/// - Returns: u, of the shape of `start`.
public func fixedPoint<Scalar>(
  of parameters: [Tensor<Scalar>], from start: Tensor<Scalar>, tolerance: Double? = nil,
  iterations: Int = 10_000, map: ([Tensor<Scalar>], Tensor<Scalar>) -> Tensor<Scalar>
) -> Tensor<Scalar> {
  let iteration = FixedPointIteration(
    parameters.map(\.shape), start: start,
    tolerance: tolerance ?? 100 * Double(Scalar.ulpOfOne), iterations: iterations, map: map)
  let found = FixedPointSearch(iteration: iteration).apply(parameters).stoppingGradient
  // The result's last correction carries the derivatives.
  let rest = map(parameters, found) - found
  return found
    + FixedPointSolve(iteration: iteration, isTransposed: false).apply([rest, found] + parameters)
}

/// The programs of a map and the loops over them.
private final class FixedPointIteration<Scalar: Real>: @unchecked Sendable {
  // Unchecked: programs and iterates are used within the lock only.

  let shape: [Int]
  private let start: Tensor<Scalar>
  private let tolerance: Double
  private let limit: Int
  private let lock = Mutex(())
  /// G of u and θ.
  private let step: Program<Scalar>
  /// ∂G/∂u x and (∂G/∂u)ᵀ x of x, u and θ.
  private let products: [Program<Scalar>]
  private let iterate: Buffer<Scalar>

  init(
    _ parameters: [[Int]], start: Tensor<Scalar>, tolerance: Double, iterations: Int,
    map: ([Tensor<Scalar>], Tensor<Scalar>) -> Tensor<Scalar>
  ) {
    precondition(!start.isRecorded, "a fixed point is searched from numbers, not from a recorded tensor")
    (shape, self.start, self.tolerance, limit) = (start.shape, start, tolerance, iterations)
    let shape = start.shape
    let inputs = ([shape] + parameters).map { ProgramInput.shared($0) }
    step = Program(inputs) { values in
      let result = map(Array(values[1...]), values[0])
      precondition(
        result.shape == shape, "a map gives the shape \(result.shape) for an argument of shape \(shape)")
      return [result]
    }
    products = [false, true].map { isTransposed in
      Program([.shared(shape)] + inputs) { values in
        let (x, u) = (values[0], values[1])
        let y = map(Array(values[2...]), u)
        return isTransposed
          ? gradients(of: y, withRespectTo: [u], seed: x) : directionalDerivatives(of: [y], along: [(u, x)])
      }
    }
    iterate = Buffer(count: max(start.count, 1))
  }

  /// The fixed point for parameters at some addresses.
  func search(
    _ parameters: UnsafeBufferPointer<UnsafePointer<Scalar>>, into result: UnsafeMutablePointer<Scalar>
  ) {
    lock.withLock { _ in
      start.withUnsafeBufferPointer { iterate.pointer.update(from: $0.baseAddress!, count: $0.count) }
      step.bind(0, iterate.pointer)
      for i in parameters.indices { step.bind(1 + i, parameters[i]) }
      run(step, plus: nil, into: result)
    }
  }

  /// (I − ∂G/∂u)⁻¹ r, or with the transpose, for operands r, u and θ.
  func solve(
    _ operands: UnsafeBufferPointer<UnsafePointer<Scalar>>, isTransposed: Bool,
    into result: UnsafeMutablePointer<Scalar>
  ) {
    lock.withLock { _ in
      let program = products[isTransposed ? 1 : 0]
      iterate.pointer.update(from: operands[0], count: start.count)
      program.bind(0, iterate.pointer)
      for i in 1..<operands.count { program.bind(i, operands[i]) }
      run(program, plus: operands[0], into: result)
    }
  }

  /// x ← r + program(x), from what `iterate` holds.
  private func run(
    _ program: Program<Scalar>, plus r: UnsafePointer<Scalar>?, into result: UnsafeMutablePointer<Scalar>
  ) {
    let (x, count) = (iterate.pointer, start.count)
    for _ in 0..<limit {
      program.run()
      let y = program.output(0)
      var (change, size) = (Scalar(0), Scalar(0))
      for i in 0..<count {
        let next = r.map { $0[i] + y[i] } ?? y[i]
        let difference = abs(next - x[i])
        // Comparisons that NaN does not pass.
        change = difference <= change ? change : difference
        size = max(size, abs(next))
        x[i] = next
      }
      if Double(change) <= tolerance * (1 + Double(size)) {
        result.update(from: x, count: count)
        return
      }
      if !change.isFinite { break }
    }
    result.update(repeating: .nan, count: count)
  }
}

/// The fixed point as a value without derivatives.
private struct FixedPointSearch<Scalar: Real>: CustomPrimitive {
  let iteration: FixedPointIteration<Scalar>

  var name: String { "fixed point" }

  func shape(of operands: [[Int]]) -> [Int] { iteration.shape }

  func evaluate(
    _ operands: UnsafeBufferPointer<UnsafePointer<Scalar>>, shapes: [[Int]],
    into result: UnsafeMutablePointer<Scalar>
  ) { iteration.search(operands, into: result) }

  func pullback(_ gradient: Tensor<Scalar>, operands: [Tensor<Scalar>], result: Tensor<Scalar>) -> [Tensor<
    Scalar
  >?] { operands.map { _ in nil } }

  func pushforward(_ tangents: [Tensor<Scalar>?], operands: [Tensor<Scalar>], result: Tensor<Scalar>)
    -> Tensor<Scalar>?
  { nil }
}

/// (I − ∂G/∂u)⁻¹ r of r, u and θ, where u and θ are taken as given.
private struct FixedPointSolve<Scalar: Real>: CustomPrimitive {
  let iteration: FixedPointIteration<Scalar>
  let isTransposed: Bool

  var name: String { "fixed point, linear\(isTransposed ? ", transposed" : "")" }

  func shape(of operands: [[Int]]) -> [Int] { iteration.shape }

  func evaluate(
    _ operands: UnsafeBufferPointer<UnsafePointer<Scalar>>, shapes: [[Int]],
    into result: UnsafeMutablePointer<Scalar>
  ) { iteration.solve(operands, isTransposed: isTransposed, into: result) }

  func pullback(_ gradient: Tensor<Scalar>, operands: [Tensor<Scalar>], result: Tensor<Scalar>) -> [Tensor<
    Scalar
  >?] {
    let adjoint = FixedPointSolve(iteration: iteration, isTransposed: !isTransposed)
    return [adjoint.apply([gradient] + operands.dropFirst())] + operands.dropFirst().map { _ in nil }
  }

  func pushforward(_ tangents: [Tensor<Scalar>?], operands: [Tensor<Scalar>], result: Tensor<Scalar>)
    -> Tensor<Scalar>?
  { tangents[0].map { apply([$0] + operands.dropFirst()) } }
}

import Algebra
import Tensors

/// The linear problem of a natural gradient step on the side of the residuals: (J Jᵀ + λ I) z = ζ and Jᵀ z, in doubles and in
/// memory that is kept. By the identity of Woodbury, Jᵀ (J Jᵀ + λ I)⁻¹ = (Jᵀ J + λ I)⁻¹ Jᵀ, where the left side is the
/// cheaper one for fewer residuals than parameters.
final class WoodburySystem<Scalar: OptimizerScalar> {
  /// Residuals and parameters.
  let rows, columns: Int
  /// r and J as the objective writes them.
  var residuals: Tensor<Scalar>
  var jacobian: Tensor<Scalar>
  /// r in doubles, Jᵀ r, and what the system is solved with, in place.
  let right: Buffer<Double>
  let gradient: Buffer<Double>
  let target: Buffer<Double>

  /// J in doubles where it comes in single precision.
  private let wide: Buffer<Double>?
  private let gram, factor: Buffer<Double>
  private let call = Call()
  private let widening, products, grams, mirroring, transposed: UnitPass

  private final class Call: @unchecked Sendable {
    // Unchecked: written by the owner between regions, read by the tiles.
    var source: UnsafePointer<Scalar>?
    var matrix: UnsafePointer<Double>?
    var input: UnsafePointer<Double>?
    var output: UnsafeMutablePointer<Double>?
  }

  init(rows m: Int, columns n: Int) {
    (rows, columns) = (m, n)
    residuals = .zeros([m])
    jacobian = .zeros([m, n])
    (right, gradient, target) = (Buffer(count: m), Buffer(count: n), Buffer(count: m))
    (gram, factor) = (Buffer(count: m * m), Buffer(count: m * m))
    let wide: Buffer<Double>? = Scalar.self == Double.self ? nil : Buffer(count: m * n)
    self.wide = wide
    let (call, gram) = (call, gram)
    let rowCosts = Array(repeating: 4 * n, count: m)
    widening = UnitPass(costs: wide == nil ? [] : rowCosts) { row, _ in
      Scalar.convert(call.source! + row * n, toDouble: wide!.pointer + row * n, count: n)
    }
    products = UnitPass(costs: rowCosts) { row, _ in
      call.output![row] = Double.inner(call.matrix! + row * n, call.input!, count: n)
    }
    let strips = UnitPass.strips(m, costPerRow: m * n)
    grams = UnitPass(costs: strips.map { $0.count * $0.upperBound * n }) { strip, _ in
      MatrixField(isComplex: false).addGram(
        strips[strip], order: m, inner: n, alpha: 1, call.matrix!, isLeft: true, beta: 0, gram.pointer)
    }
    mirroring = UnitPass(costs: strips.map { $0.count * $0.lowerBound }) { strip, _ in
      Double.mirror(gram.pointer, order: m, rows: strips[strip], isComplex: false)
    }
    // Strips of columns that stay in the first-level cache.
    let width = 2048
    let columns = stride(from: 0, to: n, by: width).map { $0..<min($0 + width, n) }
    transposed = UnitPass(costs: columns.map { 4 * $0.count * m }) { strip, _ in
      let range = columns[strip]
      let out = call.output! + range.lowerBound
      for row in 0..<m {
        Double.axpy(
          call.input![row], call.matrix! + row * n + range.lowerBound, out, count: range.count)
      }
    }
  }

  /// Calls a body with J in doubles in place.
  private func withMatrix(_ body: () -> Void) {
    if let wide {
      call.matrix = UnsafePointer(wide.pointer)
      body()
    } else {
      jacobian.withUnsafeBufferPointer {
        call.matrix = $0.baseAddress.map { UnsafeRawPointer($0).assumingMemoryBound(to: Double.self) }
        body()
      }
    }
  }

  /// Takes up `residuals` and `jacobian` as they are now: J Jᵀ and Jᵀ r. Whether all of it is finite.
  func takeUp() -> Bool {
    residuals.withUnsafeBufferPointer {
      if let r = $0.baseAddress { Scalar.convert(r, toDouble: right.pointer, count: rows) }
    }
    jacobian.withUnsafeBufferPointer {
      call.source = $0.baseAddress
      widening.run()
    }
    gradient.pointer.update(repeating: 0, count: columns)
    withMatrix {
      (call.input, call.output) = (UnsafePointer(right.pointer), gradient.pointer)
      transposed.run()
      grams.run()
    }
    mirroring.run()
    var sum = 0.0
    for row in 0..<rows { sum += gram.pointer[row * (rows + 1)] }
    return sum.isFinite
  }

  /// output = J input
  func multiply(_ input: UnsafePointer<Double>, into output: UnsafeMutablePointer<Double>) {
    withMatrix {
      (call.input, call.output) = (input, output)
      products.run()
    }
  }

  /// output += Jᵀ target
  func addTransposed(to output: UnsafeMutablePointer<Double>) {
    withMatrix {
      (call.input, call.output) = (UnsafePointer(target.pointer), output)
      transposed.run()
    }
  }

  /// Replaces ζ in `target` by (J Jᵀ + λ I)⁻¹ ζ. Where rounding leaves the matrix without a Cholesky factor, as it can for a
  /// small λ, λ grows until it has one. Returns the λ of the factor.
  func solve(damping: Double) -> Double {
    let n = rows
    var largest = 0.0
    for row in 0..<n { largest = max(largest, gram.pointer[row * (n + 1)]) }
    var lambda = damping
    for _ in 0..<60 {
      factor.pointer.update(from: gram.pointer, count: n * n)
      for row in 0..<n { factor.pointer[row * (n + 1)] += lambda }
      let info = threaded { Double.potrf(n, factor.pointer, n) }
      if info == 0 { break }
      lambda = max(10 * lambda, Double.ulpOfOne * largest, .leastNormalMagnitude)
    }
    _ = threaded { Double.potrs(n, 1, factor.pointer, n, target.pointer, n) }
    return lambda
  }

  private func threaded(_ body: () -> Int32) -> Int32 {
    // Threads inside BLAS wait by spinning; below this order that costs more than they bring where cores are shared.
    rows >= 1024 ? BLASThreads.withLarge(body) : BLASThreads.withSingle(body)
  }
}

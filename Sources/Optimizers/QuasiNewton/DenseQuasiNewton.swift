import Algebra
import CKernels
import Foundation
import Tensors

/// How an approximation H of the inverse Hessian follows a step s with a change y of the gradient: a member of the
/// self-scaled Broyden class,
///
///     H ← (H − H y yᵀ H / yᵀ H y + φ (yᵀ H y) v vᵀ) / τ + ρ s sᵀ,    ρ = 1 / yᵀs,    v = ρ s − H y / yᵀ H y,
///
/// which satisfies H y = s whatever φ and τ.
public protocol BroydenUpdate: Sendable {
  /// The method's name.
  static var name: String { get }

  /// φ and τ.
  /// - Parameters:
  ///   - h: yᵀ H y / yᵀ s
  ///   - b: sᵀ H⁻¹ s / yᵀ s
  ///   - dimension: the length of s.
  static func coefficients(h: Double, b: Double, dimension: Int) -> (phi: Double, tau: Double)
}

/// A quasi-Newton method with a dense approximation of the inverse Hessian, for up to some thousands of parameters, and a
/// strong Wolfe search.
///
/// H takes 8 n² bytes and two passes over them in a step: one for H y, and one that updates H and forms the next direction
/// with it. It stays symmetric to the bit. It begins as a multiple of the identity, chosen by the first step (Nocedal
/// and Wright 2006, equation 6.20), and is kept when the objective changes if it is still positive definite.
public struct DenseQuasiNewton<Scalar: OptimizerScalar, Update: BroydenUpdate>: GradientOptimizer {
  /// The line search.
  public var search: StrongWolfe
  /// The norm of the gradient at which the method has converged. Zero: never, but by rounding.
  public var gradientTolerance: Double
  /// Whether H begins as sᵀy / yᵀy times the identity, by the first step, rather than as the identity.
  public var isScaled: Bool

  public var name: String { Update.name }
  public private(set) var layout: ParameterLayout?
  private var core = LineSearchCore<Scalar>()
  private var inverse = Tensor<Double>.zeros([0, 0])
  /// −H g, if H has been updated with the gradient at the point.
  private var direction = Tensor<Double>.zeros([0])
  /// Whether `direction` is that of the point.
  private var hasDirection = false
  /// Whether H is still the identity.
  private var isIdentity = true
  private var scratch = Scratch<Work>()

  /// A method that searches as given and stops when no lower loss is found.
  public init(search: StrongWolfe = StrongWolfe(), gradientTolerance: Double = 0, isScaled: Bool = true) {
    (self.search, self.gradientTolerance, self.isScaled) = (search, gradientTolerance, isScaled)
  }

  /// The approximation of the inverse Hessian, [n, n].
  public var inverseHessian: Tensor<Double> { inverse }

  public mutating func prepare(for layout: ParameterLayout) throws(OptimizerError) {
    try OptimizerError.checkMemory(for: layout, method: name, matrices: 1)
    self.layout = layout
    core.prepare(count: layout.count)
    direction = .zeros([layout.count])
    inverse = .identity(layout.count)
    (hasDirection, isIdentity) = (false, true)
    scratch.drop()
  }

  /// Keeps H, if it is positive definite, and evaluates anew.
  public mutating func objectiveChanged() {
    core.objectiveChanged()
    hasDirection = false
    if !isIdentity, (try? Cholesky(Matrix(inverse))) == nil { reset() }
  }

  private mutating func reset() {
    inverse.withUnsafeMutableBufferPointer { h in
      let n = direction.count
      h.update(repeating: 0)
      for i in 0..<n { h[i * n + i] = 1 }
    }
    (isIdentity, hasDirection) = (true, false)
  }

  public mutating func step<Loss: Objective>(_ objective: Loss, at x: inout Tensor<Scalar>) throws
    -> StepReport
  where Loss.Scalar == Scalar {
    try begin(objective.layout, x)
    let memory = core.memory()
    let work = scratch.take { Work(count: x.count) }
    var evaluations = try core.evaluate(objective, at: x, method: name, memory)
    if evaluations > 0 { hasDirection = false }
    let norm = core.gradient.withUnsafeBufferPointer { memory.passes.norm($0.baseAddress!) }
    if norm <= gradientTolerance {
      return core.report(
        step: 0, norm: norm, tolerance: gradientTolerance, outcome: .wolfe, isSteepest: false,
        evaluations: evaluations)
    }
    var slope = makeDirection(memory, work)
    if slope >= 0 {
      // H has lost its definiteness to rounding.
      reset()
      slope = makeDirection(memory, work)
    }
    let wasIdentity = isIdentity
    let first = wasIdentity ? min(1, 1 / norm) : 1
    let found = try core.search(objective, at: &x, slope: slope, first: first, search, memory)
    evaluations += found.evaluations
    var report: StepReport
    if found.outcome == .failed {
      report = core.report(
        step: 0, norm: norm, tolerance: 0, outcome: .failed, isSteepest: wasIdentity,
        evaluations: evaluations)
      reset()
    } else {
      let curvature = update(step: found.step, slope: slope, memory, work)
      let norm = memory.passes.norm(memory.trialGradient.pointer)
      report = core.report(
        step: found.step, norm: norm, tolerance: gradientTolerance, outcome: found.outcome,
        isSteepest: wasIdentity,
        evaluations: evaluations)
      report.diagnostics["curvature"] = curvature
    }
    report.diagnostics["slope"] = slope
    return report
  }

  /// Puts −H g into the memory; returns its product with g.
  private mutating func makeDirection(_ memory: LineSearchCore<Scalar>.Memory, _ work: Work) -> Double {
    let (p, n) = (memory.direction.pointer, memory.count)
    core.gradient.withUnsafeBufferPointer { g in
      let g = g.baseAddress!
      if isIdentity {
        for i in 0..<n { p[i] = -g[i] }
      } else if hasDirection {
        direction.withUnsafeBufferPointer { p.update(from: $0.baseAddress!, count: n) }
      } else {
        inverse.withUnsafeMutableBufferPointer { work.multiply($0.baseAddress!, g, into: p) }
        for i in 0..<n { p[i] = -p[i] }
      }
    }
    return core.gradient.withUnsafeBufferPointer { memory.passes.inner($0.baseAddress!, p) }
  }

  /// Updates H with the last step, and forms the next direction. Returns yᵀs / ‖y‖‖s‖.
  private mutating func update(
    step: Double, slope: Double, _ memory: LineSearchCore<Scalar>.Memory, _ work: Work
  ) -> Double {
    let (s, y, n) = (memory.s.pointer, memory.y.pointer, memory.count)
    hasDirection = false
    let sy = memory.passes.inner(s, y)
    let scale = memory.passes.norm(s) * memory.passes.norm(y)
    // Without curvature along s there is nothing to learn.
    guard sy > 1e-14 * scale, scale > 0 else { return scale > 0 ? sy / scale : 0 }
    inverse.withUnsafeMutableBufferPointer { h in
      let h = h.baseAddress!
      let isRescaled = isIdentity && isScaled
      if isRescaled {
        let factor = sy / memory.passes.inner(y, y)
        for i in 0..<n { h[i * n + i] = factor }
      }
      work.multiply(h, y, into: work.product.pointer)
      let yHy = memory.passes.inner(y, work.product.pointer)
      // H⁻¹ s is −α g for a step along −H g; in the first step H was rescaled since.
      let sBs =
        isRescaled ? memory.passes.inner(s, s) * memory.passes.inner(y, y) / sy : -step * step * slope
      let (phi, tau) = Update.coefficients(h: yHy / sy, b: sBs / sy, dimension: n)
      let rho = 1 / sy
      direction.withUnsafeMutableBufferPointer { direction in
        let direction = direction.baseAddress!
        work.update(
          h, s: s, q: work.product.pointer, scale: 1 / tau, ss: phi * yHy * rho * rho / tau + rho,
          sq: -phi * rho / tau, qq: (phi - 1) / (yHy * tau), gradient: memory.trialGradient.pointer,
          into: direction)
        for i in 0..<n { direction[i] = -direction[i] }
      }
    }
    (isIdentity, hasDirection) = (false, true)
    return sy / scale
  }

  public var state: OptimizerState<Scalar> {
    var state = OptimizerState<Scalar>(method: name, layout: layout)
    guard layout != nil else { return state }
    core.save(to: &state)
    state.numbers["identity"] = isIdentity ? 1 : 0
    state.numbers["direction"] = hasDirection ? 1 : 0
    if !isIdentity { state.doubles["inverse Hessian"] = inverse }
    if hasDirection { state.doubles["direction"] = direction }
    return state
  }

  public mutating func restore(_ state: OptimizerState<Scalar>) throws(OptimizerError) {
    try state.check(method: name, layout: layout)
    guard let layout = state.layout else { return layout = nil }
    let n = layout.count
    let core = try LineSearchCore<Scalar>(state, count: n)
    let isIdentity = try state.whole("identity") != 0
    let hasDirection = try state.whole("direction") != 0
    let inverse = isIdentity ? nil : try state.double("inverse Hessian", [n, n])
    let direction = hasDirection ? try state.double("direction", [n]) : nil
    try prepare(for: layout)
    self.core = core
    (self.isIdentity, self.hasDirection) = (isIdentity, hasDirection)
    self.inverse = inverse ?? self.inverse
    self.direction = direction ?? self.direction
  }
}

extension DenseQuasiNewton {
  /// Passes over H in fixed tiles of rows on all threads.
  private final class Work {
    let product: Buffer<Double>
    private let multiplication: ParallelRegion
    private let update: ParallelRegion
    private let operands = Operands()
    private let isSmall: Bool

    private final class Operands: @unchecked Sendable {
      // Unchecked: written by the owner between regions, read by the tiles.
      var h, out: UnsafeMutablePointer<Double>?
      var s, q, v: UnsafePointer<Double>?
      var coefficients = SIMD4<Double>()
    }

    init(count n: Int) {
      product = Buffer(count: n)
      isSmall = n < 256
      // About 64 KiB of H in a tile.
      let rows = max(8192 / max(n, 1), 1)
      let (tiles, operands) = ((n + rows - 1) / rows, operands)
      multiplication = ParallelRegion(tiles: tiles) { tile, _ in
        ck_multiply_rows(
          operands.h!, Int64(n), Int64(tile * rows), Int64(min(rows, n - tile * rows)), operands.v!,
          operands.out!)
      }
      update = ParallelRegion(tiles: tiles) { tile, _ in
        let c = operands.coefficients
        ck_update_symmetric(
          operands.h!, Int64(n), Int64(tile * rows), Int64(min(rows, n - tile * rows)), operands.s!,
          operands.q!, c[0], c[1], c[2], c[3], operands.v!, operands.out!)
      }
    }

    private func run(_ region: ParallelRegion) {
      if isSmall { region.runSerially() } else { WorkerPool.shared.run(region) }
    }

    /// out = H v
    func multiply(
      _ h: UnsafeMutablePointer<Double>, _ v: UnsafePointer<Double>, into out: UnsafeMutablePointer<Double>
    ) {
      (operands.h, operands.v, operands.out) = (h, v, out)
      run(multiplication)
    }

    /// H ← scale H + ss s sᵀ + sq (s qᵀ + q sᵀ) + qq q qᵀ, and out = H g with the new H.
    func update(
      _ h: UnsafeMutablePointer<Double>, s: UnsafePointer<Double>, q: UnsafePointer<Double>, scale: Double,
      ss: Double, sq: Double, qq: Double, gradient: UnsafePointer<Double>,
      into out: UnsafeMutablePointer<Double>
    ) {
      (operands.h, operands.s, operands.q, operands.v, operands.out) = (h, s, q, gradient, out)
      operands.coefficients = [scale, ss, sq, qq]
      run(update)
    }
  }
}

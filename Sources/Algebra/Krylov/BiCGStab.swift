import Tensors

/// The stabilised bi-conjugate gradient method for any A (van der Vorst 1992), preconditioned from the right: short
/// recurrences, two products an iteration.
///
/// When r becomes orthogonal to the shadow residual, the method starts again with a new one.
public struct BiCGStab: IterativeSolver {
  public var stopping: StoppingCriterion
  public var name: String { "BiCGStab" }

  /// BiCGStab that stops at the given tolerances.
  public init(_ stopping: StoppingCriterion = StoppingCriterion()) { self.stopping = stopping }

  public func iterate<Scalar: SparseScalar>(_ system: IterativeSystem<Scalar>) throws -> IterationStatus {
    let (x, passes) = (system.x, system.passes)
    let (r, shadow, p, v) = (system.vector(), system.vector(), system.vector(), system.vector())
    let (t, y, z) = (system.vector(), system.vector(), system.vector())
    var norm = system.residual(into: r)
    try system.recordStart(norm)
    if norm <= system.target { return .converged }
    var rho = 0.0
    var breakdowns = 0
    func begin() {
      passes.copy(r, to: shadow)
      passes.copy(r, to: p)
      rho = passes.inner(r, r)
    }
    begin()
    let tiny = Double(Scalar.ulpOfOne) * Double(Scalar.ulpOfOne)
    while system.mayContinue {
      system.applyPreconditioner(p, to: y)
      system.apply(y, to: v)
      system.project(v)
      let denominator = passes.inner(shadow, v)
      var omega = 0.0
      var isBroken = abs(denominator) <= tiny * abs(rho)
      if !isBroken {
        let alpha = rho / denominator
        passes.axpy(Scalar(alpha), y, x)
        norm = passes.subtractNorm(r, v, Scalar(alpha)).squareRoot()
        if norm > system.target {
          system.applyPreconditioner(r, to: z)
          system.apply(z, to: t)
          system.project(t)
          let size = passes.inner(t, t)
          omega = size == 0 ? 0 : passes.inner(t, r) / size
          passes.axpy(Scalar(omega), z, x)
          norm = passes.subtractNorm(r, t, Scalar(omega)).squareRoot()
        }
        let next = passes.inner(shadow, r)
        isBroken = omega == 0 || abs(next) <= tiny * abs(rho)
        let beta = omega == 0 ? 0 : next / rho * (alpha / omega)
        rho = next
        // p = r + β (p − ω v)
        passes.axpby(1, r, Scalar(beta), p)
        passes.axpy(Scalar(-beta * omega), v, p)
      }
      guard try system.record(norm) || isBroken else { continue }
      let computed = system.residual(into: t)
      switch system.verify(computed: computed, carried: norm) {
      case .end(let status): return status
      case .proceed where !isBroken: continue
      case .proceed:
        breakdowns += 1
        if breakdowns > 10 { return .breakdown }
        system.restarts += 1
      case .restart: break
      }
      passes.copy(t, to: r)
      norm = computed
      begin()
    }
    return .iterationLimit
  }
}

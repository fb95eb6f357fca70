import Tensors

/// Jacobi's iteration x += ω D⁻¹ (b − A x), damped where ω < 1.
public struct JacobiIteration: IterativeSolver {
  public var stopping: StoppingCriterion
  /// ω; nil for the best, 2 / (λ₁ + λₙ) of the eigenvalues of D⁻¹ A, which Lanczos' method estimates for symmetric
  /// positive definite A.
  public var damping: Double?
  public var name: String { damping == 1 ? "Jacobi iteration" : "damped Jacobi iteration" }
  public var requirements: IterativeRequirements { .withoutPreconditioner }

  /// Jacobi's iteration with the given ω.
  public init(_ stopping: StoppingCriterion = StoppingCriterion(), damping: Double? = 1) {
    precondition(damping.map { $0 > 0 } ?? true, "a damping of \(damping ?? 0)")
    (self.stopping, self.damping) = (stopping, damping)
  }

  public func iterate<Scalar: SparseScalar>(_ system: IterativeSystem<Scalar>) throws -> IterationStatus {
    let iteration = StationaryIteration(system: system)
    let matrix = try iteration.matrix(for: name)
    let inverse = try DiagonalInverse(matrix, purpose: "Jacobi's iteration", pool: system.pool).inverse
    var omega = damping ?? 1
    if damping == nil {
      guard let spectrum = try SpectrumEstimate(system, inverse: inverse.pointer, steps: 40) else {
        return .indefiniteMatrix
      }
      omega = 2 / (spectrum.smallest + spectrum.largest)
    }
    let correction = system.vector()
    return try iteration.run { r in
      system.passes.multiply(inverse.pointer, r, to: correction)
      system.passes.axpy(Scalar(omega), correction, system.x)
    }
  }
}

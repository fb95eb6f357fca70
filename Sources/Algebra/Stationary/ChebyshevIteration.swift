import Tensors

/// Chebyshev's semi-iterative method for symmetric positive definite A and M (Golub & Varga 1961): as fast as conjugate
/// gradients in the worst case, and without inner products.
public struct ChebyshevIteration: IterativeSolver {
  public var stopping: StoppingCriterion
  /// Bounds of the eigenvalues of M⁻¹ A; Lanczos' estimates where nil.
  public var bounds: ClosedRange<Double>?
  public var name: String { "Chebyshev" }
  public var requirements: IterativeRequirements {
    var requirements = IterativeRequirements()
    requirements.symmetricOperator = true
    requirements.symmetricPreconditioner = true
    return requirements
  }

  /// Chebyshev's method with the given bounds.
  public init(_ stopping: StoppingCriterion = StoppingCriterion(), bounds: ClosedRange<Double>? = nil) {
    precondition(bounds.map { $0.lowerBound > 0 } ?? true, "a lower bound of \(bounds?.lowerBound ?? 0)")
    (self.stopping, self.bounds) = (stopping, bounds)
  }

  public func iterate<Scalar: SparseScalar>(_ system: IterativeSystem<Scalar>) throws -> IterationStatus {
    var (low, high) = (bounds?.lowerBound ?? 0, bounds?.upperBound ?? 0)
    if bounds == nil {
      guard let spectrum = try SpectrumEstimate(system, steps: 60) else { return .indefiniteMatrix }
      // Ritz values lie inside: beyond the upper bound the method diverges, below the lower it is merely slower.
      (low, high) = (spectrum.smallest, 1.05 * spectrum.largest)
    }
    let (center, radius) = ((low + high) / 2, max((high - low) / 2, 1e-3 * high))
    let (z, direction, passes) = (system.vector(), system.vector(), system.passes)
    var rho = 0.0
    return try StationaryIteration(system: system).run { r in
      system.applyPreconditioner(r, to: z)
      if rho == 0 {
        passes.axpby(Scalar(1 / center), z, 0, direction)
        rho = radius / center
      } else {
        let next = 1 / (2 * center / radius - rho)
        passes.axpby(Scalar(2 * next / radius), z, Scalar(next * rho), direction)
        rho = next
      }
      passes.axpy(1, direction, system.x)
    }
  }
}

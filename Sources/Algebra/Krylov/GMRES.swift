import Tensors

/// The generalised minimal residual method for any A, started again after some directions (Saad & Schultz 1986).
///
/// Preconditioned from the right, so that what it minimises is the residual of the system itself. Directions are made
/// orthogonal by classical Gram-Schmidt twice (Giraud, Langou & Rozložník 2005), in passes that read many at once.
public struct GMRES: IterativeSolver {
  public var stopping: StoppingCriterion
  /// The number of directions after which the method starts again.
  public var restart: Int
  public var name: String { "GMRES(\(restart))" }

  /// GMRES(restart).
  public init(_ stopping: StoppingCriterion = StoppingCriterion(), restart: Int = 50) {
    precondition(restart > 0, "GMRES that starts again after \(restart) directions")
    (self.stopping, self.restart) = (stopping, restart)
  }

  public func iterate<Scalar: SparseScalar>(_ system: IterativeSystem<Scalar>) throws -> IterationStatus {
    try ArnoldiIteration(system, restart: restart, isFlexible: false).run()
  }
}

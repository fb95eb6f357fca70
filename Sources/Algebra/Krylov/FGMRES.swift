import Tensors

/// GMRES for a preconditioner that varies from iteration to iteration (Saad 1993): it keeps the preconditioned
/// directions, and so twice the memory.
public struct FGMRES: IterativeSolver {
  public var stopping: StoppingCriterion
  /// The number of directions after which the method starts again.
  public var restart: Int
  public var name: String { "FGMRES(\(restart))" }

  /// FGMRES(restart).
  public init(_ stopping: StoppingCriterion = StoppingCriterion(), restart: Int = 50) {
    precondition(restart > 0, "FGMRES that starts again after \(restart) directions")
    (self.stopping, self.restart) = (stopping, restart)
  }

  public func iterate<Scalar: SparseScalar>(_ system: IterativeSystem<Scalar>) throws -> IterationStatus {
    try ArnoldiIteration(system, restart: restart, isFlexible: true).run()
  }
}

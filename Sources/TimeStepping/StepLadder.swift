import Foundation

/// The steps 2^{k/4} for integers k.
///
/// An engine whose coefficients depend on the step keeps tables for the few rungs in use, instead of one per step.
public enum StepLadder {
  private static let roots = [1, 1.189207115002721, 1.4142135623730951, 1.681792830507429]

  /// The largest rung that is not above a positive step. A rung is its own floor.
  public static func floor(_ step: Double) -> Double {
    precondition(step > 0 && step.isFinite, "a time step is positive and finite, not \(step)")
    let root = roots.last { $0 <= step.significand }!
    return scalbn(root, Int(step.exponent))
  }
}

import Foundation
import Optimizers

/// Optimizers by name, as command lines and files write them: `adam:5000@1e-3,ssbroyden`.
///
/// Stages are separated by commas; each is a name, the number of steps after a colon, and the rate after an @. A stage
/// without steps goes on until it stalls, the last one until the training ends.
public enum OptimizerText {
  /// The names that there are, with a line on each.
  public static let names: [(name: String, summary: String)] = [
    ("adam", "Adam (rate 1e-3)"), ("sgd", "gradient descent with momentum 0.9 (rate 1e-3)"),
    ("lbfgs", "L-BFGS with a strong Wolfe search"), ("bfgs", "BFGS"), ("ssbfgs", "self-scaled BFGS"),
    ("ssbroyden1", "self-scaled Broyden, first variant"),
    ("ssbroyden", "self-scaled Broyden, second variant"),
    ("gn", "Gauss-Newton by singular values"), ("lm", "Levenberg-Marquardt"),
  ]

  /// The optimizer that a text describes.
  /// - Throws: `TrainingError` naming what is wrong and what there is.
  public static func optimizer<Scalar: OptimizerScalar>(_ text: String, _ type: Scalar.Type) throws
    -> any LeastSquaresOptimizer<Scalar>
  {
    let stages = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    var result: (any LeastSquaresOptimizer<Scalar>)?
    for (i, stage) in stages.enumerated() {
      let own = try optimizer(stage: stage, isLast: i == stages.count - 1, type)
      if let before = result { result = joined(before, own) } else { result = own }
    }
    return result!
  }

  private static func joined<Scalar: OptimizerScalar>(
    _ a: any LeastSquaresOptimizer<Scalar>, _ b: any LeastSquaresOptimizer<Scalar>
  ) -> any LeastSquaresOptimizer<Scalar> {
    func open<A: LeastSquaresOptimizer<Scalar>>(_ a: A) -> any LeastSquaresOptimizer<Scalar> {
      func open<B: LeastSquaresOptimizer<Scalar>>(_ b: B) -> any LeastSquaresOptimizer<Scalar> { a.then(b) }
      return open(b)
    }
    return open(a)
  }

  private static func optimizer<Scalar: OptimizerScalar>(
    stage: String, isLast: Bool, _ type: Scalar.Type
  ) throws -> any LeastSquaresOptimizer<Scalar> {
    let atRate = stage.split(separator: "@", maxSplits: 1).map(String.init)
    let named = (atRate.first ?? "").split(separator: ":", maxSplits: 1).map(String.init)
    let name = named.first?.trimmingCharacters(in: .whitespaces).lowercased() ?? ""
    guard names.contains(where: { $0.name == name }) else {
      throw TrainingError(
        "there is no optimizer '\(name)': choose among \(names.map(\.name).joined(separator: ", "))")
    }
    var steps: Int?
    if named.count > 1 {
      guard let count = Int(named[1]), count > 0 else {
        throw TrainingError("'\(named[1])' in '\(stage)' is no number of steps: write \(name):1000")
      }
      steps = count
    }
    var rate = 1e-3
    if atRate.count > 1 {
      guard let value = Double(atRate[1]), value > 0, value.isFinite else {
        throw TrainingError("'\(atRate[1])' in '\(stage)' is no rate: write \(name)@1e-3")
      }
      guard ["adam", "sgd"].contains(name) else {
        throw TrainingError("\(name) searches its step and takes no rate: leave out '@\(atRate[1])'")
      }
      rate = value
    }
    func staged<Base: LeastSquaresOptimizer<Scalar>>(_ base: Base) -> any LeastSquaresOptimizer<Scalar> {
      if let steps { return base.steps(steps) }
      return isLast ? base : base.until(.stalled)
    }
    switch name {
    case "adam":
      return staged(Adam<Scalar>(rate: .constant(rate), epsilon: Scalar.self == Double.self ? 1e-20 : 1e-8))
    case "sgd": return staged(SGD<Scalar>(rate: .constant(rate), momentum: 0.9))
    case "lbfgs": return staged(LBFGS<Scalar>())
    case "bfgs": return staged(BFGS<Scalar>())
    case "ssbfgs": return staged(SSBFGS<Scalar>())
    case "ssbroyden1": return staged(SSBroyden1<Scalar>())
    case "ssbroyden": return staged(SSBroyden2<Scalar>())
    case "gn": return staged(GaussNewton<Scalar>())
    default: return staged(LevenbergMarquardt<Scalar>())
    }
  }
}

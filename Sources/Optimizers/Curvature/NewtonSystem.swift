import Algebra
import Tensors

/// The system (B + λ) d = −g of a Newton step and conjugate gradients for it (Hestenes and Stiefel 1952), from products
/// with B alone, with what they work in.
package final class NewtonSystem<Scalar: OptimizerScalar> {
  /// What ends the iterations.
  package struct Limits {
    /// The largest number of iterations.
    package var iterations: Int
    /// The norm of the residual, divided by that of the gradient.
    package var residual: Double
    /// The smallest growth of the model's decrease per iteration as a part of it, over a tenth of the iterations and at
    /// least ten (Martens, ICML 2010); 0 for none.
    package var progress: Double

    package init(iterations: Int, residual: Double, progress: Double) {
      (self.iterations, self.residual, self.progress) = (iterations, residual, progress)
    }
  }

  /// What the iterations came to.
  package struct Outcome {
    package var iterations = 0
    /// −gᵀd − ½ dᵀ(B + λ) d.
    package var decrease = 0.0
    /// Whether a direction without positive curvature ended them.
    package var metNegativeCurvature = false
  }

  /// g, and d.
  package var gradient, direction: Tensor<Scalar>
  private var residual, conditioned, search, product: Tensor<Scalar>
  private var decreases: [Double]
  let passes: VectorPasses<Scalar>

  package init(count: Int, iterations: Int) {
    gradient = .zeros([count])
    direction = .zeros([count])
    residual = .zeros([count])
    conditioned = .zeros([count])
    search = .zeros([count])
    product = .zeros([count])
    decreases = Array(repeating: 0, count: iterations + 1)
    passes = VectorPasses(count: count, pool: .shared)
  }

  /// −gᵀd − ½ dᵀ(B + λ) d, with the residual of the system.
  private var decrease: Double {
    0.5 * (passes.inner(residual, direction) - passes.inner(gradient, direction))
  }

  /// Improves d, which is where the iterations start if `isWarm` and the model is lower there than at zero, and zero
  /// otherwise.
  ///
  /// - Parameters:
  ///   - multiply: Writes B v.
  ///   - precondition: Writes an approximation of (B + λ)⁻¹ r, or r itself.
  ///   - visit: Sees d after each iteration, of which it gets the number from 1 on.
  package func solve(
    damping: Double, isWarm: Bool = false, limits: Limits,
    multiply: (_ v: Tensor<Scalar>, _ product: inout Tensor<Scalar>) throws -> Void,
    precondition: (_ r: Tensor<Scalar>, _ z: inout Tensor<Scalar>) -> Void,
    visit: (Int) -> Void = { _ in }
  ) throws -> Outcome {
    if decreases.count <= limits.iterations {
      decreases = Array(repeating: 0, count: limits.iterations + 1)
    }
    try begin(damping: damping, isWarm: isWarm, multiply)
    var outcome = Outcome(decrease: decrease)
    let first = passes.inner(gradient, gradient)
    let tolerance = max(limits.residual, 16 * Double(Scalar.ulpOfOne))
    var square = passes.inner(residual, residual)
    precondition(residual, &conditioned)
    search.setToCopy(of: conditioned)
    var weighted = passes.inner(residual, conditioned)
    decreases[0] = outcome.decrease
    while outcome.iterations < limits.iterations, square > tolerance * tolerance * first, weighted > 0 {
      try multiply(search, &product)
      let curvature = passes.inner(search, product) + damping * passes.inner(search, search)
      guard curvature > 0, curvature.isFinite else {
        outcome.metNegativeCurvature = true
        // Downhill, if nothing is known yet.
        if outcome.iterations == 0, outcome.decrease <= 0 {
          direction.setToCopy(of: search)
          outcome.decrease = weighted
        }
        break
      }
      let alpha = weighted / curvature
      passes.add(alpha, search, to: &direction)
      passes.add(-alpha, product, to: &residual)
      if damping != 0 { passes.add(-alpha * damping, search, to: &residual) }
      square = passes.inner(residual, residual)
      precondition(residual, &conditioned)
      let next = passes.inner(residual, conditioned)
      passes.combine(1, conditioned, next / weighted, &search)
      weighted = next
      outcome.iterations += 1
      outcome.decrease = decrease
      decreases[outcome.iterations] = outcome.decrease
      visit(outcome.iterations)
      if limits.progress > 0, isSlow(outcome, limits.progress) { break }
    }
    return outcome
  }

  /// Makes d the start, and computes the residual there.
  private func begin(
    damping: Double, isWarm: Bool, _ multiply: (Tensor<Scalar>, inout Tensor<Scalar>) throws -> Void
  ) throws {
    residual.setToCopy(of: gradient)
    passes.scale(&residual, by: -1)
    if isWarm {
      try multiply(direction, &product)
      passes.add(-1, product, to: &residual)
      passes.add(-damping, direction, to: &residual)
      if decrease > 0 { return }
      residual.setToCopy(of: gradient)
      passes.scale(&residual, by: -1)
    }
    passes.zero(&direction)
  }

  private func isSlow(_ outcome: Outcome, _ progress: Double) -> Bool {
    let back = max(10, outcome.iterations / 10)
    guard outcome.iterations > back, outcome.decrease > 0 else { return false }
    let growth = outcome.decrease - decreases[outcome.iterations - back]
    return growth < progress * Double(back) * outcome.decrease
  }
}

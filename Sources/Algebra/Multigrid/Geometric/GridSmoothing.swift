import CKernels
import Tensors

/// The stages of smoothing on one level: each reads an unknown's neighbours once, so that a block of planes is smoothed
/// by stages that follow each other plane by plane.
struct GridSmoothing: Sendable {
  enum Stage: Sendable {
    case color(Int64)
    case step(alpha: Float, beta: Float)
  }

  /// The stages before the coarse correction; those after it are the same in reverse.
  let stages: [Stage]
  /// The stages after the coarse correction: colours in the reverse order, while polynomials in D⁻¹ A commute with
  /// themselves and stay in theirs.
  let reversed: [Stage]
  /// Whether stages carry the step before along.
  var carriesSteps: Bool {
    if case .step = stages[0] { return true } else { return false }
  }

  init(_ settings: GeometricMultigrid, level: GridLevel, dimension: Int) {
    var smoother = settings.smoother
    if case .redBlackGaussSeidel = smoother, !level.isColorable { smoother = .jacobi }
    switch smoother {
    case .redBlackGaussSeidel:
      stages = (0..<settings.sweeps).flatMap { _ in [Stage.color(0), .color(1)] }
      reversed = stages.reversed()
    case .jacobi(let damping):
      let optimal: Float = [2 / 3, 4 / 5, 6 / 7][dimension - 1]
      let alpha = damping.map { Float($0) } ?? optimal
      stages = [Stage](repeating: .step(alpha: alpha, beta: 0), count: settings.sweeps)
      reversed = stages
    case .chebyshev:
      // The spectrum of D⁻¹ A ends at 2 (Gershgorin); what a grid of half the resolution cannot represent begins at
      // 1 / dimension. Saad, Iterative Methods for Sparse Linear Systems (2003), algorithm 12.1.
      let (low, high) = (1 / Double(dimension + 1), 2.0)
      let (theta, delta) = ((high + low) / 2, (high - low) / 2)
      var (stages, rho) = ([Stage.step(alpha: Float(1 / theta), beta: 0)], delta / theta)
      for _ in 1..<max(settings.sweeps, 1) {
        let next = 1 / (2 * theta / delta - rho)
        stages.append(.step(alpha: Float(2 * next / delta), beta: Float(next * rho)))
        rho = next
      }
      self.stages = stages
      reversed = stages
    }
  }
}

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
  /// Whether stages read from one array and write to another.
  let needsTwoArrays: Bool

  init(_ settings: GeometricMultigrid, level: GridLevel, dimension: Int) {
    var smoother = settings.smoother
    if case .redBlackGaussSeidel = smoother, !level.isColorable { smoother = .jacobi }
    switch smoother {
    case .redBlackGaussSeidel:
      stages = (0..<settings.sweeps).flatMap { _ in [Stage.color(0), .color(1)] }
      needsTwoArrays = false
    case .jacobi(let damping):
      let optimal: Float = [2 / 3, 4 / 5, 6 / 7][dimension - 1]
      let alpha = damping.map { Float($0) } ?? optimal
      stages = [Stage](repeating: .step(alpha: alpha, beta: 0), count: settings.sweeps)
      needsTwoArrays = true
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
      needsTwoArrays = true
    }
  }

  /// The arrays that stages read and write in turn: one and the same for those that work in place.
  func arrays(_ scratch: GridWorkspace.Scratch) -> (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>)
  {
    (scratch.values.0.pointer, needsTwoArrays ? scratch.values.1.pointer : scratch.values.0.pointer)
  }

  /// The stages after the coarse correction. Polynomials in D⁻¹ A commute with themselves and stay in their order.
  var reversed: [Stage] { needsTwoArrays ? stages : stages.reversed() }
}

/// The block of planes on which one tile smooths, with copies of neighbouring planes: a window of planes of a level,
/// numbered beyond its ends where the grid is periodic.
struct GridWindow {
  let level: GridLevel
  let stages: [GridSmoothing.Stage]
  /// The first plane of the window.
  let first: Int
  /// Two arrays of values, of which stages read one and write the other if they need two; else the same array twice.
  let values: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>)
  let steps: UnsafeMutablePointer<Float>
  let rhs: UnsafePointer<Float>
  /// The number of planes in the window.
  let count: Int

  private func array(_ stage: Int) -> UnsafeMutablePointer<Float> { stage % 2 == 0 ? values.0 : values.1 }

  private func position(_ plane: Int) -> Int { (plane - first) * level.stencil.planeSize }

  /// The plane of the values after `stage` stages; zeros outside the grid.
  func plane(_ plane: Int, after stage: Int) -> UnsafeMutablePointer<Float> {
    plane < first || plane >= first + count ? level.stencil.zeros.pointer : array(stage) + position(plane)
  }

  func record(_ plane: Int) -> UnsafePointer<ck_grid_plane> {
    let n = level.stencil.planes
    return level.stencil.plane((plane % n + n) % n)
  }

  /// Parity such that colours agree with those of the whole grid.
  private func parity(_ plane: Int, _ color: Int64) -> Int64 {
    let n = level.stencil.planes
    return Int64((plane % n + n) % n) + color
  }

  /// Runs stage 1, 2, … on a plane. Stage 1 may start from zero instead of from values.
  func run(stage: Int, plane k: Int, fromZero: Bool) {
    let target = array(stage) + position(k)
    let b = rhs + position(k)
    switch stages[stage - 1] {
    case .color(let color):
      if fromZero {
        ck_grid_relax_color_from_zero(record(k), target, b, parity(k, color))
      } else {
        ck_grid_relax_color(
          record(k), target, b, plane(k - 1, after: stage - 1), plane(k + 1, after: stage - 1),
          parity(k, color))
      }
    case .step(let alpha, let beta):
      let d = steps + position(k)
      if fromZero {
        ck_grid_relax_step_from_zero(record(k), target, d, b, alpha)
      } else {
        ck_grid_relax_step(
          record(k), target, d, b, plane(k, after: stage - 1), plane(k - 1, after: stage - 1),
          plane(k + 1, after: stage - 1), alpha, beta)
      }
    }
  }
}

import Ansatz
import Foundation

/// Equations whose time steps the spectral benchmark times, each in the form and size of the peer's.
enum SpectralCases {
  struct KuramotoSivashinskyStep: Problem {
    let u = ScalarField.unknown("u")
    var domain: Domain { .interval(0, 60, periodic: true) }
    var equations: [Equation] { [dt(u) + u * dx(u) + dx(dx(u)) + dx(dx(dx(dx(u)))) == 0] }
    var conditions: [Condition] { [.initial(u == .random(.noise(standardDeviation: 1)))] }
  }

  struct NavierStokesStep: Problem {
    let w = ScalarField.unknown("w")
    let psi = ScalarField.unknown("psi")
    var domain: Domain { .torus(0, 2 * .pi, dimension: 2) }
    var equations: [Equation] {
      [dt(w) + convect(perp(psi), w) == 1e-3 * laplacian(w), laplacian(psi) == -w]
    }
    var conditions: [Condition] { [.initial(w == .random(.noise(standardDeviation: 1)))] }
  }

  struct BurgersStep: Problem {
    let u = VectorField.unknown("u")
    var domain: Domain { .torus(0, 1, dimension: 2) }
    var equations: [Equation] { [dt(u) + convect(u, u) == 1e-3 * laplacian(u)] }
    var conditions: [Condition] {
      let noise = ScalarField.random(.noise(standardDeviation: 0.1))
      return [.initial(u == [noise, noise])]
    }
  }

  /// A timed case: its name is also the peer's key.
  struct Timed: Sendable {
    var name: String
    var problem: any Problem
    var points: Int
    var step: Double
    var stepsPerRound: Int
    /// Whether the step is compared with bare Fourier transforms of its size.
    var isMeasuredByTransforms: Bool
  }

  static let timed: [Timed] =
    [
      Timed(
        name: "kuramoto-sivashinsky 1024", problem: KuramotoSivashinskyStep(), points: 1024, step: 0.1,
        stepsPerRound: 500, isMeasuredByTransforms: false)
    ]
    + [128, 256, 512].map { n in
      Timed(
        name: "navier-stokes \(n)x\(n)", problem: NavierStokesStep(), points: n, step: 1e-3,
        stepsPerRound: max(4, 20 * 256 * 256 / (n * n)), isMeasuredByTransforms: true)
    } + [
      Timed(
        name: "burgers 256x256", problem: BurgersStep(), points: 256, step: 1e-3, stepsPerRound: 20,
        isMeasuredByTransforms: false)
    ]

  /// Microseconds per ETDRK4 step, fastest and median round.
  static func microseconds(_ timed: Timed, rounds: Int) throws -> (min: Double, median: Double) {
    let evolution = try Evolution(timed.problem, with: Fourier(points: [timed.points]))
    let system = evolution.system
    let coefficients = StepCoefficients(ETDRK4(step: timed.step), step: timed.step, system: system)
    let stepper = system.makeStepper(
      coefficients, state: evolution.initialState, time: 0, stepIndex: 0, pool: .shared)
    return microsecondsPerCall(rounds: rounds, calls: timed.stepsPerRound) { stepper.advance() }
  }

  /// Microseconds of twenty real two-dimensional transforms of n × n points by single-thread plans, as many at a time as
  /// there are threads: the transforms that a Navier–Stokes step of four stages would need with five per stage.
  static func twentyTransforms(_ n: Int, rounds: Int) -> (min: Double, median: Double) {
    let plan = FFTPlan<Double>(.realToComplex, shape: [n, n])
    let inputs = (0..<20).map { _ in Buffer<Double>(count: n * n) }
    let outputs = (0..<20).map { _ in Buffer<Double>(count: 2 * n * (n / 2 + 1)) }
    let region = ParallelRegion(tiles: 20) { tile, _ in
      plan.execute(inputs[tile].pointer, outputs[tile].pointer)
    }
    return microsecondsPerCall(rounds: rounds, calls: max(4, 4 * 256 * 256 / (n * n))) {
      WorkerPool.shared.run(region)
    }
  }

  private static func microsecondsPerCall(
    rounds: Int, calls: Int, _ body: () -> Void
  ) -> (min: Double, median: Double) {
    for _ in 0..<3 { body() }
    let times = (0..<rounds).map { _ -> Double in
      let start = DispatchTime.now().uptimeNanoseconds
      for _ in 0..<calls { body() }
      return Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-3 / Double(calls)
    }.sorted()
    return (times[0], times[times.count / 2])
  }
}

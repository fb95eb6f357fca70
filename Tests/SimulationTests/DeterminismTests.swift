import AllocationCounter
import Ansatz
import Foundation
import Testing

/// What a test runs: a problem of the catalogue at a small size.
private struct Case: CustomTestStringConvertible, Sendable {
  var problem: any Problem
  var points: [Int]
  var step: Double
  var testDescription: String { "\(problem.name) at \(points)" }

  static let all = [
    Case(problem: KuramotoSivashinsky(), points: [96], step: 0.05),
    Case(problem: NonlinearSchroedinger(), points: [64], step: 1e-3),
    // Even: FFTW's real transforms of odd length allocate buffers of their own.
    Case(problem: SineGordon(), points: [60], step: 1e-2),
    Case(problem: DecayingTurbulence2D(), points: [32, 48], step: 1e-3),
    Case(problem: GrayScott(), points: [33, 40], step: 0.5),
    Case(problem: TaylorGreenVortex3D(), points: [16, 12, 20], step: 1e-2),
  ]

  func evolution() throws -> Evolution { try Evolution(problem, with: Fourier(points: points), seed: 7) }
}

private func bits(_ state: [[Double]]) -> [UInt64] { state.joined().map(\.bitPattern) }

@Suite("Same bits")
struct DeterminismTests {
  @Test("one, two and three threads give the same bits", arguments: Case.all)
  fileprivate func threads(example: Case) throws {
    let evolution = try example.evolution()
    let plan = EvolutionRun.Plan(
      method: ETDRK4(step: example.step), until: 70 * example.step, frames: .count(2))
    let states = try [1, 2, 3].map { count in
      let run = EvolutionRun(
        evolution.system, state: evolution.initialState, plan: plan, pool: WorkerPool(threads: count))
      try run.run()
      return bits(run.state)
    }
    #expect(states[0] == states[1])
    #expect(states[0] == states[2])
  }

  @Test(
    "a run that goes on from a saved state gives the bits of a run without a stop",
    arguments: ["ETDRK4", "SBDF4", "CNAB2", "RK443", "DormandPrince54"], [1, 3, 40, 64])
  func resume(stepper: String, stop: Int) throws {
    let method = try Steppers.named(stepper)
    let evolution = try Evolution(Burgers(), with: Fourier(points: [64]))
    let isControlled = method is any EmbeddedMethod
    let plan = EvolutionRun.Plan(
      method: isControlled
        ? method.with(.adaptive(StepControl(relativeTolerance: 1e-6))) : method.with(.fixed(2e-3)),
      until: 0.2, frames: .count(4))
    let whole = EvolutionRun(evolution.system, state: evolution.initialState, plan: plan)
    try whole.run()

    let first = EvolutionRun(evolution.system, state: evolution.initialState, plan: plan)
    let ending = try first.run(onStep: { context, _ in
      context.index == stop ? .stop(reason: "test") : .proceed
    })
    if ending == .completed { return }
    let saved = try JSONEncoder().encode(first.checkpoint)
    let second = EvolutionRun(
      evolution.system, from: try JSONDecoder().decode(Checkpoint.self, from: saved), plan: plan)
    try second.run()
    #expect(bits(second.state) == bits(whole.state))
    #expect(second.stepIndex == whole.stepIndex)
    #expect(second.time == 0.2)
  }

  /// Heat in a channel whose walls cool down.
  private struct CoolingChannel: Problem {
    let u = ScalarField.unknown("u")
    var domain: Domain { .box((0, 1), (-1, 1), periodic: [.x]) }
    var equations: [Equation] { [dt(u) + u * dx(u) == 0.01 * laplacian(u)] }
    var conditions: [Condition] {
      [.initial(u == 1 + 0.1 * sin(2 * .pi * x) * (1 - y * y)), .dirichlet(u == exp(-t))]
    }
  }

  @Test(
    "pairs of order 5 evaluate N six times a step, with the bits of seven",
    arguments: ["DormandPrince54", "Tsitouras54"])
  func firstSameAsLast(name: String) throws {
    let evolutions = [
      try Evolution(Burgers(), with: Fourier(points: [64])),
      try Evolution(CoolingChannel(), with: SuitableBasis(points: [12, 13])),
    ]
    for evolution in evolutions {
      let coefficients = StepCoefficients(try Steppers.named(name), step: 1e-3, system: evolution.system)
      let steppers = (0..<2).map { _ in
        evolution.system.makeStepper(
          coefficients, state: evolution.initialState, time: 0, stepIndex: 0, pool: .shared)
      }
      let count = 150
      for _ in 0..<count {
        for stepper in steppers { stepper.advance() }
        // A state that is set has no known N.
        steppers[1].setState(steppers[1].state)
      }
      #expect(bits(steppers[0].state) == bits(steppers[1].state))
      let evaluations = steppers.map {
        ($0 as? FourierStepper)?.evaluations ?? ($0 as? BoundedStepper)?.evaluations ?? 0
      }
      // The first step, and those after which redundant modes are made equal, begin anew.
      #expect(evaluations == [6 * count + 3, 7 * count])
    }
  }

  @Test("a seed gives the same initial state, another seed another one")
  func seeds() throws {
    let state = { (seed: UInt64) in
      try Evolution(DecayingTurbulence2D(), with: Fourier(points: [32]), seed: seed).initialState
    }
    #expect(bits(try state(3)) == bits(try state(3)))
    #expect(bits(try state(3)) != bits(try state(4)))
  }
}

@Suite("Allocations", .serialized, .enabled(if: allocation_count_is_available() == 1))
struct AllocationTests {
  // On one thread, so that every allocation of the step is counted and none of the tests beside it.
  @Test(
    "a step allocates nothing after the first", arguments: Case.all,
    ["ETDRK4", "SBDF3", "IFRK4", "DormandPrince54"])
  fileprivate func steps(example: Case, stepper: String) throws {
    let evolution = try example.evolution()
    let system = evolution.system
    let method = try Steppers.named(stepper)
    let coefficients = StepCoefficients(method, step: 1e-4, system: system)
    let run = system.makeStepper(
      coefficients, state: evolution.initialState, time: 0, stepIndex: 0, pool: WorkerPool(threads: 1))
    run.advance()
    let before = allocation_count()
    for _ in 0..<70 { run.advance() }
    #expect(allocation_count() - before == 0)
  }

  @Test("the counter counts")
  func counter() {
    let before = allocation_count()
    let block = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 16)
    block.deallocate()
    #expect(allocation_count() - before >= 1)
  }
}

import Foundation
import Tensors
import Testing
import TimeStepping

@Suite struct ExplicitIntegratorTests {
  static var decay: ExplicitIntegrator.RightHandSide { { y, _, slope in slope[0] = -y[0] } }
  static var lotkaVolterra: ExplicitIntegrator.RightHandSide {
    { y, _, slope in
      slope[0] = 2.0 / 3 * y[0] - 4.0 / 3 * y[0] * y[1]
      slope[1] = -y[1] + y[0] * y[1]
    }
  }
  /// The populations at t = 1, 2, … 10 from (1, 1), by mpmath 1.3 with 30 digits:
  ///
  ///     g = odefun(lambda t, y: [y[0]*2/3 - y[0]*y[1]*4/3, -y[1] + y[0]*y[1]], 0, [1, 1])
  static let populations = [
    [0.574284670367158794, 0.777438724766624083],
    [0.48947737509078868, 0.477850255619220205],
    [0.576685511526564199, 0.296080842717979889],
    [0.806430064714180435, 0.214800061386424458],
    [1.19247711964895592, 0.211939487783394407],
    [1.65428374512799517, 0.325282185371790427],
    [1.69636818899805526, 0.684714148121661632],
    [1.01791365690771937, 0.999762133544835814],
    [0.580062071661384372, 0.786244753652531605],
    [0.489149182544700734, 0.484395032658419013],
  ]

  static func run(
    _ name: String, steps: Int, to end: Double, _ initial: [Double], _ f: ExplicitIntegrator.RightHandSide,
    callback: (StepContext, UnsafeBufferPointer<Double>) -> StepDecision = { _, _ in .proceed }
  ) -> IntegrationResult {
    let step = end / Double(steps)
    let integrator =
      switch name {
      case "RK4": ExplicitIntegrator(RK4(step: step))
      case "DormandPrince54": ExplicitIntegrator(DormandPrince54(step: step))
      default: ExplicitIntegrator(Tsitouras54(step: step))
      }
    return integrator.integrate(from: 0, to: end, initial: initial, callback: callback, f)
  }

  static let methods = [("RK4", 4), ("DormandPrince54", 5), ("Tsitouras54", 5)]

  @Test(arguments: methods) func orderOnDecay(name: String, order: Int) throws {
    // A long time, so that relative errors stand out of rounding where they follow the power law.
    let steps = (0...4).map { Int(3200 * pow(2, Double($0) / 2)) }
    let errors = try steps.map {
      abs(try Self.run(name, steps: $0, to: 100, [1], Self.decay).get()[0] * exp(100) - 1)
    }
    #expect(abs(slope(steps: steps, errors: errors) - Double(order)) < 0.1, "\(errors)")
    #expect(errors.last! < (order == 4 ? 1e-7 : 1e-11))
  }

  @Test(arguments: methods) func orderOnLotkaVolterra(name: String, order: Int) throws {
    // Steps per unit of time; the root of the summed squares of the errors at ten times, since at one time the
    // leading error may vanish.
    let steps = (0...4).map { Int(16 * pow(2, Double($0) / 2)) }
    let errors = steps.map { perUnit in
      var sum = 0.0
      let result = Self.run(name, steps: 10 * perUnit, to: 10, [1, 1], Self.lotkaVolterra) { context, y in
        guard context.index > 0, context.index % perUnit == 0 else { return .proceed }
        let exact = Self.populations[context.index / perUnit - 1]
        sum += (y[0] - exact[0]) * (y[0] - exact[0]) + (y[1] - exact[1]) * (y[1] - exact[1])
        return .proceed
      }
      #expect(result.status == .completed)
      return sum.squareRoot()
    }
    #expect(abs(slope(steps: steps, errors: errors) - Double(order)) < 0.1, "\(errors)")
    #expect(errors.last! < (order == 4 ? 1e-7 : 1e-12))
  }

  /// The last stage serves the next step: six evaluations per step of seven stages.
  @Test func evaluationsAreReused() {
    #expect(Self.run("Tsitouras54", steps: 50, to: 1, [1], Self.decay).statistics.evaluations == 301)
    #expect(Self.run("RK4", steps: 50, to: 1, [1], Self.decay).statistics.evaluations == 201)
  }

  /// The error follows the tolerance, one order of magnitude for another, and steps are few.
  @Test(arguments: StepControl.Rule.allCases) func tolerances(rule: StepControl.Rule) throws {
    let last = Self.populations[9]
    for make in [
      { ExplicitIntegrator(Tsitouras54(stepSize: .adaptive($0))) },
      { ExplicitIntegrator(DormandPrince54(stepSize: .adaptive($0))) },
    ] as [(StepControl) -> ExplicitIntegrator] {
      var work: [Int] = []
      for tolerance in [1e-4, 1e-6, 1e-8, 1e-10] {
        let result = make(StepControl(relativeTolerance: tolerance, rule: rule))
          .integrate(from: 0, to: 10, initial: [1, 1], Self.lotkaVolterra)
        let y = try result.get()
        let error = max(abs(y[0] - last[0]), abs(y[1] - last[1]))
        #expect(error < 30 * tolerance && error > 1e-4 * tolerance, "tolerance \(tolerance): \(error)")
        work.append(result.statistics.steps)
        let tried = result.statistics.steps + result.statistics.rejectedSteps
        // Two more at the start, one of them for the choice of the first step.
        #expect(result.statistics.evaluations == 6 * tried + 2)
        #expect(result.statistics.rejectedSteps < result.statistics.steps)
      }
      // Fifth order: each hundredth of the tolerance costs 100^{1/5} = 2.5 times the steps.
      for (few, many) in zip(work, work.dropFirst()) { #expect(Double(many) / Double(few) < 3.2) }
    }
  }

  @Test func backwards() throws {
    let y = try ExplicitIntegrator(Tsitouras54(relativeTolerance: 1e-10))
      .integrate(from: 10, to: 0, initial: Self.populations[9], Self.lotkaVolterra).get()
    #expect(abs(y[0] - 1) < 1e-8 && abs(y[1] - 1) < 1e-8)
    let fixed = try ExplicitIntegrator(RK4(step: 0.01)).integrate(from: 1, to: 0, initial: [1], Self.decay)
      .get()
    #expect(abs(fixed[0] - exp(1)) < 1e-8)
  }

  @Test func callbacks() {
    var seen: [StepContext] = []
    let result = ExplicitIntegrator(RK4(step: 0.25)).integrate(
      from: 0, to: 2, initial: [1],
      callback: { context, y in
        seen.append(context)
        #expect(abs(y[0] - exp(-context.time)) < 1e-3)
        if context.index == 2 { return .setStep(0.5) }
        return context.time > 1.2 ? .stop(reason: "late enough") : .proceed
      }, Self.decay)
    #expect(seen.map(\.time) == [0, 0.25, 0.5, 1, 1.5])
    #expect(seen.map(\.step) == [0.25, 0.25, 0.25, 0.5, 0.5])
    #expect(result.status == .stopped("late enough") && result.time == 1.5 && result.statistics.steps == 4)
  }

  @Test func failures() throws {
    // y′ = y² from 1 ends at t = 1.
    let square: ExplicitIntegrator.RightHandSide = { y, _, slope in slope[0] = y[0] * y[0] }
    let adaptive = ExplicitIntegrator(Tsitouras54(relativeTolerance: 1e-6))
      .integrate(from: 0, to: 2, initial: [1], square)
    guard case .failed(.stepTooSmall(let time, _)) = adaptive.status else {
      Issue.record("status \(adaptive.status)")
      return
    }
    #expect(abs(time - 1) < 1e-4 && adaptive.time == time)
    #expect(throws: IntegrationFailure.self) { try adaptive.get() }

    let fixed = ExplicitIntegrator(RK4(step: 0.1)).integrate(from: 0, to: 4, initial: [1], square)
    guard case .failed(let failure) = fixed.status, case .notFinite = failure else {
      Issue.record("status \(fixed.status)")
      return
    }
    #expect("\(failure)".contains("smaller step"))
    #expect(fixed.value[0].isFinite, "the last good state is kept")

    let short = ExplicitIntegrator(RK4(step: 0.1))
      .integrate(from: 0, to: 1, initial: [1], maximumSteps: 5, Self.decay)
    #expect(short.status == .failed(.tooManySteps(5, time: short.time)) && short.statistics.steps == 5)
  }

  /// The estimate that a table gives for one step of u′ = L u + N.
  @Test func embeddedTable() throws {
    let method = Tsitouras54(relativeTolerance: 1e-8)
    let stepper = ReferenceStepper(method: method, linear: Complex(-1, 4)) { u, t in [Complex(cos(t))] }
    let (h, steps) = (0.1, [1, 2, 4, 8, 16])
    let errors = steps.map { n in
      stepper.step(from: 0.2, by: h / Double(n), state: [.one]).error![0].magnitude
    }
    // The embedded solution has order 4, so the estimate of one step behaves as h⁵.
    #expect(abs(slope(steps: steps, errors: errors) - 5) < 0.1, "\(errors)")
  }
}

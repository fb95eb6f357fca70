import Ansatz
import Foundation
import Testing

@Suite("Callbacks")
struct CallbackTests {
  @Test(
    "CFL control shortens steps, and the solution stays that of short steps", arguments: ["ETDRK4", "SBDF3"])
  func cfl(stepper: String) throws {
    let method = try Steppers.named(stepper)
    let control = CFLControl(number: 0.2, maximumStep: 0.05)
    var steps: Set<Double> = []
    let controlled = try solve(
      Burgers2D(), with: Fourier(points: [32]), stepping: method.with(.fixed(0.05)), until: 0.5,
      saving: .count(3),
      onStep: { context, run in
        steps.insert(context.step)
        return try control.callback(velocity: "u", every: 2)(context, run)
      })
    let reference = try solve(
      Burgers2D(), with: Fourier(points: [32]), stepping: ETDRK4(step: 1e-3), until: 0.5)
    #expect(steps.count > 1)
    #expect(abs(controlled.last.time - 0.5) < 1e-12)
    #expect(try controlled.field("u").relativeError(to: reference.field("u")) < 1e-4)
    #expect(controlled.frames.count == 3)
  }

  @Test("a callback stops a run, and what was reached is kept")
  func stop() throws {
    let solution = try solve(
      Burgers(), with: Fourier(points: [64]), stepping: ETDRK4(step: 1e-2), until: 1,
      onStep: { context, _ in context.index == 7 ? .stop(reason: "enough") : .proceed })
    #expect(solution.statistics.stopReason == "enough")
    #expect(solution.statistics.steps == 7)
    #expect(abs(solution.last.time - 0.07) < 1e-15)
  }

  @Test("a solution that blows up is reported with time, step and advice")
  func divergence() throws {
    #expect {
      _ = try solve(CahnHilliard(), with: Fourier(points: [64]), stepping: ETDRK4(step: 0.5), until: 5)
    } throws: { error in
      guard case SolveError.diverged(let time, _, let step, _)? = error as? SolveError else { return false }
      return time > 0 && step == 0.5 && "\(error)".contains("use a step of 0.25 or less")
    }
  }

  @Test("a final time that is not later than the initial one is refused")
  func finalTime() {
    #expect(throws: EquationError.self) {
      _ = try solve(Burgers(), with: Fourier(points: [64]), stepping: ETDRK4(step: 1e-2), until: 0)
    }
  }
}

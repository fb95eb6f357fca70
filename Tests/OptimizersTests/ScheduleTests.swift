import Foundation
import Optimizers
import Testing

@Suite("Schedules")
struct ScheduleTests {
  @Test("a cosine with restarts of doubling length")
  func restarts() {
    // Loshchilov and Hutter (2017), equation 5.
    let schedule = Schedule.restarts(from: 0.1, period: 10)
    for (step, rate) in [0: 0.1, 5: 0.05, 9: 0.002447, 10: 0.1, 20: 0.05, 29: 0.000616, 30: 0.1] {
      #expect(abs(schedule.value(at: step) - rate) < 5e-7, "step \(step)")
    }
    #expect(Schedule.restarts(from: 1, period: 4, multiplier: 1).value(at: 40_000) == 1)
  }

  @Test("closed forms")
  func closedForms() {
    func check(_ schedule: Schedule, _ values: [Int: Double]) {
      for (step, value) in values {
        #expect(abs(schedule.value(at: step) - value) < 1e-15, "\(schedule) at step \(step)")
      }
    }
    check(0.3, [0: 0.3, 1_000_000: 0.3])
    check(.linear(from: 1, to: 0.5, steps: 10), [0: 1, 5: 0.75, 10: 0.5, 11: 0.5])
    check(.cosine(from: 1, to: 0.1, steps: 9), [0: 1, 3: 0.1 + 0.45 * 1.5, 9: 0.1, 90: 0.1])
    check(.staircase(from: 1, factor: 0.5, every: 10), [0: 1, 9: 1, 10: 0.5, 35: 0.125])
    check(.exponential(from: 1, factor: 0.25, every: 10), [0: 1, 5: 0.5, 10: 0.25, 15: 0.125])
    check(.inverseTime(from: 1, decay: 2, every: 10), [0: 1, 5: 0.5, 10: 1.0 / 3])
    check(
      .oneCycle(peak: 1, steps: 100, warmUp: 0.3, start: 25, end: 1e4),
      [0: 0.04, 15: 0.52, 30: 1, 65: 0.5 * (1 + 4e-6), 100: 4e-6, 200: 4e-6])
    check(
      Schedule.cosine(from: 1, steps: 10).warmedUp(over: 4), [0: 0.25, 3: 1, 4: 1, 9: 0.5, 14: 0])
    check(
      Schedule.constant(2).then(after: 3, 0.5 * .staircase(from: 1, factor: 0.1, every: 2)),
      [0: 2, 2: 2, 3: 0.5, 4: 0.5, 5: 0.05])
  }

  @Test(
    "schedules survive encoding",
    arguments: [
      Schedule.constant(0.1), .linear(from: 1, to: 0, steps: 3), .cosine(from: 1, steps: 3),
      .oneCycle(peak: 1, steps: 10), .staircase(from: 1, factor: 0.1, every: 3),
      .exponential(from: 1, factor: 0.9, every: 2), .inverseTime(from: 1, decay: 1, every: 5),
      .restarts(from: 1, period: 4),
      3 * Schedule.cosine(from: 1, steps: 3).warmedUp(over: 2).then(after: 4, 1e-4),
    ])
  func encoding(schedule: Schedule) throws {
    let copy = try JSONDecoder().decode(Schedule.self, from: JSONEncoder().encode(schedule))
    #expect(copy == schedule)
    for step in 0..<20 { #expect(copy.value(at: step) == schedule.value(at: step)) }
  }
}

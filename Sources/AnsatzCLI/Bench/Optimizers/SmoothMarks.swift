import Ansatz
import Foundation

/// What Kronecker-factored methods reach on the smooth regression, over several starts.
struct SmoothMarks: OptimizerCase {
  let name = "anchor-regression"
  let summary = "the network 2-32-32-32-1 of race-regression, 2000 steps from five starts each"

  func run(_ options: BenchmarkOptions) throws -> [BenchmarkRecord] {
    let steps = 2000
    func schedule(_ rate: Double) -> Schedule { .cosine(from: rate, steps: steps) }
    func adam(_ rate: Double, _ beta1: Double, _ beta2: Double) -> any LeastSquaresOptimizer<Double> {
      Adam<Double>(rate: schedule(rate), beta1: beta1, beta2: beta2)
    }
    // Adam at five rates with each of its two usual averages.
    let adams = [3e-3, 1e-2, 2e-2, 3e-2, 1e-1].flatMap { rate in
      [
        ("adam \(rate), 0.9, 0.999", adam(rate, 0.9, 0.999)),
        ("adam \(rate), 0.95, 0.95", adam(rate, 0.95, 0.95)),
      ]
    }
    let others: [(String, any LeastSquaresOptimizer<Double>)] = [
      ("soap", SOAP<Double>(rate: schedule(3e-2), decay: 0)),
      (
        "muon",
        Muon<Double>(rate: schedule(3e-2), fallback: Adam(rate: schedule(1e-2), beta1: 0.9, beta2: 0.95))
      ),
      (
        "shampoo",
        Shampoo<Double>(
          rate: schedule(1e-2), beta1: 0.95, beta2: 0.95, graft: .adam(beta2: 0.95), refreshInterval: 10)
      ),
    ]
    report("start  method                        error  steps to 3e-2  seconds to 3e-2")
    var errors: [String: [Double]] = [:]
    var reached: [String: [(steps: Int, seconds: Double)?]] = [:]
    var gains: [Double] = []
    var (stepRatios, timeRatios) = ([Double](), [Double]())
    for seed in 7...11 as ClosedRange<UInt32> {
      var best = (error: Double.infinity, name: "")
      var bestReached: (steps: Int, seconds: Double)?
      for (name, method) in adams + others {
        guard Interruption.signalName == nil else { return [] }
        let run = try OptimizerRun(
          { try AnchorNetwork.regressionTask(seed: seed) }, name, method, seconds: 1e4, steps: steps,
          measuresEvery: 5)
        let error = run.rows.last?.error ?? .infinity
        let there = run.reached(3e-2)
        errors[name, default: []].append(error)
        reached[name, default: []].append(there)
        if name.hasPrefix("adam") {
          if error < best.error { (best, bestReached) = ((error, name), there) }
          continue
        }
        report(
          String(format: "%5d  ", Int(seed)) + name.padded(22) + String(format: "  %10.2e", error)
            + (there.map { String(format: "  %13d  %15.2f", $0.steps, $0.seconds) } ?? "          never"))
        if name == "soap" {
          gains.append(best.error / error)
          if let there, let other = bestReached {
            stepRatios.append(Double(there.steps) / Double(other.steps))
            timeRatios.append(there.seconds / other.seconds)
          }
        }
      }
      report(
        String(format: "%5d  ", Int(seed)) + best.name.padded(22) + String(format: "  %10.2e", best.error)
          + (bestReached.map { String(format: "  %13d  %15.2f", $0.steps, $0.seconds) } ?? "          never"))
    }
    func median(_ values: [Double]) -> Double {
      values.isEmpty ? .infinity : values.sorted()[values.count / 2]
    }
    var records: [BenchmarkRecord] = []
    func mark(_ label: String, _ value: Double, _ limit: Double, isAtLeast: Bool = false) {
      let hasPassed = isAtLeast ? value >= limit : value <= limit
      report(
        label.padded(58) + String(format: " %9.2e, ", value) + (isAtLeast ? "at least " : "at most ")
          + String(format: "%.2g is asked", limit) + (hasPassed ? "" : "   fail"))
      records.append(
        BenchmarkRecord(name: "\(name) \(label)", figures: ["value": value], hasPassed: hasPassed))
    }
    mark("soap, median of errors", median(errors["soap"]!), 4e-3)
    mark("soap, best Adam of the same start / error, smallest", gains.min()!, 4, isAtLeast: true)
    mark("soap, steps to 3e-2 / those of that Adam, median", median(stepRatios), 0.5)
    mark("soap, seconds to 3e-2 / those of that Adam, median", median(timeRatios), 0.7)
    mark("muon, median of errors", median(errors["muon"]!), 1e-2)
    mark("shampoo, median of errors", median(errors["shampoo"]!), 1.2e-2)
    report("")
    return records
  }
}

import Ansatz
import Foundation

/// What a step of each rule takes beside one of Adam.
struct StepCost: OptimizerCase {
  let name = "step-cost"
  let summary = "seconds of a step beside Adam's, network of 4 x 256 units, batches of 4096, float32"

  private static let limits = ["soap": 1.35, "muon": 1.35]

  func run(_ options: BenchmarkOptions) throws -> [BenchmarkRecord] {
    let (inputs, batch) = (2, 4096)
    var stream = RandomStream(seed: 1)
    let model = MLP<Float>([inputs, 256, 256, 256, 256, 1], from: &stream)
    let objective = SupervisedObjective(model, inputShape: [batch, inputs], targetShape: [batch, 1])
    let input = Tensor<Float>.randomNormal([batch, inputs], from: &stream)
    let target = Tensor<Float>.randomNormal([batch, 1], from: &stream)
    let start = Tensor.concatenated(
      model.trainableParameters.map { entry in
        entry.parameter.wrappedValue.reshaped([entry.parameter.wrappedValue.count])
      })
    let rules = OptimizerText.names.filter { $0.hasSchedule && $0.parameterLimit == nil }
    let (rounds, steps) = (options.isQuick ? 5 : 15, 20)
    report("medians of \(rounds) rounds of \(steps) steps, in each of which every rule has its turn\n")
    report("rule                     ms/step   of Adam's      limit")
    return try input.withUnsafeBufferPointer { inputs in
      try target.withUnsafeBufferPointer { targets in
        objective.bind(input: inputs.baseAddress!, target: targets.baseAddress!)
        var optimizers = try rules.map { try OptimizerText.optimizer($0.name, Float.self) }
        var points = rules.map { _ in start + 0 }
        var times = rules.map { _ in [Double]() }
        // The first round fills windows and makes programs.
        for round in 0...rounds {
          for i in rules.indices {
            let begin = DispatchTime.now().uptimeNanoseconds
            for _ in 0..<steps { _ = try optimizers[i].leastSquaresStep(objective, at: &points[i]) }
            let seconds = Double(DispatchTime.now().uptimeNanoseconds - begin) * 1e-9
            if round > 0 { times[i].append(seconds / Double(steps)) }
          }
          if Interruption.signalName != nil { return [] }
        }
        func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        let adam = rules.firstIndex { $0.name == "adam" }!
        var records: [BenchmarkRecord] = []
        for (i, rule) in rules.enumerated() {
          let ratio = median(zip(times[i], times[adam]).map { $0 / $1 })
          let limit = Self.limits[rule.name]
          let hasPassed = limit.map { ratio <= $0 }
          report(
            "\(rule.name.padded(22)) "
              + String(format: "%9.3f  %10.2f", 1e3 * median(times[i]), ratio)
              + (limit.map { String(format: "  %9.2f", $0) } ?? "          -")
              + (hasPassed == false ? "   fail" : ""))
          records.append(
            BenchmarkRecord(
              name: "\(name) \(rule.name)",
              figures: ["milliseconds per step": 1e3 * median(times[i]), "ratio to Adam": ratio],
              hasPassed: hasPassed))
        }
        report("")
        return records
      }
    }
  }
}

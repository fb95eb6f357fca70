import Ansatz
import Foundation

/// What quasi-Newton methods and natural gradients reach on the small network for Poisson's equation.
struct AnchorMarks: OptimizerCase {
  let name = "anchor-poisson"
  let summary = "the network 2-32-1 of race-poisson, errors after given steps"

  func run(_ options: BenchmarkOptions) throws -> [BenchmarkRecord] {
    report("                        seconds     steps    ms/step       error")
    var runs: [(name: String, run: OptimizerRun)] = []
    func train(_ text: String, steps: Int) throws -> OptimizerRun {
      let run = try OptimizerTask.poisson.run(text, seconds: 1e4, steps: steps, measuresEvery: 10)
      runs.append((text, run))
      return run
    }
    var records: [BenchmarkRecord] = []
    func add(_ label: String, _ run: OptimizerRun, _ hasPassed: Bool?, _ what: String) {
      let (line, record) = row(label, run, hasPassed: hasPassed)
      report("\(line); \(what)")
      records.append(record)
    }
    let bfgs = try train("bfgs", steps: 3000)
    let own = bfgs.rows.last?.error ?? .infinity
    add("bfgs", bfgs, nil, "")
    let broyden = try train("ssbroyden", steps: 3000)
    let error = broyden.rows.last?.error ?? .infinity
    add(
      "ssbroyden", broyden, error <= 1e-6 && 30 * error <= own,
      String(format: "at most 1e-6 and a thirtieth of BFGS's are asked; it is 1/%.0f", own / error))
    // Energy natural gradients by QR of the Jacobian.
    let natural = try OptimizerRun(
      { try AnchorNetwork.poissonTask(seed: 1) }, "Gauss-Newton, damping 1e-8",
      GaussNewton<Double>(damping: 1e-8), seconds: 1e4, steps: 300, measuresEvery: 1)
    runs.append(("ENGD", natural))
    let (soon, late) = (
      natural.error(afterSteps: 60) ?? .infinity, natural.error(afterSteps: 300) ?? .infinity
    )
    add(
      "ENGD", natural, soon <= 1e-3 && late <= 1e-5,
      String(
        format: "at most 1e-3 after 60 steps and 1e-5 after 300 are asked; they are %.1e and %.1e", soon, late
      ))
    let adam = try train("adam:10000@1e-2+cosine", steps: 10_000)
    add(
      "adam", adam, (adam.rows.last?.error ?? 0) >= 5e-3,
      "at least 5e-3 is asked, so that the task is the one it should be")
    report("")
    try plot(runs, options)
    return records
  }
}

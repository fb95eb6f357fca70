import AnsatzCLI
import Ansatz
import Foundation
import Testing

@Suite("ansatz train")
struct TrainTests {
  private static let line = [
    "train", "pinn", "--problem", "burgers-cole-hopf", "--inside", "400", "--boundary", "60", "--widths",
    "12,12",
    "--optimizer", "adam:40,ssbroyden", "--renew", "30", "--measure", "20", "--points", "33", "--frames", "3",
  ]

  private func model(_ runner: ProgramRunner, _ folder: String) throws -> Data {
    try Data(contentsOf: runner.folder.appendingPathComponent("\(folder)/model.safetensors"))
  }

  @Test("one and two threads give the same bits, and the folder holds what it should")
  func threads() throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    for threads in ["1", "2"] {
      let words = Self.line + ["--steps", "120", "--output", "run\(threads)"]
      let outcome = try runner.finish(runner.start(words, environment: ["ANSATZ_THREADS": threads]))
      #expect(outcome.code == 0, "\(outcome.error)")
      #expect(outcome.output.contains("at the best parameters"))
    }
    #expect(try model(runner, "run1") == model(runner, "run2"))
    for file in ["metrics.csv", "loss.svg", "checkpoint.json", "solution/fields.pvd", "solution/preview.png"]
    {
      #expect(runner.exists("run1/\(file)"), "\(file)")
    }
  }

  @Test("every optimizer gives the same bits on one and two threads")
  func threadsOfAll() throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    // One after another, each in a stage of its own; points are renewed on the way.
    let all = OptimizerText.names.map { "\($0.name):5" }.joined(separator: ",")
    for threads in ["1", "2"] {
      let outcome = try runner.finish(
        runner.start(
          [
            "train", "pinn", "--problem", "burgers-cole-hopf", "--until", "1", "--widths", "12,12",
            "--inside", "300",
            "--renew", "23", "--optimizer", all, "--steps", "1000", "--quiet", "--output", "all\(threads)",
          ], environment: ["ANSATZ_THREADS": threads]))
      #expect(outcome.code == 0, "\(outcome.error)")
    }
    // Parameters and states of the last stage, in a file that is named after the step.
    func checkpoints(_ folder: String) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: runner.folder.appendingPathComponent(folder).path)
        .filter { $0.hasPrefix("checkpoint-") }.map { "\(folder)/\($0)" }
    }
    let (one, two) = (try checkpoints("all1"), try checkpoints("all2"))
    let step = try #require(one.first).split(separator: "-")[1].prefix { $0.isNumber }
    #expect(Int(step)! > 4 * OptimizerText.names.count)
    #expect(one.map { $0.dropFirst(4) } == two.map { $0.dropFirst(4) })
    for (a, b) in zip(one, two) {
      #expect(
        try Data(contentsOf: runner.folder.appendingPathComponent(a))
          == Data(contentsOf: runner.folder.appendingPathComponent(b)))
    }
  }

  @Test("a training that was killed goes on to the same bits")
  func goesOnAfterAKill() throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    let long = Self.line + ["--steps", "900", "--checkpoint", "0.05"]
    let whole = try runner.finish(runner.start(long + ["--output", "whole"]))
    #expect(whole.code == 0, "\(whole.error)")
    let started = try runner.start(long + ["--output", "killed"])
    // As soon as there is something to go on from.
    while !runner.exists("killed/checkpoint.json"), started.0.isRunning { usleep(2000) }
    kill(started.0.processIdentifier, SIGKILL)
    _ = try runner.finish(started)
    let resumed = try runner.run("train", "--resume", "killed")
    #expect(resumed.code == 0, "\(resumed.error)")
    #expect(try model(runner, "killed") == model(runner, "whole"))
  }

  @Test("Ctrl-C keeps a checkpoint and says how to go on")
  func interrupt() throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    let started = try runner.start(
      Self.line + ["--steps", "100000", "--output", "run", "--checkpoint", "0.1"])
    while !runner.exists("run/checkpoint.json"), started.0.isRunning { usleep(2000) }
    kill(started.0.processIdentifier, SIGINT)
    let outcome = try runner.finish(started)
    #expect(outcome.code == 130)
    #expect(outcome.output.contains("ansatz train --resume"))
    let again = try runner.run(Self.line[0], "pinn", "--problem", "burgers-cole-hopf", "--output", "run")
    #expect(again.code == 2 && again.error.contains("--resume"))
  }

  @Test(
    "every model: threads and a stop in the middle leave the same bits",
    arguments: [
      ["lpinn", "--problem", "burgers-cole-hopf", "--widths", "8,8", "--inside", "200", "--optimizer", "lm"],
      [
        "pig", "--problem", "poisson-manufactured", "--gaussians", "20", "--inside", "150", "--grow",
        "3:5:40",
      ],
      [
        "pig", "--problem", "burgers-cole-hopf", "--gaussians", "15", "--inside", "120", "--windows", "2",
        "--stage-steps", "5",
      ],
      [
        "pinn", "--problem", "burgers-cole-hopf", "--network", "gaussian", "--gaussians", "10", "--inside",
        "100",
        "--optimizer", "lbfgs",
      ],
      [
        "pinn", "--problem", "l-shape", "--mesh", "l-shape", "--widths", "8,8", "--inside", "100",
        "--optimizer", "lm",
      ],
      [
        "pinn", "--problem", "burgers", "--windows", "3", "--widths", "6,6", "--inside", "90",
        "--stage-steps",
        "4", "--optimizer", "lm",
      ],
      [
        "pinn", "--problem", "burgers", "--curriculum", "viscosity=0.1,0.05", "--widths", "6,6", "--inside",
        "90", "--stage-steps", "4", "--optimizer", "lm",
      ],
      [
        "pinn", "--problem", "poisson-manufactured", "--subdomains", "2x2", "--widths", "6", "--inside", "90",
        "--optimizer", "lm",
      ],
      [
        "pinn", "--problem", "poisson-manufactured", "--subdomains", "2x1", "--interfaces", "--widths", "6",
        "--inside", "90", "--optimizer", "lm",
      ],
      [
        "pinn", "--problem", "poisson-manufactured", "--features", "data", "--widths", "6,6", "--inside",
        "90",
      ],
      ["separable", "--problem", "poisson-manufactured", "--widths", "6,6", "--rank", "4", "--grid", "8"],
      ["ritz", "--problem", "poisson-manufactured", "--widths", "8,8", "--inside", "100"],
      ["nsm", "--problem", "burgers", "--modes", "12,5", "--channels", "6", "--depth", "2", "--tests", "1"],
    ])
  func models(_ words: [String]) throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    let line = ["train"] + words + ["--renew", "4", "--measure", "3"]
    func run(_ words: [String], threads: String) throws {
      let outcome = try runner.finish(runner.start(words, environment: ["ANSATZ_THREADS": threads]))
      #expect(outcome.code == 0, "\(outcome.error)")
    }
    try run(line + ["--steps", "10", "--output", "whole"], threads: "2")
    try run(line + ["--steps", "5", "--output", "parts"], threads: "1")
    try run(["train", "--resume", "parts", "--steps", "10"], threads: "1")
    #expect(try model(runner, "whole") == model(runner, "parts"))
    #expect(runner.exists("whole/solution/mesh.vtu") == words.contains("--mesh"))
  }

  @Test("a coefficient is found as a function, and drawn")
  func findsAFunction() throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    // −Δp = 10 has no such pressures, but another permeability does.
    var rows = "x,y,p\n"
    for i in 1...6 {
      for j in 1...6 {
        let (x, y) = (Double(i) / 7, Double(j) / 7)
        rows += "\(x),\(y),\(8 * x * (1 - x) * y * (1 - y) * (1 + x))\n"
      }
    }
    try rows.write(
      to: runner.folder.appendingPathComponent("wells.csv"), atomically: true, encoding: .utf8)
    let outcome = try runner.run(
      "train", "pinn", "--problem", "groundwater", "--find", "log_a", "--data", "wells.csv", "--noise",
      "0.01",
      "--modes", "2,2", "--prior", "1", "--widths", "8", "--inside", "60", "--optimizer", "lm", "--steps",
      "8",
      "--points", "9", "--output", "run")
    #expect(outcome.code == 0, "\(outcome.error)")
    let text = try String(
      contentsOf: runner.folder.appendingPathComponent("run/solution/manifest.json"), encoding: .utf8)
    #expect(text.contains("log_a") && text.contains("permeability"))
  }

  @Test("what is missing among the conditions is said, and does not stop a training")
  func saysWhatIsMissing() throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    let words = [
      "train", "pinn", "--problem", "cantilever", "--steps", "2", "--widths", "4", "--inside", "20",
      "--output",
    ]
    let outcome = try runner.finish(runner.start(words + ["run"]))
    #expect(outcome.code == 0 && outcome.error.contains("note: u_x has derivatives of order 2 along x"))
    let quiet = try runner.finish(runner.start(words + ["quiet", "--quiet"]))
    #expect(quiet.code == 0 && quiet.error.isEmpty)
  }

  @Test(
    "mistakes are one sentence with exit code 2",
    arguments: [
      (["train"], "--problem"), (["train", "pinn"], "--problem"),
      (["train", "pinn", "--problem", "burgersx"], "burgers"),
      (["train", "fno", "--problem", "burgers"], "no model 'fno'"),
      (["train", "pinn", "--problem", "burgers", "--optimizer", "adm"], "no optimizer 'adm'"),
      (["train", "pinn", "--problem", "burgers", "--network", "cnn"], "mlp"),
      (["train", "pinn", "--problem", "burgers", "--activation", "tnh"], "tanh"),
      (["train", "pinn", "--problem", "burgers", "--widths", "20,x"], "--widths"),
      (["train", "pinn", "--problem", "burgers", "--find", "viscosity"], "--data"),
      (["train", "pinn", "--problem", "burgers", "--data", "none.csv"], "none.csv"),
      (["train", "pinn", "--problem", "burgers", "--precision", "half"], "double"),
      (["train", "pinn", "--problem", "burgers", "--optimizer", "adam+cosine"], "adam:1000"),
      (["train", "pinn", "--problem", "burgers", "--balance", "ntkk"], "ntk"),
      (["train", "pinn", "--problem", "burgers", "--balance-every", "5"], "--balance"),
      (["train", "pinn", "--problem", "burgers", "--add", "5"], "rar-d"),
      (["train", "pinn", "--problem", "burgers", "--pattern", "rar-g", "--limit", "5"], "2500"),
      (["train", "pinn", "--problem", "darcy"], "random"),
      (["train", "pig", "--problem", "cylinder-flow"], "mesh"),
      (["train", "lpinn", "--problem", "burgers", "--mesh", "square"], "option of pinn"),
      (["train", "pinn", "--problem", "poisson", "--mesh", "nowhere.msh"], "nowhere.msh"),
      (["train", "pinn", "--problem", "poisson", "--boundaries", "left"], "add --mesh"),
      (["train", "ritz", "--problem", "burgers"], "changes in time"),
      (["train", "ritz", "--problem", "poisson", "--optimizer", "lm"], "no sum of squares"),
      (["train", "ritz", "--problem", "poisson", "--pattern", "rar-d"], "sobol"),
      (["train", "--resume", "nowhere"], "nowhere"),
      (["train", "pinn", "lpinn", "--problem", "burgers"], "lpinn"),
      (["train", "nsm", "--problem", "burgers", "--widths", "20"], "option of pinn"),
      (["train", "nsm", "--problem", "burgers", "--vary", "initial_w"], "initial_w"),
      (["train", "nsm", "--problem", "burgers", "--vary", "viscosity=2..1"], "smaller one first"),
      (["train", "nsm", "--problem", "burgers", "--modes", "9,9,9"], "2 axes"),
      (["train", "nsm", "--problem", "burgers", "--data", "none.csv"], "pinn"),
      (["train", "nsm", "--problem", "cylinder-flow"], "mesh"),
      (["train", "nsm", "--problem", "burgers", "--scaling", "operators"], "'operator'"),
      (["train", "nsm", "--problem", "burgers", "--mollifier", "zero"], "zeroMean"),
      (["train", "pig", "--problem", "burgers", "--windows", "2", "--horizon", "0.1:9"], "exclude"),
      (["train", "pig", "--problem", "poisson", "--windows", "2"], "no derivative in time"),
      (["train", "pinn", "--problem", "poisson", "--gaussians", "9"], "--network gaussian"),
      (["train", "pinn", "--problem", "burgers", "--memorized", "x"], "--memorized"),
      (["train", "pinn", "--problem", "burgers", "--memorized", "0.9", "--renew", "0"], "--renew"),
      (["train", "pinn", "--problem", "burgers", "--stage-steps", "5"], "--windows"),
      (["train", "pinn", "--problem", "burgers", "--window-start", "fresh"], "--windows"),
      (["train", "pinn", "--problem", "burgers", "--windows", "2", "--window-start", "warm"], "previous"),
      (["train", "pinn", "--problem", "burgers", "--curriculum", "viscosity"], "0.1,0.03,0.01"),
      (["train", "pinn", "--problem", "burgers", "--curriculum", "speed=1,2"], "viscosity"),
      (["train", "pinn", "--problem", "burgers", "--curriculum", "viscosity=1e-9,-1"], "it lies from"),
      (["train", "pinn", "--problem", "burgers", "--subdomains", "2x2x2"], "such as 2x2"),
      (["train", "pinn", "--problem", "burgers", "--interfaces"], "--subdomains"),
      (["train", "separable", "--problem", "burgers", "--grid", "9,9,9"], "2 axes"),
      (["train", "separable", "--problem", "burgers", "--inside", "9"], "tensor grids"),
      (["train", "separable", "--problem", "burgers", "--optimizer", "lm"], "tensor grid"),
      (["train", "lpinn", "--problem", "poisson"], "pinn"),
      (["train", "pinn", "--problem", "burgers", "--optimizer", "vp"], "no optimizer 'vp'"),
      (["train", "pig", "--problem", "poisson", "--grow", "3:x:9"], "10:20:400"),
      (["train", "pig", "--problem", "poisson", "--precision", "single"], "double precision"),
      (["train", "lpinn", "--problem", "heat"], "transport"),
      (["train", "lpinn", "--problem", "burgers", "--labels", "fixed"], "diffusive"),
      (["train", "lpinn", "--problem", "burgers", "--network", "pirate"], "option of pinn"),
    ])
  func mistakes(_ words: [String], _ part: String) throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    let outcome = try runner.finish(runner.start(words))
    #expect(outcome.code == 2)
    #expect(outcome.error.contains(part), "\(outcome.error)")
    #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
  }
}

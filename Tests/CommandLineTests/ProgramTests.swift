import Ansatz
import Foundation
import Testing

@Suite(.serialized) struct ProgramTests {
  @Test func listsAndShows() throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    let list = try runner.run("list")
    #expect(list.code == 0 && list.error.isEmpty)
    for problem in Catalogue.all {
      #expect(list.output.contains("\n  \(problem.name) "))
      let shown = try runner.run("show", problem.name)
      #expect(shown.code == 0, "\(shown.error)")
      for parameter in problem.parameters { #expect(shown.output.contains("--\(parameter.name)")) }
      for equation in problem.equations { #expect(shown.output.contains("\(equation)")) }
    }
    let latex = try runner.run("show", "burgers", "--latex")
    #expect(latex.output.contains("\\partial_t u + u \\partial_{x} u = \\nu \\partial_{xx} u"))
    #expect(try runner.run("--version").output.hasPrefix("ansatz \(SoftwareVersions.library) "))
  }

  @Test(arguments: ["list", "show", "solve", "export", "new", "bench", "train", "analyze"])
  func everyCommandHasHelp(_ command: String) throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    for words in [[command, "--help"], [command, "-h"], ["help", command]] {
      let help = try runner.finish(runner.start(words))
      #expect(help.code == 0 && help.output.contains("Usage: ansatz \(command)"))
    }
  }

  @Test func analyzesWavesAndNetworks() throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    let waves = try runner.run("analyze", "convection", "--speed", "5", "--waves", "3")
    #expect(waves.code == 0 && waves.output.contains("49 coefficients") && waves.output.contains("Advice:"))
    let network = try runner.run(
      "analyze", "helmholtz", "--model", "fourier", "--widths", "8,8", "--inside", "50", "--boundary", "5")
    #expect(network.code == 0, "\(network.error)")
    #expect(network.output.contains("fourier of 81 parameters, 70 residuals"))
    #expect(network.output.contains("features by the symbol"))
    for (words, part) in [
      (["--model", "mpl"], "mlp"), (["--widths", "8"], "--model mlp"),
      (["--model", "mlp", "--waves", "2"], "leave"),
      (["--model", "mlp", "--widths", "80,80"], "at most 3000"),
      (["--model", "fourier", "--widths", "7"], "even"),
      (["--model", "mlp", "--activation", "tan"], "tanh"),
    ] {
      let run = try runner.finish(runner.start(["analyze", "poisson"] + words))
      #expect(run.code == 2 && run.output.isEmpty && run.error.contains(part), "\(words): \(run.error)")
    }
  }

  @Test func solvesIntoANumberedFolder() throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    let words = [
      "solve", "burgers", "--viscosity", "0.05", "--points", "128", "--step", "5e-3", "--frames", "6",
    ]
    let first = try runner.finish(runner.start(words))
    #expect(first.code == 0 && first.error.isEmpty, "\(first.error)")
    #expect(first.output.contains("burgers.run/") && first.output.contains("ParaView"))
    #expect(first.output.allSatisfy { $0.isASCII || $0 == "µ" })
    for file in [
      "manifest.json", "fields.pvd", "fields/0005.vti", "preview.png", "animation.png", "numbers.csv",
    ] {
      #expect(runner.exists("burgers.run/\(file)"))
    }
    let second = try runner.finish(runner.start(words + ["--quiet"]))
    #expect(second.code == 0 && second.output.isEmpty && second.error.isEmpty)
    #expect(runner.exists("burgers-2.run/manifest.json"))
  }

  @Test func printsOneJSONObject() throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    let run = try runner.run("solve", "burgers-cole-hopf", "--json", "--format", "npy")
    #expect(run.code == 0 && run.error.isEmpty)
    let object = try #require(
      JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    #expect(object["status"] as? String == "completed")
    let errors = try #require(object["errors"] as? [String: Double])
    #expect(try #require(errors["u"]) < 1e-6)
    let failed = try runner.run(
      "solve", "burgers", "--stepper", "RK4", "--step", "0.01", "--json", "--output", "failed")
    #expect(failed.code == 1)
    let report = try #require(
      JSONSerialization.jsonObject(with: Data(failed.output.utf8)) as? [String: Any])
    #expect(report["status"] as? String == "failed")
    #expect(failed.error.contains("blew up"))
  }

  @Test(
    arguments: [
      (["slove"], "did you mean 'solve'?"), (["--hepl"], "did you mean '--help'?"),
      (["solve"], "PROBLEM is missing"), (["solve", "burgerz"], "did you mean 'burgers'?"),
      (["solve", "burgers", "--viscosty", "1"], "did you mean '--viscosity'?"),
      (["solve", "burgers", "--viscosity", "-1"], "outside its range"),
      (["solve", "burgers", "--viscosity", "nan"], "finite"),
      (["solve", "burgers", "--method", "furier"], "did you mean 'fourier'?"),
      (["solve", "burgers", "--stepper", "ETDRK44"], "did you mean 'ETDRK4'?"),
      (["solve", "burgers", "--format", "vkt"], "did you mean 'vtk'?"),
      (["solve", "burgers", "--points", "1e12"], "TiB"),
      (["solve", "burgers", "--points", "0"], "at least 4"),
      (["solve", "burgers", "--step", "-1"], "greater than 0"),
      (["solve", "burgers", "--step", "9"], "longer than the whole run"),
      (["solve", "poisson", "--mesh", "square", "--boundary", "left=top"], "no condition of poisson"),
      (["solve", "poisson", "--mesh", "square", "--boundary", "inlet"], "no boundary of the mesh"),
      (["solve", "poisson", "--mesh", "square", "--points", "9"], "--points is for grids"),
      (["solve", "poisson", "--mesh", "square", "--order", "4"], "give 1, 2 or 3"),
      (["solve", "poisson", "--mesh", "square", "--solver", "magic"], "no linear solver"),
      (["solve", "poisson", "--method", "cg+magic"], "no preconditioner"),
      (["solve", "poisson", "--mesh", "nowhere.msh"], "nowhere.msh"),
      (["solve", "heat", "--mesh", "cube"], "2 dimensions"),
      (["solve", "heat-annulus", "--step", "9"], "longer than the whole run"),
      (["solve", "heat-annulus", "--solver", "lu"], "factorised"),
      (["solve", "--resume", "nowhere"], "does not exist"),
      (["export", "nowhere", "--format", "vtk"], "does not exist"),
      (["export", "nowhere", "--format", "vkt"], "did you mean 'vtk'?"),
      (["show", "heta"], "did you mean 'heat'?"),
      (["new", "3d"], "cannot name"), (["bench", "nothing"], "no suite"),
      (["list", "x"], "one argument too many"),
    ])
  func mistakesAreOneSentence(_ words: [String], _ part: String) throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    let outcome = try runner.finish(runner.start(words))
    #expect(outcome.code == 2)
    #expect(outcome.output.isEmpty)
    #expect(outcome.error.hasPrefix("ansatz: ") && outcome.error.contains(part), "\(outcome.error)")
    #expect(outcome.error.filter { $0 == "\n" }.count == 1)
    #expect(try FileManager.default.contentsOfDirectory(atPath: runner.folder.path).isEmpty)
  }

  @Test func refusesInvalidThreadCounts() throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    let outcome = try runner.run("solve", "burgers", environment: ["ANSATZ_THREADS": "many"])
    #expect(outcome.code == 2 && outcome.error.contains("ANSATZ_THREADS"))
  }

  @Test(
    arguments: [SIGINT, SIGTERM],
    [
      ["burgers", "--points", "256", "--step", "4e-6", "--until", "2"],
      ["heat-annulus", "--mesh", "annulus", "--step", "2e-5", "--until", "0.6"],
    ])
  func resumesAfterASignal(_ signal: Int32, _ run: [String]) throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    let words = ["solve"] + run + ["--frames", "9", "--quiet"]
    let started = try runner.start(words + ["--output", "part"])
    // The manifest of the first frame shows that the run has begun.
    while started.0.isRunning && !runner.exists("part/manifest.json") { usleep(10_000) }
    usleep(300_000)
    kill(started.0.processIdentifier, signal)
    let stopped = try runner.finish(started)
    #expect(stopped.code == 130, "\(stopped.error)")
    let manifest = try RunManifest.read(runner.folder.appendingPathComponent("part"))
    #expect(manifest.status == .interrupted)
    let resumed = try runner.run("solve", "--resume", "part", "--quiet")
    #expect(resumed.code == 0, "\(resumed.error)")
    #expect(try runner.finish(runner.start(words + ["--output", "whole"])).code == 0)
    let whole = runner.folder.appendingPathComponent("whole")
    for path in try FileManager.default.subpathsOfDirectory(atPath: whole.path)
    where path.contains(".") && path != "manifest.json" {
      let (a, b) = (whole.appendingPathComponent(path), runner.folder.appendingPathComponent("part/\(path)"))
      #expect(try Data(contentsOf: a) == Data(contentsOf: b), "\(path)")
    }
  }

  /// A shell with a small limit on file sizes stands for a disk that is full.
  @Test func aFullDiskIsOneSentence() throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = [
      "-c", "ulimit -f 8; exec \"$0\" solve burgers --output r 2> message", ProgramRunner.program.path,
    ]
    process.currentDirectoryURL = runner.folder
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 2)
    let message = try String(contentsOf: runner.folder.appendingPathComponent("message"), encoding: .utf8)
    #expect(message.contains("cannot write") && message.filter { $0 == "\n" }.count == 1)
    #expect(!runner.exists("r"))
  }

  @Test func exports() throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    _ = try runner.run(
      "solve", "burgers", "--points", "64", "--step", "0.01", "--frames", "3", "--output", "a.run")
    for format in ExportFormat.allCases {
      let outcome = try runner.run("export", "a.run", "--format", format.rawValue)
      #expect(outcome.code == 0, "\(outcome.error)")
      #expect(runner.exists(format == .npz ? "a.npz" : "a-\(format.rawValue)"))
      #expect(try runner.run("export", "a.run", "--format", format.rawValue).code == 2)
    }
  }

  @Test func writesAPackage() throws {
    let runner = try ProgramRunner()
    defer { runner.remove() }
    let outcome = try runner.run("new", "Fisher", "--ansatz", "https://example.org/ansatz.git")
    #expect(outcome.code == 0, "\(outcome.error)")
    let manifest = try String(
      contentsOf: runner.folder.appendingPathComponent("Fisher/Package.swift"), encoding: .utf8)
    #expect(manifest.contains("url: \"https://example.org/ansatz.git\""))
    for file in ["README.md", "Sources/Fisher/Fisher.swift", "Sources/Fisher/main.swift"] {
      #expect(runner.exists("Fisher/\(file)"))
    }
    #expect(try runner.run("new", "Fisher", "--ansatz", "https://example.org/ansatz.git").code == 2)
  }
}

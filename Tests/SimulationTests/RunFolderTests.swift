import Ansatz
import Foundation
import Testing

@Suite struct RunFolderTests {
  @Test func writesWhatSolveComputes() throws {
    let scratch = try ScratchFolder()
    let parameters: ParameterValues = ["viscosity": 0.2]
    let result = try solve(
      DecayingWave(), with: Fourier(points: [32]), stepping: ETDRK4(step: 0.05), until: 1,
      parameters: parameters, saving: .count(5), into: RunFolder(scratch["r"], formats: RunFormat.allCases))
    let solution = try solve(
      DecayingWave(), with: Fourier(points: [32]), stepping: ETDRK4(step: 0.05), until: 1,
      parameters: parameters, saving: .count(5))

    let manifest = try RunManifest.read(scratch["r"])
    #expect(manifest == result.manifest)
    #expect(manifest.status == .completed)
    #expect(manifest.run.parameters == ["viscosity": 0.2])
    #expect(manifest.frames.map(\.time) == solution.times)
    #expect(manifest.fields.map(\.name) == ["u", "slope"])
    #expect(manifest.versions.fftw.hasPrefix("3."))
    #expect(manifest.versions.openBLAS.hasPrefix("0."))

    let archive = try RunArchive(scratch["r"])
    for (i, frame) in solution.frames.enumerated() {
      for field in try frame.fields {
        let name = field.name
        #expect(try archive.dataset(i).fields.first { $0.name == name }?.components == field.gridValues)
        let array = try NPY.read(scratch["r/fields/\(name)-000\(i).npy"])
        #expect(array.shape == [32] && array.doubles == field.values)
        let table = try CSVTable.read(scratch["r/fields/000\(i).csv"])
        #expect(try table.column(name) == field.values)
      }
    }
    let numbers = try CSVTable.read(scratch["r/numbers.csv"])
    #expect(numbers.header == ["t", "mass", "energy", "error(u)"])
    #expect(try numbers.column("t") == solution.times)
    // ½ · mean of sin² · exp(−2νt).
    for (time, energy) in zip(solution.times, try numbers.column("energy")) {
      #expect(abs(energy - 0.25 * exp(-0.4 * time)) < 1e-13)
    }
    #expect(try numbers.column("error(u)").allSatisfy { $0 < 1e-12 })
    let series = try PVDSeries.read(scratch["r/fields.pvd"])
    #expect(series.entries.map(\.file) == (0..<5).map { "fields/000\($0).vti" })
    #expect(try PNG.read(scratch["r/preview.png"]).width == 800)
    #expect(try AnimatedPNG.read(scratch["r/animation.png"]).frames.count >= 5)
    // Nothing is left beside the files.
    #expect(try ScratchFolder.content(scratch.url).keys.allSatisfy { !$0.contains("tmp") })
  }

  @Test func keepsVectorFieldsThroughVTKAndNumPy() throws {
    let scratch = try ScratchFolder()
    let values = try [RunFormat.vtk, .npy].map { format in
      try solve(
        PlaneWaves(), with: Fourier(points: [8, 12]), stepping: RK4(step: 0.01), until: 0.05,
        into: RunFolder(scratch[format.rawValue], formats: [format]))
      let archive = try RunArchive(scratch[format.rawValue])
      #expect(archive.grid.shape == [8, 12])
      return try archive.dataset(1).fields[0].components
    }
    #expect(values[0].count == 2)
    #expect(values[0] == values[1])
    let array = try NPY.read(scratch["npy/fields/v-0001.npy"])
    #expect(array.shape == [2, 8, 12])
  }

  static let steppers: [any SemilinearMethod] = [
    ETDRK4(step: 0.003), SBDF4(step: 0.003), CNAB2(step: 0.003), Tsitouras54(relativeTolerance: 1e-6),
  ]

  @Test(arguments: steppers.indices, [[RunFormat.vtk, .png], [.npy, .csv], [.png]])
  func resumesBitByBit(_ stepper: Int, _ formats: [RunFormat]) throws {
    let scratch = try ScratchFolder()
    let stepper = Self.steppers[stepper]
    func begin(_ name: String, stopAfter last: Int) throws -> RunResult {
      try solve(
        Burgers(), with: Fourier(points: [64]), stepping: stepper, until: 0.5,
        parameters: ["viscosity": 0.05],
        saving: .count(6), into: RunFolder(scratch[name], formats: formats),
        onStep: { context, _ in context.index == last ? .stop(reason: "test") : .proceed })
    }
    let whole = try begin("whole", stopAfter: -1)
    #expect(whole.manifest.status == .completed)
    // While a multistep method starts, later, and at the last step.
    for last in [1, 2, whole.manifest.statistics.steps / 2, whole.manifest.statistics.steps] {
      let name = "part-\(last)"
      let part = try begin(name, stopAfter: last)
      #expect(part.manifest.status == .interrupted && part.manifest.message == "test")
      #expect(part.manifest.statistics.steps == last)
      var steps = 0
      let again = try resume(
        Burgers(), in: scratch[name],
        onStep: { _, _ in
          steps += 1
          return steps == 3 ? .stop(reason: "again") : .proceed
        })
      var manifest = again.manifest
      if manifest.status == .interrupted { manifest = try resume(Burgers(), in: scratch[name]).manifest }
      #expect(manifest.status == .completed)

      var expected = try ScratchFolder.content(scratch["whole"])
      var actual = try ScratchFolder.content(scratch[name])
      expected["manifest.json"] = nil
      actual["manifest.json"] = nil
      #expect(expected.keys.sorted() == actual.keys.sorted())
      for (path, data) in expected { #expect(actual[path] == data, "\(path) after \(last) steps") }
      manifest.statistics.secondsSetup = whole.manifest.statistics.secondsSetup
      manifest.statistics.secondsSolve = whole.manifest.statistics.secondsSolve
      #expect(manifest == whole.manifest)
    }
  }

  @Test func aRunThatBlowsUpLeavesItsFrames() throws {
    let scratch = try ScratchFolder()
    #expect(throws: SolveError.self) {
      try solve(
        Burgers(), with: Fourier(points: [1024]), stepping: RK4(step: 0.01), until: 1, saving: .count(101),
        into: RunFolder(scratch["r"]))
    }
    let manifest = try RunManifest.read(scratch["r"])
    #expect(manifest.status == .failed)
    #expect(manifest.message?.contains("blew up") == true)
    let archive = try RunArchive(scratch["r"])
    #expect(archive.frameCount > 1 && archive.frameCount < 101)
    for i in 0..<archive.frameCount { #expect(try archive.dataset(i).fields.count == 1) }
    #expect(throws: RunFolderError.self) { try resume(Burgers(), in: scratch["r"]) }
  }

  @Test func replacesRunsOnlyWhenAsked() throws {
    let scratch = try ScratchFolder()
    func run(replacing: Bool, frames: Int) throws {
      try solve(
        DecayingWave(), with: Fourier(points: [16]), stepping: ETDRK4(step: 0.1), until: 1,
        saving: .count(frames), into: RunFolder(scratch["r"], formats: [.npy], replacing: replacing))
    }
    try run(replacing: false, frames: 5)
    let before = try ScratchFolder.content(scratch["r"])
    #expect(throws: RunFolderError.self) { try run(replacing: false, frames: 2) }
    #expect(try ScratchFolder.content(scratch["r"]) == before)
    try run(replacing: true, frames: 2)
    #expect(try RunArchive(scratch["r"]).frameCount == 2)
    #expect(!FileManager.default.fileExists(atPath: scratch["r/fields/u-0003.npy"].path))
    // Somebody's own files stay.
    try FileManager.default.createDirectory(at: scratch["own"], withIntermediateDirectories: true)
    try Data("precious".utf8).write(to: scratch["own/thesis.txt"])
    #expect(throws: RunFolderError.self) { try RunFolder(scratch["own"], replacing: true).check() }
    let numbered = RunFolder.numbered("x", in: scratch.url)
    #expect(numbered.url.lastPathComponent == "x.run")
    try FileManager.default.createDirectory(at: numbered.url, withIntermediateDirectories: true)
    #expect(RunFolder.numbered("x", in: scratch.url).url.lastPathComponent == "x-2.run")
  }

  @Test func leavesNothingWhereItCannotBegin() throws {
    let scratch = try ScratchFolder()
    // The problem is wrong.
    #expect(throws: EquationError.self) {
      try solve(
        DecayingWave(), with: Fourier(points: [2]), stepping: ETDRK4(step: 0.1), until: 1,
        into: RunFolder(scratch["a/b"]))
    }
    // The folder cannot be made below a file.
    try Data().write(to: scratch["file"])
    #expect(throws: FormatError.self) {
      try solve(
        DecayingWave(), with: Fourier(points: [16]), stepping: ETDRK4(step: 0.1), until: 1,
        into: RunFolder(scratch["file/r"]))
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.url.path) == ["file"])
  }

  @Test func writesASolutionInMemoryAlike() throws {
    let scratch = try ScratchFolder()
    let solution = try solve(
      DecayingWave(), with: Fourier(points: [32]), stepping: ETDRK4(step: 0.05), until: 1, saving: .count(5))
    let manifest = try RunFolder(scratch["a"]).write(solution, summary: "test")
    #expect(try RunManifest.read(scratch["a"]) == manifest)
    let streamed = try solve(
      DecayingWave(), with: Fourier(points: [32]), stepping: ETDRK4(step: 0.05), until: 1, saving: .count(5),
      into: RunFolder(scratch["b"]))
    #expect(manifest.frames == streamed.manifest.frames && manifest.series == streamed.manifest.series)
    var (a, b) = (try ScratchFolder.content(scratch["a"]), try ScratchFolder.content(scratch["b"]))
    for file in ["manifest.json", "checkpoint.safetensors"] { (a[file], b[file]) = (nil, nil) }
    #expect(a == b && a.count == 9)
  }
}

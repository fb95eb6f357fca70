import Ansatz
import Foundation
import Testing

@Suite("Classical runs as references")
struct ReferenceTests {
  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "ansatz-reference-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test("every point and time of a run up to the end is a reference point", arguments: [RunFormat.vtk, .npy])
  func evolution(format: RunFormat) throws {
    try withFolder { folder in
      let problem = Catalogue.named("burgers-cole-hopf")!
      let run = try solve(
        problem, with: Fourier(points: [64]), stepping: ETDRK4(step: 1e-2), until: 0.5, saving: .count(6))
      try RunFolder(folder, formats: [format]).write(run)
      let system = try PointwiseSystem(problem)
      let whole = try MeasuredPoints(run: folder, of: problem, system, until: 0.5)
      #expect(
        whole.points.shape == [64 * 6, 2] && whole.values.shape == [64 * 6, 1] && whole.unknowns == [0])
      for i in 0..<64 * 6 {
        let (x, t) = (whole.points[i, 0], whole.points[i, 1])
        let frame = run.frames[i / 64]
        #expect(t == frame.time && x == run.frames[0].state.grid.points[i % 64][0])
        #expect(whole.values[i, 0] == (try frame.fields[0].gridValues[0][i % 64]))
      }
      let half = try MeasuredPoints(run: folder, of: problem, system, until: 0.25)
      #expect(half.points.shape == [64 * 3, 2])
      // A part is drawn from the same pairs, without repetition and the same each time.
      let part = try MeasuredPoints(run: folder, of: problem, system, until: 0.5, limit: 100)
      let again = try MeasuredPoints(run: folder, of: problem, system, until: 0.5, limit: 100)
      func rows(_ points: MeasuredPoints) -> [[Double]] {
        (0..<points.points.shape[0]).map {
          [points.points[$0, 0], points.points[$0, 1], points.values[$0, 0]]
        }
      }
      #expect(Set(rows(part)).count == 100 && Set(rows(part)).isSubset(of: rows(whole)))
      #expect(rows(part) == rows(again))
    }
  }

  @Test("the exact solution has the error of the run itself")
  func exactModel() throws {
    try withFolder { folder in
      let problem = Catalogue.named("taylor-green-vortex-2d")!
      let run = try solve(
        problem, with: Fourier(points: [16, 16]), stepping: ETDRK4(step: 1e-2), until: 0.2, saving: .count(3))
      try RunFolder(folder, formats: [.npy]).write(run)
      let system = try PointwiseSystem(problem)
      let reference = try MeasuredPoints(run: folder, of: problem, system, until: 0.2)
      #expect(reference.points.shape == [16 * 16 * 3, 3])
      for (column, unknown) in reference.unknowns.enumerated() where system.unknowns[unknown].name != "p" {
        let formula = try #require(system.exact[unknown])
        for i in stride(from: 0, to: 768, by: 7) {
          let at = Tensor<Double>(
            shape: [1, 3], [reference.points[i, 0], reference.points[i, 1], reference.points[i, 2]])
          let exact = try PointFormula(points: at, dimension: 2) { _ in Tensor(0) }(formula).elements[0]
          #expect(abs(exact - reference.values[i, column]) < 1e-8)
        }
      }
    }
  }

  /// What is said about a run that does not fit, or nothing.
  private func refusal(
    _ folder: URL, _ problem: some Problem, _ parameters: ParameterValues = [:], free: [String] = []
  ) throws -> String {
    let system = try PointwiseSystem(problem, free: free)
    do {
      _ = try MeasuredPoints(run: folder, of: problem, parameters: parameters, system, until: 1)
      return ""
    } catch let error as TrainingError {
      return error.description
    }
  }

  @Test("runs that do not fit are refused in one sentence")
  func refusals() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "ansatz-reference-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let problem = Catalogue.named("burgers-cole-hopf")!
    #expect(throws: RunFolderError.self) { try refusal(folder, problem) }
    let (name, value) = (problem.parameters[0].name, problem.parameters[0].defaultValue)
    let run = try solve(
      problem, with: Fourier(points: [32]), stepping: ETDRK4(step: 1e-2), until: 0.1,
      parameters: ParameterValues([name: value]), saving: .count(2))
    try RunFolder(folder, formats: [.npy]).write(run)
    #expect(try refusal(folder, problem) == "")
    #expect(try refusal(folder, Catalogue.named("burgers")!).contains("not 'burgers'"))
    let other = ParameterValues([name: value * 1.5])
    #expect(try refusal(folder, problem, other).contains("\(name) = \(value), not \(value * 1.5)"))
    // But a parameter that is being found may be another one.
    #expect(try refusal(folder, problem, other, free: [name]) == "")
    let manifest = folder.appendingPathComponent("manifest.json")
    let text = try String(contentsOf: manifest, encoding: .utf8)
    let list = try #require(text.range(of: "\"components\" : ["))
    let end = try #require(text[list.upperBound...].firstIndex(of: "]"))
    let renamed = text.replacingCharacters(in: list.upperBound..<end, with: "\"w\"")
    try renamed.write(to: manifest, atomically: true, encoding: .utf8)
    #expect(try refusal(folder, problem).contains("none of the unknowns u"))
  }
}

import Ansatz
import Foundation
import Testing

private struct Decay: Problem {
  let u = ScalarField.unknown("u")
  var domain: Domain { .interval(0, 1) }
  var equations: [Equation] { [dx(u) == -u] }
  var conditions: [Condition] { [.dirichlet(u == 1, on: .left)] }
}

@Suite("Checkpoints on a full disk")
struct CheckpointTests {
  #if os(Linux)
    @Test(
      "a checkpoint that cannot be written leaves the one before it whole",
      arguments: ["checkpoint-9.safetensors", "checkpoint.json"])
    func fullDisk(file: String) throws {
      let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
        "ansatz-full-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: folder) }
      func trainer(_ steps: Int, _ folder: TrainingFolder?) throws -> Trainer<PhysicsTask<MLP<Double>>> {
        let system = try PointwiseSystem(Decay())
        var stream = RandomStream(seed: 1)
        let network = PhysicsNetwork(system) { MLP<Double>([$0, 6, 1], from: &stream) }
        let task = try PhysicsTask(
          system, network: network,
          settings: TrainingPoints(sampler: CollocationSampler(inside: 30, boundary: 1)))
        return Trainer(
          task, optimizer: try OptimizerText.optimizer("adam", Double.self), settings: .init(steps: steps),
          folder: folder)
      }
      let whole = try trainer(9, nil).run()
      let files = TrainingFolder(folder)
      try files.create()
      _ = try trainer(5, files).run()
      let manager = FileManager.default
      let before = try Data(contentsOf: folder.appendingPathComponent("checkpoint.json"))
      // What is written to this name meets a device without room.
      let place = folder.appendingPathComponent(file)
      if file == "checkpoint.json" {
        try manager.moveItem(at: place, to: folder.appendingPathComponent("kept"))
      }
      if file != "checkpoint.json" {
        try manager.createSymbolicLink(atPath: place.path, withDestinationPath: "/dev/full")
        let error = #expect(throws: TrainingError.self) { try trainer(9, files).run(resuming: true) }
        let text = error?.description ?? ""
        #expect(
          text.contains("No space left on device") && text.contains("--resume \(folder.path)"), "\(text)")
        #expect(!text.contains("\n") && text.contains(file))
        try? manager.removeItem(at: place)
      } else {
        // The text that is replaced last: the tensors that it should have named do not stay.
        try manager.createSymbolicLink(atPath: place.path, withDestinationPath: "/dev/full")
        #expect(throws: TrainingError.self) { try trainer(9, files).run() }
        #expect(!manager.fileExists(atPath: folder.appendingPathComponent("checkpoint-9.safetensors").path))
        try manager.removeItem(at: place)
        try manager.moveItem(at: folder.appendingPathComponent("kept"), to: place)
      }
      #expect(try Data(contentsOf: folder.appendingPathComponent("checkpoint.json")) == before)
      let resumed = try trainer(9, files).run(resuming: true)
      #expect(resumed.steps == 9 && resumed.parameters == whole.parameters)
      let names = try manager.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("checkpoint") }
      #expect(names.sorted() == ["checkpoint-9.safetensors", "checkpoint.json"])
    }
  #endif
}

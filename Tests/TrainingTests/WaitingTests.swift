import Foundation
import Optimizers
import Tensors
import Testing
import Training

/// Five equations of twelve unknowns at a time, others every ten steps, all met by the same x.
private final class Rows: TrainingTask {
  struct Loss: LeastSquaresObjective {
    var rows: Tensor<Double>
    var right: Tensor<Double>
    let layout = ParameterLayout(count: 12)
    var residualCount: Int { rows.shape[0] }

    func residuals(at x: Tensor<Double>, into residuals: inout Tensor<Double>) {
      residuals = matmul(rows, x) - right
    }

    func jacobian(at x: Tensor<Double>, residuals: inout Tensor<Double>, jacobian: inout Tensor<Double>) {
      residuals = matmul(rows, x) - right
      jacobian = rows + 0
    }

    func valueAndGradient(at x: Tensor<Double>, gradient: inout Tensor<Double>) -> Double {
      let r = matmul(rows, x) - right
      gradient = matmul(r, rows)
      return 0.5 * r.dot(r)
    }
  }

  static let exact = Tensor((0..<12).map { sin(Double($0)) })
  var objective: Loss
  /// The steps before which the trainer asked, and whether it may know when rows change.
  var asked: [Int] = []
  let tells: Bool

  init(tells: Bool = true) {
    self.tells = tells
    objective = Self.loss(round: 0)
  }

  static func loss(round: Int) -> Loss {
    var stream = RandomStream(seed: UInt64(round) + 1)
    let rows = Tensor(shape: [5, 12], (0..<60).map { _ in stream.nextNormal() })
    return Loss(rows: rows, right: matmul(rows, exact))
  }

  var initialParameters: Tensor<Double> { .zeros([12]) }

  func prepare(step: Int, at x: Tensor<Double>) -> ObjectiveChange {
    asked.append(step)
    objective = Self.loss(round: step / 10)
    return step % 10 == 0 && step > 0 ? .samples : .none
  }

  func nextChange(from step: Int) -> Int? { tells ? max((step + 9) / 10, 1) * 10 : nil }

  func validate(at x: Tensor<Double>) -> [(name: String, value: Double)] {
    [("error", (x - Self.exact).norm())]
  }

  func apply(_ x: Tensor<Double>) {}

  func modelTensors(at x: Tensor<Double>) -> [(name: String, tensor: Tensor<Double>)] { [] }
}

@Suite("Optimizers that wait for other samples")
struct WaitingTests {
  private func trained(
    _ task: Rows, steps: Int, folder: TrainingFolder? = nil, resuming: Bool = false
  ) throws -> Trainer<Rows>.Result {
    try Trainer(
      task, optimizer: EnergyNaturalGradient<Double>(damping: 1e-12),
      settings: .init(steps: steps, measuresEvery: 1), folder: folder
    ).run(resuming: resuming)
  }

  @Test("a stalled method goes on with the next samples, and ends where they teach nothing more")
  func waits() throws {
    let told = Rows()
    let result = try trained(told, steps: 2000)
    // Five rows of twelve unknowns have many solutions; rounds of them have one.
    #expect((result.bestParameters - Rows.exact).norm() < 1e-8)
    #expect(result.reason.hasPrefix("stalled") || result.reason.hasPrefix("converged"))
    #expect(told.asked.contains { $0 >= 100 })
    // Steps in which a stalled method would do nothing are left out.
    #expect(told.asked.count < told.asked.max()! / 2)
    // A task that cannot tell when its samples change ends with the first ones.
    let silent = Rows(tells: false)
    let first = try trained(silent, steps: 2000)
    #expect(silent.asked.max()! < 10)
    #expect((first.bestParameters - Rows.exact).norm() > 0.1)
  }

  @Test("points that are learned by heart are left for the next ones")
  func memorized() throws {
    func trained(_ task: Rows, part: Double?, stops: [Int] = [600]) throws -> Trainer<Rows>.Result {
      let place = FileManager.default.temporaryDirectory.appendingPathComponent("heart-\(UUID().uuidString)")
      defer { try? FileManager.default.removeItem(at: place) }
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      var result: Trainer<Rows>.Result?
      for (k, steps) in stops.enumerated() {
        var settings = Trainer<Rows>.Settings(steps: steps, measuresEvery: 1)
        settings.memorizedPart = part
        result = try Trainer(
          task, optimizer: SPRING<Double>(damping: 1e-9, momentum: .fixed(0), step: .fixed(1)),
          settings: settings,
          folder: TrainingFolder(place)
        ).run(resuming: k > 0)
      }
      return result!
    }
    let (all, few) = (Rows(), Rows())
    let slow = try trained(all, part: nil)
    let quick = try trained(few, part: 0.1)
    #expect(all.asked.count > 500)
    #expect(few.asked.count < 200)
    // As many rounds teach as much.
    #expect((slow.parameters - Rows.exact).norm() < 1e-4)
    #expect((quick.parameters - Rows.exact).norm() < 1e-4)
    let parts = try trained(Rows(), part: 0.1, stops: [7, 95, 302, 600])
    #expect(parts.parameters == quick.parameters)
  }

  @Test("a training that was stopped between waits goes on with the same bits")
  func resume() throws {
    let whole = try trained(Rows(), steps: 400)
    let place = FileManager.default.temporaryDirectory.appendingPathComponent("waiting-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: place) }
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    let folder = TrainingFolder(place)
    for steps in [13, 51, 52, 400] {
      let part = try trained(Rows(), steps: steps, folder: folder, resuming: steps > 13)
      if steps == 400 {
        #expect(part.parameters == whole.parameters)
        #expect(part.bestParameters == whole.bestParameters)
        #expect(part.reason == whole.reason)
      }
    }
  }
}

import Foundation
import Formats
import Optimizers
import Tensors

/// The files of a training: the model, a checkpoint, the course of the loss.
///
/// - `model.safetensors`: the best parameters so far under their names.
/// - `checkpoint.json` and the tensors that it names: all that the following steps depend on. The text is replaced last,
///   so that it always names tensors that are whole.
/// - `metrics.csv` and `loss.svg`: loss, its parts and errors over steps.
public struct TrainingFolder: Sendable {
  public let url: URL

  public init(_ url: URL) { self.url = url }

  private func file(_ name: String) -> URL { url.appendingPathComponent(name) }

  /// Makes the folder.
  /// - Throws: `TrainingError` if it holds a training already, or cannot be made.
  public func create(replacing: Bool = false) throws {
    if FileManager.default.fileExists(atPath: file("checkpoint.json").path) && !replacing {
      throw TrainingError(
        "\(url.path) holds a training already: go on with --resume \(url.path), or name another folder")
    }
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    } catch {
      throw TrainingError("the folder \(url.path) cannot be made: \(error.localizedDescription)")
    }
    if replacing { try? FileManager.default.removeItem(at: file("checkpoint.json")) }
  }

  // MARK: - Checkpoints

  /// The text of a checkpoint.
  struct Text<Scalar: Real>: Codable {
    var version = 1
    var precision = "\(Scalar.self)"
    var step: Int
    /// The file with the tensors.
    var tensors: String
    var optimizer: OptimizerState<Scalar>
    var best: Double?
    var metrics: TrainingMetrics
    var seconds: Double
    /// Why the optimizer ended, if it did.
    var end: String?
    /// The best measure when the optimizer last waited for other samples.
    var bestAtWait: Double?
    /// Where the stage began, of trainings in stages.
    var stage: StageProgress?
    /// Settings of whoever trains, as text, to be found on resume.
    var settings: [String: String]
  }

  /// Everything at a step.
  struct Checkpoint<Scalar: Real> {
    var step: Int
    var parameters: Tensor<Scalar>
    var bestParameters: Tensor<Scalar>
    var best: Double?
    var optimizer: OptimizerState<Scalar>
    var task: [String: Tensor<Scalar>]
    var metrics: TrainingMetrics
    var seconds: Double
    var end: String?
    var bestAtWait: Double?
    var stage: StageProgress
    var settings: [String: String]
  }

  /// How far a stage has come.
  struct StageProgress: Codable {
    /// The step and the second at which it began.
    var step = 0
    var seconds = 0.0
    /// Rows of metrics since the best one.
    var rowsWithoutGain = 0
  }

  func write<Scalar: Real>(_ checkpoint: Checkpoint<Scalar>) throws {
    let (skeleton, tensors, doubles) = checkpoint.optimizer.flattened
    var arrays: [String: NumericArray] = [
      "parameters": NumericArray(checkpoint.parameters), "best": NumericArray(checkpoint.bestParameters),
    ]
    for (name, tensor) in tensors { arrays["optimizer/\(name)"] = NumericArray(tensor) }
    for (name, tensor) in doubles { arrays["optimizer.double/\(name)"] = NumericArray(tensor) }
    for (name, tensor) in checkpoint.task { arrays["task/\(name)"] = NumericArray(tensor) }
    let name = "checkpoint-\(checkpoint.step).safetensors"
    let old = try? JSONDecoder().decode(TensorName.self, from: Data(contentsOf: file("checkpoint.json")))
    let text = Text(
      step: checkpoint.step, tensors: name, optimizer: skeleton, best: checkpoint.best,
      metrics: checkpoint.metrics, seconds: checkpoint.seconds, end: checkpoint.end,
      bestAtWait: checkpoint.bestAtWait, stage: checkpoint.stage, settings: checkpoint.settings)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let bytes = Array(try encoder.encode(text)) + [10]
    do {
      try Safetensors(tensors: arrays).write(to: file(name))
      do {
        try AtomicFile.write(bytes, to: file("checkpoint.json"))
      } catch {
        // Tensors that no text names would stay for ever.
        if old?.tensors != name { try? FileManager.default.removeItem(at: file(name)) }
        throw error
      }
    } catch let error as FormatError {
      throw TrainingError(
        "\(error): "
          + (old == nil
            ? "there is no checkpoint of this training, so make room and begin again"
            : "the checkpoint before it is whole, so make room and go on with --resume \(url.path)"))
    }
    if let old, old.tensors != name { try? FileManager.default.removeItem(at: file(old.tensors)) }
  }

  private struct TensorName: Codable { var tensors: String }

  /// The settings of the training that the folder holds, and the precision of its numbers.
  public func settings() throws -> (precision: String, settings: [String: String]) {
    struct Head: Codable {
      var precision: String
      var settings: [String: String]
    }
    let head = try decode(Head.self)
    return (head.precision, head.settings)
  }

  private func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let path = file("checkpoint.json")
    guard FileManager.default.fileExists(atPath: path.path) else {
      throw TrainingError("\(url.path) holds no training: there is no checkpoint.json in it")
    }
    do {
      return try JSONDecoder().decode(type, from: Data(contentsOf: path))
    } catch {
      throw TrainingError("\(path.path) is damaged and cannot be read: begin anew, or restore the file")
    }
  }

  func read<Scalar: Real>(_ type: Scalar.Type) throws -> Checkpoint<Scalar> {
    let text = try decode(Text<Scalar>.self)
    guard text.precision == "\(Scalar.self)" else {
      throw TrainingError("the training in \(url.path) is in \(text.precision), not in \(Scalar.self)")
    }
    guard !text.tensors.contains("/") else {
      throw TrainingError("\(url.path)/checkpoint.json names a file outside of its folder: it is damaged")
    }
    let arrays = try Safetensors.read(file(text.tensors)).tensors
    func tensor(_ name: String) throws -> Tensor<Scalar> {
      guard let array = arrays[name] else {
        throw TrainingError("\(text.tensors) lacks the tensor '\(name)': use an earlier checkpoint")
      }
      return try array.tensor(Scalar.self, named: name)
    }
    var (own, doubles, task) = (
      [String: Tensor<Scalar>](), [String: Tensor<Double>](), [String: Tensor<Scalar>]()
    )
    for (name, array) in arrays {
      if name.hasPrefix("optimizer/") {
        own[String(name.dropFirst(10))] = try array.tensor(Scalar.self, named: name)
      } else if name.hasPrefix("optimizer.double/") {
        doubles[String(name.dropFirst(17))] = try array.tensor(Double.self, named: name)
      } else if name.hasPrefix("task/") {
        task[String(name.dropFirst(5))] = try array.tensor(Scalar.self, named: name)
      }
    }
    return Checkpoint(
      step: text.step, parameters: try tensor("parameters"), bestParameters: try tensor("best"),
      best: text.best, optimizer: OptimizerState(skeleton: text.optimizer, tensors: own, doubles: doubles),
      task: task, metrics: text.metrics, seconds: text.seconds, end: text.end,
      bestAtWait: text.bestAtWait, stage: text.stage ?? StageProgress(), settings: text.settings)
  }

  // MARK: - Models and metrics

  func write<Scalar: Real>(model: [(name: String, tensor: Tensor<Scalar>)]) throws {
    let tensors = Dictionary(uniqueKeysWithValues: model.map { ($0.name, NumericArray($0.tensor)) })
    try Safetensors(tensors: tensors).write(to: file("model.safetensors"))
  }

  /// The tensors of the model.
  public func model<Scalar: Real>(_ type: Scalar.Type) throws -> [String: Tensor<Scalar>] {
    try Safetensors.read(file("model.safetensors")).tensors.reduce(into: [:]) { result, entry in
      result[entry.key] = try entry.value.tensor(Scalar.self, named: entry.key)
    }
  }

  func write(_ metrics: TrainingMetrics, title: String) throws {
    try metrics.table.write(to: file("metrics.csv"))
    try AtomicFile.write(SVGPlot.encode(metrics.plot(title: title)), to: file("loss.svg"), isFlushed: false)
  }
}

extension NumericArray {
  /// An array of the elements of a tensor.
  init<Scalar: Real>(_ tensor: Tensor<Scalar>) {
    if let single = tensor as? Tensor<Float> {
      self.init(shape: tensor.shape, elements: .float32(single.elements))
    } else {
      self.init(shape: tensor.shape, Tensor<Double>(tensor).elements)
    }
  }

  /// The array as a tensor of the same precision.
  func tensor<Scalar: Real>(_ type: Scalar.Type, named name: String) throws -> Tensor<Scalar> {
    switch elements {
    case .float32(let values) where Scalar.self == Float.self:
      return Tensor(shape: shape, values.map { Scalar($0) })
    case .float64(let values) where Scalar.self == Double.self:
      return Tensor(shape: shape, values.map { Scalar($0) })
    default:
      throw TrainingError(
        "the tensor '\(name)' is not in \(Scalar.self): load it in the precision it was saved in")
    }
  }
}

import Foundation
import Tensors

extension OptimizerState: Codable {
  private enum Key: String, CodingKey { case method, layout, step, numbers, tensors, doubles, children }

  /// Writes numbers as the shortest decimals that give them back (`inf` and `nan` included), and tensors as the bytes of
  /// their elements.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(method, forKey: .method)
    try container.encodeIfPresent(layout, forKey: .layout)
    try container.encode(step, forKey: .step)
    try container.encode(numbers.mapValues(\.description), forKey: .numbers)
    if !tensors.isEmpty { try container.encode(tensors.mapValues(EncodedTensor.init), forKey: .tensors) }
    if !doubles.isEmpty { try container.encode(doubles.mapValues(EncodedTensor.init), forKey: .doubles) }
    if !children.isEmpty { try container.encode(children, forKey: .children) }
  }

  /// - Throws: `DecodingError` for what is no state.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    self.init(
      method: try container.decode(String.self, forKey: .method),
      layout: try container.decodeIfPresent(ParameterLayout.self, forKey: .layout),
      step: try container.decode(Int.self, forKey: .step))
    for (name, text) in try container.decode([String: String].self, forKey: .numbers) {
      guard let number = Double(text) else {
        throw DecodingError.dataCorruptedError(
          forKey: .numbers, in: container,
          debugDescription: "“\(text)” for \(name) is no number; the file is damaged, use an earlier one.")
      }
      numbers[name] = number
    }
    tensors =
      try container.decodeIfPresent([String: EncodedTensor<Scalar>].self, forKey: .tensors)?
      .mapValues(\.tensor) ?? [:]
    doubles =
      try container.decodeIfPresent([String: EncodedTensor<Double>].self, forKey: .doubles)?
      .mapValues(\.tensor) ?? [:]
    children = try container.decodeIfPresent([String: OptimizerState].self, forKey: .children) ?? [:]
  }
}

/// A tensor as its shape and the little-endian bytes of its elements.
private struct EncodedTensor<Scalar: Real>: Codable {
  var tensor: Tensor<Scalar>

  init(_ tensor: Tensor<Scalar>) { self.tensor = tensor }

  private enum Key: String, CodingKey { case shape, bytes }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(tensor.shape, forKey: .shape)
    // Every platform of Swift is little-endian.
    try container.encode(tensor.withUnsafeBufferPointer { Data(buffer: $0) }, forKey: .bytes)
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let shape = try container.decode([Int].self, forKey: .shape)
    let bytes = try container.decode(Data.self, forKey: .bytes)
    var length = MemoryLayout<Scalar>.stride
    var isSound = true
    for extent in shape {
      let (product, overflows) = length.multipliedReportingOverflow(by: extent)
      isSound = isSound && extent >= 0 && !overflows
      length = product
    }
    guard isSound, bytes.count == length else {
      throw DecodingError.dataCorruptedError(
        forKey: .bytes, in: container,
        debugDescription:
          "\(bytes.count) bytes do not fill the shape \(shape); the file is damaged, use an earlier one."
      )
    }
    tensor = Tensor(shape: shape) { bytes.copyBytes(to: UnsafeMutableRawBufferPointer($0)) }
  }
}

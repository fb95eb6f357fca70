import Ansatz
import Foundation

/// A plain training step that is timed: forward, backward and Adam on the mean squared difference to a target.
struct LayerCase: Sendable, Equatable {
  /// The model.
  enum Kind: Sendable, Equatable {
    /// Dense layers of the given widths, with an activation between them.
    case mlp([Int])
    /// Convolutions of the given numbers of channels, with an activation between them.
    case convolution([Int], kernel: [Int], extents: [Int], padding: PaddingMode)
    /// Layer normalization, attention with an output projection, and the input added.
    case attention(width: Int, heads: Int, tokens: Int)
  }

  var kind: Kind
  var activation = "tanh"
  var batch: Int
  /// What the time of PyTorch divided by ours must reach; nil where nothing is asked.
  var ratio: Double?

  static let all = [
    LayerCase(kind: .mlp([256, 512, 512, 256]), batch: 4096, ratio: 1),
    LayerCase(
      kind: .convolution([24, 24, 24, 24], kernel: [3, 3], extents: [64, 64], padding: .zero),
      activation: "gelu", batch: 16, ratio: 1),
    LayerCase(
      kind: .convolution([24, 24, 24, 24], kernel: [3, 3], extents: [64, 64], padding: .circular),
      activation: "gelu", batch: 16, ratio: 1.3),
    LayerCase(kind: .attention(width: 96, heads: 3, tokens: 64), batch: 512, ratio: 1.2),
  ]

  /// The case as text, which ``init(_:)`` reads.
  var name: String {
    let list = { (numbers: [Int], separator: String) in
      numbers.map(String.init).joined(separator: separator)
    }
    switch kind {
    case .mlp(let widths): return "mlp \(list(widths, "-")), \(activation), batch \(batch)"
    case .convolution(let channels, let kernel, let extents, let padding):
      return
        "convolution \(list(channels, "-")), kernel \(list(kernel, "x")), extents \(list(extents, "x")), "
        + "\(padding), \(activation), batch \(batch)"
    case .attention(let width, let heads, let tokens):
      return "attention \(width), heads \(heads), tokens \(tokens), batch \(batch)"
    }
  }

  /// The case for Tests/Peers/engine_torch.py.
  func json(precision: String) throws -> String {
    var object: [String: Any] = ["precision": precision, "activation": activation, "batch": batch]
    switch kind {
    case .mlp(let widths): object.merge(["kind": "mlp", "widths": widths]) { $1 }
    case .convolution(let channels, let kernel, let extents, let padding):
      object.merge([
        "kind": "convolution", "channels": channels, "kernel": kernel, "extents": extents,
        "padding": "\(padding)",
      ]) { $1 }
    case .attention(let width, let heads, let tokens):
      object.merge(["kind": "attention", "width": width, "heads": heads, "tokens": tokens]) { $1 }
    }
    return String(
      decoding: try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys]), as: UTF8.self)
  }
}

// MARK: - From text

extension LayerCase {
  /// What ``init(_:)`` takes.
  static let grammar =
    "mlp 100-300-50, silu, batch 1000; convolution 16-32-16, kernel 5x5, extents 48x48, reflect, gelu, batch 8; "
    + "or attention 64, heads 4, tokens 100, batch 64"

  /// A case from text such as "mlp 100-300-50, silu, batch 1000".
  ///
  /// - Throws: ``UsageError`` that shows the form of all kinds.
  init(_ text: String) throws {
    func failure(_ cause: String) -> UsageError {
      UsageError("--layers \(cause): write \(Self.grammar)")
    }
    var settings: [String: [Int]] = [:]
    var words: [String] = []
    for part in text.split(separator: ",") {
      let pair = part.split(separator: " ").map(String.init)
      guard pair.count == 2 else {
        words += pair
        continue
      }
      let numbers = pair[1].split(whereSeparator: { "-x".contains($0) }).map { Int($0) }
      guard !numbers.isEmpty, numbers.allSatisfy({ $0.map { $0 > 0 } ?? false }) else {
        throw failure("has '\(pair[1])' where whole numbers above 0 are expected")
      }
      settings[pair[0]] = numbers.map { $0! }
    }
    func take(_ key: String, count: Int? = nil) throws -> [Int] {
      guard let numbers = settings.removeValue(forKey: key), count == nil || numbers.count == count else {
        throw failure("needs '\(key)'\(count == 1 ? " with one number" : "") in '\(text)'")
      }
      return numbers
    }
    let batch = try take("batch", count: 1)[0]
    let kind: Kind
    if settings["mlp"] != nil {
      let widths = try take("mlp")
      guard widths.count >= 2 else { throw failure("needs the widths of input and output") }
      kind = .mlp(widths)
    } else if settings["convolution"] != nil {
      let (channels, kernel) = (try take("convolution"), try take("kernel"))
      let extents = try take("extents", count: kernel.count)
      guard channels.count >= 2, (1...3).contains(kernel.count) else {
        throw failure("needs two numbers of channels or more, and one to three dimensions")
      }
      guard kernel.allSatisfy({ $0 % 2 == 1 }) else {
        throw failure("needs kernels of odd lengths, which keep the extents in every program")
      }
      guard zip(kernel, extents).allSatisfy({ $0 / 2 < $1 }) else {
        throw failure("has a kernel that is too long for the extents")
      }
      let mode = words.lazy.compactMap { word in PaddingMode.allCases.first { "\($0)" == word } }.first
      words.removeAll { word in PaddingMode.allCases.contains { "\($0)" == word } }
      kind = .convolution(channels, kernel: kernel, extents: extents, padding: mode ?? .zero)
    } else if settings["attention"] != nil {
      let width = try take("attention", count: 1)[0]
      let (heads, tokens) = (try take("heads", count: 1)[0], try take("tokens", count: 1)[0])
      guard width % heads == 0 else { throw failure("cannot divide a width of \(width) into \(heads) heads") }
      kind = .attention(width: width, heads: heads, tokens: tokens)
    } else {
      throw failure("has no kind of layer in '\(text)'")
    }
    let activation = words.popLast() ?? "tanh"
    guard settings.isEmpty, words.isEmpty, Activation<Float>.named(activation) != nil else {
      let unknown = settings.keys.sorted().first ?? words.first ?? activation
      throw failure("has the unknown word '\(unknown)'")
    }
    self.init(kind: kind, activation: activation, batch: batch)
  }
}

// MARK: - Models

extension LayerCase {
  /// The model with drawn weights.
  func model<Scalar: Real>(_ type: Scalar.Type, from stream: inout RandomStream) -> any Layer<Scalar> {
    let activation = Activation<Scalar>.named(activation)!
    switch kind {
    case .mlp(let widths):
      return MLP<Scalar>(widths, activation: activation, from: &stream)
    case .convolution(let channels, let kernel, _, let padding):
      var layers: [any Layer<Scalar>] = []
      for (inputs, outputs) in zip(channels, channels.dropFirst()) {
        if !layers.isEmpty { layers.append(activation) }
        layers.append(
          Convolution<Scalar>(inputs, outputs, kernel: kernel, mode: padding, from: &stream))
      }
      return Sequential<Scalar>(layers)
    case .attention(let width, let heads, _):
      return AttentionBlock(
        norm: LayerNorm<Scalar>(width), attention: MultiHeadAttention(width, heads: heads, from: &stream))
    }
  }

  /// The shapes of the model's input and output.
  var shapes: (input: [Int], output: [Int]) {
    switch kind {
    case .mlp(let widths): ([batch, widths[0]], [batch, widths[widths.count - 1]])
    case .convolution(let channels, _, let extents, _):
      ([batch, channels[0]] + extents, [batch, channels[channels.count - 1]] + extents)
    case .attention(let width, _, let tokens): ([batch, tokens, width], [batch, tokens, width])
    }
  }
}

/// Layer normalization, attention, and the input added.
private struct AttentionBlock<Scalar: Real>: Layer {
  let norm: LayerNorm<Scalar>
  let attention: MultiHeadAttention<Scalar>

  func callAsFunction(_ x: Tensor<Scalar>) -> Tensor<Scalar> { x + attention(norm(x)) }
}

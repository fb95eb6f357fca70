import Foundation
import NeuralNetworks
import Tensors
import Testing

/// A layer to check, with inputs that suit it.
struct LayerSample: CustomTestStringConvertible, Sendable {
  /// The file of the layer, without ending, and what is special about the sample.
  let file: String
  var detail = ""
  /// The names of all parameters, in order.
  let names: [String]
  /// The shapes of the inputs.
  let inputs: [[Int]]
  /// Which inputs have the batch as their first axis.
  var batched: [Bool]?
  /// The range of inputs.
  var range: Range<Double> = -1..<1
  /// Whether it is differentiable in its first input.
  var isDifferentiable = true
  /// Makes the layer, and its function of inputs.
  let make: @Sendable () -> (any Module<Double>, ([Tensor<Double>]) -> Tensor<Double>)

  var testDescription: String { detail.isEmpty ? file : "\(file), \(detail)" }

  /// A layer of one input.
  init(
    _ file: String, _ detail: String = "", names: [String], input: [Int], isDifferentiable: Bool = true,
    _ make: @escaping @Sendable (inout RandomStream) -> any Layer<Double>
  ) {
    (self.file, self.detail, self.names, inputs) = (file, detail, names, [input])
    self.isDifferentiable = isDifferentiable
    self.make = {
      var stream = RandomStream(seed: 41)
      let layer = make(&stream)
      func call(_ layer: some Layer<Double>, _ x: Tensor<Double>) -> Tensor<Double> { layer(x) }
      return (layer, { call(layer, $0[0]) })
    }
  }

  /// A module of several inputs.
  init<M: Module<Double>>(
    _ file: String, _ detail: String = "", names: [String], inputs: [[Int]], batched: [Bool]? = nil,
    make: @escaping @Sendable (inout RandomStream) -> M,
    _ call: @escaping @Sendable (M, [Tensor<Double>]) -> Tensor<Double>
  ) {
    (self.file, self.detail, self.names, self.inputs, self.batched) = (file, detail, names, inputs, batched)
    self.make = {
      var stream = RandomStream(seed: 42)
      let module = make(&stream)
      return (module, { call(module, $0) })
    }
  }
}

extension LayerSample {
  static let all: [LayerSample] =
    dense + convolutions + norms + attentions + embeddings + images + spectral + blocks

  private static let dense: [LayerSample] = [
    LayerSample("Dense", names: ["weight", "bias"], input: [5, 3]) { Dense(3, 4, from: &$0) },
    LayerSample("Dense", "on a stack", names: ["weight", "bias"], input: [3, 2, 3]) {
      Dense(3, 4, initializer: .fanIn, from: &$0)
    },
    LayerSample("FactorizedDense", names: ["direction", "logScale", "bias"], input: [5, 3]) {
      FactorizedDense(3, 4, from: &$0)
    },
  ]

  private static let convolutions: [LayerSample] =
    PaddingMode.allCases.map { mode in
      LayerSample("Convolution", "\(mode)", names: ["weight", "bias"], input: [3, 2, 5, 6]) {
        Convolution(2, 3, kernel: [3, 3], mode: mode, from: &$0)
      }
    } + [
      LayerSample("Convolution", "one dimension, strides", names: ["weight", "bias"], input: [3, 2, 9]) {
        Convolution(2, 3, kernel: [4], stride: [2], mode: .circular, from: &$0)
      },
      LayerSample("Convolution", "three dimensions", names: ["weight", "bias"], input: [2, 2, 3, 4, 5]) {
        Convolution(2, 2, kernel: [2, 3, 3], mode: .replicate, from: &$0)
      },
      LayerSample("Convolution", "depthwise, dilated", names: ["weight", "bias"], input: [3, 4, 7, 6]) {
        Convolution(4, 4, kernel: [3, 3], dilation: [2, 1], groups: 4, mode: .reflect, from: &$0)
      },
      LayerSample("TransposedConvolution", names: ["weight", "bias"], input: [3, 4, 3, 2]) {
        TransposedConvolution(
          4, 2, kernel: [3, 2], stride: [2, 2], groups: 2, padding: [(1, 1), (0, 0)], outputPadding: [1, 0],
          from: &$0)
      },
      LayerSample("TransposedConvolution", "circular", names: ["weight", "bias"], input: [3, 2, 5]) {
        TransposedConvolution(2, 3, kernel: [3], stride: [2], padding: [(1, 0)], mode: .circular, from: &$0)
      },
    ]

  private static let norms: [LayerSample] = [
    LayerSample("LayerNorm", names: ["scale", "shift"], input: [4, 3, 5]) { _ in LayerNorm(5, epsilon: 0.01)
    },
    LayerSample("GroupNorm", names: ["scale", "shift"], input: [3, 4, 2, 3]) { _ in
      GroupNorm(4, groups: 2, epsilon: 0.01)
    },
    LayerSample("InstanceNorm", names: ["scale", "shift"], input: [3, 2, 5]) { _ in
      InstanceNorm(2, epsilon: 0.01)
    },
    LayerSample(
      "ConditionedNorm", names: ["modulation.weight", "modulation.bias"], inputs: [[4, 3, 5], [4, 2]],
      make: { ConditionedNorm<Double>(5, condition: 2, epsilon: 0.01, initializer: .glorotNormal, from: &$0) }
    ) { $0($1[0], condition: $1[1]) },
  ]

  private static let attention = ["projection.weight", "projection.bias", "output.weight", "output.bias"]
  private static let window = attention.map { "attention.\($0)" }

  private static let attentions: [LayerSample] = [
    LayerSample("MultiHeadAttention", names: attention, input: [3, 4, 6]) {
      MultiHeadAttention(6, heads: 2, from: &$0)
    },
    LayerSample("MultiHeadAttention", "cosine", names: attention + ["logScale"], input: [3, 4, 6]) {
      MultiHeadAttention(6, heads: 2, usesCosine: true, from: &$0)
    },
    LayerSample(
      "MultiHeadAttention", "bias", names: attention, inputs: [[3, 4, 6], [2, 4, 4]], batched: [true, false],
      make: { MultiHeadAttention<Double>(6, heads: 2, from: &$0) }
    ) { $0($1[0], bias: $1[1]) },
    LayerSample("WindowAttention", names: window + ["relativeBias"], input: [2, 4, 6, 4]) {
      WindowAttention(4, heads: 2, window: 2, from: &$0)
    },
    LayerSample("WindowAttention", "shifted", names: window + ["relativeBias"], input: [2, 4, 6, 4]) {
      WindowAttention(4, heads: 2, window: 2, shift: 1, from: &$0)
    },
    LayerSample(
      "WindowAttention", "periodic, cosine", names: window + ["attention.logScale", "relativeBias"].sorted(),
      input: [2, 3, 6, 4]
    ) {
      WindowAttention(4, heads: 2, window: 3, shift: 1, isPeriodic: true, usesCosine: true, from: &$0)
    },
  ]

  private static let embeddings: [LayerSample] = [
    LayerSample("GaussianFeatures", names: ["weights", "means", "logWidths"], input: [5, 3]) {
      GaussianFeatures(
        box: [-1...1, -1...1, 0...1], features: 2, count: 3, width: 0.7, deviation: 1, from: &$0)
    },
    LayerSample("GaussianExpansion", names: ["weights", "means", "logWidths"], input: [5, 2]) {
      GaussianExpansion(box: [-1...1, -1...1], count: 4, outputs: 2, width: 0.7, deviation: 1, from: &$0)
    },
    LayerSample("GaussianExpansion", "periodic", names: ["weights", "means", "logWidths"], input: [5, 2]) {
      let free = GaussianExpansion<Double>(
        box: [-1...1, -1...1], count: 3, outputs: 1, width: 0.5, deviation: 1, from: &$0)
      return GaussianExpansion(
        weights: free.weights, means: free.means, logWidths: free.logWidths, periods: [2.2, nil])
    },
    LayerSample("FourierFeatures", names: ["frequencies"], input: [5, 2]) {
      FourierFeatures(2, features: 3, scales: [1, 2], from: &$0)
    },
    LayerSample("FourierFeatures", "trained", names: ["frequencies"], input: [5, 2]) {
      FourierFeatures(2, features: 3, isTrainable: true, from: &$0)
    },
    LayerSample("PeriodicEmbedding", names: ["frequency"], input: [5, 3]) { _ in
      PeriodicEmbedding(periods: [2, nil, 3], harmonics: 2, isTrainable: true)
    },
    LayerSample(
      "BoundaryLifting",
      names: ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"].map {
        "network.\($0)"
      }, input: [5, 2]
    ) {
      BoundaryLifting(
        MLP<Double>([2, 4, 2], from: &$0), box: [-1...1, 0...2],
        faces: [
          BoxFace(axis: 0, isUpper: false), BoxFace(axis: 0, isUpper: true), BoxFace(axis: 1, isUpper: false),
        ]
      ) { x in sin(x.slice(axis: 1, 0..<1)) }
    },
    LayerSample("Embedding", names: ["table"], input: [6], isDifferentiable: false) {
      Embedding(3, width: 4, from: &$0)
    },
    LayerSample(
      "Embedding", "by number", names: ["table"], inputs: [[4, 2]],
      make: { Embedding<Double>(5, width: 2, from: &$0) }
    ) { $0([3, 0, 3, 1]) * $1[0] },
  ]

  private static let images: [LayerSample] =
    Pooling<Double>.Kind.allCases.map { kind in
      LayerSample("Pooling", "\(kind)", names: [], input: [3, 2, 5, 6]) { _ in
        Pooling(kind, size: [2, 3], stride: [1, 2])
      }
    }
    + Upsampling<Double>.Kind.allCases.map { kind in
      LayerSample("Upsampling", "\(kind)", names: [], input: [3, 2, 3, 4]) { _ in
        Upsampling(kind, factors: [2, 3])
      }
    } + [
      LayerSample("Upsampling", "periodic", names: [], input: [3, 2, 5]) { _ in
        Upsampling(.linear, factors: [4], isPeriodic: true)
      }
    ]

  private static let spectral: [LayerSample] = [
    LayerSample("SpectralConvolution", names: ["weight"], input: [3, 2, 7]) {
      SpectralConvolution(2, 3, modes: [3], from: &$0)
    },
    LayerSample("SpectralConvolution", "two dimensions", names: ["weight"], input: [3, 2, 6, 8]) {
      SpectralConvolution(2, 2, modes: [2, 5], from: &$0)
    },
    LayerSample("SpectralConvolution", "three dimensions", names: ["weight"], input: [2, 1, 4, 5, 6]) {
      SpectralConvolution(1, 2, modes: [2, 1, 3], from: &$0)
    },
    LayerSample("SpectralMixing", "periodic", names: ["weight"], input: [3, 7, 2]) {
      SpectralMixing(
        2, 3, grid: SpectralGrid([SpectralAxis(.fourier, points: 7, interval: 0...1)]), from: &$0)
    },
    LayerSample("SpectralMixing", "two dimensions", names: ["weight"], input: [3, 6, 4, 2]) {
      SpectralMixing(
        2, 2,
        grid: SpectralGrid([
          SpectralAxis(.fourier, points: 6, interval: 0...1),
          SpectralAxis(.chebyshev, points: 4, interval: 0...2),
        ]), from: &$0)
    },
  ]

  private static let blocks: [LayerSample] = [
    LayerSample(
      "Dropout", names: [], inputs: [[6, 4], []], batched: [true, false],
      make: { _ in Dropout<Double>(rate: 0.3, seed: 5) }
    ) { $0($1[0], step: Tensor(3.0) + 0 * $1[1]) },
    LayerSample(
      "Gates", names: ["first.weight", "first.bias", "second.weight", "second.bias"],
      inputs: [[5, 3], [5, 4]],
      make: { Gates<Double>(3, width: 4, from: &$0) }
    ) { $0($1[0])($1[1]) },
    LayerSample(
      "GatedResidualBlock",
      names: (0..<3).flatMap { i in ["direction", "logScale", "bias"].map { "block.layers.\(i).\($0)" } }
        + [
          "block.share", "gates.first.weight", "gates.first.bias", "gates.second.weight", "gates.second.bias",
        ],
      inputs: [[4, 3]],
      make: {
        GatedPair(
          block: GatedResidualBlock(3, share: 0.4, from: &$0), gates: Gates(3, width: 3, from: &$0))
      }
    ) { $0.block($1[0], gates: $0.gates($1[0])) },
    LayerSample("Residual", names: ["inner.weight", "inner.bias"], input: [5, 3]) {
      Residual(Dense<Double>(3, 3, from: &$0))
    },
    LayerSample(
      "Sequential", names: ["layers.0.weight", "layers.0.bias", "layers.2.scale", "layers.2.shift"],
      input: [5, 3]
    ) {
      Sequential([Dense(3, 4, from: &$0), Activation.gelu, LayerNorm(4, epsilon: 0.01)])
    },
  ]
}

private struct GatedPair: Module {
  typealias Scalar = Double
  let block: GatedResidualBlock<Double>
  let gates: Gates<Double>
}

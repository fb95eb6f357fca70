import Foundation
import Tensors
import Testing

/// The kinds of primitives: the exhaustive switch below does not compile when one is added and not listed.
enum PrimitiveKind: String, CaseIterable {
  case input, constant, unary, binary, select, stopGradient, broadcast, reshape, transpose, slice, embed
  case concatenate, gather, scatter, sum, maximum, matmul, convolution, modalProduct, composite, custom

  init<Scalar>(_ primitive: Primitive<Scalar>) {
    switch primitive {
    case .input: self = .input
    case .constant: self = .constant
    case .unary: self = .unary
    case .binary: self = .binary
    case .select: self = .select
    case .stopGradient: self = .stopGradient
    case .broadcast: self = .broadcast
    case .reshape: self = .reshape
    case .transpose: self = .transpose
    case .slice: self = .slice
    case .embed: self = .embed
    case .concatenate: self = .concatenate
    case .gather: self = .gather
    case .scatter: self = .scatter
    case .sum: self = .sum
    case .maximum: self = .maximum
    case .matmul: self = .matmul
    case .convolution: self = .convolution
    case .modalProduct: self = .modalProduct
    case .composite: self = .composite
    case .custom: self = .custom
    }
  }
}

/// A function of tensors to check rules on.
struct PrimitiveSample: CustomTestStringConvertible, Sendable {
  let name: String
  let shapes: [[Int]]
  /// The range from which the elements are drawn.
  var range: Range<Double> = -1.5..<1.5
  /// Whether derivatives above the first are checked.
  var isSmooth = true
  let function: @Sendable ([Tensor<Double>]) -> Tensor<Double>

  var testDescription: String { name }

  /// Values for the inputs, away from kinks.
  func values(seed: UInt64) -> [Tensor<Double>] {
    var stream = RandomStream(seed: seed)
    return shapes.map { Tensor.randomUniform($0, in: range, from: &stream) }
  }
}

extension PrimitiveSample {
  private static func range(of function: ElementwiseUnary) -> Range<Double> {
    switch function {
    case .sqrt, .log, .reciprocal, .power: 0.4..<2
    case .log1p: -0.6..<2
    case .asin, .acos: -0.8..<0.8
    default: -1.3..<1.3
    }
  }

  static let all: [PrimitiveSample] = unaries + binaries + composites + convolutions + structural

  private static let unaries = ElementwiseUnary.samples.map { function in
    PrimitiveSample(name: "\(function)", shapes: [[3, 4]], range: range(of: function)) {
      $0[0].applying(function)
    }
  }

  private static let binaries = ElementwiseBinary.allCases.map { function in
    PrimitiveSample(
      name: "\(function)", shapes: [[3, 4], [3, 4]], range: function == .power ? 0.4..<2 : 0.3..<1.7
    ) { $0[0].combined(function, $0[1]) }
  }

  private static let composites = Composite.samples.map { function in
    PrimitiveSample(name: "\(function)", shapes: Array(repeating: [3, 5], count: function.operandCount)) {
      function.operandCount == 1 ? function($0[0]) : function($0[0], $0[1])
    }
  }

  private static let convolutions = ConvolutionPass.allCases.flatMap { pass in
    PaddingMode.allCases.map { mode in
      let shape = ConvolutionShape(
        batch: 2, inputChannels: 2, outputChannels: 4, extents: [6, 5], kernel: [3, 2], stride: [2, 1],
        dilation: [1, 2], groups: mode == .reflect ? 2 : 1, paddingBefore: [1, 1], paddingAfter: [2, 1],
        mode: mode)
      let (x, y, w) = (shape.inputShape, shape.outputShape, shape.weightShape)
      return PrimitiveSample(
        name: "convolution, \(pass), \(mode)",
        shapes: pass == .output ? [x, w] : pass == .input ? [y, w] : [x, y]
      ) { v in
        switch pass {
        case .output: convolution(v[0], v[1], shape)
        case .input: transposedConvolution(v[0], v[1], shape)
        case .weights: convolutionWeightGradient(v[0], v[1], shape)
        }
      }
    }
  }

  private static let structural: [PrimitiveSample] = [
    PrimitiveSample(name: "modal product", shapes: [[2, 3, 2, 5], [3, 2, 2, 5]]) {
      modalProduct($0[0], $0[1])
    },
    PrimitiveSample(name: "modal product, input", shapes: [[2, 2, 2, 5], [3, 2, 2, 5]]) {
      modalProduct(.input, $0[0], $0[1])
    },
    PrimitiveSample(name: "modal product, weights", shapes: [[2, 3, 2, 5], [2, 2, 2, 5]]) {
      modalProduct(.weights, $0[0], $0[1])
    },
    PrimitiveSample(name: "select", shapes: [[6], [6], [6]]) {
      ($0[0] .< Tensor(0.1)).select($0[1], else: $0[2])
    },
    PrimitiveSample(name: "stopGradient", shapes: [[5]]) {
      $0[0] * $0[0].squared.stoppingGradient + sin($0[0])
    },
    PrimitiveSample(name: "constant", shapes: [[3]]) { $0[0] * Tensor([1.5, -2, 0.25]) },
    PrimitiveSample(name: "broadcast row", shapes: [[4], [3, 4]]) { $0[0] * $0[1] },
    PrimitiveSample(name: "broadcast column", shapes: [[3, 1], [3, 4]]) { $0[0] * $0[1] + $0[0] },
    PrimitiveSample(name: "broadcast middle", shapes: [[3, 1, 2], [1, 4, 1]]) {
      $0[0].broadcast(to: [3, 4, 2]) * $0[1]
    },
    PrimitiveSample(name: "broadcast alone", shapes: [[2, 1, 3]]) { sin($0[0]).broadcast(to: [5, 2, 4, 3]) },
    PrimitiveSample(name: "reshape", shapes: [[3, 4]]) {
      tanh($0[0]).reshaped([2, 6]) * sin($0[0].reshaped([2, 6]))
    },
    PrimitiveSample(name: "reshape of a repetition", shapes: [[2, 1, 3], [6, 3]]) {
      exp($0[0]).broadcast(to: [2, 3, 3]).reshaped([6, 3]) * $0[1]
    },
    PrimitiveSample(name: "transpose", shapes: [[3, 4], [4, 3]]) { $0[0].transposed * $0[1] },
    PrimitiveSample(name: "transpose of three", shapes: [[2, 3, 4]]) { exp($0[0]).transposed([2, 0, 1]) },
    PrimitiveSample(name: "slice", shapes: [[3, 7]]) {
      sin($0[0]).slice(axis: 1, start: 1, step: 2, count: 3)
    },
    PrimitiveSample(name: "slices side by side", shapes: [[3, 7]]) { v in
      let y = exp(v[0])
      let (a, b, c) = (y.slice(axis: 1, 1..<3), y.slice(axis: 1, 3..<5), y.slice(axis: 1, 5..<7))
      return a * sin(b) + c * c * b
    },
    PrimitiveSample(name: "slice of rows", shapes: [[7, 2]]) { $0[0].squared.slice(axis: 0, 2..<5) },
    PrimitiveSample(name: "embed", shapes: [[3, 2]]) {
      sin($0[0]).embedded(axis: 1, start: 1, step: 3, length: 6)
    },
    PrimitiveSample(name: "embed rows", shapes: [[3, 2]]) {
      $0[0].squared.embedded(axis: 0, start: 1, length: 5)
    },
    PrimitiveSample(name: "concatenate", shapes: [[3, 2], [3, 4]]) {
      .concatenated([sin($0[0]), $0[1].squared], axis: 1)
    },
    PrimitiveSample(name: "concatenate rows", shapes: [[3, 2], [1, 2]]) {
      .concatenated([$0[0] * $0[1], $0[1]])
    },
    PrimitiveSample(name: "gather", shapes: [[4, 3]]) { sin($0[0]).gathering([2, 0, 2, 3]) },
    PrimitiveSample(name: "scatter", shapes: [[4, 3]]) { sin($0[0]).scattering([2, 0, 2, 3], count: 5) },
    PrimitiveSample(name: "sum", shapes: [[2, 3, 4]]) { sin($0[0]).sum(axes: [0, 2]) },
    PrimitiveSample(name: "sum of all", shapes: [[2, 3]]) { $0[0].squared.sum(axes: nil) },
    PrimitiveSample(name: "sum kept", shapes: [[2, 3]]) { $0[0].sum(axis: 1, keepingAxis: true) * $0[0] },
    PrimitiveSample(name: "maximum", shapes: [[3, 5]]) { sin($0[0]).max(axis: 1) },
    PrimitiveSample(name: "minimum", shapes: [[3, 5]]) { $0[0].min(axis: 0, keepingAxis: true) * $0[0] },
    PrimitiveSample(name: "matmul", shapes: [[3, 4], [4, 2]]) { matmul($0[0], $0[1]) },
    PrimitiveSample(name: "matmul of a stack with a matrix", shapes: [[2, 3, 4], [4, 2]]) {
      matmul($0[0], $0[1])
    },
    PrimitiveSample(name: "matmul with a column", shapes: [[3, 4], [4]]) { matmul($0[0], $0[1]) },
    PrimitiveSample(name: "matmul Aᵀ", shapes: [[4, 3], [4, 2]]) {
      batchedMatmul($0[0], $0[1], transposeA: true)
    },
    PrimitiveSample(name: "matmul Bᵀ", shapes: [[3, 4], [2, 4]]) {
      batchedMatmul($0[0], $0[1], transposeB: true)
    },
    PrimitiveSample(name: "stacks", shapes: [[2, 3, 4], [2, 4, 5]]) { batchedMatmul($0[0], $0[1]) },
    PrimitiveSample(name: "stacks Aᵀ", shapes: [[2, 4, 3], [2, 4, 5]]) {
      batchedMatmul($0[0], $0[1], transposeA: true)
    },
    PrimitiveSample(name: "stacks Bᵀ", shapes: [[2, 3, 4], [2, 5, 4]]) {
      batchedMatmul($0[0], $0[1], transposeB: true)
    },
    PrimitiveSample(name: "custom, linear", shapes: [[3, 4]]) { RunningSum()(sin($0[0])) * 0.5 },
    PrimitiveSample(name: "composed activation", shapes: [[3, 4]]) { v in
      let x = v[0]
      let (gate, decay) = (1 + tanh(x * 0.5), exp(-x.squared))
      return x * gate * decay / (2 + cos(x))
    },
    PrimitiveSample(name: "function of two", shapes: [[3], [3]], range: 0.5..<1.5) {
      let (quotient, product) = (exp($0[0] / $0[1]), sin($0[0] * $0[1]))
      return quotient * product + $0[0].combined(.power, $0[1])
    },
    PrimitiveSample(name: "softmax", shapes: [[3, 5]]) { v in
      let x = v[0]
      let e = exp(x - x.max(axis: 1, keepingAxis: true).stoppingGradient)
      return e / e.sum(axis: 1, keepingAxis: true)
    },
    PrimitiveSample(name: "layer", shapes: [[5, 2], [2, 4], [4], [4, 3]]) {
      matmul(tanh(matmul($0[0], $0[1]) + $0[2]), $0[3])
    },
  ]
}

/// The running sum along the last axis, as a primitive from outside.
struct RunningSum: CustomPrimitive {
  typealias Scalar = Double
  var isReversed = false
  var name: String { isReversed ? "reversedRunningSum" : "runningSum" }
  var isSamplewise: Bool { true }
  var isLinear: Bool { true }

  func shape(of operands: [[Int]]) -> [Int] { operands[0] }

  func evaluate(
    _ operands: UnsafeBufferPointer<UnsafePointer<Double>>, shapes: [[Int]],
    into result: UnsafeMutablePointer<Double>
  ) {
    let row = shapes[0].last!
    for r in 0..<shapes[0].dropLast().reduce(1, *) {
      var sum = 0.0
      for i in isReversed ? Array((0..<row).reversed()) : Array(0..<row) {
        sum += operands[0][r * row + i]
        result[r * row + i] = sum
      }
    }
  }

  func pullback(_ gradient: Tensor<Double>, operands: [Tensor<Double>], result: Tensor<Double>)
    -> [Tensor<Double>?]
  {
    [RunningSum(isReversed: !isReversed)(gradient)]
  }

  func pushforward(_ tangents: [Tensor<Double>?], operands: [Tensor<Double>], result: Tensor<Double>)
    -> Tensor<Double>?
  {
    tangents[0].map { self($0) }
  }
}

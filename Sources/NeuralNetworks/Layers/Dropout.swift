import Tensors

/// Elements set to 0 at random while training, the others divided by the share that is left (Srivastava et al., J. Mach.
/// Learn. Res. 15, 2014).
///
/// Which ones is a function of the seed, the layer's stream, the step and the place: replays and resumed runs have the
/// same, whatever the tiles and threads. Where the network is evaluated, the layer is left out.
public struct Dropout<Scalar: Real>: Module, Sendable {
  /// The share of elements that are set to 0.
  public let rate: Double
  /// The seed, and a number of the layer's own: steps count streams from `layer` · 2³² on.
  public let seed: UInt64
  public let layer: UInt64

  /// A layer that drops a share of the elements.
  public init(rate: Double, seed: UInt64, layer: UInt64 = 0) {
    precondition((0..<1).contains(rate), "a share in [0, 1) of the elements may be dropped, not \(rate)")
    (self.rate, self.seed, self.layer) = (rate, seed, layer)
  }

  /// The result for a step of the training, given as a tensor of one whole number below 2²⁴: an input of the program.
  public func callAsFunction(_ x: Tensor<Scalar>, step: Tensor<Scalar>) -> Tensor<Scalar> {
    precondition(
      step.count == 1 && x.rank >= 1, "a step of shape \(step.shape) for an input of shape \(x.shape)")
    let entries = Tensor<Scalar>((0..<x.shape[0]).map { Scalar($0) })
    let mask = DropoutMask<Scalar>(
      rate: rate, seed: seed, stream: layer << 32, entry: Array(x.shape.dropFirst()))
    return x * mask(entries, step.reshaped([1]).broadcast(to: [x.shape[0]]))
  }
}

/// 0 or 1/(1 − rate), from the number of every entry of axis 0 and the step.
struct DropoutMask<Scalar: Real>: CustomPrimitive {
  let rate: Double
  let seed: UInt64
  let stream: UInt64
  /// The shape of an entry.
  let entry: [Int]

  var name: String { "dropout mask" }
  var isSamplewise: Bool { true }

  func shape(of operands: [[Int]]) -> [Int] { [operands[0][0]] + entry }

  func evaluate(
    _ operands: UnsafeBufferPointer<UnsafePointer<Scalar>>, shapes: [[Int]],
    into result: UnsafeMutablePointer<Scalar>
  ) {
    let length = entry.reduce(1, *)
    let kept = Scalar(1 / (1 - rate))
    let limit = Scalar(rate)
    for i in 0..<shapes[0][0] {
      let row = result + i * length
      Scalar.fillUniform(
        row, count: length, seed: seed, stream: stream + UInt64(Double(operands[1][i])),
        first: UInt64(Double(operands[0][i])) * UInt64(length))
      for j in 0..<length { row[j] = row[j] < limit ? 0 : kept }
    }
  }

  func pullback(_ gradient: Tensor<Scalar>, operands: [Tensor<Scalar>], result: Tensor<Scalar>) -> [Tensor<
    Scalar
  >?] { [nil, nil] }

  func pushforward(_ tangents: [Tensor<Scalar>?], operands: [Tensor<Scalar>], result: Tensor<Scalar>)
    -> Tensor<Scalar>?
  { nil }
}

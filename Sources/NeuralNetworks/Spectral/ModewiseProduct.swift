import Tensors

/// Products of channels mode by mode: x of shape [batch, modes, inputs] and weights of shape [modes, inputs, outputs] to
/// [batch, modes, outputs]; a primitive of recorded graphs, bilinear, with its two adjoints.
///
/// There are as many weights as modes times channels squared, and they are read once for the whole batch: a program
/// does not cut this product into tiles of the batch, it shares out the modes.
public struct ModewiseProduct<Scalar: Real>: CustomPrimitive {
  /// Which of the three arrays is computed from the two others, in the order x, y, weights.
  public enum Pass: String, CaseIterable, Sendable {
    /// y from x and weights.
    case output
    /// The gradient of x, from that of y and weights.
    case input
    /// The gradient of weights, from x and that of y.
    case weights
  }

  public let pass: Pass
  private let region: ProductRegion<Scalar>

  /// The product, or one of its adjoints.
  public init(_ pass: Pass = .output) {
    self.pass = pass
    region = ProductRegion { Self.evaluate(pass, tile: $0, $1) }
  }

  public var name: String { "product by modes, \(pass)" }
  public var isBilinear: Bool { true }

  public func shape(of operands: [[Int]]) -> [Int] {
    let (p, q) = (operands[0], operands.count == 2 ? operands[1] : [])
    let fits: Bool =
      p.count == 3 && q.count == 3
      && {
        switch pass {
        case .output: p[1] == q[0] && p[2] == q[1]
        case .input: p[1] == q[0] && p[2] == q[2]
        case .weights: p[0] == q[0] && p[1] == q[1]
        }
      }()
    precondition(fits, "operands of shapes \(operands) for a \(name)")
    switch pass {
    case .output: return [p[0], p[1], q[2]]
    case .input: return [p[0], p[1], q[1]]
    case .weights: return [p[1], p[2], q[2]]
    }
  }

  public func evaluate(
    _ operands: UnsafeBufferPointer<UnsafePointer<Scalar>>, shapes: [[Int]],
    into result: UnsafeMutablePointer<Scalar>
  ) {
    let (p, q) = (shapes[0], shapes[1])
    let (batch, modes) = (p[0], p[1])
    let (a, b) = (operands[0], operands[1])
    let (inputs, outputs) = pass == .weights ? (p[2], q[2]) : (q[1], q[2])
    guard batch > 0, modes > 0, inputs > 0, outputs > 0 else { return }
    let arguments = ProductRegion<Scalar>.Arguments(a: a, b: b, result: result, first: p, second: q)
    region.run(arguments, tiles: (modes + Self.block - 1) / Self.block)
  }

  /// Modes of a tile.
  private static var block: Int { 16 }

  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Float)
  private static func evaluate(_ pass: Pass, tile: Int, _ arguments: ProductRegion<Scalar>.Arguments) {
    let (p, q) = (arguments.first, arguments.second)
    let (inputs, outputs) = pass == .weights ? (p[2], q[2]) : (q[1], q[2])
    BLASThreads.withSingle {
      for mode in tile * block..<min((tile + 1) * block, p[1]) {
        multiply(
          pass, arguments.a, arguments.b, into: arguments.result, mode: mode, modes: p[1], batch: p[0],
          inputs: inputs, outputs: outputs)
      }
    }
  }

  private static func multiply(
    _ pass: Pass, _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>,
    into result: UnsafeMutablePointer<Scalar>, mode: Int, modes: Int, batch: Int, inputs: Int, outputs: Int
  ) {
    let weight = mode * inputs * outputs
    let (x, y) = (modes * inputs, modes * outputs)
    switch pass {
    case .output:
      Scalar.multiplyMatrices(
        rows: batch, columns: outputs, inner: inputs, alpha: 1, a + mode * inputs, leading: x,
        transposed: false,
        b + weight, leading: outputs, transposed: false, beta: 0, result + mode * outputs, leading: y)
    case .input:
      Scalar.multiplyMatrices(
        rows: batch, columns: inputs, inner: outputs, alpha: 1, a + mode * outputs, leading: y,
        transposed: false, b + weight, leading: outputs, transposed: true, beta: 0, result + mode * inputs,
        leading: x)
    case .weights:
      Scalar.multiplyMatrices(
        rows: inputs, columns: outputs, inner: batch, alpha: 1, a + mode * inputs, leading: x,
        transposed: true,
        b + mode * outputs, leading: y, transposed: false, beta: 0, result + weight, leading: outputs)
    }
  }

  public func pullback(_ gradient: Tensor<Scalar>, operands: [Tensor<Scalar>], result: Tensor<Scalar>)
    -> [Tensor<Scalar>?]
  {
    let (a, b) = (operands[0], operands[1])
    switch pass {
    case .output: return [ModewiseProduct(.input)(gradient, b), ModewiseProduct(.weights)(a, gradient)]
    case .input: return [ModewiseProduct(.output)(gradient, b), ModewiseProduct(.weights)(gradient, a)]
    case .weights: return [ModewiseProduct(.input)(b, gradient), ModewiseProduct(.output)(a, gradient)]
    }
  }

  public func pushforward(_ tangents: [Tensor<Scalar>?], operands: [Tensor<Scalar>], result: Tensor<Scalar>)
    -> Tensor<Scalar>?
  {
    let left = tangents[0].map { self($0, operands[1]) }
    let right = tangents[1].map { self(operands[0], $0) }
    guard let left, let right else { return left ?? right }
    return left + right
  }
}

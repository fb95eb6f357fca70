import CKernels
import Tensors

/// An X-shaped Q = diag(a) + antidiag(b).
package struct XMatFactor: FlatFactor {
  /// a and b.
  package private(set) var diagonal = Tensor<Double>.zeros([0])
  package private(set) var antidiagonal = Tensor<Double>.zeros([0])
  private var scratch = Scratch<Passes>()

  private final class Passes: @unchecked Sendable {
    // Unchecked: operands are written by the owner between regions, and every tile writes to its own part.
    var a, b, out: UnsafeMutablePointer<Double>?
    var h, v: UnsafePointer<Double>?
    var step = 0.0
    let tiles: FlatTiles
    private(set) var norm, motion, product: ParallelRegion?

    init(count n: Int) {
      // Tiles of pairs of rows.
      tiles = FlatTiles(count: (n + 1) / 2, width: 1)
      let n = Int64(n)
      norm = tiles.region { [unowned self] first, count, sums in
        sums[0] = ck_xmat_norm(a, b, h, v, n, Int64(first), Int64(first + count))
      }
      motion = tiles.region { [unowned self] first, count, _ in
        ck_xmat_fit(a, b, h, v, step, n, Int64(first), Int64(first + count))
      }
      product = tiles.region { [unowned self] first, count, _ in
        ck_xmat_apply(out, a, b, h, n, Int64(first), Int64(first + count))
      }
    }
  }

  package init() {}

  /// Q of the given a and b.
  package init(diagonal: Tensor<Double>, antidiagonal: Tensor<Double>) {
    precondition(
      diagonal.shape == antidiagonal.shape,
      "a diagonal of shape \(diagonal.shape) and an antidiagonal of shape \(antidiagonal.shape)")
    (self.diagonal, self.antidiagonal) = (diagonal, antidiagonal)
  }

  package func sized(_ count: Int) -> XMatFactor {
    XMatFactor(diagonal: .zeros([count]), antidiagonal: .zeros([count]))
  }

  package mutating func reset(scale: Double, _ fitting: LieGroupFitting) {
    diagonal.withUnsafeMutableBufferPointer { $0.update(repeating: scale) }
    antidiagonal.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
  }

  private mutating func passes() -> Passes {
    let count = diagonal.count
    let passes = scratch.take { Passes(count: count) }
    diagonal.withUnsafeMutableBufferPointer { passes.a = $0.baseAddress }
    antidiagonal.withUnsafeMutableBufferPointer { passes.b = $0.baseAddress }
    return passes
  }

  package mutating func fit(
    _ v: UnsafePointer<Double>, _ h: UnsafePointer<Double>, _ fitting: LieGroupFitting, step: Int
  ) {
    let passes = passes()
    (passes.v, passes.h) = (v, h)
    passes.tiles.run(passes.norm!)
    let largest = passes.tiles.largest(0)
    guard largest > 0, largest.isFinite else { return }
    passes.step = fitting.rate / largest
    passes.tiles.run(passes.motion!)
  }

  package mutating func apply(_ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>) {
    let passes = passes()
    (passes.h, passes.out) = (x, out)
    passes.tiles.run(passes.product!)
  }

  var numbers: [String: Double] { [:] }
  var doubles: [String: Tensor<Double>] { ["a": diagonal, "b": antidiagonal] }

  func restored<Scalar>(from state: OptimizerState<Scalar>, count: Int) throws(OptimizerError) -> XMatFactor {
    XMatFactor(diagonal: try state.double("a", [count]), antidiagonal: try state.double("b", [count]))
  }
}

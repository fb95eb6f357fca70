import Algebra
import Tensors

/// R and Qᵀ r of a tall matrix on all threads: blocks of rows are factorised side by side, and their triangles two by two
/// (Demmel, Grigori, Hoemmen and Langou, SIAM J. Sci. Comput. 34, 2012). The cut depends on the shape alone.
final class TallQR<Scalar: OptimizerScalar> {
  /// Rows and columns; at least as many rows.
  let rows, columns: Int
  /// The number of blocks, a power of two.
  let blocks: Int
  /// The blocks one after another, each column by column. R is the upper triangle of the first.
  let matrix: Buffer<Double>
  /// r; then the parts of Qᵀ r, of which the first `columns` numbers belong to R.
  let right: Buffer<Double>

  private let operands = Operands()
  private let factorization: ParallelRegion
  /// Levels of the tree that joins triangles.
  private let joints: [ParallelRegion]

  private final class Operands: @unchecked Sendable {
    // Unchecked: written by the owner between regions, read by the tiles.
    var jacobian: UnsafePointer<Scalar>?
  }

  /// Rows of the first block, the distance of two columns of R.
  var leading: Int { Self.range(0, rows, blocks).count }

  /// Columns that reflections are applied to at a time when triangles are joined.
  private static var panel: Int { 32 }

  private static func range(_ block: Int, _ rows: Int, _ blocks: Int) -> Range<Int> {
    rows * block / blocks..<rows * (block + 1) / blocks
  }

  init(rows m: Int, columns n: Int) {
    (rows, columns) = (m, n)
    var blocks = 1
    // Blocks of twice as many rows as columns leave little to be done in joining them; small ones are not worth it.
    while blocks < 8, 2 * m >= 6 * blocks * n, m * n >= 1 << 15 { blocks *= 2 }
    self.blocks = blocks
    let (matrix, right) = (Buffer<Double>(count: m * n), Buffer<Double>(count: m))
    let panel = min(Self.panel, n)
    let length = Self.workLength(rows: (m + blocks - 1) / blocks, columns: n)
    let tau = Buffer<Double>(count: blocks * n)
    let work = Buffer<Double>(count: blocks * max(length, panel * n))
    let reflections = Buffer<Double>(count: blocks * panel * n)
    let (operands, count) = (operands, blocks)
    let share = work.count / blocks

    factorization = ParallelRegion(tiles: blocks) { block, _ in
      let range = Self.range(block, m, count)
      let (height, first) = (range.count, range.lowerBound)
      let (a, b) = (matrix.pointer + first * n, right.pointer + first)
      let (own, tau) = (work.pointer + block * share, tau.pointer + block * n)
      let band = 64
      for start in stride(from: first, to: range.upperBound, by: band) {
        Scalar.transpose(
          a - first, leading: height, operands.jacobian!, columns: n,
          rows: start..<min(start + band, range.upperBound))
      }
      BLASThreads.withSingle {
        _ = Double.geqrf(height, n, a, height, tau, own, share)
        _ = Double.ormqr(transposed: true, height, 1, n, a, height, tau, b, height, own, share)
      }
    }
    var joints: [ParallelRegion] = []
    var step = 1
    while step < blocks {
      let distance = step
      joints.append(
        ParallelRegion(tiles: blocks / (2 * step)) { pair, _ in
          let (upper, lower) = (2 * distance * pair, 2 * distance * pair + distance)
          let (above, below) = (Self.range(upper, m, count), Self.range(lower, m, count))
          let (r, s) = (matrix.pointer + above.lowerBound * n, matrix.pointer + below.lowerBound * n)
          let (own, t) = (work.pointer + lower * share, reflections.pointer + lower * panel * n)
          BLASThreads.withSingle {
            _ = Double.tpqrt(n, panel, r, above.count, s, below.count, t, own)
            _ = Double.tpmqrt(
              n, columns: 1, panel, s, below.count, t, right.pointer + above.lowerBound, m,
              right.pointer + below.lowerBound, m, own)
          }
        })
      step *= 2
    }
    (self.matrix, self.right, self.joints) = (matrix, right, joints)
  }

  private static func workLength(rows: Int, columns: Int) -> Int {
    var length = 0.0
    let nothing = Buffer<Double>(count: 1)
    defer { withExtendedLifetime(nothing) {} }
    let none = nothing.pointer
    _ = Double.geqrf(rows, columns, none, rows, none, &length, -1)
    let first = length
    _ = Double.ormqr(transposed: true, rows, 1, columns, none, rows, none, none, rows, &length, -1)
    return Int(max(first, length, 1).rounded(.up))
  }

  /// Factorises a row-major matrix with the right side in `right`.
  func factorize(_ jacobian: UnsafePointer<Scalar>) {
    operands.jacobian = jacobian
    WorkerPool.shared.run(factorization)
    for joint in joints { WorkerPool.shared.run(joint) }
  }
}

import CKernels
import Tensors

/// A symmetric stencil with constant coefficients on a grid of one to three axes, as a matrix-free operator: its
/// products read no matrix, so they take about 40 % of the time.
///
/// Unknowns are counted with the last axis fastest.
public struct StencilOperator<Scalar: SparseScalar>: Sendable, Equatable {
  /// What the stencil finds beyond both ends of an axis.
  public enum Boundary: Sendable, Equatable {
    /// Nothing: the unknowns are interior points between zero values (homogeneous Dirichlet).
    case zero
    /// The other end.
    case periodic
    /// A mirror image of the last point: the unknowns are cells between walls without flux (homogeneous Neumann).
    case mirror
  }

  /// The number of points along each axis.
  public let points: [Int]
  /// The coefficient of the point itself.
  public let center: Scalar
  /// The coefficient of both neighbours, for each axis.
  public let sides: [Scalar]
  /// What is beyond the ends, for each axis.
  public let boundaries: [Boundary]

  /// A stencil of 2 d + 1 points on a grid of d axes.
  public init(points: [Int], center: Scalar, sides: [Scalar], boundaries: [Boundary]) {
    precondition(
      (1...3).contains(points.count) && sides.count == points.count && boundaries.count == points.count,
      "a stencil with \(points.count) axes, \(sides.count) side coefficients, and \(boundaries.count) boundaries"
    )
    precondition(points.allSatisfy { $0 > 0 }, "a stencil on a grid of \(points) points")
    (self.points, self.center, self.sides, self.boundaries) = (points, center, sides, boundaries)
  }

  /// The negative Laplacian by second-order differences: 2 Σ h⁻² at the point and -h⁻² beside it.
  /// - Parameters:
  ///   - points: The number of unknowns along each axis.
  ///   - spacing: h for each axis; 1 where nil, which makes the entries 2 d and -1.
  ///   - boundaries: What is beyond the ends, for each axis; `.zero` where nil.
  public static func laplacian(points: [Int], spacing: [Scalar]? = nil, boundaries: [Boundary]? = nil) -> Self
  {
    let weights = (spacing ?? points.map { _ in 1 }).map { 1 / ($0 * $0) }
    return Self(
      points: points, center: 2 * weights.reduce(0, +), sides: weights.map { -$0 },
      boundaries: boundaries ?? points.map { _ in .zero })
  }

  private var kernel: ck_stencil {
    var stencil = ck_stencil()
    stencil.center = Double(center)
    let missing = 3 - points.count
    withUnsafeMutableBytes(of: &stencil.points) { storage in
      let all = storage.bindMemory(to: Int64.self)
      for axis in 0..<3 { all[axis] = axis < missing ? 1 : Int64(points[axis - missing]) }
    }
    withUnsafeMutableBytes(of: &stencil.side) { storage in
      let all = storage.bindMemory(to: Double.self)
      for axis in 0..<3 { all[axis] = axis < missing ? 0 : Double(sides[axis - missing]) }
    }
    withUnsafeMutableBytes(of: &stencil.boundary) { storage in
      let all = storage.bindMemory(to: Int32.self)
      for axis in 0..<3 { all[axis] = axis < missing ? 0 : boundaries[axis - missing].code }
    }
    return stencil
  }

  private var lineLength: Int { points.last! }
  private var lineCount: Int { rows / lineLength }

  /// Lines per tile: about as many points as a tile of rows.
  private var linesPerTile: Int { max(RowTiles.rows / lineLength, 1) }

  private func lines(ofTile tile: Int) -> Range<Int> {
    tile * linesPerTile..<min((tile + 1) * linesPerTile, lineCount)
  }

  /// The operator as a matrix in compressed rows.
  /// - Throws: ``SparseMatrixError/tooManyEntries(_:)``.
  public func matrix(pool: WorkerPool = .shared) throws(SparseMatrixError) -> SparseMatrix<Scalar> {
    guard rows < Int(Int32.max) else { throw .tooManyEntries(rows * (2 * points.count + 1)) }
    let stencil = Buffer<ck_stencil>(uninitialized: 1)
    stencil.pointer.initialize(to: kernel)
    let tiles = (lineCount + linesPerTile - 1) / linesPerTile
    let starts = Buffer<Int32>(uninitialized: rows + 1)
    pool.forEach(tiles: tiles) { tile, _ in
      let lines = lines(ofTile: tile)
      ck_stencil_count(
        starts.pointer + 1, stencil.pointer, Int64(lines.lowerBound), Int64(lines.upperBound))
    }
    let count = Int(ck_accumulate_starts(starts.pointer, Int64(rows)))
    guard count <= Int(Int32.max) else { throw .tooManyEntries(count) }
    let (indices, values) = (Buffer<Int32>(uninitialized: count), Buffer<Scalar>(uninitialized: count))
    pool.forEach(tiles: tiles) { tile, _ in
      Scalar.stencilFill(
        starts.pointer, indices.pointer, values.pointer, stencil.pointer, lines: lines(ofTile: tile))
    }
    return SparseMatrix(
      pattern: SparsityPattern(rows: rows, columns: rows, rowStarts: starts, columnIndices: indices),
      values: values)
  }
}

extension StencilOperator.Boundary {
  fileprivate var code: Int32 {
    switch self {
    case .zero: return Int32(CK_STENCIL_ZERO)
    case .periodic: return Int32(CK_STENCIL_PERIODIC)
    case .mirror: return Int32(CK_STENCIL_MIRROR)
    }
  }
}

extension StencilOperator: LinearOperator {
  public var rows: Int { points.reduce(1, *) }
  public var columns: Int { rows }

  /// Both neighbours along an axis have one coefficient.
  public var isKnownSymmetric: Bool { true }

  public func makeAction(pool: WorkerPool) -> LinearAction<Scalar> {
    LinearAction(rows: rows, columns: columns, tiledProduct(), pool: pool)
  }

  public func makeTiledProduct(pool: WorkerPool) -> TiledProduct<Scalar>? { tiledProduct() }

  private func tiledProduct() -> TiledProduct<Scalar> {
    let stencil = Buffer<ck_stencil>(uninitialized: 1)
    stencil.pointer.initialize(to: kernel)
    let (lineCount, lineLength) = (lineCount, lineLength)
    return TiledProduct(
      tiles: (lineCount + linesPerTile - 1) / linesPerTile,
      rows: { tile in
        let lines = lines(ofTile: tile)
        return lines.lowerBound * lineLength..<lines.upperBound * lineLength
      },
      multiply: { x, y, tile in Scalar.stencilMultiply(y, x, stencil.pointer, lines: lines(ofTile: tile)) })
  }
}

import Tensors

/// A matrix within the vector of parameters: a parameter array, a part of one, or one mode of spectral weights.
struct MatrixBlock: Hashable, Sendable {
  /// The number of the segment it belongs to.
  let segment: Int
  let rows, columns: Int
  let field: MatrixField
  /// Whether it is a column by lack of a second axis.
  let isVector: Bool
  /// Where it begins in the vector of parameters.
  let offset: Int
  /// The distances of two rows and of two columns there, in numbers.
  let rowStride, columnStride: Int
  /// Where it begins in a vector of all blocks, one after another and each without gaps.
  let start: Int

  /// Its numbers.
  var count: Int { rows * columns * field.width }

  /// The same matrix, at another place among the blocks.
  func beginning(at start: Int) -> MatrixBlock {
    MatrixBlock(
      segment: segment, rows: rows, columns: columns, field: field, isVector: isVector, offset: offset,
      rowStride: rowStride, columnStride: columnStride, start: start)
  }

  /// Copies its elements out of a vector of parameters into one of blocks, also as doubles if asked for.
  func gather<Scalar: OptimizerScalar>(
    _ x: UnsafePointer<Scalar>, into out: UnsafeMutablePointer<Scalar>, wide: UnsafeMutablePointer<Double>?
  ) {
    Scalar.gatherMatrix(
      out + start, wide: wide.map { $0 + start }, x + offset, rows: rows, columns: columns,
      rowStride: rowStride, columnStride: columnStride, width: field.width)
  }

  /// x = keep (x − step d) for some of its rows, in a vector of parameters, with d in one of blocks.
  func move<Scalar: OptimizerScalar>(
    _ x: UnsafeMutablePointer<Scalar>, along d: UnsafePointer<Scalar>, rows: Range<Int>, keep: Double,
    step: Double
  ) {
    Scalar.scatterStep(
      x + offset + rows.lowerBound * rowStride, d + start + rows.lowerBound * columns * field.width,
      keep: keep, step: step, rows: rows.count, columns: columns, rowStride: rowStride,
      columnStride: columnStride, width: field.width)
  }
}

extension ParameterLayout {
  /// The layout as matrices.
  ///
  /// An array of rank two is a matrix; of a higher one, its first axis are the rows and all others together the columns.
  /// One of rank one is a column. Complex arrays of rank three or more are spectral weights, [rows, columns, modes …], and
  /// give one complex matrix per mode; real arrays whose name matches one of `spectral` are taken as such, too, with a
  /// last axis for real and imaginary part. Matrices larger than `limit` in one direction are cut there, and
  /// columns if asked for.
  /// - Throws: `OptimizerError.noMatch`, `.notSpectral`.
  func matrices(spectral: [NamePattern] = [], limit: Int = .max, cutsVectors: Bool = false)
    throws(OptimizerError) -> [MatrixBlock]
  {
    try check(spectral)
    var (blocks, start): ([MatrixBlock], Int) = ([], 0)
    for (index, segment) in segments.enumerated() where !segment.range.isEmpty {
      var (shape, isComplex) = (segment.shape, segment.isComplex)
      if !isComplex, spectral.contains(where: { $0.matches(segment.name) }) {
        guard shape.count >= 4, shape.last == 2 else {
          throw .notSpectral(name: segment.name, shape: segment.shape)
        }
        (shape, isComplex) = (shape.dropLast(), true)
      }
      let field = MatrixField(isComplex: isComplex)
      let isBatched = isComplex && shape.count >= 3
      let modes = isBatched ? shape.dropFirst(2).reduce(1, *) : 1
      let rows = shape.first ?? 1
      let columns = isBatched ? shape[1] : shape.dropFirst().reduce(1, *)
      let isVector = shape.count < 2
      let side = isVector && !cutsVectors ? .max : limit
      for mode in 0..<modes {
        for i in stride(from: 0, to: rows, by: min(side, rows)) {
          for j in stride(from: 0, to: columns, by: min(limit, columns)) {
            let block = MatrixBlock(
              segment: index, rows: min(side, rows - i), columns: min(limit, columns - j), field: field,
              isVector: isVector,
              offset: segment.range.lowerBound + ((i * columns + j) * modes + mode) * field.width,
              rowStride: columns * modes * field.width, columnStride: modes * field.width, start: start)
            blocks.append(block)
            start += block.count
          }
        }
      }
    }
    return blocks
  }
}

/// A matrix of parameters with a Hermitian factor on either side, or none where it would be too large or of order one.
struct KroneckerBlock: Sendable {
  let matrix: MatrixBlock
  /// Where the factors begin in a vector of all factors.
  let left, right: Int?

  /// The sides that have a factor: where it begins and its order.
  var sides: [(isLeft: Bool, start: Int, order: Int)] {
    (left.map { [(true, $0, matrix.rows)] } ?? []) + (right.map { [(false, $0, matrix.columns)] } ?? [])
  }

  /// Factors for matrices, and for arrays of one axis if asked for, none of an order above `limit`; and the numbers of
  /// all factors.
  static func blocks(_ matrices: [MatrixBlock], limit: Int, includesVectors: Bool = false) -> (
    blocks: [KroneckerBlock], factors: Int
  ) {
    var count = 0
    func factor(_ order: Int, _ matrix: MatrixBlock) -> Int? {
      guard order > 1, order <= limit else { return nil }
      defer { count += order * order * matrix.field.width }
      return count
    }
    let blocks = matrices.map { matrix in
      KroneckerBlock(
        matrix: matrix,
        left: matrix.isVector && !includesVectors ? nil : factor(matrix.rows, matrix),
        right: factor(matrix.columns, matrix))
    }
    return (blocks, count)
  }
}

import Algebra
import Tensors

/// The work of ``SOAP`` on one strip, factor or block at a time.
final class SOAPCore<Scalar: OptimizerScalar>: @unchecked Sendable {
  // Unchecked: operands are written by the owner between regions, and every unit writes to its own part of memory.

  let blocks: [KroneckerBlock]
  var operands: SOAPPasses<Scalar>.Operands?
  /// The weight of a new product in the factors.
  var gramWeight = 1.0
  /// The gradient by blocks, in its own precision and in doubles.
  let gradient: Buffer<Scalar>
  let wide: Buffer<Double>
  /// Room for two vectors of blocks.
  private let first, second: Buffer<Scalar>
  /// The bases in the precision of the parameters.
  private let narrow: Buffer<Scalar>
  /// Bases that are being made; places of their vectors among those before; whether they are new.
  private let next: Buffer<Double>
  private let places: [Buffer<Int32>]
  private let isNew: Buffer<Bool>
  /// The sides of all blocks, one after another.
  private let sides: [(isLeft: Bool, start: Int, order: Int)]
  private let workspaces: [FactorWorkspace]

  init(_ blocks: [KroneckerBlock], factorCount: Int) {
    let count = blocks.reduce(0) { $0 + $1.matrix.count }
    sides = blocks.flatMap(\.sides)
    self.blocks = blocks
    (gradient, wide) = (Buffer(count: count), Buffer(count: count))
    (first, second) = (Buffer(count: count), Buffer(count: count))
    (narrow, next) = (Buffer(count: factorCount), Buffer(count: factorCount))
    places = sides.map { Buffer(count: $0.order) }
    isNew = Buffer(count: sides.count)
    workspaces = FactorWorkspace.perWorker(
      orders: blocks.flatMap { block in block.sides.map { (order: $0.order, field: block.matrix.field) } })
  }

  /// The number of bases made last.
  var renewedCount: Int { isNew.elements.reduce(0) { $0 + ($1 ? 1 : 0) } }

  /// Takes up the bases of an earlier step.
  func takeBases(_ bases: UnsafePointer<Double>?, count: Int) {
    if let bases { Scalar.convert(bases, to: narrow.pointer, count: count) }
  }

  /// Rows of L ← β L + w G Gᴴ, or of R ← β R + w Gᴴ G.
  func addGram(_ index: Int, _ isLeft: Bool, _ rows: Range<Int>) {
    let block = blocks[index]
    let (m, n) = (block.matrix.rows, block.matrix.columns)
    block.matrix.field.addGram(
      rows, order: isLeft ? m : n, inner: isLeft ? n : m, alpha: gramWeight,
      wide.pointer + block.matrix.start, isLeft: isLeft, beta: operands!.factorBeta,
      operands!.factors! + (isLeft ? block.left! : block.right!))
  }

  /// The eigenvectors of a factor, of falling eigenvalues.
  func makeBasis(_ side: Int, _ unit: (block: Int, isLeft: Bool, start: Int, order: Int), _ worker: Int) {
    let (field, n, room) = (blocks[unit.block].matrix.field, unit.order, workspaces[worker])
    let row = n * field.width
    field.complete(operands!.factors! + unit.start, order: n, into: room.first.pointer)
    isNew.pointer[side] = room.eigen(
      field, order: n, room.first.pointer, vectors: room.second.pointer, values: room.values.pointer)
    let basis = operands!.bases! + unit.start
    for k in 0..<n {
      if isNew.pointer[side] {
        (basis + k * row).update(from: room.second.pointer + (n - 1 - k) * row, count: row)
      } else {
        // A factor that has overflowed: the coordinates stay as they are until it is finite again.
        (basis + k * row).update(repeating: 0, count: row)
        basis[k * row + k * field.width] = 1
      }
    }
    Scalar.convert(basis, to: narrow.pointer + unit.start, count: n * row)
  }

  /// Rows of G′, of the moments, and of what Adam makes of them, times Q_Rᴴ.
  func rotate(_ index: Int, _ rows: Range<Int>) {
    let block = blocks[index]
    let (matrix, field) = (block.matrix, block.matrix.field)
    let (m, n, count) = (matrix.rows, matrix.columns, rows.count)
    let begin = matrix.start + rows.lowerBound * n * field.width
    var turned = first.pointer + begin
    var spare = second.pointer + begin
    if let left = block.left {
      field.multiply(
        count, n, m, narrow.pointer + left + rows.lowerBound * m * field.width, m,
        gradient.pointer + matrix.start, n, turned, n)
    } else {
      turned.update(from: gradient.pointer + begin, count: count * n * field.width)
    }
    if let right = block.right {
      field.multiply(count, n, n, turned, n, narrow.pointer + right, n, timesAdjoint: true, spare, n)
      swap(&turned, &spare)
    }
    Scalar.adamDirection(
      turned, turned, operands!.mean! + begin, operands!.square! + begin, isComplex: field.isComplex,
      operands!.numbers, count: count * n * field.width)
    if let right = block.right {
      // Ends in `first`, as it does without a right factor.
      field.multiply(count, n, n, turned, n, narrow.pointer + right, n, spare, n)
    }
  }

  /// Rows of W.
  func move(_ index: Int, _ rows: Range<Int>) {
    let block = blocks[index]
    let (matrix, field) = (block.matrix, block.matrix.field)
    let (m, n) = (matrix.rows, matrix.columns)
    var direction = first.pointer
    if let left = block.left {
      direction = second.pointer
      field.multiply(
        rows.count, n, m, narrow.pointer + left + rows.lowerBound * field.width, m, adjoint: true,
        first.pointer + matrix.start, n, direction + matrix.start + rows.lowerBound * n * field.width, n)
    }
    matrix.move(operands!.x, along: direction, rows: rows, keep: operands!.numbers.keep, step: operands!.rate)
  }

  /// One step of orthogonal iteration on a factor's basis, from its vectors in the order of falling diag(Qᴴ L Q).
  func renewBasis(_ side: Int, _ unit: (block: Int, isLeft: Bool, start: Int, order: Int), _ worker: Int) {
    let (field, n, room) = (blocks[unit.block].matrix.field, unit.order, workspaces[worker])
    let row = n * field.width
    let (factor, product, diagonal) = (room.first.pointer, room.second.pointer, room.values.pointer)
    let (basis, next) = (operands!.bases! + unit.start, next.pointer + unit.start)
    isNew.pointer[side] = false
    field.complete(operands!.factors! + unit.start, order: n, into: factor)
    field.multiply(n, n, n, basis, n, factor, n, product, n)
    for k in 0..<n { diagonal[k] = Double.dot(product + k * row, basis + k * row, count: row) }
    if operands!.tolerance > 0 {
      let whole = Double.dot(factor, factor, count: n * row)
      // The factor is done with: Qᴴ L Q takes its place.
      field.multiply(n, n, n, product, n, basis, n, timesAdjoint: true, factor, n)
      for k in 0..<n { (factor + k * row + k * field.width).update(repeating: 0, count: field.width) }
      let outside = Double.dot(factor, factor, count: n * row)
      if outside <= operands!.tolerance * operands!.tolerance * whole { return }
    }
    // Sorted by insertion: the order hardly changes, and nothing is allocated.
    let order = places[side].pointer
    for k in 0..<n {
      var place = k
      while place > 0, diagonal[Int(order[place - 1])] < diagonal[k] {
        order[place] = order[place - 1]
        place -= 1
      }
      order[place] = Int32(k)
    }
    for k in 0..<n { (next + k * row).update(from: product + Int(order[k]) * row, count: row) }
    isNew.pointer[side] = room.orthonormalize(field, order: n, next)
  }

  /// Takes the moments of a block into its new bases, which become the ones in use.
  func turnMoments(_ index: Int, sides range: Range<Int>) {
    let block = blocks[index]
    let (matrix, field) = (block.matrix, block.matrix.field)
    let (m, n, width) = (matrix.rows, matrix.columns, field.width)
    let (mean, square) = (operands!.mean! + matrix.start, operands!.square! + matrix.start)
    let room = first.pointer + matrix.start
    for side in range where isNew.pointer[side] {
      let (isLeft, start, order) = sides[side]
      let (count, basis) = (order * order * width, narrow.pointer + start)
      let places = places[side].pointer
      // Out of the basis before, and into the new one.
      if isLeft {
        field.multiply(m, n, m, basis, m, adjoint: true, mean, n, room, n)
      } else {
        field.multiply(m, n, n, mean, n, basis, n, room, n)
      }
      (operands!.bases! + start).update(from: next.pointer + start, count: count)
      Scalar.convert(next.pointer + start, to: basis, count: count)
      if isLeft {
        field.multiply(m, n, m, basis, m, room, n, mean, n)
        Scalar.gatherRows(room, square, places, rows: m, columns: n * width)
      } else {
        field.multiply(m, n, n, room, n, basis, n, timesAdjoint: true, mean, n)
        Scalar.gatherColumns(room, square, places, rows: m, columns: n, width: width)
      }
      square.update(from: room, count: m * n * width)
    }
  }
}

import Algebra
import Tensors

/// The work of ``Shampoo`` on one strip, factor or block at a time.
final class ShampooCore<Scalar: OptimizerScalar>: @unchecked Sendable {
  // Unchecked: operands are written by the owner between regions, and every unit writes to its own part of memory.

  /// Rows of a block.
  struct Strip {
    let block: Int
    let rows: Range<Int>
  }

  /// One factor of a block, and the order of its root.
  struct Side {
    let block: Int
    let start, order, root: Int
  }

  var operands: ShampooOperands<Scalar>?
  /// Whether roots are in use.
  var isStarted = false
  private let blocks: [KroneckerBlock]
  private let strips: [Strip]
  /// The strips of every block.
  private let ranges: [Range<Int>]
  private let sides: [Side]
  /// The gradient by blocks in doubles, and Ĝ.
  private let wide: Buffer<Double>
  private let filtered: Buffer<Scalar>
  /// The grafted direction, the squares of its norm by block; the direction, those of its norm by strip.
  private let grafted, first, second: Buffer<Scalar>
  private let graftedNorms, norms: Buffer<Double>
  /// Roots in the precision of the parameters.
  private let narrow: Buffer<Scalar>
  private let hasFailed: Buffer<Bool>
  private let workspaces: [InverseRoot]
  private let rooms: [Buffer<Double>]

  init(
    _ blocks: [KroneckerBlock], strips: [Strip], ranges: [Range<Int>], sides: [Side], roots: Tensor<Double>
  ) {
    (self.blocks, self.strips, self.ranges, self.sides) = (blocks, strips, ranges, sides)
    let count = blocks.reduce(0) { $0 + $1.matrix.count }
    (wide, filtered, grafted) = (Buffer(count: count), Buffer(count: count), Buffer(count: count))
    (first, second) = (Buffer(count: count), Buffer(count: count))
    (graftedNorms, norms) = (Buffer(count: blocks.count), Buffer(count: strips.count))
    narrow = Buffer(count: roots.count)
    hasFailed = Buffer(count: sides.count)
    let real = sides.reduce(0) { max($0, blocks[$1.block].matrix.field.isComplex ? 0 : $1.order) }
    let complex = sides.reduce(0) { max($0, blocks[$1.block].matrix.field.isComplex ? $1.order : 0) }
    workspaces = (0..<WorkerPool.shared.threadCount).map { _ in
      InverseRoot(order: real, complexOrder: complex)
    }
    rooms = workspaces.map { _ in Buffer(count: 2 * max(real * real, 2 * complex * complex)) }
    let narrow = narrow
    roots.withUnsafeBufferPointer { roots in
      if let roots = roots.baseAddress { Scalar.convert(roots, to: narrow.pointer, count: narrow.count) }
    }
  }

  /// The number of roots that failed last.
  var failedCount: Int { hasFailed.elements.reduce(0) { $0 + ($1 ? 1 : 0) } }

  /// Ĝ, and the grafted direction with its norm.
  func gather(_ index: Int) {
    let (matrix, operands) = (blocks[index].matrix, operands!)
    let (own, count) = (filtered.pointer + matrix.start, matrix.count)
    let gradient = first.pointer + matrix.start
    matrix.gather(operands.gradient, into: first.pointer, wide: wide.pointer)
    if let mean = operands.mean {
      Scalar.filter(
        own, gradient, mean + matrix.start, beta1: operands.beta1, beta3: operands.beta3,
        scale: operands.filterScale, count: count)
    } else {
      own.update(from: gradient, count: count)
    }
    let direction = grafted.pointer + matrix.start
    if let graft = operands.graft, let square = operands.square {
      Scalar.divideByRoot(
        direction, own, gradient, square + matrix.start, keep: graft.keep, weight: graft.weight,
        root: graft.root, epsilon: graft.epsilon, isComplex: matrix.field.isComplex, count: count)
    } else {
      direction.update(from: own, count: count)
    }
    graftedNorms.pointer[index] = Scalar.inner(direction, direction, count: count)
  }

  /// Rows of L ← β₂ L + w G Gᴴ, or of R ← β₂ R + w Gᴴ G.
  func addGram(_ index: Int, _ isLeft: Bool, _ rows: Range<Int>) {
    let (block, operands) = (blocks[index], operands!)
    let (m, n) = (block.matrix.rows, block.matrix.columns)
    block.matrix.field.addGram(
      rows, order: isLeft ? m : n, inner: isLeft ? n : m, alpha: operands.factorWeight,
      wide.pointer + block.matrix.start, isLeft: isLeft, beta: operands.factorKeep,
      operands.factors! + (isLeft ? block.left! : block.right!))
  }

  /// The root of a factor, by the method that is asked for or by eigenvalues; the one before if both fail.
  func takeRoot(_ index: Int, _ worker: Int) {
    let (side, operands) = (sides[index], operands!)
    let (field, n) = (blocks[side.block].matrix.field, side.order)
    let count = n * n * field.width
    let matrix = rooms[worker].pointer
    let (root, result) = (operands.roots! + side.start, matrix + count)
    field.complete(operands.factors! + side.start, order: n, into: matrix)
    Double.scale(matrix, by: operands.factorScale, count: count)
    func attempt(_ method: InverseRootMethod) -> Bool {
      workspaces[worker].root(
        method, side.root, isComplex: field.isComplex, order: n, matrix, ridge: operands.epsilon,
        into: result
      ).isValid
    }
    let isFound = attempt(operands.method) || (operands.method != .eigen && attempt(.eigen))
    hasFailed.pointer[index] = !isFound
    if isFound {
      operands.failures![index] = 0
      root.update(from: result, count: count)
    } else {
      operands.failures![index] += 1
      guard operands.failures![index] > 3 || !Double.dot(matrix, matrix, count: count).isFinite else {
        return
      }
      operands.failures![index] = 0
      (operands.factors! + side.start).update(repeating: 0, count: count)
      root.update(repeating: 0, count: count)
      for k in 0..<n {
        let place = k * (n + 1) * field.width
        (operands.factors![side.start + place], root[place]) = (operands.initialFactor, 1)
      }
    }
    Scalar.convert(root, to: narrow.pointer + side.start, count: count)
  }

  /// Rows of P = L^(−1/p) Ĝ R^(−1/p), and the square of their norm.
  func direct(_ index: Int) {
    let (strip, block) = (strips[index], blocks[strips[index].block])
    let (matrix, field) = (block.matrix, block.matrix.field)
    let (m, n, rows) = (matrix.rows, matrix.columns, strip.rows.count)
    let begin = matrix.start + strip.rows.lowerBound * n * field.width
    let count = rows * n * field.width
    let direction = first.pointer + begin
    guard isStarted else {
      direction.update(from: grafted.pointer + begin, count: count)
      return
    }
    var between = filtered.pointer + begin
    if let left = block.left {
      between = block.right == nil ? direction : second.pointer + begin
      field.multiply(
        rows, n, m, narrow.pointer + left + strip.rows.lowerBound * m * field.width, m,
        filtered.pointer + matrix.start, n, between, n)
    }
    if let right = block.right {
      field.multiply(rows, n, n, between, n, narrow.pointer + right, n, direction, n)
    } else if block.left == nil {
      direction.update(from: between, count: count)
    }
    norms.pointer[index] = Scalar.inner(direction, direction, count: count)
  }

  /// Rows of W, along P with the grafted length, or along the momentum of it.
  func move(_ index: Int) {
    let (strip, operands) = (strips[index], operands!)
    let matrix = blocks[strip.block].matrix
    let begin = matrix.start + strip.rows.lowerBound * matrix.columns * matrix.field.width
    let count = strip.rows.count * matrix.columns * matrix.field.width
    let direction = first.pointer + begin
    var scale = 1.0
    if isStarted, operands.graft != nil {
      var sum = 0.0
      for strip in ranges[strip.block] { sum += norms.pointer[strip] }
      scale = graftedNorms.pointer[strip.block].squareRoot() / (sum.squareRoot() + 1e-16)
    }
    if let buffer = operands.buffer {
      let (own, factor) = (buffer + begin, Scalar(operands.momentum))
      Scalar.axpby(own, direction, Scalar(scale), factor, count: count)
      if operands.isNesterov {
        Scalar.axpby(direction, own, factor, Scalar(scale), count: count)
      } else {
        direction.update(from: own, count: count)
      }
      scale = 1
    }
    matrix.move(
      operands.x, along: first.pointer, rows: strip.rows, keep: operands.keep, step: operands.rate * scale)
  }
}

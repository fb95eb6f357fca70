import Algebra
import Tensors

/// The parallel passes of a step of ``Muon`` and the memory that they work in, prepared once.
final class MuonPasses<Scalar: OptimizerScalar> {
  private let core: MuonCore<Scalar>
  private let steps: [NewtonSchulz.Polynomial]
  private let gathering, grams, squares, products, motion: UnitPass

  init(_ blocks: [MatrixBlock], _ orthogonalization: NewtonSchulz) {
    let core = MuonCore<Scalar>(blocks)
    (self.core, steps) = (core, orthogonalization.steps)
    var (strips, smalls): ([(Int, Range<Int>)], [(Int, Range<Int>)]) = ([], [])
    var (stripCosts, gramCosts, squareCosts) = ([Int](), [Int](), [Int]())
    for (index, block) in blocks.enumerated() {
      let (m, n, unit) = (block.rows, block.columns, block.field.isComplex ? 4 : 1)
      let (small, large) = (min(m, n), max(m, n))
      for rows in UnitPass.strips(m, costPerRow: n * (small + 4) * unit) {
        strips.append((index, rows))
        stripCosts.append(rows.count * n * (small + 4) * unit)
      }
      for rows in UnitPass.strips(small, costPerRow: small * small * unit) {
        smalls.append((index, rows))
        gramCosts.append(rows.count * rows.upperBound * large * unit)
        squareCosts.append(rows.count * rows.upperBound * small * unit)
      }
    }
    let (stripUnits, smallUnits) = (strips, smalls)
    gathering = UnitPass(costs: blocks.map { 16 * $0.count }) { unit, _ in core.gather(unit) }
    grams = UnitPass(costs: gramCosts) { unit, _ in core.gram(smallUnits[unit].0, smallUnits[unit].1) }
    squares = UnitPass(costs: squareCosts) { unit, _ in core.square(smallUnits[unit].0, smallUnits[unit].1) }
    products = UnitPass(costs: stripCosts) { unit, _ in core.product(stripUnits[unit].0, stripUnits[unit].1) }
    motion = UnitPass(costs: strips.map { 4 * $0.1.count * blocks[$0.0].columns }) { unit, _ in
      core.move(stripUnits[unit].0, stripUnits[unit].1)
    }
  }

  /// Updates the mean gradients, and the matrices along their orthogonal factors.
  func update(
    _ x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>,
    mean: UnsafeMutablePointer<Scalar>?, momentum: Double, isNesterov: Bool, rate: Double, keep: Double
  ) {
    core.isNesterov = isNesterov
    (core.x, core.gradient, core.mean) = (x, gradient, mean)
    (core.momentum, core.rate, core.keep) = (momentum, rate, keep)
    gathering.run()
    for step in steps {
      core.polynomial = step
      grams.run()
      squares.run()
      products.run()
      swap(&core.current, &core.next)
    }
    motion.run()
  }
}

/// The work of ``Muon`` on one strip or block at a time.
private final class MuonCore<Scalar: OptimizerScalar>: @unchecked Sendable {
  // Unchecked: what changes is written by the owner between regions, and every unit writes to its own part of memory.

  private let blocks: [MatrixBlock]
  var x, gradient, mean: UnsafeMutablePointer<Scalar>?
  var (momentum, rate, keep) = (0.0, 0.0, 1.0)
  var isNesterov = true
  var polynomial = NewtonSchulz.Polynomial(1, 0, 0)
  /// X, before a step of the iteration and after it.
  var current, next: Buffer<Scalar>
  /// A and b A + c A² of every block, from these places on.
  private let grams, powers: Buffer<Scalar>
  private let starts: [Int]

  init(_ blocks: [MatrixBlock]) {
    self.blocks = blocks
    let count = blocks.reduce(0) { $0 + $1.count }
    var (starts, end) = ([Int](), 0)
    for block in blocks {
      starts.append(end)
      let order = min(block.rows, block.columns)
      end += order * order * block.field.width
    }
    self.starts = starts
    (current, next) = (Buffer(count: count), Buffer(count: count))
    (grams, powers) = (Buffer(count: end), Buffer(count: end))
  }

  /// The mean gradient, and U over its norm.
  func gather(_ index: Int) {
    let block = blocks[index]
    let own = current.pointer + block.start
    block.gather(gradient!, into: current.pointer, wide: nil)
    let mean = mean! + block.start
    if isNesterov {
      Scalar.nesterovMean(own, mean, momentum: momentum, count: block.count)
    } else {
      Scalar.axpby(mean, own, Scalar(1 - momentum), Scalar(momentum), count: block.count)
      own.update(from: mean, count: block.count)
    }
    let norm = Scalar.inner(own, own, count: block.count).squareRoot()
    Scalar.scale(own, by: Scalar(1 / (norm + 1e-7)), count: block.count)
  }

  /// Whether A = X Xᴴ, and not Xᴴ X, is the smaller one.
  private func isWide(_ block: MatrixBlock) -> Bool { block.rows <= block.columns }

  /// Rows of A, and the columns that mirror them.
  func gram(_ index: Int, _ rows: Range<Int>) {
    let block = blocks[index]
    let (order, gram) = (min(block.rows, block.columns), grams.pointer + starts[index])
    block.field.addGram(
      rows, order: order, inner: max(block.rows, block.columns), alpha: 1, current.pointer + block.start,
      isLeft: isWide(block), beta: 0, gram)
    Scalar.mirror(gram, order: order, rows: rows, isComplex: block.field.isComplex)
  }

  /// Rows of B = b A + c A², and the columns that mirror them.
  func square(_ index: Int, _ rows: Range<Int>) {
    let (block, gram, power) = (blocks[index], grams.pointer + starts[index], powers.pointer + starts[index])
    let (order, width) = (min(block.rows, block.columns), block.field.width)
    let first = rows.lowerBound * order * width
    for i in rows {
      (power + i * order * width).update(from: gram + i * order * width, count: rows.upperBound * width)
    }
    block.field.multiply(
      rows.count, rows.upperBound, order, alpha: Scalar(polynomial.c), gram + first, order, gram, order,
      beta: Scalar(polynomial.b), power + first, order)
    Scalar.mirror(power, order: order, rows: rows, isComplex: block.field.isComplex)
  }

  /// Rows of a X + B X, or of a X + X B.
  func product(_ index: Int, _ rows: Range<Int>) {
    let (block, power) = (blocks[index], powers.pointer + starts[index])
    let (m, n, width) = (block.rows, block.columns, block.field.width)
    let (before, first) = (current.pointer + block.start, rows.lowerBound * n * width)
    let after = next.pointer + block.start + first
    after.update(from: before + first, count: rows.count * n * width)
    if isWide(block) {
      block.field.multiply(
        rows.count, n, m, power + rows.lowerBound * m * width, m, before, n, beta: Scalar(polynomial.a),
        after,
        n)
    } else {
      block.field.multiply(
        rows.count, n, n, before + first, n, power, n, beta: Scalar(polynomial.a), after, n)
    }
  }

  /// Rows of W.
  func move(_ index: Int, _ rows: Range<Int>) {
    let block = blocks[index]
    let scale = max(1, Double(block.rows) / Double(block.columns)).squareRoot()
    block.move(x!, along: current.pointer, rows: rows, keep: keep, step: rate * scale / keep)
  }
}

import Algebra
import Tensors

/// What a step of ``Shampoo`` works on, and with which numbers.
struct ShampooOperands<Scalar: OptimizerScalar> {
  /// The mean or sum of squares that a grafted direction is divided by the root of.
  struct Squares {
    var keep, weight, root, epsilon: Double
  }

  var x, gradient: UnsafeMutablePointer<Scalar>
  var mean, square, buffer: UnsafeMutablePointer<Scalar>?
  var factors, roots, failures: UnsafeMutablePointer<Double>?
  var (rate, keep, momentum, isNesterov) = (0.0, 1.0, 0.0, false)
  var (beta1, beta3, filterScale) = (0.0, 0.0, 1.0)
  var (factorKeep, factorWeight, factorScale, initialFactor) = (1.0, 1.0, 1.0, 0.0)
  var (epsilon, method) = (0.0, InverseRootMethod.eigen)
  var graft: Squares?

  init(x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>) {
    (self.x, self.gradient) = (x, gradient)
  }
}

/// The parallel passes of a step of ``Shampoo`` and the memory that they work in, prepared once.
final class ShampooPasses<Scalar: OptimizerScalar> {
  private let core: ShampooCore<Scalar>
  private let gathering, factors, roots, directions, motion: UnitPass

  /// Passes for blocks, with roots of the given order or of twice the number of a block's factors.
  init(_ blocks: [KroneckerBlock], roots: Tensor<Double>, root: Int?) {
    var strips: [ShampooCore<Scalar>.Strip] = []
    var grams: [(block: Int, isLeft: Bool, rows: Range<Int>)] = []
    var sides: [ShampooCore<Scalar>.Side] = []
    var (stripCosts, gramCosts, sideCosts) = ([Int](), [Int](), [Int]())
    var stripRanges: [Range<Int>] = []
    for (index, block) in blocks.enumerated() {
      let (m, n, unit) = (block.matrix.rows, block.matrix.columns, block.matrix.field.isComplex ? 4 : 1)
      let costPerRow = n * ((block.left == nil ? 1 : m) + (block.right == nil ? 1 : n) + 4) * unit
      let first = strips.count
      for rows in UnitPass.strips(m, costPerRow: costPerRow) {
        strips.append(ShampooCore.Strip(block: index, rows: rows))
        stripCosts.append(rows.count * costPerRow)
      }
      stripRanges.append(first..<strips.count)
      let blockSides = block.sides
      for (isLeft, start, order) in blockSides {
        let inner = isLeft ? n : m
        for rows in UnitPass.strips(order, costPerRow: order * inner * unit) {
          grams.append((index, isLeft, rows))
          gramCosts.append(rows.count * rows.upperBound * inner * unit)
        }
        sides.append(
          ShampooCore.Side(block: index, start: start, order: order, root: root ?? 2 * blockSides.count))
        sideCosts.append(20 * order * order * order * unit)
      }
    }
    let core = ShampooCore<Scalar>(blocks, strips: strips, ranges: stripRanges, sides: sides, roots: roots)
    let gramUnits = grams
    self.core = core
    gathering = UnitPass(costs: blocks.map { 24 * $0.matrix.count }) { unit, _ in core.gather(unit) }
    factors = UnitPass(costs: gramCosts) { unit, _ in
      core.addGram(gramUnits[unit].block, gramUnits[unit].isLeft, gramUnits[unit].rows)
    }
    self.roots = UnitPass(costs: sideCosts) { unit, worker in core.takeRoot(unit, worker) }
    directions = UnitPass(costs: stripCosts) { unit, _ in core.direct(unit) }
    motion = UnitPass(costs: strips.map { 8 * $0.rows.count * blocks[$0.block].matrix.columns }) { unit, _ in
      core.move(unit)
    }
  }

  /// Updates everything; returns how many roots failed.
  func update(_ operands: ShampooOperands<Scalar>, isStarted: Bool, takesRoots: Bool) -> Int {
    (core.operands, core.isStarted) = (operands, isStarted)
    gathering.run()
    factors.run()
    if takesRoots { roots.run() }
    directions.run()
    motion.run()
    return takesRoots ? core.failedCount : 0
  }
}

import Algebra
import Tensors

/// The parallel passes of a step of ``SOAP`` and the memory that they work in, prepared once.
final class SOAPPasses<Scalar: OptimizerScalar> {
  /// What a step works on, and with which numbers.
  struct Operands {
    var x, gradient: UnsafeMutablePointer<Scalar>
    var mean, square: UnsafeMutablePointer<Scalar>?
    var factors, bases: UnsafeMutablePointer<Double>?
    var numbers = AdamCoefficients(step: 0, beta1: 0, beta2: 0, epsilon: 0, rootCorrection: 0, keep: 1)
    var rate = 0.0
    var factorBeta = 0.0
    var tolerance = 0.0

    init(x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>) {
      (self.x, self.gradient) = (x, gradient)
    }
  }

  private let core: SOAPCore<Scalar>
  private let gathering, firstFactors, firstBases, rotation, motion, bases, moments: UnitPass

  /// Passes for blocks, with bases if there has been a step.
  init(_ blocks: [KroneckerBlock], bases: Tensor<Double>?, factorCount: Int) {
    let core = SOAPCore<Scalar>(blocks, factorCount: factorCount)
    self.core = core
    bases?.withUnsafeBufferPointer { core.takeBases($0.baseAddress, count: factorCount) }

    var strips: [(block: Int, rows: Range<Int>)] = []
    var grams: [(block: Int, isLeft: Bool, rows: Range<Int>)] = []
    var sides: [(block: Int, isLeft: Bool, start: Int, order: Int)] = []
    var (stripCosts, motionCosts, gramCosts, sideCosts, momentCosts) = (
      [Int](), [Int](), [Int](), [Int](), [Int]()
    )
    for (index, block) in blocks.enumerated() {
      let (m, n, unit) = (block.matrix.rows, block.matrix.columns, block.matrix.field.isComplex ? 4 : 1)
      let (left, right) = (block.left == nil ? 1 : m, block.right == nil ? 1 : n)
      for rows in UnitPass.strips(m, costPerRow: n * (left + 2 * right + 8) * unit) {
        strips.append((index, rows))
        stripCosts.append(rows.count * n * (left + 2 * right + 8) * unit)
        motionCosts.append(rows.count * n * (left + 2) * unit)
      }
      for side in block.sides {
        let inner = side.isLeft ? n : m
        for rows in UnitPass.strips(side.order, costPerRow: side.order * inner * unit) {
          grams.append((index, side.isLeft, rows))
          gramCosts.append(rows.count * rows.upperBound * inner * unit)
        }
        sides.append((index, side.isLeft, side.start, side.order))
        sideCosts.append(6 * side.order * side.order * side.order * unit)
      }
      momentCosts.append(2 * m * n * (left + right) * unit)
    }
    let (stripUnits, gramUnits, sideUnits) = (strips, grams, sides)
    gathering = UnitPass(costs: blocks.map { 8 * $0.matrix.count }) { unit, _ in
      blocks[unit].matrix.gather(
        core.operands!.gradient, into: core.gradient.pointer, wide: core.wide.pointer)
    }
    firstFactors = UnitPass(costs: gramCosts) { unit, _ in
      core.addGram(gramUnits[unit].block, gramUnits[unit].isLeft, gramUnits[unit].rows)
    }
    firstBases = UnitPass(costs: sideCosts.map { 4 * $0 }) { unit, worker in
      core.makeBasis(unit, sideUnits[unit], worker)
    }
    // Rotations and factors do not touch one another, and are one pass.
    rotation = UnitPass(costs: stripCosts + gramCosts) { unit, _ in
      if unit < stripUnits.count {
        core.rotate(stripUnits[unit].block, stripUnits[unit].rows)
      } else {
        let gram = gramUnits[unit - stripUnits.count]
        core.addGram(gram.block, gram.isLeft, gram.rows)
      }
    }
    motion = UnitPass(costs: motionCosts) { unit, _ in
      core.move(stripUnits[unit].block, stripUnits[unit].rows)
    }
    self.bases = UnitPass(costs: sideCosts) { unit, worker in
      core.renewBasis(unit, sideUnits[unit], worker)
    }
    let ranges = Self.sideRanges(blocks)
    moments = UnitPass(costs: momentCosts) { unit, _ in core.turnMoments(unit, sides: ranges[unit]) }
  }

  /// The numbers of the sides of every block.
  private static func sideRanges(_ blocks: [KroneckerBlock]) -> [Range<Int>] {
    var end = 0
    return blocks.map { block in
      let start = end
      end += block.sides.count
      return start..<end
    }
  }

  /// Makes factors and bases from a first gradient; returns the number of bases.
  func begin(_ operands: Operands) -> Int {
    core.operands = operands
    core.operands!.factorBeta = 0
    core.gramWeight = 1 - operands.factorBeta
    gathering.run()
    firstFactors.run()
    firstBases.run()
    return core.renewedCount
  }

  /// Updates the parameters, the moments and the factors.
  func update(_ operands: Operands) {
    core.operands = operands
    core.gramWeight = 1 - operands.factorBeta
    gathering.run()
    rotation.run()
    motion.run()
  }

  /// Renews the bases where they are off and takes the moments into them; returns the number of those renewed.
  func renewBases(_ operands: Operands) -> Int {
    core.operands = operands
    bases.run()
    moments.run()
    return core.renewedCount
  }
}

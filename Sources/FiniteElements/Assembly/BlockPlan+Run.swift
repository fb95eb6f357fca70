import CKernels
import Equations
import Tensors

/// Scratch memory of one thread for one plan, with the programs bound to it.
final class BlockScratch: @unchecked Sendable {
  // Unchecked: it belongs to one worker at a time.

  let memory: Buffer<Double>
  let pointers: Buffer<UnsafePointer<Double>?>
  private let frames: [PointwiseProgram.Frame]
  let cellPass: PointwiseProgram.Pass?
  let pointPass: PointwiseProgram.Pass?

  init(_ plan: BlockPlan) {
    memory = Buffer(count: plan.scratchSize)
    pointers = Buffer(count: 9)
    let base = memory.pointer
    for constant in plan.constants {
      (base + constant.offset).update(repeating: constant.value, count: plan.pointCount * BlockPlan.lanes)
    }
    var frames: [PointwiseProgram.Frame] = []
    let bind = { (program: PointwiseProgram?, inputs: [Int], outputs: [Int]) -> PointwiseProgram.Pass? in
      guard let program else { return nil }
      let frame = PointwiseProgram.Frame(for: program)
      for (i, offset) in inputs.enumerated() { frame.setInput(i, base + offset) }
      for (i, offset) in outputs.enumerated() { frame.setOutput(i, of: program, base + offset) }
      frames.append(frame)
      return program.pass(on: frame)
    }
    cellPass = bind(plan.cellProgram, plan.cellInputs, plan.cellOutputs)
    pointPass = bind(plan.pointProgram, plan.pointInputs, plan.pointOutputs)
    self.frames = frames
  }
}

/// What an assembly reads and where it adds.
struct AssemblyTargets {
  /// Values of the matrix, and where its rows begin.
  var matrix: UnsafeMutablePointer<Double>?
  var rowStarts: UnsafePointer<Int32>?
  var vector: UnsafeMutablePointer<Double>?
  /// Degrees of freedom of the state and of its time derivative.
  var state: UnsafePointer<Double>?
  var rate: UnsafePointer<Double>?
  var shift = 0.0
}

extension BlockPlan {
  /// Integrates over the cells `range` of the list and adds to the targets.
  func run(_ range: Range<Int>, _ targets: AssemblyTargets, _ scratch: BlockScratch) {
    var start = range.lowerBound
    while start < range.upperBound {
      let count = min(Self.lanes, range.upperBound - start)
      evaluate(start, count, targets, scratch)
      if targets.matrix != nil {
        for block in matrixBlocks { addMatrix(block, start, count, targets, scratch) }
      }
      if targets.vector != nil {
        for block in vectorBlocks { addVector(block, start, count, targets, scratch) }
      }
      start += count
    }
  }

  // MARK: - Evaluation at points

  /// Geometry, jets and coefficients of `count` cells.
  func evaluate(_ start: Int, _ count: Int, _ targets: AssemblyTargets, _ scratch: BlockScratch) {
    let base = scratch.memory.pointer
    let (lanes, d, m) = (Self.lanes, dimension, geometryNodes)
    let n = places * lanes
    for axis in 0..<d {
      let nodes = base + nodeOffset + axis * m * lanes
      ck_elements_gather(
        nodes, list.points.pointer + start * m, Int64(m), Int64(count), Int64(lanes),
        space.spaces[0].coordinates.pointer, Int64(d), Int64(axis))
      jacobianTable.contract(nodes, to: base + jacobianOffset + axis * d * n, lanes: lanes)
    }
    ck_elements_jacobian(
      base + inverseOffset, base + determinantOffset, base + jacobianOffset, Int64(d), Int64(n))
    if let area {
      ck_elements_surface(
        base + measureOffset, base + normalOffset, base + inverseOffset, base + determinantOffset,
        area.pointer, Int64(d), Int64(n))
    }
    for axis in 0..<d {
      guard let offset = coordinateOffsets[axis] else { continue }
      coordinateTable.contract(base + nodeOffset + axis * m * lanes, to: base + offset, lanes: lanes)
    }
    for random in randomFields {
      for i in 0..<pointCount * lanes {
        var x = SIMD3<Double>.zero
        for axis in 0..<d { x[axis] = base[coordinateOffsets[axis]! + i] }
        base[random.offset + i] = random.interpolant(x)
      }
    }
    for region in regions {
      for q in 0..<pointCount {
        for c in 0..<lanes {
          base[region.offset + q * lanes + c] = region.indicator.pointer[start + min(c, count - 1)]
        }
      }
    }
    if let shiftOffset { (base + shiftOffset).update(repeating: targets.shift, count: pointCount * lanes) }
    if let offset = geometrySecondOffset, let table = geometrySecondTable {
      for axis in 0..<d {
        table.contract(
          base + nodeOffset + axis * m * lanes, to: base + offset + axis * table.rows * lanes, lanes: lanes)
      }
    }
    for jet in jets { evaluate(jet, start, count, targets, base) }
    scratch.cellPass?.run(count: lanes)
    scratch.pointPass?.run(count: pointCount * lanes)
  }

  private func evaluate(
    _ jet: PlannedJets, _ start: Int, _ count: Int, _ targets: AssemblyTargets,
    _ base: UnsafeMutablePointer<Double>
  ) {
    let (lanes, d, nq) = (Self.lanes, dimension, pointCount)
    let field = space.fields[jet.field]
    let s = field.spaceIndex
    let size = valueTables[s].depth
    guard let source = jet.timeOrder == 0 ? targets.state : targets.rate else {
      preconditionFailure("the form contains \(field.name), but no state was given to evaluate it")
    }
    ck_elements_gather(
      base + jet.coefficients, list.dofs[s].pointer + start * size, Int64(size), Int64(count), Int64(lanes),
      source,
      Int64(field.stride), Int64(field.first))
    if let value = jet.value {
      valueTables[s].contract(base + jet.coefficients, to: base + value, lanes: lanes)
    }
    if let reference = jet.referenceGradient {
      gradientTables[s].contract(base + jet.coefficients, to: base + reference, lanes: lanes)
      for axis in 0..<d {
        guard let out = jet.gradients[axis] else { continue }
        ck_elements_push_gradient(
          base + out, base + reference, base + inverseOffset, Int64(axis), Int64(d), Int64(nq), Int64(lanes),
          places == 1 ? 1 : 0)
      }
    }
    if let reference = jet.referenceSecond {
      secondTables[s].contract(base + jet.coefficients, to: base + reference, lanes: lanes)
      pushSeconds(jet, reference, base)
    }
  }

  /// ∂²u/∂x_e∂x_f = Σ_ab K_ae K_bf (∂²u/∂ξ_a∂ξ_b − Σ_k ∂u/∂x_k ∂²x_k/∂ξ_a∂ξ_b) with K = ∂ξ/∂x.
  private func pushSeconds(_ jet: PlannedJets, _ reference: Int, _ base: UnsafeMutablePointer<Double>) {
    let (lanes, d, nq) = (Self.lanes, dimension, pointCount)
    let (n, geometryRows) = (places * lanes, d * (d + 1) / 2 * nq)
    for (e, f, out) in jet.seconds {
      for q in 0..<nq {
        for c in 0..<lanes {
          let g = places == 1 ? c : q * lanes + c
          var sum = 0.0
          var pair = 0
          for a in 0..<d {
            for b in a..<d {
              var h = base[reference + (pair * nq + q) * lanes + c]
              if let second = geometrySecondOffset {
                for k in 0..<d {
                  h -=
                    base[jet.gradients[k]! + q * lanes + c]
                    * base[second + (k * geometryRows + pair * nq + q) * lanes + c]
                }
              }
              let inverse = base + inverseOffset + g
              var factor = inverse[(a * d + e) * n] * inverse[(b * d + f) * n]
              if a != b { factor += inverse[(b * d + e) * n] * inverse[(a * d + f) * n] }
              sum += factor * h
              pair += 1
            }
          }
          base[out + q * lanes + c] = sum
        }
      }
    }
  }

  // MARK: - Element matrices and vectors

  private func addMatrix(
    _ block: PlannedBlock, _ start: Int, _ count: Int, _ targets: AssemblyTargets, _ scratch: BlockScratch
  ) {
    let base = scratch.memory.pointer
    for piece in block.pieces { pull(piece, scratch) }
    block.table.contract(base + inputOffset, to: base + outputOffset, lanes: Self.lanes)
    let (test, trial) = (space.fields[block.test], space.fields[block.trial!])
    let (rows, columns) = (valueTables[test.spaceIndex].depth, valueTables[trial.spaceIndex].depth)
    ck_elements_scatter_matrix(
      targets.matrix!, targets.rowStarts!, block.offsets!.pointer + start * rows * columns,
      list.dofs[test.spaceIndex].pointer + start * rows, Int64(rows), Int64(columns), Int64(test.first),
      Int64(test.stride), base + outputOffset, Int64(count), Int64(Self.lanes))
  }

  private func addVector(
    _ block: PlannedBlock, _ start: Int, _ count: Int, _ targets: AssemblyTargets, _ scratch: BlockScratch
  ) {
    let base = scratch.memory.pointer
    for piece in block.pieces { pull(piece, scratch) }
    block.table.contract(base + inputOffset, to: base + outputOffset, lanes: Self.lanes)
    let test = space.fields[block.test]
    let rows = valueTables[test.spaceIndex].depth
    ck_elements_scatter_vector(
      targets.vector!, list.dofs[test.spaceIndex].pointer + start * rows, Int64(rows), Int64(test.first),
      Int64(test.stride), base + outputOffset, Int64(count), Int64(Self.lanes))
  }

  /// Carries the coefficients of a piece to the reference cell, into the contraction's input.
  private func pull(_ piece: PlannedPiece, _ scratch: BlockScratch) {
    let base = scratch.memory.pointer
    let out = base + inputOffset + piece.firstRow * Self.lanes
    let (measure, inverse) = (base + measureOffset, base + inverseOffset)
    let (d, points, lanes) = (Int64(dimension), Int64(piece.points), Int64(Self.lanes))
    let perCell: Int32 = places == 1 ? 1 : 0
    let pointers = scratch.pointers.pointer
    for (i, source) in piece.sources.enumerated() {
      if case .array(let offset)? = source {
        pointers[i] = UnsafePointer(base + offset)
      } else {
        pointers[i] = nil
      }
    }
    switch piece.kind {
    case .metric: ck_elements_metric(out, pointers[0], measure, inverse, d, points, lanes, perCell)
    case .tensor: ck_elements_pull_tensor(out, pointers, measure, inverse, d, points, lanes, perCell)
    case .testGradient, .trialGradient:
      ck_elements_pull_vector(out, pointers, measure, inverse, d, points, lanes, perCell)
    case .values: ck_elements_scale(out, pointers[0], measure, points, lanes, perCell)
    }
  }
}

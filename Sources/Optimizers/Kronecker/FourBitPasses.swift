import Algebra
import Foundation
import Tensors

/// One factor of a matrix for ``FourBitShampoo``, with the places of what is kept of it.
struct FourBitSide: Sendable {
  let block: Int
  let isLeft: Bool
  let order: Int
  /// Whether vectors and root are in four bits.
  let isCoded: Bool
  /// Where its codes begin: those of the vectors, then those of the root.
  let codes: Int
  /// Where its numbers begin: eigenvalues, the diagonal of the root, then the scales of vectors and root, or these.
  let numbers: Int

  /// Numbers of the vectors' scales, or of the vectors, and of the root's.
  var share: Int { isCoded ? order * FourBitCode.scales(order) : order * order }
  var codeCount: Int { isCoded ? 2 * order * FourBitCode.bytes(order) : 0 }
  var numberCount: Int { 2 * order + 2 * share }
}

/// What a step of ``FourBitShampoo`` works on, and with which numbers.
struct FourBitOperands<Scalar: OptimizerScalar> {
  var gradient: UnsafeMutablePointer<Scalar>
  var codes: UnsafeMutablePointer<UInt8>?
  var numbers: UnsafeMutablePointer<Float>?
  var beta, epsilon: Double
  /// Whether factors begin, are updated, and roots are taken.
  var (isFirst, takesFactors, takesRoots) = (false, false, false)

  init(gradient: UnsafeMutablePointer<Scalar>, beta: Double, epsilon: Double) {
    (self.gradient, self.beta, self.epsilon) = (gradient, beta, epsilon)
  }
}

/// The parallel passes of a step of ``FourBitShampoo`` and the memory that they work in, prepared once.
final class FourBitPasses<Scalar: OptimizerScalar> {
  private let core: Core
  private let factors, directions: UnitPass

  init(_ blocks: [MatrixBlock], _ sides: [FourBitSide]) {
    let core = Core(blocks, sides)
    self.core = core
    factors = UnitPass(costs: sides.map { 16 * $0.order * $0.order * $0.order }) { core.renew($0, $1) }
    directions = UnitPass(costs: blocks.map { $0.rows * $0.columns * ($0.rows + $0.columns + 8) }) {
      core.direct($0, $1)
    }
  }

  /// Replaces the gradients of matrices by their directions.
  func run(_ operands: FourBitOperands<Scalar>) {
    core.operands = operands
    if operands.takesFactors || operands.takesRoots { factors.run() }
    directions.run()
  }

  /// The work on one factor or block.
  private final class Core: @unchecked Sendable {
    // Unchecked: what changes is written by the owner between regions, and every unit writes to its own part of memory.

    var operands: FourBitOperands<Scalar>?
    private var gradient: UnsafeMutablePointer<Scalar>? { operands!.gradient }
    private var codes: UnsafeMutablePointer<UInt8>? { operands!.codes }
    private var numbers: UnsafeMutablePointer<Float>? { operands!.numbers }
    private let blocks: [MatrixBlock]
    private let sides: [FourBitSide]
    /// The sides of every block.
    private let own: [(left: Int?, right: Int?)]
    private let rooms: [Room]
    private let field = MatrixField(isComplex: false)

    /// What one worker works in.
    private final class Room {
      let workspace: FactorWorkspace
      let vectors, third, wide: Buffer<Double>
      let first, second, narrow: Buffer<Scalar>

      init(order: Int, count: Int) {
        workspace = FactorWorkspace(order: order, complexOrder: 0)
        (vectors, third, wide) = (
          Buffer(count: order * order), Buffer(count: order * order), Buffer(count: count)
        )
        (first, second, narrow) = (Buffer(count: count), Buffer(count: count), Buffer(count: order * order))
      }
    }

    init(_ blocks: [MatrixBlock], _ sides: [FourBitSide]) {
      // Every block is worked on in a worker's room, at its beginning.
      self.blocks = blocks.map { $0.beginning(at: 0) }
      self.sides = sides
      own = blocks.indices.map { index in
        (
          sides.firstIndex { $0.block == index && $0.isLeft },
          sides.firstIndex { $0.block == index && !$0.isLeft }
        )
      }
      let order = sides.reduce(0) { max($0, $1.order) }
      let count = blocks.reduce(0) { max($0, $1.count) }
      rooms = (0..<WorkerPool.shared.threadCount).map { _ in Room(order: order, count: count) }
    }

    /// Reads the vectors or the root of a side, the latter without its diagonal where it is in four bits.
    private func read(_ side: FourBitSide, isRoot: Bool, into out: UnsafeMutablePointer<Double>) {
      let n = side.order
      let numbers = numbers! + side.numbers + 2 * n + (isRoot ? side.share : 0)
      if side.isCoded {
        let codes = codes! + side.codes + (isRoot ? n * FourBitCode.bytes(n) : 0)
        FourBitCode.decode(codes, scales: numbers, rows: n, count: n, into: out)
      } else {
        for i in 0..<n * n { out[i] = Double(numbers[i]) }
      }
    }

    /// Writes them.
    private func write(_ side: FourBitSide, isRoot: Bool, _ x: UnsafePointer<Double>) {
      let n = side.order
      let numbers = numbers! + side.numbers + 2 * n + (isRoot ? side.share : 0)
      if side.isCoded {
        let codes = codes! + side.codes + (isRoot ? n * FourBitCode.bytes(n) : 0)
        FourBitCode.encode(x, rows: n, count: n, codes: codes, scales: numbers)
      } else {
        for i in 0..<n * n { numbers[i] = Float(x[i]) }
      }
    }

    /// Updates a factor, or takes its root, or both.
    func renew(_ index: Int, _ worker: Int) {
      let (side, room) = (sides[index], rooms[worker])
      let n = side.order
      let (vectors, product, factor) = (
        room.vectors.pointer, room.workspace.second.pointer, room.third.pointer
      )
      let spare = room.workspace.first.pointer
      let values = numbers! + side.numbers
      if operands!.takesFactors {
        updateFactor(side, room, vectors, factor, product, spare, values)
      }
      guard operands!.takesRoots else { return }
      read(side, isRoot: false, into: vectors)
      if side.isCoded { orthonormalizeByBjorck(vectors, order: n, steps: 4, product, spare) }
      var largest: Float = 0
      for k in 0..<n { largest = max(largest, values[k]) }
      guard largest > 0 else { return writeIdentity(side, spare) }
      for k in 0..<n {
        let value = max(Double(values[k]), 0) + operands!.epsilon * Double(largest)
        (product + k * n).update(from: vectors + k * n, count: n)
        Double.scale(product + k * n, by: Foundation.pow(value, -0.25), count: n)
      }
      field.multiply(n, n, n, vectors, n, adjoint: true, product, n, factor, n)
      guard Double.dot(factor, factor, count: n * n).isFinite else { return }
      writeRoot(side, factor)
    }

    /// A ← β V s Vᵀ + (1 − β) G Gᵀ, and its vectors by one step of orthogonal iteration.
    private func updateFactor(
      _ side: FourBitSide, _ room: Room, _ vectors: UnsafeMutablePointer<Double>,
      _ factor: UnsafeMutablePointer<Double>, _ product: UnsafeMutablePointer<Double>,
      _ spare: UnsafeMutablePointer<Double>, _ values: UnsafeMutablePointer<Float>
    ) {
      let (n, block) = (side.order, blocks[side.block])
      if operands!.isFirst {
        vectors.update(repeating: 0, count: n * n)
        for k in 0..<n { vectors[k * (n + 1)] = 1 }
        factor.update(repeating: 0, count: n * n)
      } else {
        read(side, isRoot: false, into: vectors)
        if side.isCoded { orthonormalizeByBjorck(vectors, order: n, steps: 1, product, spare) }
        product.update(from: vectors, count: n * n)
        for k in 0..<n { Double.scale(product + k * n, by: Double(values[k]), count: n) }
        field.multiply(n, n, n, alpha: operands!.beta, vectors, n, adjoint: true, product, n, factor, n)
      }
      block.gather(gradient!, into: room.first.pointer, wide: room.wide.pointer)
      field.addGram(
        0..<n, order: n, inner: side.isLeft ? block.columns : block.rows, alpha: 1 - operands!.beta,
        room.wide.pointer,
        isLeft: side.isLeft, beta: 1, factor)
      if operands!.isFirst {
        // The identity has no directions to iterate from: the vectors of A themselves.
        product.update(from: factor, count: n * n)
        guard
          room.workspace.eigen(
            field, order: n, product, vectors: spare, values: room.workspace.values.pointer)
        else { return }
        vectors.update(from: spare, count: n * n)
      } else {
        field.multiply(n, n, n, vectors, n, factor, n, spare, n)
        guard room.workspace.orthonormalize(field, order: n, spare) else { return }
        vectors.update(from: spare, count: n * n)
      }
      field.multiply(n, n, n, vectors, n, factor, n, product, n)
      for k in 0..<n { values[k] = Float(Double.dot(product + k * n, vectors + k * n, count: n)) }
      write(side, isRoot: false, vectors)
    }

    private func writeIdentity(_ side: FourBitSide, _ spare: UnsafeMutablePointer<Double>) {
      spare.update(repeating: 0, count: side.order * side.order)
      for k in 0..<side.order { spare[k * (side.order + 1)] = 1 }
      writeRoot(side, spare)
    }

    /// Keeps a root: its diagonal apart where it is in four bits. The root is overwritten.
    private func writeRoot(_ side: FourBitSide, _ root: UnsafeMutablePointer<Double>) {
      let n = side.order
      for k in 0..<n where side.isCoded {
        numbers![side.numbers + n + k] = Float(root[k * (n + 1)])
        root[k * (n + 1)] = 0
      }
      write(side, isRoot: true, root)
    }

    /// A root in the precision of the parameters.
    private func readRoot(_ index: Int, _ room: Room) -> UnsafeMutablePointer<Scalar> {
      let side = sides[index]
      let n = side.order
      read(side, isRoot: true, into: room.vectors.pointer)
      for k in 0..<n where side.isCoded {
        room.vectors.pointer[k * (n + 1)] = Double(numbers![side.numbers + n + k])
      }
      Scalar.convert(room.vectors.pointer, to: room.narrow.pointer, count: n * n)
      return room.narrow.pointer
    }

    /// Replaces the gradient of a block by root G root with the length of G.
    func direct(_ index: Int, _ worker: Int) {
      let (block, room) = (blocks[index], rooms[worker])
      let (m, n) = (block.rows, block.columns)
      var (now, next) = (room.first.pointer, room.second.pointer)
      block.gather(gradient!, into: now, wide: nil)
      let length = Scalar.inner(now, now, count: m * n).squareRoot()
      if let left = own[index].left {
        field.multiply(m, n, m, readRoot(left, room), m, now, n, next, n)
        swap(&now, &next)
      }
      if let right = own[index].right {
        field.multiply(m, n, n, now, n, readRoot(right, room), n, next, n)
        swap(&now, &next)
      }
      let found = Scalar.inner(now, now, count: m * n).squareRoot()
      guard found > 0, found.isFinite else { return }
      Scalar.scale(now, by: Scalar(length / found), count: m * n)
      for i in 0..<m {
        (gradient! + block.offset + i * block.rowStride).update(from: now + i * n, count: n)
      }
    }
  }
}

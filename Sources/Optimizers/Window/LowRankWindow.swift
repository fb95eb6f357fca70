import Algebra
import Tensors

/// A parameter array as a matrix that is kept as a product of two factors with few rows, Pᵀ Q or its transpose: P has the
/// length of the smaller side, and orthonormal rows.
struct LowRankBlock: Sendable {
  /// Where it begins in the vector, and whether P belongs to its rows.
  let start: Int
  let isWide: Bool
  /// Rows of either factor, and the lengths of those of P and Q.
  let rank, short, long: Int
  /// Where its factors begin, each [slots, rank, length].
  let shortStart, longStart: Int

  var count: Int { short * long }
}

/// A window of gradients that are kept as factors of low rank, one pair for each array: otherwise as ``GradientWindow``.
struct LowRankWindow<Scalar: OptimizerScalar>: Sendable {
  let blocks: [LowRankBlock]
  private(set) var system: WindowSystem
  /// P and Q of all arrays and slots.
  private(set) var short, long: Tensor<Double>
  private var scratch = Scratch<LowRankWindowPasses<Scalar>>()

  /// Room for `capacity` gradients of a layout with factors of up to `rank` rows. Arrays of one axis are kept whole.
  init(capacity: Int, rank: Int, damping: Double, layout: ParameterLayout) {
    var (blocks, shortCount, longCount): ([LowRankBlock], Int, Int) = ([], 0, 0)
    for segment in layout.segments where !segment.range.isEmpty {
      let rows = segment.shape.count > 1 ? segment.shape[0] : 1
      let columns = segment.range.count / rows
      let (short, long) = (min(rows, columns), max(rows, columns))
      let own = min(rank, short)
      blocks.append(
        LowRankBlock(
          start: segment.range.lowerBound, isWide: rows <= columns, rank: own, short: short, long: long,
          shortStart: shortCount, longStart: longCount))
      shortCount += capacity * own * short
      longCount += capacity * own * long
    }
    self.blocks = blocks
    system = WindowSystem(capacity: capacity, damping: damping)
    (short, long) = (.zeros([shortCount]), .zeros([longCount]))
  }

  /// Takes up the parts of a state.
  mutating func restore<State>(_ state: OptimizerState<State>) throws(OptimizerError) {
    let (p, q) = (
      try state.double("short factors", short.shape), try state.double("long factors", long.shape)
    )
    system.gram = try state.double("products", system.gram.shape)
    (short, long, system.appended) = (p, q, state.step)
    scratch.drop()
  }

  /// Takes what the factors can hold out of a vector into the window, in place of the oldest gradient where there is no
  /// more room, and moves x by −rate F⁻¹ times it. Returns how often the diagonal had to grow.
  mutating func step(
    _ x: UnsafeMutablePointer<Scalar>, from rest: UnsafeMutablePointer<Scalar>, rate: Double
  ) -> Int {
    let (blocks, capacity) = (blocks, system.capacity)
    let passes = scratch.take { LowRankWindowPasses(blocks, capacity: capacity) }
    (passes.x, passes.rest) = (x, rest)
    short.withUnsafeMutableBufferPointer { passes.short = $0.baseAddress }
    long.withUnsafeMutableBufferPointer { passes.long = $0.baseAddress }
    passes.before = system.appended > 0 ? system.lastSlot : nil
    (passes.slot, passes.drawn) = (system.nextSlot, UInt64(system.appended))
    system.appended += 1
    passes.slots = system.count
    passes.compression.run()
    passes.addProducts()
    system.record(passes.products.pointer)
    system.setToLast(passes.products.pointer)
    let growths = system.solve(passes.products.pointer, factor: passes.factor)
    passes.scale = -rate * Double(system.count)
    passes.motion.run()
    return growths
  }
}

/// The passes of a window of factors, one array at a time.
final class LowRankWindowPasses<Scalar: OptimizerScalar>: @unchecked Sendable {
  // Unchecked: operands are written by the owner between passes; a worker has memory of its own, and every array its own
  // part of the rest.

  var x, rest: UnsafeMutablePointer<Scalar>?
  var short, long: UnsafeMutablePointer<Double>?
  /// The slot of the last gradient, that of the new one, how many there are, and how many there have been before.
  var before: Int?
  var (slot, slots, drawn) = (0, 0, UInt64(0))
  var scale = 0.0
  /// Products of the new gradient with all, or what replaces them.
  let products: Buffer<Double>
  /// Room for the factor of the system.
  let factor: Buffer<Double>
  private(set) var compression, motion: UnitPass!
  private let blocks: [LowRankBlock]
  private let sums: Buffer<Double>
  private let workers: [Worker]
  private let capacity: Int
  private let field = MatrixField(isComplex: false)

  private final class Worker {
    let whole, other: Buffer<Double>
    let scaled: Buffer<Double>
    let shortProducts, longProducts: Buffer<Double>

    init(_ blocks: [LowRankBlock], capacity: Int) {
      func largest(_ count: (LowRankBlock) -> Int) -> Int { blocks.reduce(0) { max($0, count($1)) } }
      (whole, other) = (Buffer(count: largest { $0.count }), Buffer(count: largest { $0.count }))
      scaled = Buffer(count: capacity * largest { $0.rank * $0.short })
      let pairs = capacity * largest { $0.rank * $0.rank }
      (shortProducts, longProducts) = (Buffer(count: pairs), Buffer(count: pairs))
    }
  }

  init(_ blocks: [LowRankBlock], capacity: Int) {
    (self.blocks, self.capacity) = (blocks, capacity)
    (products, factor) = (Buffer(count: capacity), Buffer(count: capacity * capacity))
    sums = Buffer(count: blocks.count * capacity)
    workers = (0..<WorkerPool.shared.threadCount).map { _ in Worker(blocks, capacity: capacity) }
    compression = UnitPass(
      costs: blocks.map { 3 * $0.rank * $0.count + 2 * capacity * $0.rank * $0.rank * ($0.short + $0.long) }
    ) { [unowned self] unit, worker in compress(unit, workers[worker]) }
    motion = UnitPass(costs: blocks.map { capacity * $0.rank * $0.count }) { [unowned self] unit, worker in
      move(unit, workers[worker])
    }
  }

  private func shortRows(_ block: LowRankBlock, _ slot: Int) -> UnsafeMutablePointer<Double> {
    short! + block.shortStart + slot * block.rank * block.short
  }

  private func longRows(_ block: LowRankBlock, _ slot: Int) -> UnsafeMutablePointer<Double> {
    long! + block.longStart + slot * block.rank * block.long
  }

  /// One step of power iteration from the last factors (Vogels, Karimireddy and Jaggi, NeurIPS 2019), its result taken out
  /// of the rest, and its products with all gradients.
  private func compress(_ index: Int, _ room: Worker) {
    let block = blocks[index]
    let (r, s, l, a) = (block.rank, block.short, block.long, room.whole.pointer)
    let (p, q, own) = (shortRows(block, slot), longRows(block, slot), rest! + block.start)
    Scalar.convert(own, toDouble: a, count: block.count)
    if before == nil {
      Double.fillNormal(q, count: r * l, seed: 0, stream: 0, first: UInt64(block.longStart))
    }
    let begin = before.map { longRows(block, $0) } ?? q
    field.multiply(
      r, s, l, begin, l, a, block.isWide ? l : s, timesAdjoint: block.isWide, room.other.pointer, s)
    p.update(from: room.other.pointer, count: r * s)
    orthonormalize(p, block)
    field.multiply(r, l, s, p, s, a, block.isWide ? l : s, timesAdjoint: !block.isWide, q, l)
    let product = room.other.pointer
    if block.isWide {
      field.multiply(s, l, r, p, s, adjoint: true, q, l, product, l)
    } else {
      field.multiply(l, s, r, q, l, adjoint: true, p, s, product, s)
    }
    Double.axpy(-1, product, a, count: s * l)
    Scalar.convert(a, to: own, count: s * l)

    let (first, second) = (room.shortProducts.pointer, room.longProducts.pointer)
    field.multiply(slots * r, r, s, shortRows(block, 0), s, p, s, timesAdjoint: true, first, r)
    field.multiply(slots * r, r, l, longRows(block, 0), l, q, l, timesAdjoint: true, second, r)
    for k in 0..<slots {
      sums.pointer[index * capacity + k] = Double.dot(first + k * r * r, second + k * r * r, count: r * r)
    }
  }

  /// Makes rows orthonormal; one that depends on those before it becomes a random one, so that factors never lose rank.
  private func orthonormalize(_ rows: UnsafeMutablePointer<Double>, _ block: LowRankBlock) {
    let n = block.short
    for k in 0..<block.rank {
      let row = rows + k * n
      for attempt in 0..<3 {
        let size = Double.dot(row, row, count: n).squareRoot()
        if size > 0 { Double.scale(row, by: 1 / size, count: n) }
        for _ in 0..<2 {
          for j in 0..<k {
            let other = rows + j * n
            Double.axpy(-Double.dot(row, other, count: n), other, row, count: n)
          }
        }
        let left = Double.dot(row, row, count: n).squareRoot()
        if size > 0, left > 1e-10 {
          Double.scale(row, by: 1 / left, count: n)
          break
        }
        Double.fillNormal(
          row, count: n, seed: UInt64(attempt + 1), stream: drawn, first: UInt64(block.shortStart + k * n))
      }
    }
  }

  /// Adds the products of all arrays.
  func addProducts() {
    for k in 0..<slots {
      products.pointer[k] = blocks.indices.reduce(0) { $0 + sums.pointer[$1 * capacity + k] }
    }
  }

  /// x += scale Σ yᵢ Cᵢ, with the solution y of the system for products.
  private func move(_ index: Int, _ room: Worker) {
    let block = blocks[index]
    let (r, s, l) = (block.rank, block.short, block.long)
    let (scaled, out) = (room.scaled.pointer, room.whole.pointer)
    scaled.update(from: shortRows(block, 0), count: slots * r * s)
    for k in 0..<slots { Double.scale(scaled + k * r * s, by: products.pointer[k], count: r * s) }
    if block.isWide {
      field.multiply(s, l, slots * r, scaled, s, adjoint: true, longRows(block, 0), l, out, l)
    } else {
      field.multiply(l, s, slots * r, longRows(block, 0), l, adjoint: true, scaled, s, out, s)
    }
    let own = x! + block.start
    Scalar.move(own, own, out, step: scale, count: block.count)
  }
}

import CKernels
import Tensors

/// Elementwise operations in one pass.
struct FusedStep<Scalar: Real>: ProgramStep {
  let instructions: Buffer<ck_instruction>
  let strides: Buffer<Int64>
  let accesses: Buffer<ck_access>
  let arrays: [Place]
  let sources: [Place]
  let count: Extent
  let scratchCount: Int
  let block: Int
  let operationCount: Int
  let description: String

  init(_ kernel: FusedKernel, inputs: [Place], outputs: [Place], repeated: [Place], count: Extent) {
    instructions = Buffer(count: max(kernel.instructions.count, 1))
    for (i, instruction) in kernel.instructions.enumerated() { instructions.pointer[i] = instruction }
    arrays = inputs + outputs
    sources = repeated
    strides = Buffer(count: max(kernel.slotCount, 1))
    for i in arrays.indices { strides.pointer[i] = 1 }
    accesses = Buffer(count: max(repeated.count, 1))
    for (i, access) in kernel.repeated.enumerated() {
      let repetition = access.repetition!
      let length = repetition.each * repetition.period
      let changes = repetition.each > 1 || length > 1 && kernel.block % length != 0
      accesses.pointer[i] = ck_access(
        each: Int64(repetition.each), period: Int64(repetition.period), slot: Int32(arrays.count + i),
        changes: changes ? 1 : 0)
    }
    self.count = count
    scratchCount = kernel.scratchCount
    block = kernel.block
    operationCount = kernel.operationCount
    description =
      "fused \(kernel.operationCount) operations, \(inputs.count) in, \(repeated.count) repeated, \(outputs.count) out"
    instructionCount = kernel.instructions.count
  }

  private let instructionCount: Int

  func run(_ tile: TileContext<Scalar>) {
    for i in arrays.indices { tile.slots[i] = tile.pointer(arrays[i]) }
    for i in 0..<scratchCount { tile.slots[arrays.count + i] = tile.registers + i * block }
    for i in sources.indices { tile.sources[i] = UnsafePointer(tile.pointer(sources[i])) }
    Scalar.runFused(
      instructions.pointer, instructions: instructionCount, slots: tile.slots, strides: strides.pointer,
      accesses: accesses.pointer, accessCount: sources.count, sources: tile.sources, block: block,
      count: count(tile.samples))
  }

  func operations(samples: Int) -> Int { operationCount * count(samples) }
}

/// A product of matrices, or of stacks of them.
struct MatmulStep<Scalar: Real>: ProgramStep {
  let a: Place
  let b: Place
  let c: Place
  let transposeA: Bool
  let transposeB: Bool
  let batch: Extent
  let rows: Extent
  let inner: Extent
  let columns: Int
  let isAccumulating: Bool
  /// Whether a sum begins here: the first tile of a lane writes it.
  let isFirst: Bool

  var description: String {
    "matmul\(transposeA ? " Aᵀ" : "")\(transposeB ? " Bᵀ" : "")\(isAccumulating ? " +=" : "")"
  }

  func run(_ tile: TileContext<Scalar>) {
    let adds = isAccumulating && !(isFirst && tile.isFirstOfLane)
    let (batch, m, k) = (batch(tile.samples), rows(tile.samples), inner(tile.samples))
    let (x, y, z) = (tile.pointer(a), tile.pointer(b), tile.pointer(c))
    if k == 1, m * columns < 1 << 14 {
      return Scalar.outerProducts(
        z, x, y, batch: batch, rows: m, columns: columns, accumulating: adds)
    }
    if k == 0 {
      if !adds { z.clear(count: batch * m * columns) }
      return
    }
    for i in 0..<batch {
      multiply(
        x + i * m * k, y + i * k * columns, z + i * m * columns, rows: m, inner: k, adds: adds)
    }
  }

  /// One product, cut along its long axis into blocks of up to a million multiplications, for which OpenBLAS has a path
  /// without packing, where it is narrow: the cut depends on the shapes alone.
  private func multiply(
    _ x: UnsafePointer<Scalar>, _ y: UnsafePointer<Scalar>, _ z: UnsafeMutablePointer<Scalar>, rows m: Int,
    inner k: Int, adds: Bool
  ) {
    let (sx, sy) = (transposeA ? m : k, transposeB ? k : columns)
    func product(_ first: Int, _ count: Int, _ start: Int, _ length: Int) {
      Scalar.multiplyMatrices(
        rows: count, columns: columns, inner: length, alpha: 1,
        x + (transposeA ? start * sx + first : first * sx + start), leading: sx, transposed: transposeA,
        y + (transposeB ? start : start * sy), leading: sy, transposed: transposeB,
        beta: adds || start > 0 ? 1 : 0, z + first * columns, leading: columns)
    }
    let most = 1_000_000
    guard m * k * columns > most else { return product(0, m, 0, k) }
    if m >= k, !transposeA {
      let block = most / (k * columns) / 8 * 8
      guard block >= 64 else { return product(0, m, 0, k) }
      for first in stride(from: 0, to: m, by: block) { product(first, min(block, m - first), 0, k) }
    } else {
      let block = most / (m * columns) / 8 * 8
      guard block >= 64 else { return product(0, m, 0, k) }
      for start in stride(from: 0, to: k, by: block) { product(0, m, start, min(block, k - start)) }
    }
  }

  func operations(samples: Int) -> Int { 2 * batch(samples) * rows(samples) * inner(samples) * columns }
}

/// A sum, or the largest element, along neighbouring axes.
struct ReductionStep<Scalar: Real>: ProgramStep {
  let source: Place
  let result: Place
  let outer: Extent
  let reduced: Extent
  let inner: Int
  let isMaximum: Bool
  let isAccumulating: Bool

  var description: String { isMaximum ? "maximum" : isAccumulating ? "sum +=" : "sum" }

  func run(_ tile: TileContext<Scalar>) {
    let (outer, reduced) = (outer(tile.samples), reduced(tile.samples))
    let (x, y) = (tile.pointer(source), tile.pointer(result))
    if isMaximum { return Scalar.maxima(y, x, outer: outer, reduced: reduced, inner: inner) }
    if !isAccumulating { y.clear(count: outer * inner) }
    Scalar.addSums(y, x, outer: outer, reduced: reduced, inner: inner)
  }

  func operations(samples: Int) -> Int { outer(samples) * reduced(samples) * inner }
}

/// Elements copied from places with one stride per axis to places with another: transposes, slices, stacks.
struct CopyStep<Scalar: Real>: ProgramStep {
  let source: Place
  let result: Place
  /// The length of the first axis; the others' follow.
  let first: Extent
  let lengths: [Int]
  let sourceStrides: [Int]
  let resultStrides: [Int]
  /// Elements of the result to set to zero beforehand.
  let cleared: Extent

  var description: String { "copy" }

  func run(_ tile: TileContext<Scalar>) {
    let (x, y) = (tile.pointer(source), tile.pointer(result))
    let zeros = cleared(tile.samples)
    if zeros > 0 { y.clear(count: zeros) }
    if lengths.isEmpty {
      Scalar.copyStrided(
        y, stride: resultStrides[0], from: x, stride: sourceStrides[0], count: first(tile.samples))
      return
    }
    for i in 0..<first(tile.samples) {
      copy(1, x + i * sourceStrides[0], y + i * resultStrides[0])
    }
  }

  private func copy(_ axis: Int, _ x: UnsafeMutablePointer<Scalar>, _ y: UnsafeMutablePointer<Scalar>) {
    let (length, from, to) = (lengths[axis - 1], sourceStrides[axis], resultStrides[axis])
    if axis == lengths.count {
      Scalar.copyStrided(y, stride: to, from: x, stride: from, count: length)
    } else if axis == lengths.count - 1, isTranspose {
      Scalar.transpose(y, x, rows: lengths[axis], columns: length)
    } else {
      for i in 0..<length { copy(axis + 1, x + i * from, y + i * to) }
    }
  }

  /// Whether the last two axes change places, densely.
  private var isTranspose: Bool {
    let n = lengths.count
    guard n >= 2 else { return false }
    let (p, q) = (lengths[n - 2], lengths[n - 1])
    return sourceStrides[n - 1] == 1 * p && sourceStrides[n - 2] == 1 && resultStrides[n - 1] == 1
      && resultStrides[n - 2] == q
  }

  func operations(samples: Int) -> Int { 0 }
}

/// Entries of an axis by index, taken or added.
struct IndexStep<Scalar: Real>: ProgramStep {
  let source: Place
  let result: Place
  let indices: [Int]
  let inner: Int
  /// The length of the axis that entries are added to; nil where they are taken.
  let scattered: Int?

  var description: String { scattered == nil ? "gather" : "scatter" }

  func run(_ tile: TileContext<Scalar>) {
    let (x, y) = (tile.pointer(source), tile.pointer(result))
    if let scattered {
      y.clear(count: scattered * inner)
      for (i, index) in indices.enumerated() {
        Scalar.axpy(1, x + i * inner, y + index * inner, count: inner)
      }
    } else {
      for (i, index) in indices.enumerated() { (y + i * inner).update(from: x + index * inner, count: inner) }
    }
  }

  func operations(samples: Int) -> Int { scattered == nil ? 0 : indices.count * inner }
}

/// A pass of a convolution.
struct ConvolutionStep<Scalar: Real>: ProgramStep {
  let shape: ConvolutionShape
  let pass: ConvolutionPass
  let a: Place
  let b: Place
  let c: Place
  let images: Extent
  let isAccumulating: Bool

  var description: String { "convolution \(pass)\(isAccumulating ? " +=" : "")" }

  func run(_ tile: TileContext<Scalar>) {
    let part = shape.withBatch(images(tile.samples))
    let result = tile.pointer(c)
    if pass == .weights, !isAccumulating { result.clear(count: shape.weightCount) }
    part.run(pass, tile.pointer(a), tile.pointer(b), into: result, scratch: tile.scratch)
  }

  func operations(samples: Int) -> Int { shape.withBatch(images(samples)).operationCount }
}

/// A product of complex numbers mode by mode, or one of its adjoints.
struct ModalProductStep<Scalar: Real>: ProgramStep {
  let pass: ConvolutionPass
  let a: Place
  let b: Place
  let c: Place
  let batch: Extent
  let inputs: Int
  let outputs: Int
  let modes: Int
  let isAccumulating: Bool

  var description: String { "modalProduct \(pass)\(isAccumulating ? " +=" : "")" }

  func run(_ tile: TileContext<Scalar>) {
    let result = tile.pointer(c)
    if pass == .weights, !isAccumulating { result.clear(count: 2 * inputs * outputs * modes) }
    Scalar.runModalProduct(
      pass, tile.pointer(a), tile.pointer(b), into: result, batch: batch(tile.samples), inputs: inputs,
      outputs: outputs, modes: modes)
  }

  func operations(samples: Int) -> Int { 8 * batch(samples) * inputs * outputs * modes }
}

/// An operation on rows with a kernel of its own.
struct CompositeStep<Scalar: Real>: ProgramStep {
  let function: Composite
  let operands: [Place]
  let result: Place
  let rows: Extent
  let columns: Int

  var description: String { "\(function)" }

  func run(_ tile: TileContext<Scalar>) {
    function.evaluate(
      tile.pointer(operands[0]), operands.count > 1 ? tile.pointer(operands[1]) : nil,
      into: tile.pointer(result), rows: rows(tile.samples), columns: columns, scratch: tile.scratch)
  }

  func operations(samples: Int) -> Int { 8 * rows(samples) * columns }
}

/// A primitive of another module.
struct CustomStep<Scalar: Real>: ProgramStep {
  let custom: any CustomPrimitive<Scalar>
  let operands: [Place]
  let result: Place
  /// Shapes of the operands for each number of samples that a tile may have, so that none are made in a run.
  let shapes: [(samples: Int, shapes: [[Int]])]

  init(
    _ custom: any CustomPrimitive<Scalar>, operands: [Place], result: Place, shapes: [[Int]],
    samples: Int?, tile: Int
  ) {
    (self.custom, self.operands, self.result) = (custom, operands, result)
    guard let samples else {
      self.shapes = [(0, shapes)]
      return
    }
    self.shapes = [tile, samples % tile].filter { $0 > 0 }.map { length in
      (length, shapes.map { [$0[0] / samples * length] + $0.dropFirst() })
    }
  }

  var description: String { custom.name }

  func run(_ tile: TileContext<Scalar>) {
    for i in operands.indices { tile.sources[i] = UnsafePointer(tile.pointer(operands[i])) }
    // The addresses are all there, so that optional ones are read as such.
    let addresses = UnsafeRawPointer(tile.sources).assumingMemoryBound(to: UnsafePointer<Scalar>.self)
    let pointers = UnsafeBufferPointer(start: addresses, count: operands.count)
    let index = shapes.count > 1 && shapes[0].samples != tile.samples ? 1 : 0
    evaluate(custom, pointers, shapes[index].shapes, tile.pointer(result))
  }

  private func evaluate(
    _ custom: some CustomPrimitive<Scalar>, _ operands: UnsafeBufferPointer<UnsafePointer<Scalar>>,
    _ shapes: [[Int]], _ result: UnsafeMutablePointer<Scalar>
  ) {
    custom.evaluate(operands, shapes: shapes, into: result)
  }

  func operations(samples: Int) -> Int { 0 }
}

import Algebra
import Tensors

/// A window of gradients of which only some elements are kept, as values and indices: otherwise as ``GradientWindow``.
struct SparseWindow<Scalar: OptimizerScalar>: Sendable {
  /// The length of gradients, and the number of elements kept of each.
  let length, elements: Int
  private(set) var system: WindowSystem
  /// The values, by slots, and the indices, which ascend.
  private(set) var values: Tensor<Scalar>
  private(set) var indices: [Int32]
  private var scratch = Scratch<SparseWindowMemory<Scalar>>()

  init(capacity: Int, length: Int, elements: Int, damping: Double) {
    (self.length, self.elements) = (length, elements)
    system = WindowSystem(capacity: capacity, damping: damping)
    values = .zeros([capacity, elements])
    indices = Array(repeating: 0, count: capacity * elements)
  }

  /// Takes up the parts of a state, of which the indices have been checked.
  init(
    damping: Double, appended: Int, length: Int, values: Tensor<Scalar>, indices: [Int32],
    gram: Tensor<Double>
  ) {
    self.init(capacity: values.shape[0], length: length, elements: values.shape[1], damping: damping)
    (system.appended, system.gram) = (appended, gram)
    (self.values, self.indices) = (values, indices)
  }

  private mutating func memory() -> SparseWindowMemory<Scalar> {
    let (capacity, length, elements) = (system.capacity, length, elements)
    return scratch.take { SparseWindowMemory(capacity: capacity, length: length, elements: elements) }
  }

  /// Takes the largest elements out of a vector into the window, in place of the oldest gradient where there is no more
  /// room, and writes the vector of these elements.
  mutating func take(from rest: UnsafeMutablePointer<Scalar>, into taken: UnsafeMutablePointer<Scalar>) {
    let memory = memory()
    let (slot, elements, length) = (system.nextSlot, elements, length)
    values.withUnsafeMutableBufferPointer { values in
      indices.withUnsafeMutableBufferPointer { indices in
        let (row, places) = (values.baseAddress! + slot * elements, indices.baseAddress! + slot * elements)
        Scalar.takeLargest(rest, count: length, largest: elements, indices: places, values: row)
        UnsafeMutableRawPointer(taken).initializeMemory(
          as: UInt8.self, repeating: 0, count: length * MemoryLayout<Scalar>.stride)
        Scalar.scatterAxpy(taken, places, row, by: 1, count: elements)
      }
    }
    system.appended += 1
    multiply(taken, memory)
    system.record(memory.products.pointer)
  }

  /// G x, into the memory.
  private func multiply(_ x: UnsafePointer<Scalar>, _ memory: SparseWindowMemory<Scalar>) {
    values.withUnsafeBufferPointer { values in
      indices.withUnsafeBufferPointer { indices in
        memory.multiply(values.baseAddress!, indices.baseAddress!, rows: system.count, x)
      }
    }
  }

  /// x ← F⁻¹ x, where `isLast` says that x is the vector that was taken last: less work, and more exact. Returns how
  /// often the diagonal had to grow.
  @discardableResult
  mutating func applyInverse(_ x: UnsafeMutablePointer<Scalar>, isLast: Bool) -> Int {
    let memory = memory()
    let scale = isLast ? -Double(system.count) : 1 / system.damping
    if isLast {
      system.setToLast(memory.products.pointer)
      UnsafeMutableRawPointer(x).initializeMemory(
        as: UInt8.self, repeating: 0, count: length * MemoryLayout<Scalar>.stride)
    } else {
      multiply(x, memory)
    }
    let growths = system.solve(memory.products.pointer, factor: memory.factor)
    values.withUnsafeBufferPointer { values in
      indices.withUnsafeBufferPointer { indices in
        memory.subtract(
          values.baseAddress!, indices.baseAddress!, rows: system.count, from: x, scale: scale)
      }
    }
    return growths
  }
}

/// What a window of sparse gradients works in. Tiles are those of dense gradients, so that with all elements kept the
/// arithmetic is the same.
final class SparseWindowMemory<Scalar: OptimizerScalar> {
  /// G x, or what replaces it.
  let products: Buffer<Double>
  /// Room for the factor of the system.
  let factor: Buffer<Double>
  private let sums: Buffer<Double>
  private let call = Call()
  private let multiplication, subtraction: ParallelRegion
  private let valueTiles: Int

  private final class Call: @unchecked Sendable {
    // Unchecked: written by the owner between regions, read by the tiles.
    var values: UnsafePointer<Scalar>?
    var indices: UnsafePointer<Int32>?
    var x: UnsafeMutablePointer<Scalar>?
    var rows = 0
    var scale = 1.0
  }

  init(capacity: Int, length: Int, elements: Int) {
    let tile = WindowMemory<Scalar>.tile
    let valueTiles = (elements + tile - 1) / tile
    let (products, sums) = (Buffer<Double>(count: capacity), Buffer<Double>(count: capacity * valueTiles))
    (self.valueTiles, self.products, self.sums) = (valueTiles, products, sums)
    factor = Buffer(count: capacity * capacity)
    let gathered = Buffer<Scalar>(count: WorkerPool.shared.threadCount * tile)
    let call = call
    multiplication = ParallelRegion(tiles: valueTiles) { number, worker in
      let start = number * tile
      let count = min(tile, elements - start)
      let own = gathered.pointer + worker * tile
      for row in 0..<call.rows {
        let first = row * elements + start
        Scalar.gather(own, call.x!, call.indices! + first, count: count)
        sums.pointer[number * capacity + row] = Scalar.inner(call.values! + first, own, count: count)
      }
    }
    subtraction = ParallelRegion(tiles: (length + tile - 1) / tile) { number, _ in
      let range = number * tile..<min((number + 1) * tile, length)
      for row in 0..<call.rows {
        let indices = call.indices! + row * elements
        let first = firstPlace(indices, elements, Int32(range.lowerBound))
        let end = firstPlace(indices, elements, Int32(range.upperBound))
        Scalar.scatterAxpy(
          call.x!, indices + first, call.values! + row * elements + first, by: -products.pointer[row],
          count: end - first)
      }
      Scalar.scale(call.x! + range.lowerBound, by: Scalar(call.scale), count: range.count)
    }
  }

  private func run(_ region: ParallelRegion) {
    // Few numbers are passed faster than a thread wakes up.
    if region.tiles > 1 { WorkerPool.shared.run(region) } else { region.runSerially() }
  }

  /// products = G x
  func multiply(
    _ values: UnsafePointer<Scalar>, _ indices: UnsafePointer<Int32>, rows: Int, _ x: UnsafePointer<Scalar>
  ) {
    (call.values, call.indices, call.rows) = (values, indices, rows)
    call.x = UnsafeMutablePointer(mutating: x)
    run(multiplication)
    let capacity = products.count
    for row in 0..<rows {
      var total = 0.0
      for tile in 0..<valueTiles { total += sums.pointer[tile * capacity + row] }
      products.pointer[row] = total
    }
  }

  /// x = scale (x − Gᵀ products)
  func subtract(
    _ values: UnsafePointer<Scalar>, _ indices: UnsafePointer<Int32>, rows: Int,
    from x: UnsafeMutablePointer<Scalar>, scale: Double
  ) {
    (call.values, call.indices, call.rows) = (values, indices, rows)
    (call.x, call.scale) = (x, scale)
    run(subtraction)
  }
}

/// The number of ascending indices below a bound.
private func firstPlace(_ indices: UnsafePointer<Int32>, _ count: Int, _ bound: Int32) -> Int {
  var (low, high) = (0, count)
  while low < high {
    let middle = (low + high) / 2
    if indices[middle] < bound { low = middle + 1 } else { high = middle }
  }
  return low
}

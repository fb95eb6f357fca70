import Algebra
import Tensors

/// The last gradients of a training, and the inverse of their empirical Fisher matrix F = λ I + (1/k) Σ gᵢ gᵢᵀ applied to a
/// vector (Frantar, Kurtic and Alistarh, NeurIPS 2021). Products of gradients are kept in doubles.
package struct GradientWindow<Scalar: OptimizerScalar>: Sendable {
  /// The length of gradients.
  package let length: Int
  private(set) var system: WindowSystem
  /// The gradients, by slots.
  private(set) var gradients: Tensor<Scalar>
  private var scratch = Scratch<WindowMemory<Scalar>>()

  /// Room for `capacity` gradients, of which none is held, with λ = `damping`.
  package init(capacity: Int, length: Int, damping: Double) {
    self.length = length
    system = WindowSystem(capacity: capacity, damping: damping)
    gradients = .zeros([capacity, length])
  }

  private mutating func memory() -> WindowMemory<Scalar> {
    let (capacity, length) = (system.capacity, length)
    return scratch.take { WindowMemory(capacity: capacity, length: length) }
  }

  /// Puts a gradient in, in place of the oldest one where there is no more room.
  mutating func append(_ gradient: UnsafePointer<Scalar>) {
    guard length > 0 else { return }
    let memory = memory()
    let (slot, length) = (system.nextSlot, length)
    gradients.withUnsafeMutableBufferPointer {
      ($0.baseAddress! + slot * length).update(from: gradient, count: length)
    }
    system.appended += 1
    multiply(gradient, memory)
    system.record(memory.products.pointer)
  }

  /// G x, into the memory.
  private func multiply(_ x: UnsafePointer<Scalar>, _ memory: WindowMemory<Scalar>) {
    gradients.withUnsafeBufferPointer {
      memory.multiply($0.baseAddress!, rows: system.count, x)
    }
  }

  /// x ← F⁻¹ x, where `isLast` says that x is the gradient that was put in last: less work, and more exact. Returns how
  /// often the diagonal had to grow.
  @discardableResult
  mutating func applyInverse(_ x: UnsafeMutablePointer<Scalar>, isLast: Bool) -> Int {
    guard length > 0 else { return 0 }
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
    gradients.withUnsafeBufferPointer {
      memory.subtract($0.baseAddress!, rows: system.count, from: x, scale: scale)
    }
    return growths
  }

  /// Puts a gradient in, in place of the oldest one where there is no more room.
  package mutating func append(_ gradient: Tensor<Scalar>) {
    precondition(
      gradient.shape == [length], "a gradient of shape \(gradient.shape) in a window of shape [\(length)]")
    gradient.withUnsafeBufferPointer { g in
      if let g = g.baseAddress { append(g) }
    }
  }

  /// F⁻¹ x.
  package mutating func inverse(appliedTo x: Tensor<Scalar>) -> Tensor<Scalar> {
    precondition(x.shape == [length], "a vector of shape \(x.shape) for a window of shape [\(length)]")
    var result = x
    result.withUnsafeMutableBufferPointer {
      if let x = $0.baseAddress { applyInverse(x, isLast: false) }
    }
    return result
  }

  /// Takes up the parts of a state.
  init(damping: Double, appended: Int, gradients: Tensor<Scalar>, gram: Tensor<Double>) {
    self.init(capacity: gradients.shape[0], length: gradients.shape[1], damping: damping)
    (system.appended, system.gram, self.gradients) = (appended, gram, gradients)
  }
}

/// What a window of gradients works in, and its passes over them in fixed tiles.
final class WindowMemory<Scalar: OptimizerScalar> {
  /// G x, or what replaces it.
  let products: Buffer<Double>
  /// Room for the factor of the system.
  let factor: Buffer<Double>
  private let sums: Buffer<Double>
  private let call = Call()
  private let multiplication, subtraction: ParallelRegion
  private let tiles: Int

  /// Numbers per tile of a gradient.
  static var tile: Int { 4096 }

  private final class Call: @unchecked Sendable {
    // Unchecked: written by the owner between regions, read by the tiles.
    var gradients: UnsafePointer<Scalar>?
    var x: UnsafeMutablePointer<Scalar>?
    var rows = 0
    var scale = 1.0
  }

  init(capacity: Int, length: Int) {
    let tile = Self.tile
    let tiles = (length + tile - 1) / tile
    let (products, sums) = (Buffer<Double>(count: capacity), Buffer<Double>(count: capacity * tiles))
    (self.tiles, self.products, self.sums) = (tiles, products, sums)
    factor = Buffer(count: capacity * capacity)
    let call = call
    multiplication = ParallelRegion(tiles: tiles) { number, _ in
      let start = number * tile
      let count = min(tile, length - start)
      for row in 0..<call.rows {
        sums.pointer[number * capacity + row] = Scalar.inner(
          call.gradients! + row * length + start, call.x! + start, count: count)
      }
    }
    subtraction = ParallelRegion(tiles: tiles) { number, _ in
      let start = number * tile
      let count = min(tile, length - start)
      let x = call.x! + start
      for row in 0..<call.rows {
        Scalar.axpy(
          Scalar(-products.pointer[row]), call.gradients! + row * length + start, x, count: count)
      }
      Scalar.scale(x, by: Scalar(call.scale), count: count)
    }
  }

  private func run(_ region: ParallelRegion) {
    // Few numbers are passed faster than a thread wakes up.
    if tiles > 1 { WorkerPool.shared.run(region) } else { region.runSerially() }
  }

  /// products = G x
  func multiply(_ gradients: UnsafePointer<Scalar>, rows: Int, _ x: UnsafePointer<Scalar>) {
    (call.gradients, call.rows, call.x) = (gradients, rows, UnsafeMutablePointer(mutating: x))
    run(multiplication)
    let capacity = products.count
    for row in 0..<rows {
      var total = 0.0
      for tile in 0..<tiles { total += sums.pointer[tile * capacity + row] }
      products.pointer[row] = total
    }
  }

  /// x = scale (x − Gᵀ products)
  func subtract(
    _ gradients: UnsafePointer<Scalar>, rows: Int, from x: UnsafeMutablePointer<Scalar>, scale: Double
  ) {
    (call.gradients, call.rows, call.x, call.scale) = (gradients, rows, x, scale)
    run(subtraction)
  }
}

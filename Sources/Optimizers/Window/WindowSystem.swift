import Algebra
import Tensors

/// The small system of a window of gradients: products of the gradients with one another, in doubles, from which the
/// inverse of their empirical Fisher matrix acts,
///
///     F = λ I + GᵀG / k,   F⁻¹ x = (x − Gᵀ (k λ I + G Gᵀ)⁻¹ G x) / λ
///
/// with the k gradients that the window holds as the rows of G. While it fills, k is their number, and not the room.
struct WindowSystem: Sendable {
  /// Room for gradients.
  let capacity: Int
  /// λ.
  let damping: Double
  /// Gradients that were put in, those included that have been replaced.
  var appended = 0
  /// G Gᵀ, by slots.
  var gram: Tensor<Double>

  init(capacity: Int, damping: Double) {
    (self.capacity, self.damping) = (capacity, damping)
    gram = .zeros([capacity, capacity])
  }

  /// Gradients held; they are in the first slots.
  var count: Int { min(appended, capacity) }

  /// Where the next gradient goes.
  var nextSlot: Int { appended % capacity }

  /// Where the last gradient is.
  var lastSlot: Int { (appended - 1) % capacity }

  /// Takes up products of the last gradient with all that are held, itself included.
  mutating func record(_ products: UnsafePointer<Double>) {
    let (count, slot, capacity) = (count, lastSlot, capacity)
    gram.withUnsafeMutableBufferPointer { gram in
      for k in 0..<count {
        gram[slot * capacity + k] = products[k]
        gram[k * capacity + slot] = products[k]
      }
    }
  }

  /// Writes the unit vector e of the last gradient g = Gᵀ e: F⁻¹ g = k Gᵀ (k λ I + G Gᵀ)⁻¹ e, where nothing cancels.
  func setToLast(_ unit: UnsafeMutablePointer<Double>) {
    unit.update(repeating: 0, count: count)
    unit[lastSlot] = 1
  }

  /// Replaces y by (k λ I + G Gᵀ)⁻¹ y, in a matrix of the window's size to work in. Where rounding leaves the matrix
  /// without a Cholesky factor, its diagonal grows until it has one. Returns how often it did.
  func solve(_ products: UnsafeMutablePointer<Double>, factor: Buffer<Double>) -> Int {
    let (n, capacity) = (count, capacity)
    guard n > 0 else { return 0 }
    let a = factor.pointer
    return gram.withUnsafeBufferPointer { gram in
      let largest = (0..<n).reduce(0) { max($0, gram[$1 * (capacity + 1)]) }
      var shift = Double(n) * damping
      var growths = 0
      while growths < 40 {
        for row in 0..<n {
          (a + row * n).update(from: gram.baseAddress! + row * capacity, count: n)
          a[row * (n + 1)] += shift
        }
        let info = BLASThreads.withSingle { Double.potrf(n, a, n) }
        if info == 0 { break }
        shift = max(10 * shift, Double(n) * Double.ulpOfOne * largest)
        growths += 1
      }
      BLASThreads.withSingle { _ = Double.potrs(n, 1, a, n, products, n) }
      return growths
    }
  }
}

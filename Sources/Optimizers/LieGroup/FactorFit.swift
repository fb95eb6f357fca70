import Algebra
import Tensors

/// The steps of a fit for square factors Q of an order up to a bound, in memory made once. Matrices are row-major.
final class FactorFit: @unchecked Sendable {
  // Unchecked: belongs to one worker of a region at a time.

  /// Vectors that the norm of a matrix is looked for among.
  private static var probes: Int { 32 }

  /// Room for Gram matrices, which a step destroys.
  let gram, otherGram: Buffer<Double>
  private let turn, product: Buffer<Double>
  private let random, search, image: Buffer<Double>
  private let products = StripedProduct()

  /// For matrices of up to `count` numbers and rows of up to `row`.
  init(count: Int, row: Int) {
    (gram, otherGram) = (Buffer(count: count), Buffer(count: count))
    (turn, product) = (Buffer(count: count), Buffer(count: count))
    random = Buffer(count: Self.probes * row)
    (search, image) = (Buffer(count: Self.probes * row), Buffer(count: Self.probes * row))
    // Always the same: they only have to be unlike any matrix.
    Double.fillNormal(random.pointer, count: random.count, seed: 0x5053_4744, stream: 0, first: 0)
  }

  /// A lower bound of ‖A‖₂, mostly within a few per cent of it, for a normal matrix, which it scales: powers of A from
  /// random vectors that lean to the largest row of A, so that a single large row is not missed.
  ///
  /// On return, A is divided by its largest element. Nil for a matrix of zeros, or one that is not finite.
  private func scaledNorm(_ field: MatrixField, order n: Int, _ a: UnsafeMutablePointer<Double>)
    -> (scale: Double, norm: Double)?
  {
    let row = n * field.width
    let scale = Double.maximumMagnitude(a, count: n * row)
    // Also not where its inverse would overflow: such a matrix is rounding.
    guard scale > .leastNormalMagnitude, scale.isFinite else { return nil }
    Double.scale(a, by: 1 / scale, count: n * row)
    var (longest, square) = (0, -1.0)
    for i in 0..<n {
      let own = Double.dot(a + i * row, a + i * row, count: row)
      if own > square { (longest, square) = (i, own) }
    }
    let (from, to, count) = (search.pointer, image.pointer, min(Self.probes, 2 * n))
    let base = a + longest * row
    for k in 0..<count {
      let (out, z) = (from + k * row, random.pointer + k * row)
      out.update(from: z, count: row)
      if Double.dot(base, z, count: row) < 0 { Double.scale(out, by: -1, count: row) }
      Double.axpy(1, base, out, count: row)
    }
    var norm = 0.0
    for _ in 0..<2 {
      products.multiply(field, count, n, n, from, n, a, n, to, n)
      for k in 0..<count {
        let size = Double.dot(to + k * row, to + k * row, count: row).squareRoot()
        if size > 0 { Double.scale(to + k * row, by: 1 / size, count: row) }
      }
      products.multiply(field, count, n, n, to, n, a, n, from, n)
    }
    for k in 0..<count { norm = max(norm, Double.dot(from + k * row, from + k * row, count: row)) }
    return norm > 0 ? (scale, norm.squareRoot()) : nil
  }

  /// A lower bound of the spectral norm of a normal matrix, which is destroyed.
  func norm(_ field: MatrixField, order n: Int, _ a: UnsafeMutablePointer<Double>) -> Double {
    scaledNorm(field, order: n, a).map { $0.scale * $0.norm } ?? 0
  }

  /// Rotates Q towards the positive definite matrix of equal QᴴQ: Q ← (1 + a R + ½ a² R²) Q with the skew R = Qᴴ − Q scaled
  /// to norm one, and the a ≤ ⅛ of the largest trace.
  func rotate(_ field: MatrixField, order n: Int, _ q: UnsafeMutablePointer<Double>) {
    let (count, width) = (n * n * field.width, field.width)
    let (r, rq, rrq) = (turn.pointer, product.pointer, otherGram.pointer)
    for i in 0..<n {
      for j in 0...i {
        let (a, b) = ((i * n + j) * width, (j * n + i) * width)
        let re = q[b] - q[a]
        (r[a], r[b]) = (re, -re)
        if width == 2 {
          // R = Qᴴ − Q is skew-Hermitian: equal imaginary parts.
          let im = -q[b + 1] - q[a + 1]
          (r[a + 1], r[b + 1]) = (im, im)
        }
      }
    }
    guard let found = scaledNorm(field, order: n, r) else { return }
    Double.scale(r, by: 1 / found.norm, count: count)
    products.multiply(field, n, n, n, r, n, q, n, rq, n)
    products.multiply(field, n, n, n, r, n, rq, n, rrq, n)
    var (first, second) = (0.0, 0.0)
    for i in 0..<n {
      first += rq[i * (n + 1) * width]
      second += rrq[i * (n + 1) * width]
    }
    let largest = 0.125
    let angle = second < 0 ? min(max(-first / second, 0), largest) : largest
    Double.axpy(angle, rq, q, count: count)
    Double.axpy(0.5 * angle * angle, rrq, q, count: count)
  }

  /// A step Q ← Q − μ/L (T − t) Q with the matrix T in `gram`, and a rotation.
  func step(
    _ field: MatrixField, order n: Int, _ q: UnsafeMutablePointer<Double>, target: Double,
    smoothness: UnsafeMutablePointer<Double>, _ fitting: LieGroupFitting
  ) {
    let count = n * n * field.width
    product.pointer.update(from: gram.pointer, count: count)
    let estimate = norm(field, order: n, gram.pointer) + target
    smoothness.pointee = fitting.smoothness(smoothness.pointee, estimate)
    let step = fitting.rate / smoothness.pointee
    for i in 0..<n { product.pointer[i * (n + 1) * field.width] -= target }
    products.multiply(field, n, n, n, alpha: -step, product.pointer, n, q, n, turn.pointer, n)
    Double.axpy(1, turn.pointer, q, count: count)
    rotate(field, order: n, q)
  }

  /// A step Q ← Q − μ/L triu(A − B) Q of triangular Q, with the matrices in `gram` and `otherGram`.
  func triangularStep(
    _ field: MatrixField, order n: Int, _ q: UnsafeMutablePointer<Double>,
    smoothness: UnsafeMutablePointer<Double>, _ fitting: LieGroupFitting
  ) {
    let (count, width) = (n * n * field.width, field.width)
    let (a, b, e) = (gram.pointer, otherGram.pointer, product.pointer)
    e.update(from: a, count: count)
    Double.axpy(-1, b, e, count: count)
    Double.axpy(1, b, a, count: count)
    let estimate = norm(field, order: n, a)
    guard estimate > 0 else { return }
    smoothness.pointee = fitting.smoothness(smoothness.pointee, estimate)
    for i in 0..<n { (e + i * n * width).update(repeating: 0, count: i * width) }
    let step = fitting.rate / smoothness.pointee
    products.multiply(field, n, n, n, alpha: -step, e, n, q, n, turn.pointer, n)
    Double.axpy(1, turn.pointer, q, count: count)
  }

  /// The inverse of an upper triangular matrix, in memory that the next step destroys.
  func inverse(_ field: MatrixField, order n: Int, ofTriangular q: UnsafePointer<Double>)
    -> UnsafeMutablePointer<Double>
  {
    let (width, row, out) = (field.width, n * field.width, turn.pointer)
    out.update(repeating: 0, count: n * row)
    for i in (0..<n).reversed() {
      let own = out + i * row
      own[i * width] = 1
      for k in i + 1..<max(n, i + 1) {
        let (re, other) = (q[i * row + k * width], out + k * row)
        if width == 1 {
          Double.axpy(-re, other + k, own + k, count: n - k)
        } else {
          let im = q[i * row + k * width + 1]
          for j in k..<n {
            own[2 * j] -= re * other[2 * j] - im * other[2 * j + 1]
            own[2 * j + 1] -= re * other[2 * j + 1] + im * other[2 * j]
          }
        }
      }
      // The diagonal is real and positive.
      Double.scale(own + i * width, by: 1 / q[i * (row + width)], count: row - i * width)
    }
    return out
  }
}

import Algebra
import CKernels
import Tensors

/// Q = (I + U Vᵀ) diag(d) with tall U and V of a few columns.
///
/// A step of the fit to (v, h) makes UᵀU ≈ VᵀV by a change of both that keeps U Vᵀ nearly, then, with a = Q h and b = Q⁻ᵀ v,
///
///     d ← d − μ/L_d (P h ∘ h − v ∘ P⁻¹ v) ∘ d,   and one of, at random,
///     U ← U − μ/L_u (a (aᵀV) − b (bᵀV)) (I + VᵀU)
///     V ← V − μ/L_v ((a + V Uᵀa) (aᵀU) − (b + V Uᵀb) (bᵀU))
package struct LowRankFactor: FlatFactor {
  /// The columns of U and V, which lie one after another.
  package let rank: Int
  package private(set) var left = Tensor<Double>.zeros([0])
  package private(set) var right = Tensor<Double>.zeros([0])
  package private(set) var diagonal = Tensor<Double>.zeros([0])
  /// L_u, L_v and L_d.
  private var smoothness = SIMD3<Double>.zero
  private var scratch = Scratch<LowRankPasses>()

  /// The columns asked for, of which short vectors have fewer.
  private var limit: Int

  package init(rank: Int) { (self.rank, limit) = (rank, rank) }

  /// Q of given Uᵀ and Vᵀ, [rank, n], and d.
  package init(left: Tensor<Double>, right: Tensor<Double>, diagonal: Tensor<Double>) {
    precondition(
      left.shape == right.shape && left.shape.count == 2 && left.shape[1] == diagonal.count,
      "factors of shape \(left.shape) and \(right.shape) with a diagonal of shape \(diagonal.shape)")
    (rank, limit) = (left.shape[0], left.shape[0])
    (self.left, self.right, self.diagonal) = (left, right, diagonal)
  }

  package func sized(_ count: Int) -> LowRankFactor {
    let shape = [min(limit, count), count]
    var factor = LowRankFactor(left: .zeros(shape), right: .zeros(shape), diagonal: .zeros([count]))
    factor.limit = limit
    return factor
  }

  package mutating func reset(scale: Double, _ fitting: LieGroupFitting) {
    smoothness = .zero
    diagonal.withUnsafeMutableBufferPointer { $0.update(repeating: scale) }
    func draw(_ matrix: inout Tensor<Double>, _ stream: UInt64) {
      matrix.withUnsafeMutableBufferPointer {
        guard let base = $0.baseAddress, $0.count > 0 else { return }
        Double.fillNormal(base, count: $0.count, seed: fitting.seed, stream: stream, first: 0)
        let norm = Double.dot(base, base, count: $0.count).squareRoot()
        Double.scale(base, by: 0.1.squareRoot() / norm, count: $0.count)
      }
    }
    // Streams that no step reaches.
    draw(&left, .max)
    draw(&right, .max - 1)
  }

  private mutating func passes() -> LowRankPasses {
    let (count, rank) = (diagonal.count, rank)
    let passes = scratch.take { LowRankPasses(count: count, rank: rank) }
    left.withUnsafeMutableBufferPointer { passes.u = $0.baseAddress }
    right.withUnsafeMutableBufferPointer { passes.v = $0.baseAddress }
    diagonal.withUnsafeMutableBufferPointer { passes.d = $0.baseAddress }
    return passes
  }

  package mutating func fit(
    _ v: UnsafePointer<Double>, _ h: UnsafePointer<Double>, _ fitting: LieGroupFitting, step: Int
  ) {
    let stream = RandomStream(seed: fitting.seed, stream: fitting.stream(.decisions, step: step))
    let movesLeft = stream.uniform(at: 1) < 0.5
    passes().fit(v, h, fitting, &smoothness, movesLeft: movesLeft)
  }

  package mutating func apply(_ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>) {
    passes().apply(x, out)
  }

  var numbers: [String: Double] {
    ["left smoothness": smoothness.x, "right smoothness": smoothness.y, "smoothness": smoothness.z]
  }
  var doubles: [String: Tensor<Double>] { ["U": left, "V": right, "d": diagonal] }

  func restored<Scalar>(from state: OptimizerState<Scalar>, count: Int) throws(OptimizerError)
    -> LowRankFactor
  {
    let shape = [min(limit, count), count]
    var factor = LowRankFactor(
      left: try state.double("U", shape), right: try state.double("V", shape),
      diagonal: try state.double("d", [count]))
    factor.limit = limit
    factor.smoothness = SIMD3(
      try state.number("left smoothness"), try state.number("right smoothness"),
      try state.number("smoothness")
    )
    return factor
  }
}

/// The passes of ``LowRankFactor`` over the rows of U, V and d, and the small matrices between them.
private final class LowRankPasses: @unchecked Sendable {
  // Unchecked: operands and small matrices are written by the owner between regions, rows by one tile each.

  var u, v, d: UnsafeMutablePointer<Double>?
  private var pair, gradient: UnsafePointer<Double>?
  private var out: UnsafeMutablePointer<Double>?
  private var factor = 0.0
  private let rank: Int
  private let tiles: FlatTiles
  /// a, b, the relative gradient of d, P h / d and d P⁻¹ v; vectors of the rank; squares of it.
  private let a, b, change, image, inverse: Buffer<Double>
  private let small: Buffer<Double>
  private let square: Buffer<Double>
  private let pivots: Buffer<Int32>
  private var grams, turn, solve, relative, moveLeft, moveRight, moveDiagonal: ParallelRegion?
  private var spread, bend, finish: ParallelRegion?

  /// Vector number k of the rank's length.
  private func vector(_ k: Int) -> UnsafeMutablePointer<Double> { small.pointer + k * rank }
  /// Square matrix number k.
  private func matrix(_ k: Int) -> UnsafeMutablePointer<Double> { square.pointer + k * rank * rank }

  init(count n: Int, rank: Int) {
    self.rank = rank
    let (r, squared) = (Int64(rank), rank * rank)
    tiles = FlatTiles(count: n, width: max(2 * squared, squared + 2 * rank, 4 * rank + 2, 2))
    (a, b) = (Buffer(count: n), Buffer(count: n))
    (change, image, inverse) = (Buffer(count: n), Buffer(count: n), Buffer(count: n))
    (small, square) = (Buffer(count: 12 * rank), Buffer(count: 8 * squared))
    pivots = Buffer(count: rank)

    let stride = Int64(n)
    // UᵀU and VᵀV.
    grams = tiles.region { [unowned self] first, count, sums in
      ck_rows_products(sums, u! + first, u! + first, stride, r, Int64(count))
      ck_rows_products(sums + squared, v! + first, v! + first, stride, r, Int64(count))
    }
    // Turns U and V; then a = d h and b = v / d; VᵀU, Vᵀa and Uᵀb.
    turn = tiles.region { [unowned self] first, count, sums in
      let (u, v, length) = (u! + first, v! + first, Int64(count))
      let (a, b) = (a.pointer + first, b.pointer + first)
      ck_rows_turn(u, matrix(0), stride, r, length)
      ck_rows_turn(v, matrix(1), stride, r, length)
      ck_scale_pair(a, b, d! + first, gradient! + first, pair! + first, length)
      ck_rows_products(sums, v, u, stride, r, length)
      ck_rows_inner(sums + squared, v, a, stride, r, length)
      ck_rows_inner(sums + squared + rank, u, b, stride, r, length)
    }
    // a += U p and b −= V s; their products with U and V, and their squares.
    solve = tiles.region { [unowned self] first, count, sums in
      let (u, v, length) = (u! + first, v! + first, Int64(count))
      let (a, b) = (a.pointer + first, b.pointer + first)
      ck_rows_combine(a, u, vector(0), 1, stride, r, length)
      ck_rows_combine(b, v, vector(1), -1, stride, r, length)
      ck_rows_inner(sums, u, a, stride, r, length)
      ck_rows_inner(sums + rank, v, a, stride, r, length)
      ck_rows_inner(sums + 2 * rank, u, b, stride, r, length)
      ck_rows_inner(sums + 3 * rank, v, b, stride, r, length)
      sums[4 * rank] = Double.dot(a, a, count: count)
      sums[4 * rank + 1] = Double.dot(b, b, count: count)
    }
    // P h ∘ h − v ∘ P⁻¹ v with P h = d (a + V Uᵀa) and P⁻¹ v = (b − U z) / d; the largest of either.
    relative = tiles.region { [unowned self] first, count, sums in
      let (p, w, length) = (image.pointer + first, inverse.pointer + first, Int64(count))
      p.update(from: a.pointer + first, count: count)
      ck_rows_combine(p, v! + first, vector(2), 1, stride, r, length)
      w.update(from: b.pointer + first, count: count)
      ck_rows_combine(w, u! + first, vector(6), -1, stride, r, length)
      ck_relative_change(
        change.pointer + first, sums, d! + first, p, gradient! + first, pair! + first, w, length)
    }
    moveDiagonal = tiles.region { [unowned self] first, count, _ in
      let own = d! + first
      // d −= factor · change ∘ d
      let change = change.pointer + first
      Double.multiply(change, own, count: count)
      Double.axpy(-factor, change, own, count: count)
    }
    moveLeft = tiles.region { [unowned self] first, count, _ in
      ck_rows_update(
        u! + first, a.pointer + first, vector(7), b.pointer + first, vector(8), stride, r, Int64(count))
    }
    moveRight = tiles.region { [unowned self] first, count, _ in
      let (v, length) = (v! + first, Int64(count))
      let (a, b) = (a.pointer + first, b.pointer + first)
      ck_rows_combine(a, v, vector(2), 1, stride, r, length)
      ck_rows_combine(b, v, vector(4), 1, stride, r, length)
      ck_rows_update(v, a, vector(7), b, vector(8), stride, r, length)
    }
    // out = diag(d) (I + V Uᵀ) (I + U Vᵀ) diag(d) x, in three parts.
    spread = tiles.region { [unowned self] first, count, sums in
      let own = out! + first
      own.update(from: gradient! + first, count: count)
      Double.multiply(own, d! + first, count: count)
      ck_rows_inner(sums, v! + first, own, stride, r, Int64(count))
    }
    bend = tiles.region { [unowned self] first, count, sums in
      ck_rows_combine(out! + first, u! + first, vector(0), 1, stride, r, Int64(count))
      ck_rows_inner(sums, u! + first, out! + first, stride, r, Int64(count))
    }
    finish = tiles.region { [unowned self] first, count, _ in
      ck_rows_combine(out! + first, v! + first, vector(0), 1, stride, r, Int64(count))
      Double.multiply(out! + first, d! + first, count: count)
    }
  }

  func apply(_ x: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>) {
    (gradient, self.out) = (x, out)
    tiles.run(spread!)
    tiles.totals(0, into: vector(0), count: rank)
    tiles.run(bend!)
    tiles.totals(0, into: vector(0), count: rank)
    tiles.run(finish!)
  }

  /// c = a b, or aᵀ b, of square matrices of the rank.
  private func multiply(
    _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, _ c: UnsafeMutablePointer<Double>,
    transposed: Bool = false
  ) {
    for i in 0..<rank {
      for j in 0..<rank {
        var sum = 0.0
        for k in 0..<rank { sum += (transposed ? a[k * rank + i] : a[i * rank + k]) * b[k * rank + j] }
        c[i * rank + j] = sum
      }
    }
  }

  /// The changes of U and of V that make UᵀU and VᵀV alike, in matrices 0 and 1; UᵀU and VᵀV after them, in 2 and 3.
  private func makeTurns() {
    let squared = rank * rank
    let (left, right, e, half) = (matrix(2), matrix(3), matrix(4), matrix(5))
    tiles.totals(0, into: left, count: squared)
    tiles.totals(squared, into: right, count: squared)
    var (traceLeft, traceRight) = (0.0, 0.0)
    for i in 0..<rank {
      traceLeft += left[i * (rank + 1)]
      traceRight += right[i * (rank + 1)]
    }
    let isDefinite = traceLeft > 0 && traceRight > 0
    let rho = isDefinite ? Double.pow(traceLeft / traceRight, 0.25) : 1
    let (scaleLeft, scaleRight) = (1 / (rho * rho), rho * rho)
    let weight = isDefinite ? 0.1 / (traceLeft * scaleLeft + traceRight * scaleRight) : 0
    for i in 0..<squared { e[i] = weight * (left[i] * scaleLeft - right[i] * scaleRight) }
    multiply(e, e, half)
    let (turnLeft, turnRight) = (matrix(0), matrix(1))
    for i in 0..<rank {
      for j in 0..<rank {
        let k = i * rank + j
        let even = (i == j ? 1 : 0) + 0.5 * half[k]
        turnLeft[k] = (even - e[k]) / rho
        turnRight[k] = (even + e[k]) * rho
      }
    }
    multiply(left, turnLeft, e)
    multiply(turnLeft, e, left, transposed: true)
    multiply(right, turnRight, e)
    multiply(turnRight, e, right, transposed: true)
  }

  /// ‖A x‖ with AᵀA of a tall matrix.
  private func norm(_ gram: UnsafePointer<Double>, _ x: UnsafePointer<Double>) -> Double {
    var sum = 0.0
    for i in 0..<rank {
      for j in 0..<rank { sum += x[i] * gram[i * rank + j] * x[j] }
    }
    return max(sum, 0).squareRoot()
  }

  func fit(
    _ v: UnsafePointer<Double>, _ h: UnsafePointer<Double>, _ fitting: LieGroupFitting,
    _ smoothness: inout SIMD3<Double>, movesLeft: Bool
  ) {
    (pair, gradient) = (v, h)
    if rank > 0 {
      tiles.run(grams!)
      makeTurns()
    }
    tiles.run(turn!)
    let (inner, factors, squared) = (matrix(6), matrix(7), rank * rank)
    tiles.totals(0, into: inner, count: squared)
    tiles.totals(squared, into: vector(0), count: rank)
    tiles.totals(squared + rank, into: vector(1), count: rank)
    for i in 0..<rank { inner[i * (rank + 1)] += 1 }
    factors.update(from: inner, count: squared)
    if rank > 0 {
      // LAPACK reads the transpose of I + VᵀU.
      let info = BLASThreads.withSingle { Double.getrf(rank, rank, factors, rank, pivots.pointer) }
      guard info == 0 else { return }
      solveSmall(transposed: true, vector(1))
    }
    tiles.run(solve!)
    // Uᵀa, Vᵀa, Uᵀb and Vᵀb.
    tiles.totals(0, into: vector(2), count: 4 * rank)
    let (normA, normB) = (tiles.total(4 * rank).squareRoot(), tiles.total(4 * rank + 1).squareRoot())
    vector(6).update(from: vector(5), count: rank)
    if rank > 0 { solveSmall(transposed: false, vector(6)) }
    tiles.run(relative!)
    let estimate = tiles.largest(0) + tiles.largest(1)
    guard estimate > 0, estimate.isFinite else { return }
    smoothness.z = fitting.smoothness(smoothness.z, estimate)
    factor = fitting.rate / smoothness.z
    tiles.run(moveDiagonal!)
    guard rank > 0 else { return }
    if movesLeft {
      let (x, y) = (vector(3), vector(5))
      let estimate = normA * norm(matrix(3), x) + normB * norm(matrix(3), y)
      guard estimate > 0, estimate.isFinite else { return }
      smoothness.x = fitting.smoothness(smoothness.x, estimate)
      let step = fitting.rate / smoothness.x
      for j in 0..<rank {
        var (one, other) = (0.0, 0.0)
        for i in 0..<rank {
          one += x[i] * inner[i * rank + j]
          other += y[i] * inner[i * rank + j]
        }
        (vector(7)[j], vector(8)[j]) = (-step * one, step * other)
      }
      tiles.run(moveLeft!)
    } else {
      let (x, y) = (vector(2), vector(4))
      let estimate = normA * norm(matrix(2), x) + normB * norm(matrix(2), y)
      guard estimate > 0, estimate.isFinite else { return }
      smoothness.y = fitting.smoothness(smoothness.y, estimate)
      let step = fitting.rate / smoothness.y
      for j in 0..<rank { (vector(7)[j], vector(8)[j]) = (-step * x[j], step * y[j]) }
      tiles.run(moveRight!)
    }
  }

  /// x ← (I + VᵀU)⁻¹ x, or with the transpose.
  private func solveSmall(transposed: Bool, _ x: UnsafeMutablePointer<Double>) {
    BLASThreads.withSingle {
      _ = Double.getrs(transposed: !transposed, rank, 1, matrix(7), rank, pivots.pointer, x, rank)
    }
  }
}

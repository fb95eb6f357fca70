import Algebra
import CKernels
import Tensors

/// The work of ``PSGDKron`` on one tensor at a time.
final class KronCore<Scalar: OptimizerScalar>: @unchecked Sendable {
  // Unchecked: operands are written by the owner between regions; a worker has memory of its own, and every tensor its
  // own part of the rest.

  /// What a step works on, and with which numbers.
  struct Operands {
    var x, gradient: UnsafeMutablePointer<Scalar>
    var mean: UnsafeMutablePointer<Scalar>?
    var factors, smoothness: UnsafeMutablePointer<Double>?
    var fitting: LieGroupFitting
    var whitensMean = false
    var (momentum, rate, keep) = (0.0, 0.0, 1.0)
    var (rootMeanSquareLimit, elementLimit) = (0.0, 0.0)
    var step = 0
    var isFitted = true

    init(x: UnsafeMutablePointer<Scalar>, gradient: UnsafeMutablePointer<Scalar>, _ fitting: LieGroupFitting)
    {
      (self.x, self.gradient, self.fitting) = (x, gradient, fitting)
    }
  }

  let blocks: [TensorBlock]
  var operands: Operands?
  /// Gradients and directions by blocks; (mean |g|⁴)^¼ of every block.
  private let narrow: Buffer<Scalar>
  private let quartic: Buffer<Double>
  private let workers: [Worker]

  /// The memory of a worker.
  private final class Worker {
    let vector, image, noise: Buffer<Double>
    let fit: FactorFit

    init(count: Int, factor: Int, row: Int) {
      (vector, image, noise) = (Buffer(count: count), Buffer(count: count), Buffer(count: count))
      fit = FactorFit(count: factor, row: row)
    }
  }

  init(_ blocks: [TensorBlock]) {
    self.blocks = blocks
    narrow = Buffer(count: blocks.reduce(0) { $0 + $1.matrix.count })
    quartic = Buffer(count: blocks.count)
    let largest = blocks.reduce(0) { max($0, $1.matrix.count) }
    var (factor, row) = (1, 1)
    for block in blocks {
      for axis in block.axes where axis.isSquare {
        factor = max(factor, block.count(of: axis))
        row = max(row, axis.length * block.matrix.field.width)
      }
    }
    workers = (0..<WorkerPool.shared.threadCount).map { _ in
      Worker(count: largest, factor: factor, row: row)
    }
  }

  /// Copies the gradient of a tensor, and takes it into its mean.
  func gather(_ index: Int) {
    let (matrix, own) = (blocks[index].matrix, narrow.pointer + blocks[index].matrix.start)
    matrix.gather(operands!.gradient, into: narrow.pointer, wide: nil)
    if let mean = operands!.mean {
      let keep = Scalar(operands!.momentum)
      Scalar.axpby(mean + matrix.start, own, 1 - keep, keep, count: matrix.count)
    }
  }

  /// What is whitened of a tensor.
  private func target(_ matrix: MatrixBlock) -> UnsafePointer<Scalar> {
    let source = operands!.whitensMean ? operands!.mean! : narrow.pointer
    return UnsafePointer(source + matrix.start)
  }

  /// (mean |g|⁴)^¼ of a tensor, in multiples of its largest element.
  func measure(_ index: Int) {
    let (matrix, field) = (blocks[index].matrix, blocks[index].matrix.field)
    let g = target(matrix)
    let largest = Double(Scalar.maximumMagnitude(g, count: matrix.count))
    var sum = 0.0
    if largest > 0 {
      for i in stride(from: 0, to: matrix.count, by: field.width) {
        let (re, im) = (Double(g[i]) / largest, field.isComplex ? Double(g[i + 1]) / largest : 0)
        let square = re * re + im * im
        sum += square * square
      }
    }
    let mean = sum / Double(matrix.count / field.width)
    quartic.pointer[index] = largest * mean.squareRoot().squareRoot()
  }

  /// The largest of the measures.
  var largestMeasure: Double { quartic.elements.reduce(0, max) }

  /// Makes all factors multiples of the identity.
  func begin(scale: Double) {
    for block in blocks {
      let part = Double.pow(scale, 1 / Double(block.axes.count))
      for axis in block.axes {
        let q = operands!.factors! + axis.start
        q.update(repeating: 0, count: block.count(of: axis))
        let gap = axis.isSquare ? (axis.length + 1) * block.matrix.field.width : 1
        for i in 0..<axis.length { q[i * gap] = part }
        operands!.smoothness![axis.number] = 0
      }
    }
  }

  /// Fits the factors of a tensor, and moves it.
  func update(_ index: Int, _ worker: Int) {
    let (block, room) = (blocks[index], workers[worker])
    if operands!.isFitted { fit(block, index, room) }
    let (matrix, x) = (block.matrix, room.vector.pointer)
    let source = operands!.mean ?? narrow.pointer
    Scalar.convert(source + matrix.start, toDouble: x, count: matrix.count)
    capped(x, count: matrix.count)
    for axis in block.axes {
      apply(block, axis, x, room)
      apply(block, axis, x, room, isAdjoint: true)
    }
    clip(x, matrix)
    Scalar.convert(x, to: narrow.pointer + matrix.start, count: matrix.count)
    matrix.move(
      operands!.x, along: narrow.pointer, rows: 0..<matrix.rows, keep: operands!.keep,
      step: operands!.rate / operands!.keep)
  }

  /// Shortens what would overflow when squared, long after it has lost all meaning.
  private func capped(_ x: UnsafeMutablePointer<Double>, count: Int) {
    let largest = Double.maximumMagnitude(x, count: count)
    if largest > 1e60 { Double.scale(x, by: 1e60 / largest, count: count) }
  }

  private func clip(_ x: UnsafeMutablePointer<Double>, _ matrix: MatrixBlock) {
    let count = matrix.count
    capped(x, count: count)
    let square = Double.dot(x, x, count: count) / Double(count / matrix.field.width)
    let limit = operands!.rootMeanSquareLimit
    if square > limit * limit { Double.scale(x, by: limit / square.squareRoot(), count: count) }
    guard operands!.elementLimit < .infinity else { return }
    if matrix.field.isComplex {
      ck_clip_complex(x, operands!.elementLimit, Int64(count / 2))
    } else {
      Double.clip(x, bound: operands!.elementLimit, count: count)
    }
  }

  // MARK: - The fit

  private func fit(_ block: TensorBlock, _ index: Int, _ room: Worker) {
    let (matrix, h, noise) = (block.matrix, room.vector.pointer, room.noise.pointer)
    let (count, fitting) = (matrix.count, operands!.fitting)
    let image = room.image.pointer
    Scalar.convert(target(matrix), toDouble: image, count: count)
    // Zero says nothing of scales, and P would grow without a bound.
    guard Double.maximumMagnitude(image, count: count) > 0 else { return }
    capped(image, count: count)
    Double.fillNormal(
      noise, count: count, seed: fitting.seed, stream: fitting.stream(.pair, step: operands!.step),
      first: UInt64(matrix.start))
    let rounding = Double(Scalar.ulpOfOne)
    if matrix.field.isComplex {
      ck_add_noise_complex(h, image, noise, fitting.damping, rounding, Int64(count / 2))
    } else {
      ck_add_noise(h, image, noise, fitting.damping, rounding, Int64(count))
    }
    switch fitting.geometry {
    case .procrustes: fitByRotation(block, room)
    case .triangular: fitTriangular(block, room)
    }
    if block.axes.count > 1, isBalanced(index) { balance(block) }
  }

  /// With the probability of one in a hundred.
  private func isBalanced(_ index: Int) -> Bool {
    let fitting = operands!.fitting
    let stream = RandomStream(seed: fitting.seed, stream: fitting.stream(.decisions, step: operands!.step))
    return stream.uniform(at: UInt64(index + 1)) < 0.01
  }

  /// Gives all factors the same largest element.
  private func balance(_ block: TensorBlock) {
    func largest(_ axis: TensorBlock.Axis) -> Double {
      Double.maximumMagnitude(operands!.factors! + axis.start, count: block.count(of: axis))
    }
    let mean = block.axes.reduce(0) { $0 + Double.log(largest($1)) } / Double(block.axes.count)
    guard mean.isFinite else { return }
    for axis in block.axes {
      Double.scale(
        operands!.factors! + axis.start, by: Double.exp(mean) / largest(axis), count: block.count(of: axis))
    }
  }

  private func fitByRotation(_ block: TensorBlock, _ room: Worker) {
    let (h, field, fitting) = (room.vector.pointer, block.matrix.field, operands!.fitting)
    for axis in block.axes {
      apply(block, axis, h, room)
      apply(block, axis, h, room, isAdjoint: true)
    }
    capped(h, count: block.matrix.count)
    let elements = block.matrix.count / field.width
    for axis in block.axes {
      let (q, smoothness) = (operands!.factors! + axis.start, operands!.smoothness! + axis.number)
      let target = Double(elements / axis.length)
      gram(block, axis, h, into: room.fit.gram.pointer)
      if axis.isSquare {
        room.fit.step(
          field, order: axis.length, q, target: target, smoothness: smoothness, fitting)
      } else {
        let squares = room.fit.gram.pointer
        smoothness.pointee = fitting.smoothness(
          smoothness.pointee, Double.maximum(squares, count: axis.length) + target)
        let step = fitting.rate / smoothness.pointee
        for i in 0..<axis.length { q[i] *= 1 - step * (squares[i] - target) }
      }
    }
  }

  private func fitTriangular(_ block: TensorBlock, _ room: Worker) {
    let (h, v, field, fitting) = (
      room.vector.pointer, room.noise.pointer, block.matrix.field, operands!.fitting
    )
    if field.isComplex { Double.scale(v, by: 0.5.squareRoot(), count: block.matrix.count) }
    for axis in block.axes {
      apply(block, axis, h, room)
      solve(block, axis, v, room)
    }
    capped(h, count: block.matrix.count)
    capped(v, count: block.matrix.count)
    for axis in block.axes {
      let (q, smoothness) = (operands!.factors! + axis.start, operands!.smoothness! + axis.number)
      gram(block, axis, h, into: room.fit.gram.pointer)
      gram(block, axis, v, into: room.fit.otherGram.pointer)
      if axis.isSquare {
        room.fit.triangularStep(field, order: axis.length, q, smoothness: smoothness, fitting)
      } else {
        let (a, b) = (room.fit.gram.pointer, room.fit.otherGram.pointer)
        let estimate = (0..<axis.length).reduce(0.0) { max($0, a[$1] + b[$1]) }
        guard estimate > 0 else { continue }
        smoothness.pointee = fitting.smoothness(smoothness.pointee, estimate)
        let step = fitting.rate / smoothness.pointee
        for i in 0..<axis.length { q[i] *= 1 - step * (a[i] - b[i]) }
      }
    }
  }

  // MARK: - Products along an axis

  // Along the last axis, matrices act from the right: there the factor is the conjugate of the one that would act from the
  // left, and P = QᴴQ and its Gram matrix hᴴh are so too.

  /// x ← Q x, or Qᴴ x, along an axis.
  private func apply(
    _ block: TensorBlock, _ axis: TensorBlock.Axis, _ x: UnsafeMutablePointer<Double>, _ room: Worker,
    isAdjoint: Bool = false
  ) {
    let q = operands!.factors! + axis.start
    if axis.isSquare {
      multiply(block, axis, q, isAdjoint: isAdjoint, x, room)
    } else {
      scale(block, axis, x) { q[$0] }
    }
  }

  /// x ← Q⁻ᴴ x along an axis with a triangular factor.
  private func solve(
    _ block: TensorBlock, _ axis: TensorBlock.Axis, _ x: UnsafeMutablePointer<Double>, _ room: Worker
  ) {
    let q = operands!.factors! + axis.start
    if axis.isSquare {
      let inverse = room.fit.inverse(block.matrix.field, order: axis.length, ofTriangular: q)
      multiply(block, axis, inverse, isAdjoint: true, x, room)
    } else {
      scale(block, axis, x) { 1 / q[$0] }
    }
  }

  private func multiply(
    _ block: TensorBlock, _ axis: TensorBlock.Axis, _ matrix: UnsafePointer<Double>, isAdjoint: Bool,
    _ x: UnsafeMutablePointer<Double>, _ room: Worker
  ) {
    let (field, n, inner, out) = (block.matrix.field, axis.length, axis.inner, room.image.pointer)
    if inner == 1 {
      field.multiply(axis.outer, n, n, x, n, matrix, n, timesAdjoint: !isAdjoint, out, n)
    } else {
      let slab = n * inner * field.width
      for o in 0..<axis.outer {
        field.multiply(
          n, inner, n, matrix, n, adjoint: isAdjoint, x + o * slab, inner, out + o * slab, inner)
      }
    }
    x.update(from: out, count: block.matrix.count)
  }

  private func scale(
    _ block: TensorBlock, _ axis: TensorBlock.Axis, _ x: UnsafeMutablePointer<Double>,
    by factor: (Int) -> Double
  ) {
    let run = axis.inner * block.matrix.field.width
    for o in 0..<axis.outer {
      for i in 0..<axis.length {
        let part = x + (o * axis.length + i) * run
        if run == 1 { part.pointee *= factor(i) } else { Double.scale(part, by: factor(i), count: run) }
      }
    }
  }

  /// The products of the slices of x along an axis with one another; for a diagonal factor, their squared norms.
  private func gram(
    _ block: TensorBlock, _ axis: TensorBlock.Axis, _ x: UnsafePointer<Double>,
    into out: UnsafeMutablePointer<Double>
  ) {
    let (field, n, inner) = (block.matrix.field, axis.length, axis.inner)
    if !axis.isSquare {
      let run = inner * field.width
      out.update(repeating: 0, count: n)
      for o in 0..<axis.outer {
        for i in 0..<n {
          let part = x + (o * n + i) * run
          out[i] += run == 1 ? part.pointee * part.pointee : Double.dot(part, part, count: run)
        }
      }
    } else if inner == 1 {
      field.multiply(n, n, axis.outer, x, n, adjoint: true, x, n, out, n)
    } else {
      let slab = n * inner * field.width
      for o in 0..<axis.outer {
        field.multiply(
          n, n, inner, x + o * slab, inner, x + o * slab, inner, timesAdjoint: true, beta: o == 0 ? 0 : 1,
          out, n)
      }
    }
  }
}

import Algebra
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
  private let workers: [TensorFit]

  init(_ blocks: [TensorBlock]) {
    self.blocks = blocks
    narrow = Buffer(count: blocks.reduce(0) { $0 + $1.matrix.count })
    quartic = Buffer(count: blocks.count)
    let largest = blocks.reduce(0) { max($0, $1.matrix.count) }
    var (factor, row) = (1, 1)
    for block in blocks {
      for axis in block.axes {
        // Of a diagonal factor, the diagonal of a Gram matrix is kept there.
        factor = max(factor, block.count(of: axis))
        if axis.isSquare { row = max(row, axis.length * block.matrix.field.width) }
      }
    }
    workers = (0..<WorkerPool.shared.threadCount).map { _ in
      TensorFit(count: largest, factor: factor, row: row)
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

  /// (mean |g|⁴)^¼ of a tensor.
  func measure(_ index: Int, _ worker: Int) {
    let (matrix, room) = (blocks[index].matrix, workers[worker])
    Scalar.convert(target(matrix), toDouble: room.image.pointer, count: matrix.count)
    quartic.pointer[index] = room.measure(matrix)
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
    let (matrix, room, operands) = (blocks[index].matrix, workers[worker], operands!)
    (room.factors, room.smoothness) = (operands.factors, operands.smoothness)
    room.fitting = operands.fitting
    if operands.isFitted {
      Scalar.convert(target(matrix), toDouble: room.image.pointer, count: matrix.count)
      room.step(blocks[index], index: index, step: operands.step, rounding: Double(Scalar.ulpOfOne))
    }
    let source = operands.mean ?? narrow.pointer
    Scalar.convert(source + matrix.start, toDouble: room.vector.pointer, count: matrix.count)
    room.precondition(blocks[index])
    room.clip(matrix, rootMeanSquare: operands.rootMeanSquareLimit, element: operands.elementLimit)
    Scalar.convert(room.vector.pointer, to: narrow.pointer + matrix.start, count: matrix.count)
    matrix.move(
      operands.x, along: narrow.pointer, rows: 0..<matrix.rows, keep: operands.keep,
      step: operands.rate / operands.keep)
  }
}

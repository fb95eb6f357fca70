import Tensors

/// The passes of a product along axes, over one sample after another.
struct AxisProductKernel<Scalar: Real>: Sendable {
  /// One pass over an array seen as [outer, n, inner].
  private struct Pass: Sendable {
    let axis: Int
    let rows: Int
    let columns: Int
  }

  let matrices: [Tensor<Scalar>?]
  private let passes: [Pass]
  private let scratch = ProductScratch<Scalar>()

  /// Whether there is anything to multiply by.
  var hasPasses: Bool { !passes.isEmpty }

  init(_ matrices: [Tensor<Scalar>?]) {
    precondition(
      !matrices.isEmpty && matrices.allSatisfy { $0?.rank ?? 2 == 2 },
      "one matrix per axis, or none, not \(matrices.map { $0?.shape ?? [] })")
    self.matrices = matrices
    // What makes the array small comes first, what makes it large last.
    passes = matrices.indices.compactMap { axis in
      matrices[axis].map { Pass(axis: axis, rows: $0.shape[0], columns: $0.shape[1]) }
    }.sorted {
      let (p, q) = ($0.rows * $1.columns, $1.rows * $0.columns)
      return p != q ? p < q : $0.axis > $1.axis
    }
  }

  /// The product of one sample.
  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Float)
  func evaluate(sample: Int, _ arguments: ProductRegion<Scalar>.Arguments) {
    let shape = arguments.first
    let (entry, largest, last) = sizes(shape)
    BLASThreads.withSingle {
      scratch.with(count: 2 * largest) { memory in
        evaluate(
          arguments.a + sample * entry, shape, into: arguments.result + sample * last, memory,
          memory + largest)
      }
    }
  }

  private func evaluate(
    _ x: UnsafePointer<Scalar>, _ shape: [Int], into result: UnsafeMutablePointer<Scalar>,
    _ first: UnsafeMutablePointer<Scalar>, _ second: UnsafeMutablePointer<Scalar>
  ) {
    var source = x
    for index in passes.indices {
      let target = index == passes.count - 1 ? result : index % 2 == 0 ? first : second
      run(passes[index], index, shape, from: source, into: target)
      source = UnsafePointer(target)
    }
  }

  /// Elements of a sample of the operand, the most of what lies between two passes, and of the result.
  func sizes(_ shape: [Int]) -> (entry: Int, largest: Int, last: Int) {
    var (size, largest) = (shape[shape.count - 1], 0)
    for axis in matrices.indices { size *= shape[axis + 1] }
    let entry = size
    for index in passes.indices {
      size = size / passes[index].columns * passes[index].rows
      if index < passes.count - 1 { largest = max(largest, size) }
    }
    return (entry, largest, size)
  }

  /// Length of an axis when pass `index` begins.
  private func length(_ axis: Int, _ index: Int, _ shape: [Int]) -> Int {
    for i in 0..<index where passes[i].axis == axis { return passes[i].rows }
    return shape[axis + 1]
  }

  private func run(
    _ pass: Pass, _ index: Int, _ shape: [Int], from source: UnsafePointer<Scalar>,
    into target: UnsafeMutablePointer<Scalar>
  ) {
    var (outer, inner) = (1, shape[shape.count - 1])
    for axis in 0..<pass.axis { outer *= length(axis, index, shape) }
    for axis in pass.axis + 1..<matrices.count { inner *= length(axis, index, shape) }
    matrices[pass.axis]!.withUnsafeBufferPointer { matrix in
      guard let matrix = matrix.baseAddress else { return }
      if inner == 1 {
        // One product of all rows.
        Scalar.multiplyMatrices(
          rows: outer, columns: pass.rows, inner: pass.columns, alpha: 1, source, leading: pass.columns,
          transposed: false, matrix, leading: pass.columns, transposed: true, beta: 0, target,
          leading: pass.rows)
        return
      }
      // OpenBLAS has a path without packing for products of up to a million multiplications.
      let most = max(1_000_000 / (pass.rows * pass.columns) / 64 * 64, 64)
      for block in 0..<outer {
        for first in stride(from: 0, to: inner, by: most) {
          Scalar.multiplyMatrices(
            rows: pass.rows, columns: min(most, inner - first), inner: pass.columns, alpha: 1, matrix,
            leading: pass.columns, transposed: false, source + block * pass.columns * inner + first,
            leading: inner, transposed: false, beta: 0, target + block * pass.rows * inner + first,
            leading: inner)
        }
      }
    }
  }
}

import Tensors

/// Products along several axes with a matrix each: x of shape [entries, n₁, …, n_d, channels] to [entries, m₁, …, m_d,
/// channels], with one matrix [mᵢ, nᵢ] per axis, or none where an axis stays as it is; a primitive of recorded graphs.
///
/// Transforms between values and coefficients, derivatives, and all of these in turn are such products. For the few dozen
/// modes of a network a product with a matrix is faster than a fast transform, which moves strided rows through the
/// cache once per axis, too.
public struct AxisProduct<Scalar: Real>: CustomPrimitive {
  /// One pass over an array seen as [outer, n, inner].
  private struct Pass: Sendable {
    let axis: Int
    let rows: Int
    let columns: Int
  }

  /// The matrices, row-major.
  public let matrices: [Tensor<Scalar>?]
  private let passes: [Pass]
  private let scratch: ProductScratch<Scalar>

  /// The products with matrices of the given elements.
  public init(_ matrices: [Tensor<Double>?]) {
    self.init(converted: matrices.map { $0.map { Tensor<Scalar>($0) } }, scratch: ProductScratch())
  }

  private init(converted: [Tensor<Scalar>?], scratch: ProductScratch<Scalar>) {
    precondition(
      !converted.isEmpty && converted.allSatisfy { $0?.rank ?? 2 == 2 },
      "one matrix per axis, or none, not \(converted.map { $0?.shape ?? [] })")
    matrices = converted
    self.scratch = scratch
    // What makes the array small comes first, what makes it large last.
    passes = converted.indices.compactMap { axis in
      converted[axis].map { Pass(axis: axis, rows: $0.shape[0], columns: $0.shape[1]) }
    }.sorted {
      let (p, q) = ($0.rows * $1.columns, $1.rows * $0.columns)
      return p != q ? p < q : $0.axis > $1.axis
    }
  }

  public var name: String {
    "product along axes "
      + matrices.map { $0.map { "\($0.shape[0])×\($0.shape[1])" } ?? "-" }.joined(separator: ", ")
  }
  public var isSamplewise: Bool { true }
  public var isLinear: Bool { true }

  public func shape(of operands: [[Int]]) -> [Int] {
    let fits =
      operands.count == 1 && operands[0].count == matrices.count + 2
      && matrices.indices.allSatisfy {
        matrices[$0].map { $0.shape[1] } ?? operands[0][$0 + 1] == operands[0][$0 + 1]
      }
    precondition(fits, "operands of shapes \(operands) for a \(name)")
    var shape = operands[0]
    for pass in passes { shape[pass.axis + 1] = pass.rows }
    return shape
  }

  @_specialize(where Scalar == Double)
  @_specialize(where Scalar == Float)
  public func evaluate(
    _ operands: UnsafeBufferPointer<UnsafePointer<Scalar>>, shapes: [[Int]],
    into result: UnsafeMutablePointer<Scalar>
  ) {
    let shape = shapes[0]
    guard !passes.isEmpty else { return result.update(from: operands[0], count: shape.reduce(1, *)) }
    // Lengths of axes as passes go on; a sample at a time, so that what lies between two passes stays in cache.
    var (entry, largest) = (shape[shape.count - 1], 0)
    for axis in matrices.indices { entry *= shape[axis + 1] }
    var size = entry
    for index in 0..<passes.count - 1 {
      size = size / passes[index].columns * passes[index].rows
      largest = max(largest, size)
    }
    let last = size / passes[passes.count - 1].columns * passes[passes.count - 1].rows
    guard entry > 0, last > 0 else { return }
    // Within a tile of a program this is a plain loop.
    let (most, stride) = (largest, entry)
    WorkerPool.shared.forEach(tiles: shape[0]) { sample, _ in
      BLASThreads.withSingle {
        scratch.with(count: 2 * most) { memory in
          evaluate(operands[0] + sample * stride, shape, into: result + sample * last, memory, memory + most)
        }
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

  /// The product with the transposed matrices.
  public var adjoint: AxisProduct {
    AxisProduct(converted: matrices.map { $0?.transposed([1, 0]) }, scratch: scratch)
  }

  public func pullback(_ gradient: Tensor<Scalar>, operands: [Tensor<Scalar>], result: Tensor<Scalar>)
    -> [Tensor<Scalar>?]
  { [adjoint(gradient)] }

  public func pushforward(_ tangents: [Tensor<Scalar>?], operands: [Tensor<Scalar>], result: Tensor<Scalar>)
    -> Tensor<Scalar>?
  { tangents[0].map { self($0) } }
}

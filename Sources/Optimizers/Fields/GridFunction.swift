import Tensors

/// A function of a grid's Laplacian, applied to fields without allocating. It owns scratch, so it belongs to one caller
/// at a time.
public final class GridFunction {
  /// The Laplacian.
  public let laplacian: GridLaplacian
  /// The values of the function over the normalization, mode by mode.
  private let values: Buffer<Double>
  private let workspaces: [GridTransform.Workspace]
  private let pool = WorkerPool.shared

  init(_ laplacian: GridLaplacian, values: [Double]) {
    precondition(
      values.allSatisfy { $0.isFinite }, "a function of the Laplacian that is not finite at an eigenvalue")
    self.laplacian = laplacian
    let own = Buffer<Double>(count: values.count)
    for k in 0..<values.count { own.pointer[k] = values[k] / laplacian.transform.normalization }
    self.values = own
    workspaces = (0..<WorkerPool.shared.threadCount).map { _ in
      GridTransform.Workspace(laplacian.transform)
    }
  }

  /// Applies the function to `batch` fields that follow one another, each by itself; `out` may be `x`. Computations are in
  /// double precision.
  public func apply<Scalar: Real>(
    _ x: UnsafePointer<Scalar>, into out: UnsafeMutablePointer<Scalar>, batch: Int = 1
  ) {
    let count = laplacian.transform.count
    pool.forEach(tiles: batch) { [self] field, worker in
      let work = workspaces[worker]
      Scalar.convert(x + field * count, toDouble: work.first.pointer, count: count)
      laplacian.transform.forward(work)
      multiply(work)
      laplacian.transform.backward(work)
      Scalar.convert(work.first.pointer, to: out + field * count, count: count)
    }
  }

  /// The function of a tensor whose last axes are those of the grid.
  public func callAsFunction<Scalar: Real>(_ x: Tensor<Scalar>) -> Tensor<Scalar> {
    let shape = laplacian.shape
    precondition(
      x.shape.suffix(shape.count).elementsEqual(shape),
      "a function of the Laplacian of a grid of shape \(shape) applied to a shape \(x.shape)")
    return Tensor(shape: x.shape) { out in
      x.withUnsafeBufferPointer {
        if let x = $0.baseAddress {
          apply(x, into: out.baseAddress!, batch: $0.count / laplacian.transform.count)
        }
      }
    }
  }

  private func multiply(_ work: GridTransform.Workspace) {
    let (modes, count) = (work.modes.pointer, values.count)
    if laplacian.transform.width == 1 {
      Double.multiply(modes, values.pointer, count: count)
    } else {
      Double.multiplyReal(modes, symbol: values.pointer, modes, count: count, accumulating: false)
    }
  }

  /// Σ wᵢ uᵢ (L u)ᵢ from the modes of u, which have been divided by the normalization if `isScaled`.
  private func form(_ work: GridTransform.Workspace, isScaled: Bool) -> Double {
    let transform = laplacian.transform
    let (modes, eigenvalues, squares) = (
      work.modes.pointer, laplacian.eigenvalues.pointer, transform.squares.pointer
    )
    var sum = 0.0
    for k in 0..<values.count {
      var square = 0.0
      for part in 0..<transform.width {
        let mode = modes[transform.width * k + part]
        square += mode * mode
      }
      sum += eigenvalues[k] * squares[k] * square
    }
    let scale = isScaled ? transform.normalization : 1
    return scale * scale * sum
  }
}

extension GridFunction: FieldSolve {
  public func solve(_ f: UnsafePointer<Double>, into u: UnsafeMutablePointer<Double>) -> Double {
    let (transform, work) = (laplacian.transform, workspaces[0])
    work.first.pointer.update(from: f, count: transform.count)
    transform.forward(work)
    multiply(work)
    let form = form(work, isScaled: true)
    transform.backward(work)
    u.update(from: work.first.pointer, count: transform.count)
    return form
  }

  public func form(_ u: UnsafePointer<Double>) -> Double {
    let (transform, work) = (laplacian.transform, workspaces[0])
    work.first.pointer.update(from: u, count: transform.count)
    transform.forward(work)
    return form(work, isScaled: false)
  }
}

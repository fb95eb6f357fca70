import Tensors

extension GaussianRandomField {
  /// The sum over cosine or sine modes, by real transforms of the points that the modes do not vanish on.
  func expansionSample(_ stream: RandomStream) -> Tensor<Double> {
    let isSine: Bool
    let grid: GridPlacement
    switch boundary {
    case .neumann(let placement): (isSine, grid) = (false, placement)
    case .dirichlet(let placement): (isSine, grid) = (true, placement)
    case .periodic: preconditionFailure("a periodic field has no cosine or sine expansion")
    }
    // A sine vanishes at the ends, which its transform leaves out.
    let hasEnds = isSine && grid == .vertices
    let counts = hasEnds ? shape.map { $0 - 2 } : shape
    let kind: RealTransformKind =
      switch (isSine, grid) {
      case (false, .vertices): .dct1
      case (false, .centers): .dct3
      case (true, .vertices): .dst1
      case (true, .centers): .dst3
      }
    let coefficients = Tensor<Double>(shape: counts) { out in
      forEachIndex(of: counts) { position, index in
        let k = isSine ? index.map { $0 + 1 } : index
        var (squared, norm) = (0.0, 1.0)
        for axis in index.indices {
          let kappa = Double.pi * Double(k[axis]) / lengths[axis]
          squared += kappa * kappa
          norm *= ((k[axis] == 0 ? 1 : 2) / lengths[axis]).squareRoot()
          // The transforms double every coefficient but the first, or the last, where that stands for itself.
          let single =
            switch kind {
            case .dct1: index[axis] == 0 || index[axis] == counts[axis] - 1
            case .dct3: index[axis] == 0
            case .dst3: index[axis] == counts[axis] - 1
            default: false
            }
          if !single { norm *= 0.5 }
        }
        out[position] = deviation(squared) * norm * stream.normal(at: 2 * number(of: k))
      }
    }
    let values = coefficients.realTransform(counts.map { _ in kind })
    return hasEnds ? values.surroundedByZeros() : values
  }
}

extension Tensor {
  /// The elements with a layer of zeros around them along every axis.
  fileprivate func surroundedByZeros() -> Tensor {
    shape.indices.reduce(self) { tensor, axis in
      var layer = tensor.shape
      layer[axis] = 1
      return .concatenated([.zeros(layer), tensor, .zeros(layer)], axis: axis)
    }
  }
}

import Tensors

extension Tensor where Scalar: FFTScalar {
  /// Cosine or sine transforms along the given axes, not normalised; one plan is made per call.
  /// - Parameters:
  ///   - kinds: The transform of each of `axes`.
  ///   - axes: Distinct axes, negative ones counted from the end; by default the last ones.
  public func realTransform(_ kinds: [RealTransformKind], axes: [Int]? = nil) -> Tensor {
    let chosen = axes ?? Array(rank - kinds.count..<rank)
    let axes = chosen.map { $0 < 0 ? $0 + rank : $0 }
    precondition(
      axes.count == kinds.count && Set(axes).count == axes.count
        && axes.allSatisfy { (0..<rank).contains($0) },
      "\(kinds.count) transforms along the axes \(chosen) of a tensor of shape \(shape)")
    guard count > 0, !kinds.isEmpty else { return self }
    var strides = [Int](repeating: 1, count: rank)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
    func dimension(_ axis: Int) -> TransformDimension {
      TransformDimension(count: shape[axis], inputStride: strides[axis], outputStride: strides[axis])
    }
    let plan = RealTransformPlan<Scalar>(
      kinds: kinds, axes: axes.map(dimension), loops: (0..<rank).filter { !axes.contains($0) }.map(dimension))
    return Tensor(shape: shape) { out in
      // An out-of-place plan of real transforms leaves its input alone.
      withUnsafeBufferPointer {
        plan.execute(UnsafeMutablePointer(mutating: $0.baseAddress!), out.baseAddress!)
      }
    }
  }

  /// Cosine transforms of one type, 1 to 4, along the given axes (by default all), not normalised.
  public func dct(type: Int = 2, axes: [Int]? = nil) -> Tensor {
    let kinds: [RealTransformKind] = [.dct1, .dct2, .dct3, .dct4]
    precondition((1...4).contains(type), "there is no cosine transform of type \(type)")
    let axes = axes ?? Array(0..<rank)
    return realTransform(axes.map { _ in kinds[type - 1] }, axes: axes)
  }

  /// Sine transforms of one type, 1 to 4, along the given axes (by default all), not normalised.
  public func dst(type: Int = 1, axes: [Int]? = nil) -> Tensor {
    let kinds: [RealTransformKind] = [.dst1, .dst2, .dst3, .dst4]
    precondition((1...4).contains(type), "there is no sine transform of type \(type)")
    let axes = axes ?? Array(0..<rank)
    return realTransform(axes.map { _ in kinds[type - 1] }, axes: axes)
  }
}

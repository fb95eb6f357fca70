extension Tensor {
  /// The distance in memory between neighbours along each axis.
  static func rowMajorStrides(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * shape[axis + 1] }
    return strides
  }

  /// A tensor of the given shape whose elements are found in this one by an offset and a stride per axis.
  func gathered(shape: [Int], offset: Int = 0, strides: [Int]) -> Tensor {
    Tensor(shape: shape) { out in
      guard var target = out.baseAddress, !out.isEmpty else { return }
      withUnsafeBufferPointer { source in
        let source = source.baseAddress! + offset
        guard let row = shape.last else {
          target.pointee = source.pointee
          return
        }
        // An odometer over all axes but the last, which is copied whole.
        var position = [Int](repeating: 0, count: shape.count - 1)
        var start = 0
        while true {
          Scalar.copyStrided(
            target, stride: 1, from: source + start, stride: strides[shape.count - 1], count: row)
          target += row
          var axis = shape.count - 2
          while axis >= 0 {
            position[axis] += 1
            start += strides[axis]
            if position[axis] < shape[axis] { break }
            start -= strides[axis] * shape[axis]
            position[axis] = 0
            axis -= 1
          }
          if axis < 0 { return }
        }
      }
    }
  }

  /// The axis counted from the front; negative axes count from the end.
  func checked(axis: Int) -> Int {
    precondition(-rank <= axis && axis < rank, "a tensor of shape \(shape) has no axis \(axis)")
    return axis < 0 ? axis + rank : axis
  }

  // MARK: - Broadcasting

  /// The shape to which two shapes are broadcast together.
  static func broadcastShape(_ a: [Int], _ b: [Int]) -> [Int] {
    let rank = Swift.max(a.count, b.count)
    let (x, y) = (
      [Int](repeating: 1, count: rank - a.count) + a, [Int](repeating: 1, count: rank - b.count) + b
    )
    return zip(x, y).map { m, n in
      precondition(m == n || m == 1 || n == 1, "the shapes \(a) and \(b) cannot be broadcast together")
      return m == 1 ? n : m
    }
  }

  /// This tensor repeated along axes of length 1 and along new leading axes.
  public func broadcast(to target: [Int]) -> Tensor {
    if target == shape { return self }
    let missing = target.count - rank
    precondition(missing >= 0, "a tensor of shape \(shape) cannot be broadcast to \(target)")
    if let place {
      precondition(
        Self.broadcastShape(shape, target) == target,
        "a tensor of shape \(shape) cannot be broadcast to \(target)")
      return place.recorder.record(.broadcast, [self], target)
    }
    let own = Self.rowMajorStrides(shape)
    let strides = target.indices.map { axis -> Int in
      guard axis >= missing else { return 0 }
      let count = shape[axis - missing]
      precondition(
        count == target[axis] || count == 1, "a tensor of shape \(shape) cannot be broadcast to \(target)")
      return count == 1 ? 0 : own[axis - missing]
    }
    return gathered(shape: target, strides: strides)
  }

  // MARK: - Rearranging

  /// The axes in another order: axis i of the result is axis `order[i]` of this tensor.
  public func transposed(_ order: [Int]) -> Tensor {
    precondition(
      order.sorted() == Array(0..<rank), "\(order) is not an order of the axes of a tensor of shape \(shape)")
    let result = order.map { shape[$0] }
    if let place { return place.recorder.record(.transpose(order), [self], result) }
    let strides = Self.rowMajorStrides(shape)
    return gathered(shape: order.map { shape[$0] }, strides: order.map { strides[$0] })
  }

  /// The axes in reverse order: the transpose of a matrix.
  public var transposed: Tensor { transposed(Array((0..<rank).reversed())) }

  /// The part of this tensor with indices in `range` along one axis. Negative axes count from the end.
  public func slice(axis: Int, _ range: Range<Int>) -> Tensor {
    let axis = checked(axis: axis)
    precondition(
      range.lowerBound >= 0 && range.upperBound <= shape[axis],
      "the slice \(range) of axis \(axis) is outside a tensor of shape \(shape)")
    return slice(axis: axis, start: range.lowerBound, step: 1, count: range.count)
  }

  /// `count` indices of one axis, `start` and every `step`-th after it. Negative axes count from the end.
  public func slice(axis: Int, start: Int, step: Int, count: Int) -> Tensor {
    let axis = checked(axis: axis)
    precondition(
      start >= 0 && step > 0 && (count == 0 || start + (count - 1) * step < shape[axis]),
      "\(count) indices of axis \(axis) from \(start) by \(step) are outside a tensor of shape \(shape)")
    var part = shape
    part[axis] = count
    if let place { return place.recorder.record(.slice(axis: axis, start: start, step: step), [self], part) }
    var strides = Self.rowMajorStrides(shape)
    let offset = start * strides[axis]
    strides[axis] *= step
    return gathered(shape: part, offset: offset, strides: strides)
  }

  /// The adjoint of a slice: this tensor at the indices `start`, `start + step`, … of an axis of length `length`, zeros
  /// elsewhere. Negative axes count from the end.
  public func embedded(axis: Int, start: Int, step: Int = 1, length: Int) -> Tensor {
    let axis = checked(axis: axis)
    precondition(
      start >= 0 && step > 0 && (shape[axis] == 0 || start + (shape[axis] - 1) * step < length),
      "axis \(axis) of a tensor of shape \(shape) from \(start) by \(step) does not fit into a length of \(length)"
    )
    var result = shape
    result[axis] = length
    if let place {
      return place.recorder.record(.embed(axis: axis, start: start, step: step), [self], result)
    }
    let inner = shape[(axis + 1)...].reduce(1, *)
    let outer = shape[..<axis].reduce(1, *)
    return Tensor(shape: result) { out in
      out.update(repeating: 0)
      guard let out = out.baseAddress else { return }
      withUnsafeBufferPointer { x in
        guard let x = x.baseAddress else { return }
        for i in 0..<outer {
          for j in 0..<shape[axis] {
            (out + (i * length + start + j * step) * inner)
              .update(from: x + (i * shape[axis] + j) * inner, count: inner)
          }
        }
      }
    }
  }

  /// Entries of the first axis by index; an index may stand several times.
  public func gathering(_ indices: [Int]) -> Tensor {
    precondition(
      rank > 0 && indices.allSatisfy { (0..<shape[0]).contains($0) },
      "an index is outside of the first axis of a tensor of shape \(shape)")
    let result = [indices.count] + shape.dropFirst()
    if let place { return place.recorder.record(.gather(indices), [self], result) }
    let inner = shape.dropFirst().reduce(1, *)
    return Tensor(shape: result) { out in
      guard let out = out.baseAddress else { return }
      withUnsafeBufferPointer { x in
        for (i, index) in indices.enumerated() {
          (out + i * inner).update(from: x.baseAddress! + index * inner, count: inner)
        }
      }
    }
  }

  /// The adjoint of gathering: entry i of the first axis added to entry `indices[i]` of `count`.
  public func scattering(_ indices: [Int], count: Int) -> Tensor {
    precondition(
      rank > 0 && indices.count == shape[0] && indices.allSatisfy { (0..<count).contains($0) },
      "\(indices.count) indices cannot scatter a tensor of shape \(shape) over \(count) entries")
    let result = [count] + shape.dropFirst()
    if let place { return place.recorder.record(.scatter(indices), [self], result) }
    let inner = shape.dropFirst().reduce(1, *)
    return Tensor(shape: result) { out in
      out.update(repeating: 0)
      guard let out = out.baseAddress else { return }
      withUnsafeBufferPointer { x in
        for (i, index) in indices.enumerated() {
          Scalar.axpy(1, x.baseAddress! + i * inner, out + index * inner, count: inner)
        }
      }
    }
  }

  /// The entry at `index` of one axis, without that axis.
  public func entry(axis: Int, _ index: Int) -> Tensor {
    let axis = checked(axis: axis)
    var rest = shape
    rest.remove(at: axis)
    return slice(axis: axis, index..<index + 1).reshaped(rest)
  }

  /// The tensors one after another along an axis; all other axes agree.
  public static func concatenated(_ parts: [Tensor], axis: Int = 0) -> Tensor {
    precondition(!parts.isEmpty, "nothing to concatenate")
    let axis = parts[0].checked(axis: axis)
    var shape = parts[0].shape
    shape[axis] = 0
    for part in parts {
      var (others, expected) = (part.shape, parts[0].shape)
      precondition(others.count == expected.count, "shapes \(others) and \(expected) cannot be concatenated")
      shape[axis] += others[axis]
      others[axis] = 0
      expected[axis] = 0
      precondition(
        others == expected,
        "shapes \(part.shape) and \(parts[0].shape) cannot be concatenated along axis \(axis)")
    }
    if let recorder = parts.lazy.compactMap(\.place).first?.recorder {
      return recorder.record(.concatenate(axis: axis), parts, shape)
    }
    let outer = shape[..<axis].reduce(1, *)
    let inner = shape[(axis + 1)...].reduce(1, *)
    return Tensor(shape: shape) { out in
      guard let target = out.baseAddress else { return }
      var start = 0
      for part in parts {
        let block = part.shape[axis] * inner
        part.withUnsafeBufferPointer { source in
          guard let source = source.baseAddress else { return }
          for i in 0..<outer {
            (target + i * shape[axis] * inner + start).update(from: source + i * block, count: block)
          }
        }
        start += block
      }
    }
  }

  /// The tensors as entries of a new axis; all of one shape.
  public static func stacked(_ parts: [Tensor], axis: Int = 0) -> Tensor {
    precondition(!parts.isEmpty, "nothing to stack")
    var shape = parts[0].shape
    precondition(
      (0...shape.count).contains(axis), "shapes of rank \(shape.count) cannot be stacked at axis \(axis)")
    shape.insert(1, at: axis)
    for part in parts {
      precondition(
        part.shape == parts[0].shape, "shapes \(part.shape) and \(parts[0].shape) cannot be stacked")
    }
    return concatenated(parts.map { $0.reshaped(shape) }, axis: axis)
  }
}

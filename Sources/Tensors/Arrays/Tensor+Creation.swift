extension Tensor {
  /// A tensor of zeros.
  public static func zeros(_ shape: [Int]) -> Tensor { full(shape, 0) }

  /// A tensor of ones.
  public static func ones(_ shape: [Int]) -> Tensor { full(shape, 1) }

  /// A tensor whose elements are all equal.
  public static func full(_ shape: [Int], _ value: Scalar) -> Tensor {
    Tensor(shape: shape) { $0.update(repeating: value) }
  }

  /// The whole numbers 0 ..< `count`.
  public static func arange(_ count: Int) -> Tensor {
    Tensor(shape: [count]) { out in
      for i in 0..<count { out[i] = Scalar(i) }
    }
  }

  /// `count` equidistant numbers from `first` to `last`, both included.
  public static func linspace(_ first: Scalar, _ last: Scalar, count: Int) -> Tensor {
    precondition(count > 0, "cannot place \(count) numbers between \(first) and \(last)")
    return Tensor(shape: [count]) { out in
      for i in 0..<count {
        let t = count == 1 ? 0 : Scalar(i) / Scalar(count - 1)
        out[i] = i == count - 1 && count > 1 ? last : first + t * (last - first)
      }
    }
  }

  /// The identity matrix.
  public static func identity(_ count: Int) -> Tensor {
    Tensor(shape: [count, count]) { out in
      out.update(repeating: 0)
      for i in 0..<count { out[i * count + i] = 1 }
    }
  }

  /// The next elements of a stream, uniform on a half-open interval.
  public static func randomUniform(
    _ shape: [Int], in range: Range<Scalar> = 0..<1, from stream: inout RandomStream
  ) -> Tensor {
    let unit = Tensor(shape: shape) { stream.fillUniform($0) }
    return range == 0..<1 ? unit : unit * (range.upperBound - range.lowerBound) + range.lowerBound
  }

  /// The next elements of a stream, normally distributed.
  public static func randomNormal(
    _ shape: [Int], mean: Scalar = 0, deviation: Scalar = 1, from stream: inout RandomStream
  ) -> Tensor {
    let standard = Tensor(shape: shape) { stream.fillNormal($0) }
    return mean == 0 && deviation == 1 ? standard : standard * deviation + mean
  }

  /// The elements of a tensor of the other precision.
  public init<Other: Real>(_ other: Tensor<Other>) {
    self.init(shape: other.shape) { out in
      guard let out = out.baseAddress else { return }
      other.withUnsafeBufferPointer { x in
        let wide = Buffer<Double>(uninitialized: x.count)
        Other.convert(x.baseAddress!, toDouble: wide.pointer, count: x.count)
        Scalar.convert(wide.pointer, to: out, count: x.count)
      }
    }
  }
}

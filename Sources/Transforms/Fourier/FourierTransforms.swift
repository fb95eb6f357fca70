import Tensors

// Fourier transforms of whole tensors over their last axes: `rank` of them, 1 to 3, by default all. Leading axes are a
// batch, whose members are transformed side by side, each on one thread. A plan is made for every call: code that
// transforms in a loop keeps an `FFTPlan` instead.

extension ComplexTensor where Scalar: FFTScalar {
  /// The discrete Fourier transform over the last `rank` axes, not normalised.
  public func fft(rank: Int? = nil) -> ComplexTensor { transformed(.forward, rank: rank) }

  /// The inverse of `fft`: the backward transform divided by the number of points.
  public func ifft(rank: Int? = nil) -> ComplexTensor {
    let axes = transformedAxes(of: shape, rank: rank)
    return transformed(.backward, rank: rank) * (1 / Scalar(axes.reduce(1, *)))
  }

  private func transformed(_ direction: FFTDirection, rank: Int?) -> ComplexTensor {
    let axes = transformedAxes(of: shape, rank: rank)
    let points = axes.reduce(1, *)
    let plan = FFTPlan<Scalar>(.complexToComplex(direction), shape: axes)
    return ComplexTensor(
      parts: Tensor(shape: parts.shape) { out in
        parts.withUnsafeBufferPointer {
          BatchedTransform.run(
            batch: count / points, input: $0.baseAddress!, inputCount: 2 * points, output: out.baseAddress!,
            outputCount: 2 * points, destroysInput: false, plan: plan.execute)
        }
      })
  }

  /// The inverse of `rfft`: real numbers from a half spectrum, divided by the number of points.
  /// - Parameters:
  ///   - last: The points of the last axis, which a half spectrum of n/2 + 1 modes leaves open: n or n + 1.
  ///   - rank: The number of transformed axes.
  public func irfft(last: Int, rank: Int? = nil) -> Tensor<Scalar> {
    var axes = transformedAxes(of: shape, rank: rank)
    precondition(
      axes.last! == last / 2 + 1,
      "\(axes.last!) modes are no half spectrum of \(last) points, which has \(last / 2 + 1)")
    let modes = axes.reduce(1, *)
    axes[axes.count - 1] = last
    let points = axes.reduce(1, *)
    let plan = FFTPlan<Scalar>(.complexToReal, shape: axes)
    let result = Tensor<Scalar>(shape: shape.dropLast() + [last]) { out in
      parts.withUnsafeBufferPointer {
        BatchedTransform.run(
          batch: count / modes, input: $0.baseAddress!, inputCount: 2 * modes, output: out.baseAddress!,
          outputCount: points, destroysInput: true, plan: plan.execute)
      }
    }
    return result * (1 / Scalar(points))
  }
}

extension Tensor where Scalar: FFTScalar {
  /// The half spectrum of real numbers over the last `rank` axes, not normalised: n/2 + 1 modes on the last axis.
  public func rfft(rank: Int? = nil) -> ComplexTensor<Scalar> {
    let axes = transformedAxes(of: shape, rank: rank)
    let points = axes.reduce(1, *)
    let modes = points / axes.last! * (axes.last! / 2 + 1)
    let plan = FFTPlan<Scalar>(.realToComplex, shape: axes)
    return ComplexTensor(
      parts: Tensor(shape: shape.dropLast() + [axes.last! / 2 + 1, 2]) { out in
        withUnsafeBufferPointer {
          BatchedTransform.run(
            batch: count / points, input: $0.baseAddress!, inputCount: points, output: out.baseAddress!,
            outputCount: 2 * modes, destroysInput: false, plan: plan.execute)
        }
      })
  }
}

/// The lengths of the transformed axes.
private func transformedAxes(of shape: [Int], rank: Int?) -> [Int] {
  let rank = rank ?? shape.count
  precondition(
    (1...3).contains(rank) && rank <= shape.count && !shape.contains(0),
    "cannot transform the last \(rank) axes of a tensor of shape \(shape); transforms have 1 to 3 axes")
  return Array(shape.suffix(rank))
}

/// The sign of the exponent of a discrete Fourier transform.
public enum FFTDirection: Hashable, Sendable, BitwiseCopyable {
  /// X_k = Σ_j x_j exp(-2πi jk/n).
  case forward
  /// x_j = Σ_k X_k exp(+2πi jk/n), without the factor 1/n.
  case backward

  /// The direction that undoes this one, up to the factor n.
  public var inverse: FFTDirection { self == .forward ? .backward : .forward }
}

/// What a Fourier transform takes and gives.
public enum FFTKind: Hashable, Sendable, BitwiseCopyable {
  /// Complex numbers to as many complex numbers.
  case complexToComplex(FFTDirection)
  /// Real numbers to their half spectrum, forward: the last axis of n points has n/2 + 1 modes.
  case realToComplex
  /// A half spectrum to real numbers, backward. The transform overwrites its input.
  case complexToReal

  /// Whether the input is complex.
  public var hasComplexInput: Bool { self != .realToComplex }
  /// Whether the output is complex.
  public var hasComplexOutput: Bool { self != .complexToReal }
}

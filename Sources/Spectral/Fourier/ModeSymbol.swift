import Algebra
import CKernels
import Foundation
import Tensors

/// One number per mode that a field is multiplied by: a differential operator, an inverse, or a stepping coefficient.
///
/// Symbols that are real or purely imaginary for all modes keep half the memory and a third of the work.
public struct ModeSymbol: Sendable {
  /// What the numbers are.
  public enum Kind: Sendable, BitwiseCopyable { case one, real, imaginary, complex }

  public let kind: Kind
  /// Real or imaginary parts, or interleaved complex numbers; empty for `one`.
  let values: Buffer<Double>?

  /// The symbol of the given values, or nil when it vanishes everywhere.
  public init?(_ values: [Complex<Double>], scale: Double = 1) {
    var (hasReal, hasImaginary, isOne) = (false, false, true)
    for value in values {
      if value.real != 0 { hasReal = true }
      if value.imaginary != 0 { hasImaginary = true }
      if value != .one { isOne = false }
    }
    guard hasReal || hasImaginary else { return nil }
    if isOne && scale == 1 {
      (kind, self.values) = (.one, nil)
      return
    }
    kind = hasReal ? (hasImaginary ? .complex : .real) : .imaginary
    let buffer = Buffer<Double>(count: kind == .complex ? 2 * values.count : values.count)
    for (m, value) in values.enumerated() {
      switch kind {
      case .complex:
        buffer.pointer[2 * m] = scale * value.real
        buffer.pointer[2 * m + 1] = scale * value.imaginary
      case .imaginary: buffer.pointer[m] = scale * value.imaginary
      default: buffer.pointer[m] = scale * value.real
      }
    }
    self.values = buffer
  }

  /// The symbol as plain data for inner loops; valid as long as the symbol lives.
  var view: View { View(kind: kind, values: values.map { UnsafePointer($0.pointer) }) }

  /// A symbol without ownership, so that loops over symbols count no references.
  struct View: BitwiseCopyable {
    let kind: Kind
    let values: UnsafePointer<Double>?

    /// out = symbol · input over modes `first ..< first + count`; the pointers are to the first of them.
    @inline(__always)
    func multiply(
      _ input: UnsafePointer<Double>, into output: UnsafeMutablePointer<Double>, first: Int, count: Int
    ) {
      let n = Int64(count)
      switch kind {
      case .one: output.update(from: input, count: 2 * count)
      case .real: ck_multiply_real_d(output, n, values! + first, input)
      case .imaginary: ck_multiply_imaginary_d(output, n, values! + first, input)
      case .complex: ck_multiply_complex_d(output, n, values! + 2 * first, input)
      }
    }

    /// out += symbol · input, as ``multiply(_:into:first:count:)``.
    @inline(__always)
    func multiplyAdd(
      _ input: UnsafePointer<Double>, into output: UnsafeMutablePointer<Double>, first: Int, count: Int
    ) {
      let n = Int64(count)
      switch kind {
      case .one: for i in 0..<2 * count { output[i] += input[i] }
      case .real: ck_multiply_add_real_d(output, n, values! + first, input)
      case .imaginary: ck_multiply_add_imaginary_d(output, n, values! + first, input)
      case .complex: ck_multiply_add_complex_d(output, n, values! + 2 * first, input)
      }
    }
  }

  /// The value at one mode.
  public func value(_ mode: Int) -> Complex<Double> {
    switch kind {
    case .one: .one
    case .real: Complex(values!.pointer[mode])
    case .imaginary: Complex(0, values!.pointer[mode])
    case .complex: Complex(values!.pointer[2 * mode], values!.pointer[2 * mode + 1])
    }
  }
}

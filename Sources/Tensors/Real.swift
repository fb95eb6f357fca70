import Foundation

/// The scalars that arrays hold: `Float` and `Double`.
///
/// Generic code is written against this protocol; what runs in its loops are the concrete kernels of the conformances.
public protocol Real: BinaryFloatingPoint, SIMDScalar, BitwiseCopyable, Codable, Sendable,
  LosslessStringConvertible
{
  static func exp(_ x: Self) -> Self
  static func sin(_ x: Self) -> Self
  static func cos(_ x: Self) -> Self
}

extension Double: Real {
  @inlinable public static func exp(_ x: Double) -> Double { Foundation.exp(x) }
  @inlinable public static func sin(_ x: Double) -> Double { Foundation.sin(x) }
  @inlinable public static func cos(_ x: Double) -> Double { Foundation.cos(x) }
}

extension Float: Real {
  @inlinable public static func exp(_ x: Float) -> Float { Foundation.exp(x) }
  @inlinable public static func sin(_ x: Float) -> Float { Foundation.sin(x) }
  @inlinable public static func cos(_ x: Float) -> Float { Foundation.cos(x) }
}

/// The wavenumbers of the modes of one axis, in the order in which a Fourier transform stores them.
///
/// An axis of n points and length L has the modes exp(i 2πk x/L). A full spectrum holds k = 0, 1, …, then the negative
/// ones up to -1; a half spectrum, the last axis of a real transform, holds k = 0 … n/2. When n is even one mode, of
/// Nyquist's wavenumber n/2, stands for both signs: its odd derivatives vanish at the points, so their symbol is 0.
public struct Wavenumbers: Hashable, Sendable {
  /// The number of points.
  public let count: Int
  /// The length of the axis.
  public let length: Double
  /// Whether the modes are those of a half spectrum.
  public let half: Bool

  /// The wavenumbers of an axis of `count` points and the given length.
  public init(count: Int, length: Double, half: Bool = false) {
    precondition(count > 0, "an axis has at least one point, not \(count)")
    self.count = count
    self.length = length
    self.half = half
  }

  /// The number of modes.
  public var modeCount: Int { half ? count / 2 + 1 : count }

  /// k of every mode; Nyquist's is n/2 in a half spectrum, -n/2 in a full one.
  public var integers: [Int] {
    half ? Array(0...count / 2) : (0..<count).map { $0 < (count + 1) / 2 ? $0 : $0 - count }
  }

  /// 2πk/L of every mode, in radians per unit of length.
  public var values: [Double] { integers.map { 2 * .pi * Double($0) / length } }

  /// Whether a mode is Nyquist's.
  public func isNyquist(_ k: Int) -> Bool { 2 * abs(k) == count }

  /// The symbol of the derivative of the given order as a real array r: the symbol is r for even orders and i r for
  /// odd ones, with 0 at Nyquist's wavenumber for the odd ones.
  public func derivative(order: Int) -> [Double] {
    precondition(order >= 0, "a derivative of order \(order)")
    let sign: Double = order % 4 < 2 ? 1 : -1
    return zip(integers, values).map { k, value in
      order % 2 == 1 && isNyquist(k) ? 0 : sign * (0..<order).reduce(1) { power, _ in power * value }
    }
  }

  /// πk/L of the cosine modes k = 0 … n-1 of an axis of length L.
  public static func cosine(count: Int, length: Double) -> [Double] {
    (0..<count).map { .pi * Double($0) / length }
  }

  /// πk/L of the sine modes k = 1 … n of an axis of length L.
  public static func sine(count: Int, length: Double) -> [Double] {
    (1...count).map { .pi * Double($0) / length }
  }
}

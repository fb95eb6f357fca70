import Foundation

/// A map from numbers in 0...1 to colours, perceptually even so that equal steps look equal.
public struct ColorMap: Hashable, Sendable {
  /// The colours at evenly spaced numbers from 0 to 1, at least two; between them colours are interpolated.
  public let colors: [RGBAColor]
  /// The colour of values that are no numbers.
  public var nanColor: RGBAColor

  /// A map through evenly spaced colours; fewer than two are a programmer error.
  public init(colors: [RGBAColor], nanColor: RGBAColor = RGBAColor(0xB8, 0xB8, 0xB8)) {
    precondition(colors.count >= 2, "ColorMap: \(colors.count) colours")
    self.colors = colors
    self.nanColor = nanColor
  }

  /// The colour of `t`; numbers outside 0...1 get the nearest end's colour.
  public func color(at t: Double) -> RGBAColor {
    guard !t.isNaN else { return nanColor }
    let place = min(max(t, 0), 1) * Double(colors.count - 1)
    let index = min(Int(place), colors.count - 2)
    let weight = place - Double(index)
    let (a, b) = (colors[index], colors[index + 1])
    func mix(_ x: UInt8, _ y: UInt8) -> UInt8 {
      UInt8((Double(x) + weight * (Double(y) - Double(x))).rounded())
    }
    return RGBAColor(mix(a.red, b.red), mix(a.green, b.green), mix(a.blue, b.blue))
  }

  /// The colour of `value` on the scale that runs over `range`; a range of no length gives the middle colour.
  public func color(of value: Double, in range: ClosedRange<Double>) -> RGBAColor {
    let length = range.upperBound - range.lowerBound
    guard length > 0 else { return color(at: value.isNaN ? .nan : 0.5) }
    if length.isFinite { return color(at: (value - range.lowerBound) / length) }
    // The length of a range near the largest numbers overflows.
    return color(at: (value / 4 - range.lowerBound / 4) / (range.upperBound / 4 - range.lowerBound / 4))
  }

  /// The smallest range that holds all finite values, so that a series of fields can share one scale; 0...0
  /// when there are none.
  ///
  /// - Parameter isSymmetric: whether the range is widened to be centred at 0, as diverging maps need.
  public static func range(of fields: [[Double]], isSymmetric: Bool = false) -> ClosedRange<Double> {
    var (low, high) = (Double.infinity, -Double.infinity)
    for values in fields {
      for value in values where value.isFinite { (low, high) = (min(low, value), max(high, value)) }
    }
    guard low <= high else { return 0...0 }
    let largest = max(abs(low), abs(high))
    return isSymmetric ? -largest...largest : low...high
  }

  /// The range that colours should span: that of all finite values, unless a two-hundredth of them lies so far out that
  /// the others would share a fifth of the colours, as vorticity at a wall or at a corner does. Those are clipped then.
  public static func drawnRange(of fields: [[Double]]) -> ClosedRange<Double> {
    let whole = range(of: fields)
    // A sample at even distances is enough for quantiles.
    let count = fields.reduce(0) { $0 + $1.count }
    let stride = max(1, count / 200_000)
    var sample: [Double] = []
    var place = 0
    for values in fields {
      while place < values.count {
        if values[place].isFinite { sample.append(values[place]) }
        place += stride
      }
      place -= values.count
    }
    guard sample.count >= 1000 else { return whole }
    sample.sort()
    let cut = sample.count / 400
    let (low, high) = (sample[cut], sample[sample.count - 1 - cut])
    let isFarOut = whole.upperBound - whole.lowerBound > 5 * (high - low)
    return isFarOut && low < high ? low...high : whole
  }

  /// Dark blue to yellow, ascending evenly in lightness (Smith & van der Walt 2015).
  public static let viridis = ColorMap(
    colors: {
      let digits = Array(viridisColors.utf8)
      return stride(from: 0, to: digits.count, by: 6).map { start in
        let value = UInt32(String(decoding: digits[start..<(start + 6)], as: UTF8.self), radix: 16) ?? 0
        return RGBAColor(
          UInt8(truncatingIfNeeded: value >> 16), UInt8(truncatingIfNeeded: value >> 8),
          UInt8(truncatingIfNeeded: value))
      }
    }())

  /// Black to white.
  public static let gray = ColorMap(
    colors: [RGBAColor(0, 0, 0), RGBAColor(255, 255, 255)], nanColor: RGBAColor(0xD5, 0x5E, 0x00))

  /// Cool blue over light gray to warm red, for values on both sides of a reference (Moreland 2009).
  public static let coolWarm = diverging(from: RGBAColor(59, 76, 192), to: RGBAColor(180, 4, 38))

  /// The diverging map between two saturated colours by interpolation in Msh, the polar form of CIELAB
  /// (Moreland, "Diverging color maps for scientific visualization", ISVC 2009, section 3).
  public static func diverging(from first: RGBAColor, to last: RGBAColor, count: Int = 257) -> ColorMap {
    precondition(count >= 3 && count % 2 == 1, "ColorMap.diverging: \(count) colours have no middle one")
    let (a, b) = (MshColor(first), MshColor(last))
    // White enough for both ends to reach it by desaturation.
    let middle = MshColor(magnitude: max(a.magnitude, b.magnitude, 88), saturation: 0, hue: 0)
    return ColorMap(
      colors: (0..<count).map { i in
        let t = Double(i) / Double(count - 1)
        let (start, weight) = t < 0.5 ? (a, 2 * t) : (b, 2 - 2 * t)
        return start.mixed(with: middle, weight: weight).rgb
      })
  }
}

/// A colour in Msh: length, angle from the axis of grays, and angle around it, of a colour in CIELAB
/// (Moreland 2009).
private struct MshColor {
  var magnitude, saturation, hue: Double

  init(magnitude: Double, saturation: Double, hue: Double) {
    (self.magnitude, self.saturation, self.hue) = (magnitude, saturation, hue)
  }

  /// The white point D65 of sRGB.
  private static let white = (0.95047, 1.0, 1.08883)

  init(_ color: RGBAColor) {
    func linear(_ byte: UInt8) -> Double {
      let value = Double(byte) / 255
      return value <= 0.04045 ? value / 12.92 : Foundation.pow((value + 0.055) / 1.055, 2.4)
    }
    let (r, g, b) = (linear(color.red), linear(color.green), linear(color.blue))
    func f(_ t: Double) -> Double { t > 216.0 / 24389 ? Foundation.cbrt(t) : (24389.0 / 27 * t + 16) / 116 }
    let x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / Self.white.0)
    let y = f((0.2126 * r + 0.7152 * g + 0.0722 * b) / Self.white.1)
    let z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / Self.white.2)
    let (lightness, alpha, beta) = (116 * y - 16, 500 * (x - y), 200 * (y - z))
    magnitude = (lightness * lightness + alpha * alpha + beta * beta).squareRoot()
    saturation = magnitude > 0.001 ? Foundation.acos(lightness / magnitude) : 0
    hue = saturation > 0.001 ? Foundation.atan2(beta, alpha) : 0
  }

  /// The colour on the way from this saturated one to the unsaturated `other`.
  func mixed(with other: MshColor, weight: Double) -> MshColor {
    // The hue turns on the way to white so that the map seems even (Moreland 2009, figure 9).
    var target = hue
    if magnitude < other.magnitude, saturation > 0 {
      let spin =
        saturation * (other.magnitude * other.magnitude - magnitude * magnitude).squareRoot()
        / (magnitude * Foundation.sin(saturation))
      target = hue > -.pi / 3 ? hue + spin : hue - spin
    }
    return MshColor(
      magnitude: magnitude + weight * (other.magnitude - magnitude),
      saturation: saturation + weight * (other.saturation - saturation), hue: hue + weight * (target - hue))
  }

  var rgb: RGBAColor {
    let lightness = magnitude * Foundation.cos(saturation)
    let alpha = magnitude * Foundation.sin(saturation) * Foundation.cos(hue)
    let beta = magnitude * Foundation.sin(saturation) * Foundation.sin(hue)
    let fy = (lightness + 16) / 116
    func inverse(_ t: Double) -> Double { t > 6.0 / 29 ? t * t * t : (116 * t - 16) * 27 / 24389 }
    let x = inverse(fy + alpha / 500) * Self.white.0
    let y = inverse(fy) * Self.white.1
    let z = inverse(fy - beta / 200) * Self.white.2
    func byte(_ value: Double) -> UInt8 {
      let encoded = value <= 0.0031308 ? 12.92 * value : 1.055 * Foundation.pow(value, 1 / 2.4) - 0.055
      return UInt8((min(max(encoded, 0), 1) * 255).rounded())
    }
    return RGBAColor(
      byte(3.2406 * x - 1.5372 * y - 0.4986 * z), byte(-0.9689 * x + 1.8758 * y + 0.0415 * z),
      byte(0.0557 * x - 0.2040 * y + 1.0570 * z))
  }
}

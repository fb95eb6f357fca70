/// A colour of 8 bits per channel in sRGB; `alpha` 255 is opaque.
public struct RGBAColor: Hashable, Sendable {
  /// The channels, 0 to 255.
  public var red, green, blue, alpha: UInt8

  /// The colour of the given channels.
  public init(_ red: UInt8, _ green: UInt8, _ blue: UInt8, _ alpha: UInt8 = 255) {
    (self.red, self.green, self.blue, self.alpha) = (red, green, blue, alpha)
  }

  /// `#rrggbb`, as SVG and HTML write it; alpha is left out.
  public var hexadecimal: String {
    "#"
      + [red, green, blue].map { value in
        (value < 16 ? "0" : "") + String(value, radix: 16)
      }.joined()
  }
}

/// A raster image of 8 bits per channel, rows from top to bottom.
public struct PixelImage: Hashable, Sendable {
  /// What the bytes of a pixel are.
  public enum Layout: Hashable, Sendable {
    case gray
    case grayAlpha
    case rgb
    case rgba
    /// An index into a palette of at most 256 colours.
    case indexed(palette: [RGBAColor])

    /// Bytes per pixel.
    public var channels: Int {
      switch self {
      case .gray, .indexed: 1
      case .grayAlpha: 2
      case .rgb: 3
      case .rgba: 4
      }
    }
  }

  /// Pixels per row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// What the bytes of a pixel are.
  public let layout: Layout
  /// `height · width · channels` bytes.
  public var pixels: [UInt8]

  /// An image; a wrong number of bytes, an empty image and an index beyond the palette are programmer errors.
  public init(width: Int, height: Int, layout: Layout, pixels: [UInt8]) {
    precondition(width > 0 && height > 0, "PixelImage: \(width) × \(height) pixels")
    precondition(
      pixels.count == width * height * layout.channels,
      "PixelImage: \(pixels.count) bytes for \(width) × \(height) pixels of \(layout.channels) channels")
    if case .indexed(let palette) = layout {
      precondition((1...256).contains(palette.count), "PixelImage: a palette of \(palette.count) colours")
      let largest = pixels.max() ?? 0
      precondition(
        Int(largest) < palette.count, "PixelImage: index \(largest) in a palette of \(palette.count) colours")
    }
    (self.width, self.height, self.layout, self.pixels) = (width, height, layout, pixels)
  }

  /// The same image with four channels.
  public var rgba: PixelImage {
    var result = [UInt8](repeating: 255, count: 4 * width * height)
    func set(_ i: Int, _ color: RGBAColor) {
      (result[4 * i], result[4 * i + 1], result[4 * i + 2], result[4 * i + 3]) =
        (color.red, color.green, color.blue, color.alpha)
    }
    for i in 0..<(width * height) {
      switch layout {
      case .gray: set(i, RGBAColor(pixels[i], pixels[i], pixels[i]))
      case .grayAlpha: set(i, RGBAColor(pixels[2 * i], pixels[2 * i], pixels[2 * i], pixels[2 * i + 1]))
      case .rgb: set(i, RGBAColor(pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]))
      case .rgba:
        set(i, RGBAColor(pixels[4 * i], pixels[4 * i + 1], pixels[4 * i + 2], pixels[4 * i + 3]))
      case .indexed(let palette): set(i, palette[Int(pixels[i])])
      }
    }
    return PixelImage(width: width, height: height, layout: .rgba, pixels: result)
  }
}

/// A sequence of images of one size, as animated PNG and GIF files hold it.
public struct PixelAnimation: Hashable, Sendable {
  /// The images, at least one.
  public var frames: [PixelImage]
  /// Seconds each frame is shown, 0 to 65535.
  public var delay: Double
  /// How often the sequence is shown; 0 means without end.
  public var repetitions: Int

  /// An animation; frames of different sizes, or none, are a programmer error.
  public init(frames: [PixelImage], delay: Double, repetitions: Int = 0) {
    precondition(!frames.isEmpty, "PixelAnimation: no frames")
    precondition(
      frames.allSatisfy { $0.width == frames[0].width && $0.height == frames[0].height },
      "PixelAnimation: frames of sizes \(Set(frames.map { "\($0.width)×\($0.height)" }).sorted())")
    precondition(delay >= 0 && delay <= 65535, "PixelAnimation: a delay of \(delay) s")
    precondition((0...65535).contains(repetitions), "PixelAnimation: \(repetitions) repetitions")
    (self.frames, self.delay, self.repetitions) = (frames, delay, repetitions)
  }
}

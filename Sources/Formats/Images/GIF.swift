import Foundation

/// Graphics Interchange Format, version 89a (CompuServe 1990): animations that every program plays, in 256
/// colours.
public enum GIF {
  /// The file's bytes. A frame of more than 256 colours gets the 256 that median cut (Heckbert 1982) finds;
  /// pixels less than half opaque become transparent; the delay is rounded to hundredths of a second and cut
  /// to 655.35 s.
  ///
  /// - Precondition: at most 65535 pixels on either side.
  public static func encode(_ animation: PixelAnimation) -> [UInt8] {
    let frames = animation.frames.map(\.rgba)
    let (width, height) = (frames[0].width, frames[0].height)
    precondition(
      width < 65536 && height < 65536, "GIF: \(width) × \(height) pixels are more than 65535 on a side")
    let hasHoles = frames.contains { frame in
      stride(from: 3, to: frame.pixels.count, by: 4).contains { frame.pixels[$0] < 128 }
    }
    var bytes = Array("GIF89a".utf8) + little(width) + little(height)
    // No global palette; 8 bits per channel; background 0; square pixels.
    bytes += [0x70, 0, 0]
    if frames.count > 1 {
      bytes += [0x21, 0xFF, 11] + Array("NETSCAPE2.0".utf8) + [3, 1]
      // The number counts repetitions after the first showing, 0 those without end.
      bytes += little(animation.repetitions == 0 ? 0 : max(animation.repetitions - 1, 1)) + [0]
    }
    let delay = little(min(Int((animation.delay * 100).rounded()), 65535))
    for (index, frame) in frames.enumerated() {
      // Transparent pixels show what was drawn before, so that such frames are drawn whole on a cleared
      // surface.
      let isWhole = index == 0 || hasHoles
      let box = isWhole ? (0..<width, 0..<height) : AnimatedPNG.changedBox(frames[index - 1], frame)
      let part = AnimatedPNG.cut(frame, box.0, box.1)
      let (palette, transparent, indices) = quantized(part)
      bytes += [0x21, 0xF9, 4, (hasHoles ? 2 : 1) << 2 | (transparent == nil ? 0 : 1)]
      bytes += delay + [UInt8(transparent ?? 0), 0]
      var bits = 1
      while 1 << bits < palette.count { bits += 1 }
      bytes +=
        [0x2C] + little(box.0.lowerBound) + little(box.1.lowerBound) + little(part.width)
        + little(part.height)
      bytes.append(0x80 | UInt8(bits - 1))
      for i in 0..<(1 << bits) {
        let color = i < palette.count ? palette[i] : RGBAColor(0, 0, 0)
        bytes += [color.red, color.green, color.blue]
      }
      bytes += GIFCompression.encode(indices, minimumBits: max(2, bits))
    }
    bytes.append(0x3B)
    return bytes
  }

  /// Writes `animation` to `url`.
  ///
  /// - Throws: ``FormatError/system(path:action:code:)``.
  public static func write(_ animation: PixelAnimation, to url: URL) throws(FormatError) {
    try AtomicFile.write(encode(animation), to: url)
  }

  private static func little(_ value: Int) -> [UInt8] {
    [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
  }

  // MARK: - Colours

  /// The palette of an RGBA image, its transparent index, and the index of each pixel.
  private static func quantized(_ image: PixelImage) -> (palette: [RGBAColor], transparent: Int?, [UInt8]) {
    var counts: [UInt32: Int] = [:]
    var colors = [UInt32](repeating: 0, count: image.width * image.height)
    var hasHoles = false
    for i in colors.indices {
      if image.pixels[4 * i + 3] < 128 {
        colors[i] = .max
        hasHoles = true
      } else {
        colors[i] = (0..<3).reduce(0) { $0 << 8 | UInt32(image.pixels[4 * i + $1]) }
        counts[colors[i], default: 0] += 1
      }
    }
    let boxes = medianCut(counts, limit: hasHoles ? 255 : 256)
    var indexOf: [UInt32: UInt8] = [:]
    var palette: [RGBAColor] = []
    for box in boxes {
      var (sums, total) = ([0, 0, 0], 0)
      for color in box {
        indexOf[color] = UInt8(palette.count)
        let count = counts[color] ?? 0
        for c in 0..<3 { sums[c] += count * Int(color >> UInt32(16 - 8 * c) & 0xFF) }
        total += count
      }
      let mean = sums.map { UInt8(($0 + total / 2) / total) }
      palette.append(RGBAColor(mean[0], mean[1], mean[2]))
    }
    let transparent = hasHoles ? palette.count : nil
    if hasHoles {
      indexOf[.max] = UInt8(palette.count)
      palette.append(RGBAColor(255, 255, 255, 0))
    }
    return (palette, transparent, colors.map { indexOf[$0] ?? 0 })
  }

  /// The colours in at most `limit` groups of similar ones.
  private static func medianCut(_ counts: [UInt32: Int], limit: Int) -> [[UInt32]] {
    let all = counts.keys.sorted()
    if all.count <= limit { return all.map { [$0] } }
    func channel(_ color: UInt32, _ c: Int) -> UInt32 { color >> UInt32(16 - 8 * c) & 0xFF }
    /// The longest side of the group's box, and its channel.
    func side(_ group: [UInt32]) -> (length: UInt32, channel: Int) {
      (0..<3).map { c -> (length: UInt32, channel: Int) in
        let values = group.map { channel($0, c) }
        return ((values.max() ?? 0) - (values.min() ?? 0), c)
      }.max { $0.length < $1.length } ?? (0, 0)
    }
    var groups = [all]
    var sides = [side(all)]
    while groups.count < limit {
      // The longest box is cut where half of its colours lie on either side.
      let index = sides.indices.max { (sides[$0].length, $1) < (sides[$1].length, $0) } ?? 0
      guard sides[index].length > 0 else { break }
      let c = sides[index].channel
      let sorted = groups[index].sorted { (channel($0, c), $0) < (channel($1, c), $1) }
      let half = sorted.count / 2
      groups[index] = Array(sorted[..<half])
      groups.append(Array(sorted[half...]))
      sides[index] = side(groups[index])
      sides.append(side(groups[groups.count - 1]))
    }
    return groups
  }

  // MARK: - Reading

  /// The animation at `url`.
  ///
  /// - Throws: what ``decode(_:file:)`` throws, and ``FormatError/system(path:action:code:)``.
  public static func read(_ url: URL) throws(FormatError) -> PixelAnimation {
    try decode(AtomicFile.read(url), file: url.path)
  }

  /// The animation in the bytes of a GIF file, as whole RGBA frames; the delay is that of the first frame.
  ///
  /// - Parameter file: the name to use in errors.
  /// - Throws: ``FormatError/malformed(file:problem:remedy:)`` for damaged input,
  ///   ``FormatError/unsupported(file:problem:remedy:)`` for animations of more than 4 GiB.
  public static func decode(_ bytes: [UInt8], file: String = "GIF") throws(FormatError) -> PixelAnimation {
    guard bytes.starts(with: Array("GIF87a".utf8)) || bytes.starts(with: Array("GIF89a".utf8)) else {
      throw .malformed(file: file, problem: "it does not start as a GIF image", remedy: "give a .gif file")
    }
    var reader = Reader(bytes: bytes, file: file)
    return try reader.animation()
  }

  private struct Reader {
    let bytes: [UInt8]
    let file: String
    var position = 6

    mutating func byte() throws(FormatError) -> Int {
      guard position < bytes.count else { throw .damaged(file, "it ends early") }
      defer { position += 1 }
      return Int(bytes[position])
    }

    mutating func word() throws(FormatError) -> Int {
      let low = try byte()
      return try low | byte() << 8
    }

    mutating func palette(_ flags: Int) throws(FormatError) -> [RGBAColor]? {
      guard flags & 0x80 != 0 else { return nil }
      var colors: [RGBAColor] = []
      for _ in 0..<(2 << (flags & 7)) {
        let (red, green, blue) = (try byte(), try byte(), try byte())
        colors.append(RGBAColor(UInt8(red), UInt8(green), UInt8(blue)))
      }
      return colors
    }

    /// The joined content of the sub-blocks that start here.
    mutating func blocks() throws(FormatError) -> [UInt8] {
      var content: [UInt8] = []
      while true {
        let count = try byte()
        if count == 0 { return content }
        guard position + count <= bytes.count else { throw .damaged(file, "it ends early") }
        content += bytes[position..<(position + count)]
        position += count
      }
    }

    mutating func animation() throws(FormatError) -> PixelAnimation {
      let (width, height) = (try word(), try word())
      guard width > 0, height > 0 else { throw .damaged(file, "\(width) × \(height) pixels are impossible") }
      let flags = try byte()
      position += 2
      let global = try palette(flags)
      var frames: [PixelImage] = []
      var canvas: [UInt8] = []
      var (delay, repetitions): (Double?, Int) = (nil, 1)
      var (disposal, frameDelay): (Int, Double) = (0, 0)
      var transparent: Int?
      while true {
        switch try byte() {
        case 0x3B:
          guard !frames.isEmpty else { throw .damaged(file, "it holds no image") }
          return PixelAnimation(frames: frames, delay: delay ?? 0, repetitions: repetitions)
        case 0x21:
          let label = try byte()
          let content = try blocks()
          if label == 0xF9, content.count >= 4 {
            disposal = Int(content[0]) >> 2 & 7
            frameDelay = Double(Int(content[1]) | Int(content[2]) << 8) / 100
            transparent = content[0] & 1 == 1 ? Int(content[3]) : nil
          } else if label == 0xFF, content.starts(with: Array("NETSCAPE2.0".utf8)), content.count >= 14 {
            let stated = Int(content[12]) | Int(content[13]) << 8
            repetitions = stated == 0 ? 0 : min(stated + 1, 65535)
          }
        case 0x2C:
          let (left, top) = (try word(), try word())
          let (partWidth, partHeight) = (try word(), try word())
          let imageFlags = try byte()
          guard partWidth > 0, partHeight > 0, left + partWidth <= width, top + partHeight <= height else {
            throw .damaged(file, "an image lies outside the screen")
          }
          guard let colors = try palette(imageFlags) ?? global else {
            throw .damaged(file, "an image has no palette")
          }
          let bits = try byte()
          guard
            let indices = GIFCompression.decode(
              try blocks(), minimumBits: bits, count: partWidth * partHeight)
          else { throw .damaged(file, "the pixels of image \(frames.count) are damaged") }
          // A first image that fills the screen shows that a large screen is meant.
          let isLarge = width * height > 1 << 26 && (partWidth, partHeight) != (width, height)
          guard (frames.count + 1) * 4 * width * height <= 1 << 32, !frames.isEmpty || !isLarge else {
            throw .unsupported(
              file: file, problem: "its \(width) × \(height) pixels take too much memory",
              remedy: "read it with a video program")
          }
          if canvas.isEmpty { canvas = [UInt8](repeating: 0, count: 4 * width * height) }
          let before = canvas
          let rows = GIFCompression.rows(partHeight, isInterlaced: imageFlags & 0x40 != 0)
          for (source, y) in rows.enumerated() {
            for x in 0..<partWidth {
              let index = Int(indices[source * partWidth + x])
              if index == transparent { continue }
              guard index < colors.count else { throw .damaged(file, "a pixel is outside the palette") }
              let target = 4 * ((top + y) * width + left + x)
              (canvas[target], canvas[target + 1]) = (colors[index].red, colors[index].green)
              (canvas[target + 2], canvas[target + 3]) = (colors[index].blue, 255)
            }
          }
          frames.append(PixelImage(width: width, height: height, layout: .rgba, pixels: canvas))
          if delay == nil { delay = frameDelay }
          if disposal == 2 {
            for y in top..<(top + partHeight) {
              for i in (4 * (y * width + left))..<(4 * (y * width + left + partWidth)) { canvas[i] = 0 }
            }
          } else if disposal == 3 {
            canvas = before
          }
          (disposal, transparent) = (0, nil)
        default: throw .damaged(file, "a block of unknown kind stands at byte \(position - 1)")
        }
      }
    }
  }
}

import Foundation

/// Animated PNG (Mozilla's APNG 1.0, 2008; part of PNG's third edition, W3C 2025), which browsers play.
public enum AnimatedPNG {
  /// The file's bytes; after the first frame only the rectangle that changed is stored.
  ///
  /// Frames of one layout keep it, others become RGBA.
  public static func encode(_ animation: PixelAnimation) -> [UInt8] {
    let frames =
      animation.frames.allSatisfy { $0.layout == animation.frames[0].layout }
      ? animation.frames : animation.frames.map(\.rgba)
    var bytes = PNGChunks.signature
    PNGChunks.append("IHDR", PNGPixels.header(frames[0]), to: &bytes)
    PNGChunks.append(
      "acTL", PNGChunks.big(frames.count, 4) + PNGChunks.big(animation.repetitions, 4), to: &bytes)
    PNGPixels.appendPalette(frames[0], to: &bytes)
    // The delay is a fraction of two 16-bit numbers.
    let unit = animation.delay < 60 ? 1000.0 : animation.delay < 600 ? 100 : 1
    let delay = PNGChunks.big(Int((animation.delay * unit).rounded()), 2) + PNGChunks.big(Int(unit), 2)
    var sequence = 0
    for (index, frame) in frames.enumerated() {
      let box = index == 0 ? (0..<frame.width, 0..<frame.height) : changedBox(frames[index - 1], frame)
      let part = cut(frame, box.0, box.1)
      var control = PNGChunks.big(sequence, 4)
      for value in [part.width, part.height, box.0.lowerBound, box.1.lowerBound] {
        control += PNGChunks.big(value, 4)
      }
      // The frame stays when the next is drawn (disposal 0) and replaces what it covers (blending 0).
      PNGChunks.append("fcTL", control + delay + [0, 0], to: &bytes)
      sequence += 1
      let data = PNGPixels.compressed(part)
      if index == 0 {
        PNGChunks.append("IDAT", data, to: &bytes)
      } else {
        PNGChunks.append("fdAT", PNGChunks.big(sequence, 4) + data, to: &bytes)
        sequence += 1
      }
    }
    PNGChunks.append("IEND", [], to: &bytes)
    return bytes
  }

  /// Writes `animation` to `url`.
  ///
  /// - Throws: ``FormatError/system(path:action:code:)``.
  public static func write(_ animation: PixelAnimation, to url: URL) throws(FormatError) {
    try AtomicFile.write(encode(animation), to: url)
  }

  /// The smallest rectangle outside which two frames are equal; one pixel when they are equal throughout.
  static func changedBox(_ a: PixelImage, _ b: PixelImage) -> (Range<Int>, Range<Int>) {
    let channels = a.layout.channels
    let rowSize = a.width * channels
    var (x, y) = ((a.width, 0), (a.height, 0))
    for row in 0..<a.height {
      let range = (row * rowSize)..<((row + 1) * rowSize)
      guard let first = range.first(where: { a.pixels[$0] != b.pixels[$0] }),
        let last = range.last(where: { a.pixels[$0] != b.pixels[$0] })
      else { continue }
      x = (
        min(x.0, (first - range.lowerBound) / channels), max(x.1, (last - range.lowerBound) / channels + 1)
      )
      y = (min(y.0, row), row + 1)
    }
    return y.0 < y.1 ? (x.0..<x.1, y.0..<y.1) : (0..<1, 0..<1)
  }

  /// The part of `image` in the given columns and rows.
  static func cut(_ image: PixelImage, _ columns: Range<Int>, _ rows: Range<Int>) -> PixelImage {
    let channels = image.layout.channels
    let pixels = rows.flatMap { row in
      let start = row * image.width * channels
      return image.pixels[(start + columns.lowerBound * channels)..<(start + columns.upperBound * channels)]
    }
    return PixelImage(width: columns.count, height: rows.count, layout: image.layout, pixels: pixels)
  }

  /// The animation at `url`.
  ///
  /// - Throws: what ``decode(_:file:)`` throws, and ``FormatError/system(path:action:code:)``.
  public static func read(_ url: URL) throws(FormatError) -> PixelAnimation {
    try decode(AtomicFile.read(url), file: url.path)
  }

  /// The animation in the bytes of a PNG file, as whole RGBA frames; of a still image its one frame.
  ///
  /// The delay is that of the first frame.
  ///
  /// - Parameter file: the name to use in errors.
  /// - Throws: what ``PNG/decode(_:file:)`` throws.
  public static func decode(_ bytes: [UInt8], file: String = "PNG") throws(FormatError) -> PixelAnimation {
    let chunks = try PNGChunks.read(bytes, file: file)
    let format = try PNGPixels.Format(chunks, bytes, file: file)
    guard let control = chunks.first(where: { $0.type == "acTL" }), control.range.count == 8 else {
      return PixelAnimation(frames: [try PNG.decode(bytes, file: file).rgba], delay: 0)
    }
    var frames: [PixelImage] = []
    var delay: Double?
    var canvas: [UInt8] = []
    var position = 0
    while let start = chunks[position...].firstIndex(where: { $0.type == "fcTL" }) {
      let part = try Part(bytes, chunks[start].range, format: format, file: file)
      if delay == nil { delay = part.delay }
      var data: [UInt8] = []
      position = start + 1
      while position < chunks.count, chunks[position].type != "fcTL" {
        if chunks[position].type == "IDAT" { data += bytes[chunks[position].range] }
        if chunks[position].type == "fdAT" { data += bytes[chunks[position].range.dropFirst(4)] }
        position += 1
      }
      let image = try format.image(data, width: part.width, height: part.height).rgba
      // A whole first frame shows that the size is meant; later ones cost memory although their rectangles
      // are small.
      guard !frames.isEmpty || (part.width, part.height) == (format.width, format.height) else {
        throw .unsupported(
          file: file, problem: "its first frame does not cover the image",
          remedy: "save it with a whole first frame")
      }
      guard (frames.count + 1) * 4 * format.width * format.height <= 1 << 32 else {
        throw .unsupported(
          file: file, problem: "its frames take more than 4 GiB", remedy: "read it with a video program")
      }
      if canvas.isEmpty { canvas = [UInt8](repeating: 0, count: 4 * format.width * format.height) }
      let before = canvas
      part.draw(image, on: &canvas, width: format.width)
      frames.append(PixelImage(width: format.width, height: format.height, layout: .rgba, pixels: canvas))
      switch part.disposal {
      case 1: part.clear(&canvas, width: format.width)
      case 2: canvas = before
      default: break
      }
    }
    guard frames.count == PNGChunks.word(bytes, control.range.lowerBound, 4), !frames.isEmpty else {
      throw .damaged(file, "it has \(frames.count) frames, not as many as it states")
    }
    let repetitions = min(PNGChunks.word(bytes, control.range.lowerBound + 4, 4), 65535)
    return PixelAnimation(frames: frames, delay: delay ?? 0, repetitions: repetitions)
  }

  /// The place of a frame on the whole image (a chunk fcTL).
  private struct Part {
    let width, height, left, top: Int
    let delay: Double
    let disposal, blending: UInt8

    init(_ bytes: [UInt8], _ range: Range<Int>, format: PNGPixels.Format, file: String) throws(FormatError) {
      guard range.count == 26 else { throw .damaged(file, "an fcTL chunk has a wrong length") }
      let start = range.lowerBound
      (width, height) = (PNGChunks.word(bytes, start + 4, 4), PNGChunks.word(bytes, start + 8, 4))
      (left, top) = (PNGChunks.word(bytes, start + 12, 4), PNGChunks.word(bytes, start + 16, 4))
      let denominator = PNGChunks.word(bytes, start + 22, 2)
      delay = Double(PNGChunks.word(bytes, start + 20, 2)) / Double(denominator == 0 ? 100 : denominator)
      (disposal, blending) = (bytes[start + 24], bytes[start + 25])
      guard width > 0, height > 0, left + width <= format.width, top + height <= format.height, delay < 600
      else {
        throw .damaged(file, "a frame lies outside the image")
      }
    }

    func draw(_ image: PixelImage, on canvas: inout [UInt8], width canvasWidth: Int) {
      for y in 0..<height {
        for x in 0..<width {
          let source = 4 * (y * width + x)
          let target = 4 * ((top + y) * canvasWidth + left + x)
          let alpha = Int(image.pixels[source + 3])
          if blending == 0 || alpha == 255 {
            for c in 0..<4 { canvas[target + c] = image.pixels[source + c] }
          } else if alpha > 0 {
            let below = Int(canvas[target + 3]) * (255 - alpha) / 255
            for c in 0..<3 {
              let sum = Int(image.pixels[source + c]) * alpha + Int(canvas[target + c]) * below
              canvas[target + c] = UInt8(sum / (alpha + below))
            }
            canvas[target + 3] = UInt8(alpha + below)
          }
        }
      }
    }

    func clear(_ canvas: inout [UInt8], width canvasWidth: Int) {
      for y in top..<(top + height) {
        for i in (4 * (y * canvasWidth + left))..<(4 * (y * canvasWidth + left + width)) { canvas[i] = 0 }
      }
    }
  }
}

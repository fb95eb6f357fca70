/// Pixels as PNG stores them: headers, palettes, and rows behind a filter type.
enum PNGPixels {
  /// The content of IHDR.
  static func header(_ image: PixelImage) -> [UInt8] {
    let colorType: UInt8 =
      switch image.layout {
      case .gray: 0
      case .rgb: 2
      case .indexed: 3
      case .grayAlpha: 4
      case .rgba: 6
      }
    return PNGChunks.big(image.width, 4) + PNGChunks.big(image.height, 4) + [8, colorType, 0, 0, 0]
  }

  static func appendPalette(_ image: PixelImage, to bytes: inout [UInt8]) {
    guard case .indexed(let palette) = image.layout else { return }
    PNGChunks.append("PLTE", palette.flatMap { [$0.red, $0.green, $0.blue] }, to: &bytes)
    if let last = palette.lastIndex(where: { $0.alpha < 255 }) {
      PNGChunks.append("tRNS", palette[...last].map(\.alpha), to: &bytes)
    }
  }

  /// The image as a zlib stream: rows behind filters chosen one by one, or without, whichever is shorter
  /// (smooth fields gain by filters, drawings of lines on white lose).
  static func compressed(_ image: PixelImage) -> [UInt8] {
    let plain = Zlib.compress(filtered(image, types: 0..<1))
    if case .indexed = image.layout { return plain }
    let adaptive = Zlib.compress(filtered(image, types: 0..<5))
    return adaptive.count < plain.count ? adaptive : plain
  }

  /// The rows, each behind that of the given filter types whose sum of differences is smallest, as the PNG
  /// recommendation advises (section 12.8).
  private static func filtered(_ image: PixelImage, types: Range<Int>) -> [UInt8] {
    let channels = image.layout.channels
    let rowSize = image.width * channels
    var result = [UInt8](repeating: 0, count: image.height * (rowSize + 1))
    var candidate = [UInt8](repeating: 0, count: rowSize)
    let noRow = [UInt8](repeating: 0, count: rowSize)
    image.pixels.withUnsafeBufferPointer { pixels in
      noRow.withUnsafeBufferPointer { noRow in
        for y in 0..<image.height {
          let row = UnsafeBufferPointer(rebasing: pixels[(y * rowSize)..<((y + 1) * rowSize)])
          let above =
            y > 0 ? UnsafeBufferPointer(rebasing: pixels[((y - 1) * rowSize)..<(y * rowSize)]) : noRow
          let target = y * (rowSize + 1)
          var least = Int.max
          for type in types {
            var sum = 0
            for i in 0..<rowSize {
              let left = i >= channels ? row[i - channels] : 0
              let corner = i >= channels ? above[i - channels] : 0
              let value = row[i] &- prediction(type, left, above[i], corner)
              candidate[i] = value
              sum += Int(min(value, 0 &- value))
            }
            guard sum < least else { continue }
            least = sum
            result[target] = UInt8(type)
            result.replaceSubrange((target + 1)..<(target + 1 + rowSize), with: candidate)
          }
        }
      }
    }
    return result
  }

  /// What filter `type` expects of a byte from those of the pixels to the left, above, and above on the left.
  @inline(__always)
  private static func prediction(_ type: Int, _ left: UInt8, _ above: UInt8, _ corner: UInt8) -> UInt8 {
    switch type {
    case 1: return left
    case 2: return above
    case 3: return UInt8(truncatingIfNeeded: (Int(left) + Int(above)) / 2)
    case 4:
      let (a, b, c) = (Int(left), Int(above), Int(corner))
      let (toLeft, toAbove, toCorner) = (abs(b - c), abs(a - c), abs(a + b - 2 * c))
      return toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner
    default: return 0
    }
  }

  /// What the chunks before the pixels say of them.
  struct Format {
    let width, height: Int
    private let depth: Int
    private let colorType: Int
    private let palette: [RGBAColor]
    /// The gray level or colour that is transparent.
    private let transparent: [Int]?
    private let file: String

    init(_ chunks: [PNGChunks.Chunk], _ bytes: [UInt8], file: String) throws(FormatError) {
      guard let header = chunks.first, header.type == "IHDR", header.range.count == 13 else {
        throw .damaged(file, "it does not start with an IHDR chunk")
      }
      let start = header.range.lowerBound
      width = PNGChunks.word(bytes, start, 4)
      height = PNGChunks.word(bytes, start + 4, 4)
      depth = Int(bytes[start + 8])
      colorType = Int(bytes[start + 9])
      self.file = file
      guard width > 0, height > 0, width < 1 << 31, height < 1 << 31 else {
        throw .damaged(file, "\(width) × \(height) pixels are impossible")
      }
      let depths = [0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]]
      guard depths[colorType]?.contains(depth) ?? false, bytes[start + 10] == 0, bytes[start + 11] == 0,
        bytes[start + 12] <= 1
      else { throw .damaged(file, "its IHDR chunk is not understood") }
      guard depth <= 8, bytes[start + 12] == 0 else {
        throw .unsupported(
          file: file, problem: depth > 8 ? "it has 16 bits per channel" : "it is interlaced",
          remedy: "save it with 8 bits per channel and without interlacing")
      }
      var palette: [RGBAColor] = []
      if colorType == 3 {
        guard let range = chunks.first(where: { $0.type == "PLTE" })?.range, range.count % 3 == 0,
          (1...256).contains(range.count / 3)
        else { throw .damaged(file, "its palette is missing or broken") }
        palette = stride(from: range.lowerBound, to: range.upperBound, by: 3).map {
          RGBAColor(bytes[$0], bytes[$0 + 1], bytes[$0 + 2])
        }
      }
      var transparent: [Int]?
      if let range = chunks.first(where: { $0.type == "tRNS" })?.range {
        switch colorType {
        case 3 where range.count <= palette.count:
          for (i, place) in range.enumerated() { palette[i].alpha = bytes[place] }
        case 0 where range.count == 2: transparent = [PNGChunks.word(bytes, range.lowerBound, 2)]
        case 2 where range.count == 6:
          transparent = (0..<3).map { PNGChunks.word(bytes, range.lowerBound + 2 * $0, 2) }
        default: throw .damaged(file, "its transparency is broken")
        }
      }
      (self.palette, self.transparent) = (palette, transparent)
    }

    private var channels: Int { [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colorType]! }

    /// The image of `width` × `height` pixels that the zlib stream `data` holds.
    func image(_ data: [UInt8], width: Int, height: Int) throws(FormatError) -> PixelImage {
      let rowSize = (width * channels * depth + 7) / 8
      let (size, overflow) = (rowSize + 1).multipliedReportingOverflow(by: height)
      guard !overflow else { throw .damaged(file, "\(width) × \(height) pixels are impossible") }
      var rows: [UInt8]
      do throws(InflateError) {
        rows = try Zlib.decompress(data, size: size)
      } catch {
        throw .damaged(file, "its pixels are damaged: \(error.reason)")
      }
      let step = max(1, channels * depth / 8)
      guard PNGPixels.unfilter(&rows, rowSize: rowSize, height: height, step: step) else {
        throw .damaged(file, "a row has an unknown filter")
      }
      var pixels = [UInt8](repeating: 0, count: width * height * channels)
      for y in 0..<height {
        let source = y * (rowSize + 1) + 1
        let target = y * width * channels
        if depth == 8 {
          pixels.replaceSubrange(target..<(target + rowSize), with: rows[source..<(source + rowSize)])
          continue
        }
        // Several pixels share a byte, the first in its highest bits; gray levels are spread over 0...255.
        let largest = (1 << depth) - 1
        for x in 0..<width {
          let shift = 8 - depth - (x * depth) % 8
          let value = Int(rows[source + x * depth / 8]) >> shift & largest
          pixels[target + x] = UInt8(colorType == 0 ? value * 255 / largest : value)
        }
      }
      return try laidOut(pixels, width, height)
    }

    private func laidOut(_ pixels: [UInt8], _ width: Int, _ height: Int) throws(FormatError) -> PixelImage {
      func image(_ layout: PixelImage.Layout, _ pixels: [UInt8]) -> PixelImage {
        PixelImage(width: width, height: height, layout: layout, pixels: pixels)
      }
      switch colorType {
      case 0:
        guard let transparent else { return image(.gray, pixels) }
        let key = transparent[0] * 255 / ((1 << depth) - 1)
        return image(.grayAlpha, pixels.flatMap { [$0, Int($0) == key ? 0 : 255] })
      case 2:
        guard let transparent else { return image(.rgb, pixels) }
        return image(
          .rgba,
          stride(from: 0, to: pixels.count, by: 3).flatMap { i in
            let color = pixels[i..<(i + 3)]
            return color + [color.map(Int.init) == transparent ? 0 : 255]
          })
      case 3:
        guard Int(pixels.max() ?? 0) < palette.count else {
          throw .damaged(file, "a pixel is outside the palette")
        }
        return image(.indexed(palette: palette), pixels)
      case 4: return image(.grayAlpha, pixels)
      default: return image(.rgba, pixels)
      }
    }
  }

  /// Undoes the filters of `rows` in place; false when a filter type is unknown.
  private static func unfilter(_ rows: inout [UInt8], rowSize: Int, height: Int, step: Int) -> Bool {
    rows.withUnsafeMutableBufferPointer { rows in
      for y in 0..<height {
        let start = y * (rowSize + 1) + 1
        let type = Int(rows[start - 1])
        if type > 4 { return false }
        if type == 0 { continue }
        for i in 0..<rowSize {
          let left = i >= step ? rows[start + i - step] : 0
          let above = y > 0 ? rows[start + i - rowSize - 1] : 0
          let corner = i >= step && y > 0 ? rows[start + i - rowSize - 1 - step] : 0
          rows[start + i] &+= prediction(type, left, above, corner)
        }
      }
      return true
    }
  }
}

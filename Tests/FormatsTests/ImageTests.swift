import Formats
import Foundation
import TestSupport
import Testing

@Suite("Images")
struct ImageTests {
  @Test("PNG keeps every layout", arguments: FormatGallery.images.indices)
  func png(index: Int) throws {
    let image = FormatGallery.images[index].image
    #expect(try PNG.decode(PNG.encode(image)) == image)
    #expect(try PNG.decode(PNG.encode(image, text: ["Title": "Größe", "": "x"])) == image)
  }

  @Test("PNG with two bits per pixel, as Pillow writes it")
  func fewBits() throws {
    // Pillow 9.4: 6 × 5 gray levels 0, 60, 120, 180 in rows of a palette of four, bits=2.
    let file = """
      iVBORw0KGgoAAAANSUhEUgAAAAYAAAAFAgMAAAAbNnV1AAAADFBMVEW0tLR4eHg8PDwAAABsk9OjAAAAEUlEQVR4nGN48oDBz4EBRgIAMC8G\
      aeGSig0AAAAASUVORK5CYII=
      """
    let image = try PNG.decode(Array(#require(Data(base64Encoded: file))))
    #expect((image.width, image.height) == (6, 5))
    let gray = stride(from: 0, to: image.rgba.pixels.count, by: 4).map { image.rgba.pixels[$0] }
    #expect(gray == (0..<30).map { UInt8($0 % 4 * 60) })
  }

  @Test("PNG: what cannot be read is refused")
  func refusals() {
    var bytes = PNG.encode(FormatGallery.images[2].image)
    func altered(_ place: Int, _ value: UInt8) -> String {
      bytes[place] = value
      let checksum = bytes.withUnsafeBytes { Checksums.crc32(.init(rebasing: $0[12..<29])) }
      for i in 0..<4 { bytes[29 + i] = UInt8(truncatingIfNeeded: checksum >> UInt32(24 - 8 * i)) }
      return refusal { _ = try PNG.decode(bytes) }
    }
    // In IHDR: the bits per channel, and interlacing.
    #expect(altered(24, 16).contains("16 bits per channel"))
    #expect(altered(24, 8) == "accepted")
    #expect(altered(28, 1).contains("interlaced"))
    #expect(refusal { _ = try PNG.decode(Array("GIF89a".utf8)) }.contains("give a .png file"))
  }

  @Test("animated PNG stores what changes")
  func animatedPNG() throws {
    let animation = FormatGallery.animation
    let bytes = AnimatedPNG.encode(animation)
    let back = try AnimatedPNG.decode(bytes)
    #expect(back.frames == animation.frames.map(\.rgba))
    #expect(back.delay == 0.12)
    #expect(back.repetitions == 0)
    #expect(try PNG.decode(bytes) == animation.frames[0])
    #expect(bytes.count < animation.frames.reduce(0) { $0 + PNG.encode($1).count } * 2 / 3)
    let still = try AnimatedPNG.decode(PNG.encode(animation.frames[0]))
    #expect(still.frames == [animation.frames[0].rgba])
  }

  @Test("GIF is exact up to 256 colours", arguments: FormatGallery.gifs.indices)
  func gif(index: Int) throws {
    var animation = FormatGallery.gifs[index].animation
    animation.repetitions = 3
    let back = try GIF.decode(GIF.encode(animation))
    #expect(back.frames == animation.frames.map(\.rgba))
    #expect(back.delay == animation.delay)
    #expect(back.repetitions == (animation.frames.count > 1 ? 3 : 1))
  }

  @Test("GIF comes close with more colours")
  func manyColors() throws {
    // 64 × 64 colours on a plane of the cube: cut into 256 boxes of about 4 × 4 steps of 4, means are within
    // 8.
    let pixels = (0..<64).flatMap { y in (0..<64).flatMap { x in [UInt8(4 * x), UInt8(4 * y), UInt8(100)] } }
    let image = PixelImage(width: 64, height: 64, layout: .rgb, pixels: pixels)
    let back = try GIF.decode(GIF.encode(PixelAnimation(frames: [image], delay: 0))).frames[0]
    let errors = zip(back.pixels, image.rgba.pixels).map { abs(Int($0) - Int($1)) }
    #expect(try #require(errors.max()) <= 8)
    let colors = Set((0..<4096).map { back.pixels[(4 * $0)..<(4 * $0 + 3)] })
    #expect(colors.count == 256)
  }

  @Test("GIF keeps holes")
  func holes() throws {
    let frames = [0, 1].map { step in
      PixelImage(
        width: 4, height: 1, layout: .rgba,
        pixels: (0..<4).flatMap { x -> [UInt8] in x % 2 == step ? [9, 8, 7, 255] : [0, 0, 0, 0] })
    }
    let back = try GIF.decode(GIF.encode(PixelAnimation(frames: frames, delay: 0.5)))
    #expect(back.frames == frames)
  }
}

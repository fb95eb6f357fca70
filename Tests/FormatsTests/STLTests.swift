import Formats
import Foundation
import Geometry
import Testing

@Suite("STL files")
struct STLTests {
  /// A box from (0, 0, 0) to (1, 2, 3) of twelve triangles.
  private func box() throws -> TriangleSurface {
    var corners: [SIMD3<Double>] = []
    for z in [0.0, 3] { for y in [0.0, 2] { for x in [0.0, 1] { corners.append(SIMD3(x, y, z)) } } }
    let sides: [[Int32]] = [
      [0, 4, 6, 2], [1, 3, 7, 5], [0, 1, 5, 4], [2, 6, 7, 3], [0, 2, 3, 1], [4, 5, 7, 6],
    ]
    var triangles: [SIMD3<Int32>] = []
    for side in sides {
      triangles.append(SIMD3<Int32>(side[0], side[1], side[2]))
      triangles.append(SIMD3<Int32>(side[0], side[2], side[3]))
    }
    return try TriangleSurface(corners, triangles: triangles)
  }

  private func text(_ surface: TriangleSurface) -> String {
    var lines = ["solid part"]
    for (i, t) in surface.triangles.enumerated() {
      let n = surface.normal(i)
      lines.append("  facet normal \(n.x) \(n.y) \(n.z)\n    outer loop")
      for k in 0..<3 {
        let v = surface.vertices[Int(t[k])]
        lines.append("      vertex \(v.x) \(v.y) \(v.z)")
      }
      lines.append("    endloop\n  endfacet")
    }
    return (lines + ["endsolid part"]).joined(separator: "\n")
  }

  @Test("binary and text files give the surface back, in either case and with Windows line ends")
  func roundTrip() throws {
    let box = try box()
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("box-\(UUID().uuidString).stl")
    defer { try? FileManager.default.removeItem(at: url) }
    try STL.write(box, to: url)
    #expect(try Data(contentsOf: url).count == 84 + 12 * 50)
    let plain = text(box)
    for surface in [
      try STL.read(url), try STL.decode(Array(plain.utf8)), try STL.decode(Array(plain.uppercased().utf8)),
      try STL.decode(Array(plain.replacingOccurrences(of: "\n", with: "\r\n").utf8)),
    ] {
      #expect(surface.vertices.count == 8 && surface.triangles.count == 12)
      #expect(abs(surface.volume - 6) < 1e-12 && abs(surface.area - 22) < 1e-12)
      #expect(surface.contains(SIMD3(0.5, 1, 1)) && !surface.contains(SIMD3(1.5, 1, 1)))
      #expect(abs(surface.signedDistance(SIMD3(0.5, 1, 1)) + 0.5) < 1e-12)
    }
    // A header that begins like a text file.
    var bytes = Array(try Data(contentsOf: url))
    bytes.replaceSubrange(0..<5, with: Array("solid".utf8))
    #expect(try STL.decode(bytes).triangles.count == 12)
  }

  @Test("an open surface and damaged files are refused with one sentence")
  func refusals() throws {
    let box = try box()
    func message(_ bytes: [UInt8]) -> String {
      do {
        _ = try STL.decode(bytes, file: "part.stl")
        return ""
      } catch { return "\(error)" }
    }
    let plain = text(box)
    let second = plain.range(
      of: "  facet", range: plain.index(plain.startIndex, offsetBy: 40)..<plain.endIndex)!
    let open = "solid part\n" + plain[second.lowerBound...]
    #expect(message(Array(open.utf8)).contains("part.stl: the surface is open"))
    #expect(message(Array(open.utf8)).contains("close its holes"))
    #expect(message(Array("solid\nendsolid".utf8)).contains("no triangles"))
    #expect(message(Array(plain.replacingOccurrences(of: "3.0", with: "3.x").utf8)).contains("no number"))
    #expect(message([1, 2, 3]).contains("neither"))
    let cut = Array(plain.utf8)
    for length in stride(from: 0, to: cut.count - 20, by: 37) {
      let text = message(Array(cut[..<length]))
      #expect(!text.isEmpty && !text.contains("\n"), "\(length) bytes")
    }
  }
}

import Foundation
import Geometry

/// STL files of closed surfaces (stereolithography; 3D Systems, 1988), binary or in text.
///
/// Normals and attributes are not read: corners tell all, counterclockwise as seen from outside.
public enum STL {
  /// The surface at `url`.
  ///
  /// - Throws: what ``decode(_:file:)`` throws, and ``FormatError/system(path:action:code:)``.
  public static func read(_ url: URL) throws(FormatError) -> TriangleSurface {
    try decode(AtomicFile.read(url), file: url.path)
  }

  /// The surface in the bytes of a file.
  ///
  /// - Parameter file: the name to use in errors.
  /// - Throws: ``FormatError/malformed(file:problem:remedy:)`` for files that are damaged, and for surfaces that are open
  ///   or enclose nothing.
  public static func decode(_ bytes: [UInt8], file: String = "stl") throws(FormatError) -> TriangleSurface {
    // Text begins with "solid", but so do the headers of some binary files: a length that fits the count decides.
    let corners = isBinary(bytes) ? binary(bytes) : try text(bytes, file)
    guard !corners.isEmpty else {
      throw .malformed(
        file: file, problem: "it has no triangles", remedy: "export the surface of a body as STL")
    }
    let triangles = (0..<Int32(corners.count / 3)).map { (i: Int32) -> SIMD3<Int32> in
      let first: Int32 = 3 * i
      return SIMD3<Int32>(first, first + 1, first + 2)
    }
    do { return try TriangleSurface(corners, triangles: triangles) } catch {
      let parts = "\(error)".split(separator: ":", maxSplits: 1)
      throw .malformed(
        file: file, problem: String(parts[0]),
        remedy: parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : "repair it")
    }
  }

  private static func isBinary(_ bytes: [UInt8]) -> Bool {
    guard bytes.count >= 84 else { return false }
    let count = count(bytes)
    if bytes.count == 84 + 50 * count { return true }
    return !bytes.starts(with: Array("solid".utf8)) && bytes.count > 84 + 50 * count
  }

  /// The number of triangles that a binary file announces.
  private static func count(_ bytes: [UInt8]) -> Int {
    var count = 0
    for k in 0..<4 { count |= Int(bytes[80 + k]) << (8 * k) }
    return count
  }

  private static func binary(_ bytes: [UInt8]) -> [SIMD3<Double>] {
    let count = count(bytes)
    var corners: [SIMD3<Double>] = []
    corners.reserveCapacity(3 * count)
    for triangle in 0..<count {
      let start = 84 + 50 * triangle + 12
      let values = NumberType.float32.values(bytes[start..<start + 36], bigEndian: false)
      for k in 0..<3 { corners.append(SIMD3(values[3 * k], values[3 * k + 1], values[3 * k + 2])) }
    }
    return corners
  }

  private static func text(_ bytes: [UInt8], _ file: String) throws(FormatError) -> [SIMD3<Double>] {
    var scanner = DecimalScanner(bytes: bytes, position: 0, end: bytes.count)
    func isWord(_ range: Range<Int>, _ word: String) -> Bool {
      bytes[range].elementsEqual(word.utf8) { ($0 | 0x20) == $1 }
    }
    guard let first = scanner.nextWord(), isWord(first, "solid") else {
      throw .malformed(
        file: file, problem: "it is neither a binary STL file of its length nor one in text",
        remedy: "copy or export it again")
    }
    var corners: [SIMD3<Double>] = []
    while let word = scanner.nextWord() {
      if isWord(word, "endfacet"), corners.count % 3 != 0 {
        throw .damaged(file, "triangle \(corners.count / 3) has not three corners")
      }
      guard isWord(word, "vertex") else { continue }
      var corner = SIMD3<Double>.zero
      for k in 0..<3 {
        guard let number = scanner.nextWord(), let value = DecimalText.parse(bytes[number]) else {
          throw .damaged(file, "a coordinate of corner \(corners.count) is no number")
        }
        corner[k] = value
      }
      corners.append(corner)
    }
    guard corners.count % 3 == 0 else { throw .damaged(file, "it ends within a triangle") }
    return corners
  }

  /// Writes a surface as a binary file, in single precision as the format has it.
  ///
  /// - Throws: ``FormatError/system(path:action:code:)``.
  public static func write(_ surface: TriangleSurface, to url: URL) throws(FormatError) {
    var bytes = [UInt8](repeating: 0, count: 80)
    func append(_ value: UInt32) {
      for k in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * k))) }
    }
    func append(_ vector: SIMD3<Double>) { for k in 0..<3 { append(Float(vector[k]).bitPattern) } }
    append(UInt32(surface.triangles.count))
    for (number, triangle) in surface.triangles.enumerated() {
      append(surface.normal(number))
      for k in 0..<3 { append(surface.vertices[Int(triangle[k])]) }
      bytes += [0, 0]
    }
    try AtomicFile.write(bytes, to: url)
  }
}

import Foundation
import Tensors

/// An array of floating-point numbers in a file, whose elements are read where they lie, at the time they are asked for.
///
/// Little-endian arrays in C order are mapped into memory (`.npy` files and stored entries of `.npz` files, whose checksums
/// are not looked at); others are read and converted once: compressed entries, Fortran order, big-endian numbers.
public struct MappedArray: Sendable {
  /// The types of elements.
  public enum Element: String, Sendable {
    case float32, float64
  }

  private enum Storage: Sendable {
    case mapped(MappedFile, offset: Int)
    case float32([Float])
    case float64([Double])
  }

  /// The name: that of an archive's entry, or of the file without its extension.
  public let name: String
  /// The file, for messages.
  public let source: String
  /// The length of each axis.
  public let shape: [Int]
  /// The type of the elements.
  public let element: Element
  private let storage: Storage

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// Whether elements are read where they lie in a file.
  public var isMapped: Bool { if case .mapped = storage { true } else { false } }

  /// An array in memory.
  ///
  /// - Throws: ``FormatError/unsupported(file:problem:remedy:)`` for integers and complex numbers.
  public init(_ array: NumericArray, name: String, source: String = "memory") throws(FormatError) {
    (self.name, self.source, shape) = (name, source, array.shape)
    switch array.elements {
    case .float32(let values): (storage, element) = (.float32(values), .float32)
    case .float64(let values): (storage, element) = (.float64(values), .float64)
    default:
      throw .unsupported(
        file: source, problem: "the array '\(name)' does not hold floating-point numbers",
        remedy: "convert it in NumPy with .astype('<f4') or .astype('<f8')")
    }
  }

  private init(_ file: MappedFile, _ header: NPY.Header, offset: Int, name: String) {
    (self.name, source, shape) = (name, file.path, header.shape)
    element = header.type == .float32 ? .float32 : .float64
    storage = .mapped(file, offset: offset + header.start)
  }

  /// The arrays of a `.npy` or `.npz` file, in its order.
  ///
  /// - Returns: For each array its name, and the array or why it cannot be used.
  /// - Throws: ``FormatError`` where the file cannot be read at all.
  public static func arrays(in url: URL) throws(FormatError) -> [(
    name: String, array: Result<MappedArray, FormatError>
  )] {
    let file = try MappedFile(url)
    guard file.bytes.starts(with: [0x50, 0x4B]) else {
      let name = url.deletingPathExtension().lastPathComponent
      return [(name, .success(try array(file, 0..<file.bytes.count, name: name, described: file.path)))]
    }
    var result: [(name: String, array: Result<MappedArray, FormatError>)] = []
    for member in try Zip.directory(file.bytes, file: file.path) {
      let name = member.name.hasSuffix(".npy") ? String(member.name.dropLast(4)) : member.name
      let described = "\(file.path), entry \(member.name)"
      do throws(FormatError) {
        guard member.method != 0 else {
          result.append((name, .success(try array(file, member.range, name: name, described: described))))
          continue
        }
        let bytes = try Zip.unpacked(member, of: file.bytes, file: file.path)
        let array = try NPY.decode(bytes, file: described)
        result.append((name, .success(try MappedArray(array, name: name, source: file.path))))
      } catch {
        result.append((name, .failure(error)))
      }
    }
    return result
  }

  /// The array in a part of a file.
  private static func array(
    _ file: MappedFile, _ range: Range<Int>, name: String, described: String
  ) throws(FormatError) -> MappedArray {
    let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[range])
    let header = try NPY.header(of: bytes, file: described)
    let isFloat = header.type == .float32 || header.type == .float64
    let isPlain = !header.isBigEndian && (!header.isFortranOrder || header.shape.count < 2)
    if isFloat && isPlain { return MappedArray(file, header, offset: range.lowerBound, name: name) }
    return try MappedArray(try NPY.decode(Array(bytes), file: described), name: name, source: file.path)
  }

  // MARK: - Elements

  /// Copies elements, from number `start` in row-major order on, in single precision.
  public func copy(from start: Int, count: Int, to out: UnsafeMutablePointer<Float>) {
    check(start, count)
    switch storage {
    case .float32(let values):
      values.withUnsafeBufferPointer {
        if count > 0 { out.update(from: $0.baseAddress! + start, count: count) }
      }
    case .float64(let values): for i in 0..<count { out[i] = Float(values[start + i]) }
    case .mapped(let file, let offset):
      let bytes = file.bytes
      switch element {
      case .float32:
        // Entries of archives lie at any address.
        let first = offset + start * 4
        UnsafeMutableRawBufferPointer(start: out, count: count * 4)
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[first..<first + count * 4]))
      case .float64:
        for i in 0..<count {
          out[i] = Float(bytes.loadUnaligned(fromByteOffset: offset + (start + i) * 8, as: Double.self))
        }
      }
    }
  }

  /// Copies elements, from number `start` in row-major order on, in double precision.
  public func copy(from start: Int, count: Int, to out: UnsafeMutablePointer<Double>) {
    check(start, count)
    switch storage {
    case .float64(let values):
      values.withUnsafeBufferPointer {
        if count > 0 { out.update(from: $0.baseAddress! + start, count: count) }
      }
    case .float32(let values): for i in 0..<count { out[i] = Double(values[start + i]) }
    case .mapped(let file, let offset):
      let bytes = file.bytes
      switch element {
      case .float64:
        let first = offset + start * 8
        UnsafeMutableRawBufferPointer(start: out, count: count * 8)
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[first..<first + count * 8]))
      case .float32:
        for i in 0..<count {
          out[i] = Double(bytes.loadUnaligned(fromByteOffset: offset + (start + i) * 4, as: Float.self))
        }
      }
    }
  }

  private func check(_ start: Int, _ count: Int) {
    precondition(
      start >= 0 && count >= 0 && start + count <= self.count,
      "elements \(start)..<\(start + count) of an array of shape \(shape)")
  }

  /// The number of the first element in a range that is infinite or NaN.
  public func firstNonFinite(in range: Range<Int>) -> Int? {
    check(range.lowerBound, range.count)
    switch storage {
    case .float32(let values): return range.first { !values[$0].isFinite }
    case .float64(let values): return range.first { !values[$0].isFinite }
    case .mapped(let file, let offset):
      let bytes = file.bytes
      switch element {
      case .float32:
        return range.first { !bytes.loadUnaligned(fromByteOffset: offset + $0 * 4, as: Float.self).isFinite }
      case .float64:
        return range.first { !bytes.loadUnaligned(fromByteOffset: offset + $0 * 8, as: Double.self).isFinite }
      }
    }
  }
}

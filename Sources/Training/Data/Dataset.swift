import Formats
import Foundation
import Tensors

/// Named arrays of samples, [samples, …] each, mostly left in their files until a batch is gathered.
public final class Dataset: Sendable {
  private let arrays: [String: MappedArray]
  /// Entries of archives that cannot be used, and why.
  private let unusable: [String: FormatError]
  /// Where the arrays come from, for messages.
  public let source: String

  /// The names of all arrays that can be used, in alphabetical order.
  public var names: [String] { arrays.keys.sorted() }

  /// The arrays of some `.npy` and `.npz` files; an array of a `.npy` file has the name of its file.
  ///
  /// - Throws: `FormatError` where a file cannot be read, ``TrainingError`` for a name that occurs twice.
  public init(_ files: [URL]) throws {
    var (arrays, unusable) = ([String: MappedArray](), [String: FormatError]())
    for url in files {
      for (name, result) in try MappedArray.arrays(in: url) {
        guard arrays[name] == nil, unusable[name] == nil else {
          throw TrainingError(
            "the data have two arrays of the name '\(name)', the second in \(url.path): rename one of them")
        }
        switch result {
        case .success(let array): arrays[name] = array
        case .failure(let error): unusable[name] = error
        }
      }
    }
    (self.arrays, self.unusable) = (arrays, unusable)
    source = files.map(\.path).joined(separator: ", ")
  }

  /// The arrays of one file.
  public convenience init(_ file: URL) throws { try self.init([file]) }

  /// Arrays that are in memory.
  public init<Scalar: Real>(_ tensors: [String: Tensor<Scalar>]) {
    arrays = Dictionary(
      uniqueKeysWithValues: tensors.map { name, tensor in
        // Tensors hold floats or doubles, so that nothing is refused.
        (name, try! MappedArray(NumericArray(tensor), name: name))
      })
    (unusable, source) = ([:], "memory")
  }

  /// An array of samples.
  ///
  /// - Throws: `FormatError` for one that cannot be used, ``TrainingError`` for one that does not exist or has no samples.
  public func array(_ name: String) throws -> MappedArray {
    if let error = unusable[name] { throw error }
    guard let array = arrays[name] else {
      throw TrainingError(
        "the data in \(source) have no array '\(name)': choose among \(names.joined(separator: ", "))")
    }
    guard let samples = array.shape.first, samples > 0, array.count > 0 else {
      throw TrainingError(
        "the array '\(name)' of \(source) has the shape \(array.shape), and no samples along its first axis: store them "
          + "as [samples, …]")
    }
    return array
  }

  /// The number of samples that arrays agree on.
  ///
  /// - Throws: what ``array(_:)`` throws, and ``TrainingError`` where they disagree.
  public func sampleCount(of names: [String]) throws -> Int {
    let arrays = try names.map(array)
    let count = arrays[0].shape[0]
    if let other = arrays.first(where: { $0.shape[0] != count }) {
      throw TrainingError(
        "'\(names[0])' of shape \(arrays[0].shape) and '\(other.name)' of shape \(other.shape) have \(count) and "
          + "\(other.shape[0]) samples: give as many of both")
    }
    return count
  }

  private static let tile = 1 << 16

  /// Looks at every number of an array.
  ///
  /// - Throws: ``TrainingError`` that names the first sample with a number that is infinite or NaN.
  public func requireFinite(_ name: String) throws {
    let array = try array(name)
    let tiles = (array.count + Self.tile - 1) / Self.tile
    var found = [Int](repeating: .max, count: tiles)
    found.withUnsafeMutableBufferPointer { found in
      nonisolated(unsafe) let found = found
      WorkerPool.shared.forEach(tiles: tiles) { tile, _ in
        let range = tile * Self.tile..<min((tile + 1) * Self.tile, array.count)
        if let first = array.firstNonFinite(in: range) { found[tile] = first }
      }
    }
    guard let first = found.min(), first < .max else { return }
    let size = array.count / array.shape[0]
    var value = [0.0]
    array.copy(from: first, count: 1, to: &value)
    // The place within the sample, by axes.
    var (rest, place) = (first % size, [Int]())
    for length in array.shape.dropFirst().reversed() {
      place.insert(rest % length, at: 0)
      rest /= length
    }
    throw TrainingError(
      "sample \(first / size) of '\(name)' in \(array.source) is \(value[0])"
        + (place.isEmpty ? "" : " at \(place)") + ": leave such samples out of the data")
  }
}

extension MappedArray {
  /// Copies elements in the precision of a training.
  func copy<Scalar: Real>(from start: Int, count: Int, to out: UnsafeMutablePointer<Scalar>) {
    if Scalar.self == Float.self {
      out.withMemoryRebound(to: Float.self, capacity: count) { copy(from: start, count: count, to: $0) }
    } else {
      out.withMemoryRebound(to: Double.self, capacity: count) { copy(from: start, count: count, to: $0) }
    }
  }

  /// The shape of one sample.
  var sampleShape: [Int] { Array(shape.dropFirst()) }
}

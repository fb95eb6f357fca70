import Ansatz
import Foundation
import Testing

@Suite("Datasets")
struct DatasetTests {
  @Test(
    "a permutation hits every index once, whatever the number", arguments: Array(1...40) + [1000, 4096, 4097])
  func bijection(count: Int) {
    for stream in 0..<3 as Range<UInt64> {
      let permutation = IndexPermutation(count: count, seed: 7, stream: stream)
      #expect(Set((0..<count).map { permutation[$0] }) == Set(0..<count))
    }
  }

  @Test("permutations are uniform in their first and second moments")
  func uniform() {
    // Over many seeds: where entry 0 goes, and where entry 1 goes beside it.
    let (count, draws) = (10, 20_000)
    var (singles, pairs) = ([Double](repeating: 0, count: 10), [Double](repeating: 0, count: 100))
    for seed in 0..<UInt64(draws) {
      let permutation = IndexPermutation(count: count, seed: seed, stream: 3)
      singles[permutation[0]] += 1
      pairs[permutation[0] * 10 + permutation[1]] += 1
    }
    let expected = Double(draws) / 10
    let chi = singles.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
    // 9 and 89 degrees of freedom; the bounds are passed once in a thousand.
    #expect(chi < 27.9, "\(chi)")
    let expectedPair = Double(draws) / 90
    let chiPairs = (0..<100).filter { $0 / 10 != $0 % 10 }.reduce(0.0) { sum, i in
      sum + (pairs[i] - expectedPair) * (pairs[i] - expectedPair) / expectedPair
    }
    #expect(chiPairs < 135.9, "\(chiPairs)")
    // Orders of different epochs agree in about one place.
    let (a, b) = (
      IndexPermutation(count: 5000, seed: 1, stream: 1), IndexPermutation(count: 5000, seed: 1, stream: 2)
    )
    #expect((0..<5000).count { a[$0] == b[$0] } < 10)
  }

  private func withFolder<T>(_ body: (URL) throws -> T) throws -> T {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "ansatz-data-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
  }

  /// Bytes of a .npy file with any header.
  private func npy(_ descriptor: String, fortran: Bool = false, shape: String, _ data: [UInt8]) -> [UInt8] {
    var header =
      "{'descr': '\(descriptor)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': \(shape), }"
    header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8) + data
  }

  @Test("arrays are the same mapped, unpacked, in either order of bytes and axes, and in either precision")
  func arrays() throws {
    try withFolder { folder in
      let values = (0..<24).map { Double($0) * 0.37 - 3 }
      let array = NumericArray(shape: [4, 3, 2], values)
      let single = NumericArray(shape: [4, 3, 2], elements: .float32(values.map(Float.init)))
      try NPY.write(array, to: folder.appendingPathComponent("a.npy"))
      // The odd name moves the second entry to an address that is no multiple of anything.
      try NPZ.write(
        [("odd", single), ("b", array), ("s", single)], to: folder.appendingPathComponent("stored.npz"),
        isCompressed: false)
      try NPZ.write(
        [("c", array), ("labels", NumericArray(shape: [4], elements: .int64([1, 2, 3, 4])))],
        to: folder.appendingPathComponent("packed.npz"))
      // First axis fastest, and most significant byte first.
      var fortran: [UInt8] = []
      for k in 0..<2 {
        for j in 0..<3 {
          for i in 0..<4 {
            fortran += withUnsafeBytes(of: values[(i * 3 + j) * 2 + k].bitPattern.bigEndian) { Array($0) }
          }
        }
      }
      try Data(npy(">f8", fortran: true, shape: "(4, 3, 2)", fortran)).write(
        to: folder.appendingPathComponent("f.npy"))
      let data = try Dataset(
        ["a.npy", "stored.npz", "packed.npz", "f.npy"].map { folder.appendingPathComponent($0) })
      #expect(data.names == ["a", "b", "c", "f", "odd", "s"])
      for (name, isMapped) in [("a", true), ("b", true), ("s", true), ("c", false), ("f", false)] {
        let read = try data.array(name)
        #expect(read.shape == [4, 3, 2] && read.isMapped == isMapped, "\(name)")
        var doubles = [Double](repeating: 0, count: 11)
        var floats = [Float](repeating: 0, count: 11)
        read.copy(from: 7, count: 11, to: &doubles)
        read.copy(from: 7, count: 11, to: &floats)
        #expect(floats == values[7..<18].map(Float.init), "\(name)")
        #expect(doubles == values[7..<18].map { name == "s" ? Double(Float($0)) : $0 }, "\(name)")
        try data.requireFinite(name)
      }
      #expect(try data.sampleCount(of: ["a", "f"]) == 4)
      // Replacing a file that is mapped harms nobody.
      try NPY.write(NumericArray(shape: [1], [0]), to: folder.appendingPathComponent("a.npy"))
      var first = [0.0]
      try data.array("a").copy(from: 23, count: 1, to: &first)
      #expect(first[0] == values[23])
    }
  }

  /// The sentence of an error.
  private func sentence(_ body: () throws -> Void) -> String {
    do {
      try body()
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test("data that cannot be used are refused in one sentence")
  func refusals() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "ansatz-bad-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var values = (0..<200_000).map(Double.init)
    (values[131_077], values[199_999]) = (.nan, .infinity)
    let url = folder.appendingPathComponent("d.npz")
    try NPZ.write(
      [
        ("u", NumericArray(shape: [50_000, 2, 2], values)), ("short", NumericArray(shape: [3], [1, 2, 3])),
        ("n", NumericArray(shape: [2], elements: .int32([1, 2]))), ("none", NumericArray(shape: [0, 4], [])),
        ("one", NumericArray(shape: [], [1])),
      ], to: url, isCompressed: false)
    let data = try Dataset(url)
    let cases: [(String, () throws -> Void)] = [
      ("sample 32769 of 'u'", { try data.requireFinite("u") }),
      ("at [0, 1]", { try data.requireFinite("u") }),
      ("no array 'v'", { _ = try data.array("v") }), (".astype", { _ = try data.array("n") }),
      ("[0, 4]", { _ = try data.array("none") }), ("no samples", { _ = try data.array("one") }),
      ("[50000, 2, 2]", { _ = try data.sampleCount(of: ["u", "short"]) }),
      ("two arrays of the name 'u'", { _ = try Dataset([url, url]) }),
      ("No such file", { _ = try Dataset(folder.appendingPathComponent("x.npy")) }),
      ("directory", { _ = try Dataset(folder) }),
      ("leave none to train on", { _ = try DataSplit(count: 3, validation: 0.5, test: 0.4) }),
    ]
    for (part, body) in cases { #expect(sentence(body).contains(part), "\(part): \(sentence(body))") }
    // Whatever is damaged is refused, or read as something else, and never the end of the program.
    let good = try Data(contentsOf: url)
    var stream = RandomStream(seed: 3)
    for round in 0..<200 {
      var bytes = good
      let headers = [0..<200, good.count - 400..<good.count]
      if round % 4 == 0 {
        bytes = bytes.prefix(Int(stream.nextUniform() * Double(bytes.count)))
      } else {
        let range = headers[round % 2]
        for _ in 0..<3 {
          bytes[range.lowerBound + Int(stream.nextUniform() * Double(range.count))] = UInt8(
            stream.nextUniform() * 256)
        }
      }
      let damaged = folder.appendingPathComponent("damaged-\(round).npz")
      try bytes.write(to: damaged)
      do {
        let data = try Dataset(damaged)
        for name in data.names { _ = sentence { try data.requireFinite(name) } }
      } catch { #expect(!"\(error)".isEmpty) }
    }
  }

  @Test("parts are disjoint, and an epoch's batches hold every sample at most once")
  func batches() throws {
    let split = try DataSplit(count: 103, validation: 0.2, test: 0.1, seed: 4)
    let parts = [split.training, split.validation, split.test].map { part in (0..<part.count).map { part[$0] }
    }
    #expect(parts.map(\.count) == [72, 21, 10])
    #expect(Set(parts.joined()) == Set(0..<103))
    let numbers = Dataset([
      "x": Tensor<Double>(shape: [103, 2], (0..<206).map(Double.init)),
      "y": Tensor<Double>(shape: [103], (0..<103).map { Double($0) * 10 }),
    ])
    let loader = BatchLoader<Float>(
      [try numbers.array("x"), try numbers.array("y")], samples: split.training, batchSize: 10, seed: 9)
    #expect(loader.batchesPerEpoch == 7)
    var epochs: [[Int]] = []
    for step in 0..<21 {
      let batch = loader.batch(step)
      let y = (0..<10).map { Int(batch[1][$0]) / 10 }
      #expect(y == loader.sampleNumbers(step))
      for (i, number) in y.enumerated() {
        #expect(batch[0][2 * i] == Float(2 * number) && batch[0][2 * i + 1] == Float(2 * number + 1))
      }
      if step % 7 == 0 { epochs.append([]) }
      epochs[step / 7] += y
    }
    for epoch in epochs { #expect(Set(epoch).count == 70 && Set(epoch).isSubset(of: parts[0])) }
    #expect(epochs[0] != epochs[1] && Set(epochs[0]) != Set(epochs[1]))
    // In any order of steps, and from another loader, the same.
    let other = BatchLoader<Float>(
      [try numbers.array("x"), try numbers.array("y")], samples: split.training, batchSize: 10, seed: 9)
    for step in [20, 3, 4, 4, 0, 13, 12] {
      let batch = other.batch(step)
      #expect(
        (0..<10).map { Int(batch[1][$0]) / 10 } == Array(epochs[step / 7][step % 7 * 10..<step % 7 * 10 + 10])
      )
    }
  }
}

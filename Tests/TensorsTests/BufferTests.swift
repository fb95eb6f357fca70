import Tensors
import Testing

@Suite("Buffers and the storage pool")
struct BufferTests {
  @Test("memory is aligned, zero-filled on request, and holds what is written")
  func contents() {
    for count in [0, 1, 7, 64, 1000, 100_003] {
      let dirty = Buffer<Double>(uninitialized: count)
      for i in 0..<count { dirty.pointer[i] = .nan }
    }
    for count in [0, 1, 7, 64, 1000, 100_003] {
      let buffer = Buffer<Double>(count: count)
      #expect(UInt(bitPattern: buffer.pointer) % 64 == 0)
      #expect(buffer.elements.allSatisfy { $0 == 0 })
      for i in 0..<count { buffer.pointer[i] = Double(i) }
      #expect((0..<count).allSatisfy { buffer.pointer[$0] == Double($0) })
    }
  }

  @Test("a freed block serves the next request of its size class, and live blocks never overlap")
  func reuse() {
    // A size that no other test of this process asks for.
    let count = 7_654_321
    let address = UInt(bitPattern: Buffer<UInt8>(uninitialized: count).pointer)
    let again = Buffer<UInt8>(uninitialized: count + 1)
    #expect(UInt(bitPattern: again.pointer) == address)
    let other = Buffer<UInt8>(uninitialized: count)
    #expect(other.pointer + count <= again.pointer || again.pointer + count + 1 <= other.pointer)
  }

  @Test("every request fits its block")
  func sizes() {
    for count in Array(1...700) + [4095, 4096, 4097, 65_537, 1_000_000] {
      let buffers = (0..<3).map { _ in Buffer<UInt8>(uninitialized: count) }
      let starts = buffers.map { UInt(bitPattern: $0.pointer) }.sorted()
      for (a, b) in zip(starts, starts.dropFirst()) { #expect(b - a >= UInt(count)) }
    }
  }
}

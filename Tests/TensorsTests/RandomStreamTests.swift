import CKernels
import Foundation
import Tensors
import Testing

@Suite("Random streams")
struct RandomStreamTests {
  /// Known answers for ten rounds of Philox 4x32, from the file kat_vectors of the Random123 distribution.
  static let knownAnswers: [(counter: [UInt32], key: [UInt32], block: [UInt32])] = [
    ([0, 0, 0, 0], [0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
    (
      [0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff], [0xffff_ffff, 0xffff_ffff],
      [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
    ),
    (
      [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
      [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
    ),
  ]

  @Test("the bijection gives the published blocks")
  func philox() {
    for answer in Self.knownAnswers {
      var counter = answer.counter
      ck_philox(&counter, answer.key)
      #expect(counter == answer.block)
    }
  }

  @Test("elements are the halves of the block whose counter is (index / 2, stream), keyed by the seed")
  func layout() {
    let zero = RandomStream(seed: 0, stream: 0)
    #expect(zero.bits(at: 0) == 0xe169_c58d_6627_e8d5)
    #expect(zero.bits(at: 1) == 0x9b00_dbd8_bc57_ac4c)
    let stream = RandomStream(seed: 0x0123_4567_89ab_cdef, stream: 0xfedc_ba98_7654_3210)
    var counter: [UInt32] = [0x2222_1111, 0x0444_3333, 0x7654_3210, 0xfedc_ba98]
    ck_philox(&counter, [0x89ab_cdef, 0x0123_4567])
    let index: UInt64 = 0x0444_3333_2222_1111 * 2
    #expect(stream.bits(at: index) == UInt64(counter[1]) << 32 | UInt64(counter[0]))
    #expect(stream.bits(at: index + 1) == UInt64(counter[3]) << 32 | UInt64(counter[2]))
  }

  @Test("uniform elements are the leading bits of the element")
  func uniform() {
    let stream = RandomStream(seed: 42, stream: 7)
    for index: UInt64 in [0, 1, 2, 1000, 1 << 40 + 1] {
      #expect(stream.uniform(at: index) == Double(stream.bits(at: index) >> 11) * 0x1p-53)
    }
    var single = [Float](repeating: 0, count: 5)
    Float.fillUniform(&single, count: 5, seed: 42, stream: 7, first: 3)
    for i in 0..<5 { #expect(single[i] == Float(stream.bits(at: UInt64(3 + i)) >> 40) * 0x1p-24) }
  }

  @Test("normal elements come in pairs by the formula of Box and Muller")
  func normal() {
    let stream = RandomStream(seed: 5, stream: 1)
    for block: UInt64 in 0..<500 {
      let u = Double((stream.bits(at: 2 * block) >> 11) + 1) * 0x1p-53
      let angle = 2 * Double.pi * Double(stream.bits(at: 2 * block + 1) >> 11) * 0x1p-53
      let radius = (-2 * log(u)).squareRoot()
      #expect(abs(stream.normal(at: 2 * block) - radius * cos(angle)) < 4e-15)
      #expect(abs(stream.normal(at: 2 * block + 1) - radius * sin(angle)) < 4e-15)
    }
  }

  @Test(
    "bulk, single and split draws give the same elements, from any position",
    arguments: [0, 1, 2, 255, 256, 777])
  func randomAccess(first: Int) {
    let count = 50_001
    let all = Buffer<Double>(uninitialized: count)
    var stream = RandomStream(seed: 99, stream: 3)
    stream.position = UInt64(first)
    var twin = stream
    stream.fillNormal(all.elements)
    #expect(stream.position == UInt64(first + count))
    let parts = Buffer<Double>(uninitialized: count)
    twin.fillNormal(UnsafeMutableBufferPointer(start: parts.pointer, count: 333))
    twin.fillNormal(UnsafeMutableBufferPointer(start: parts.pointer + 333, count: count - 333))
    #expect(zip(all.elements, parts.elements).allSatisfy { $0 == $1 })
    for i in stride(from: 0, to: count, by: 1237) {
      #expect(all.pointer[i] == stream.normal(at: UInt64(first + i)))
    }
    var third = RandomStream(seed: 99, stream: 3)
    third.position = UInt64(first)
    #expect((0..<10).allSatisfy { all.pointer[$0] == third.nextNormal() })
    let single = Buffer<Float>(uninitialized: count)
    third.position = UInt64(first)
    third.fillNormal(single.elements)
    #expect(zip(all.elements, single.elements).allSatisfy { Float($0) == $1 })
  }

  @Test("moments agree with the distributions, and streams and seeds are uncorrelated")
  func moments() {
    let count = 1 << 20
    // Five standard deviations of the sample moments.
    let five = 5 / Double(count).squareRoot()
    let samples = [(1, 0), (1, 1), (2, 0)].map { seed, stream in
      let buffer = Buffer<Double>(uninitialized: count)
      var random = RandomStream(seed: UInt64(seed), stream: UInt64(stream))
      random.fillNormal(buffer.elements)
      return buffer
    }
    for x in samples {
      let mean = x.elements.reduce(0, +) / Double(count)
      let second = x.elements.reduce(0) { $0 + $1 * $1 } / Double(count)
      let fourth = x.elements.reduce(0) { $0 + $1 * $1 * $1 * $1 } / Double(count)
      #expect(abs(mean) < five)
      #expect(abs(second - 1) < five * 2.0.squareRoot())
      #expect(abs(fourth - 3) < five * 96.0.squareRoot())
    }
    for (a, b) in [(0, 1), (0, 2), (1, 2)] {
      let product = zip(samples[a].elements, samples[b].elements).reduce(0) { $0 + $1.0 * $1.1 }
      #expect(abs(product / Double(count)) < five)
    }
    let uniform = Buffer<Double>(uninitialized: count)
    var random = RandomStream(seed: 3)
    random.fillUniform(uniform.elements)
    #expect(uniform.elements.allSatisfy { 0 <= $0 && $0 < 1 })
    let mean = uniform.elements.reduce(0, +) / Double(count)
    #expect(abs(mean - 0.5) < five / 12.0.squareRoot())
    // Pearson's statistic of 64 equal cells: 63 degrees of freedom, mean 63, standard deviation √126.
    var cells = [Double](repeating: 0, count: 64)
    for u in uniform.elements { cells[Int(u * 64)] += 1 }
    let expected = Double(count) / 64
    let statistic = cells.reduce(0) { $0 + ($1 - expected) * ($1 - expected) / expected }
    #expect(abs(statistic - 63) < 5 * 126.0.squareRoot())
  }
}

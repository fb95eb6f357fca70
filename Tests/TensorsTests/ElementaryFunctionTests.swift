import CKernels
import Foundation
import Tensors
import Testing

@Suite("Vector elementary functions")
struct ElementaryFunctionTests {
  #if arch(x86_64)
    typealias Wide = Float80
  #else
    typealias Wide = Double
  #endif

  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let op: ck_operation
    let reference: @Sendable (Wide) -> Wide
    /// Errors allowed, in units of the last place: the documented ones.
    let bound: Double
    let range: ClosedRange<Double>
    let singleRange: ClosedRange<Double>
    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(
      name: "exp", op: CK_OP_EXP, reference: { Foundation.exp($0) }, bound: 1.1, range: -745.2...709.7,
      singleRange: -103.9...88.7),
    Case(
      name: "exp near 0", op: CK_OP_EXP, reference: { Foundation.exp($0) }, bound: 1.1, range: -1...1,
      singleRange: -1...1),
    Case(
      name: "log", op: CK_OP_LOG, reference: { Foundation.log($0) }, bound: 1.1, range: 1e-300...1e6,
      singleRange: 1e-30...1e6),
    Case(
      name: "log near 1", op: CK_OP_LOG, reference: { Foundation.log($0) }, bound: 1.1, range: 0.4...2.5,
      singleRange: 0.4...2.5),
    Case(
      name: "sin", op: CK_OP_SIN, reference: { Foundation.sin($0) }, bound: 1.1, range: -10...10,
      singleRange: -10...10),
    Case(
      name: "sin far out", op: CK_OP_SIN, reference: { Foundation.sin($0) }, bound: 1.1,
      range: -1.5e5...1.5e5,
      singleRange: -1.5e5...1.5e5),
    Case(
      name: "cos", op: CK_OP_COS, reference: { Foundation.cos($0) }, bound: 1.1, range: -10...10,
      singleRange: -10...10),
    Case(
      name: "cos far out", op: CK_OP_COS, reference: { Foundation.cos($0) }, bound: 1.1,
      range: -1.5e5...1.5e5,
      singleRange: -1.5e5...1.5e5),
    Case(
      name: "tanh", op: CK_OP_TANH, reference: { Foundation.tanh($0) }, bound: 2.6, range: -22...22,
      singleRange: -10...10),
    Case(
      name: "tanh near 0", op: CK_OP_TANH, reference: { Foundation.tanh($0) }, bound: 2.6, range: -0.5...0.5,
      singleRange: -0.5...0.5),
  ]

  @Test("errors stay below the documented units in the last place", arguments: cases)
  func accuracy(test: Case) {
    let count = 40_000
    let stream = RandomStream(seed: 11)
    var x = (0..<count).map { i in
      test.range.lowerBound + (test.range.upperBound - test.range.lowerBound) * stream.uniform(at: UInt64(i))
    }
    if test.name.hasSuffix("far out") {
      // Neighbours of the zeros of sine and cosine, where reducing the argument loses most.
      for i in 0..<20_000 { x[i] = Double(i + 1) * (Double.pi / 2) }
    }
    let y = runProgram([instruction(test.op, 1, 0)], [x, x], count: count)[1]
    var worst = 0.0
    for i in 0..<count {
      let exact = test.reference(Wide(x[i]))
      let unit = max(Double(exact).ulp, .leastNonzeroMagnitude)
      worst = max(worst, Double(abs(Wide(y[i]) - exact) / Wide(unit)))
    }
    #expect(worst < test.bound)

    let single = (0..<count).map { i in
      let u = stream.uniform(at: UInt64(count + i))
      return Float(
        test.singleRange.lowerBound + (test.singleRange.upperBound - test.singleRange.lowerBound) * u)
    }
    let z = runProgram([instruction(test.op, 1, 0)], [single, single], count: count)[1]
    var worstSingle = 0.0
    for i in 0..<count {
      let exact = Double(test.reference(Wide(single[i])))
      let unit = max(Float(exact).ulp, .leastNonzeroMagnitude)
      worstSingle = max(worstSingle, abs(Double(z[i]) - exact) / Double(unit))
    }
    #expect(worstSingle < test.bound)
  }

  @Test("zeros keep their sign; infinities, denormals and NaN come out as in the C library")
  func specialValues() {
    let x: [Double] = [
      0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 1e-310, 1e300,
      -1e300,
      710, -746, -740, 1e22,
    ]
    let functions: [(ck_operation, @Sendable (Double) -> Double)] = [
      (CK_OP_EXP, { Foundation.exp($0) }), (CK_OP_LOG, { Foundation.log($0) }),
      (CK_OP_SIN, { Foundation.sin($0) }), (CK_OP_COS, { Foundation.cos($0) }),
      (CK_OP_TANH, { Foundation.tanh($0) }),
    ]
    for (op, reference) in functions {
      let y = runProgram([instruction(op, 1, 0)], [x, x], count: x.count)[1]
      for (value, result) in zip(x, y) {
        let expected = reference(value)
        if expected.isNaN {
          #expect(result.isNaN)
        } else {
          #expect(abs(result - expected) <= expected.ulp || result == expected)
          #expect(result.sign == expected.sign)
        }
      }
      let single = x.map(Float.init)
      let z = runProgram([instruction(op, 1, 0)], [single, single], count: x.count)[1]
      for (value, result) in zip(single, z) {
        let expected = Float(reference(Double(value)))
        if expected.isNaN {
          #expect(result.isNaN)
        } else {
          #expect(abs(result - expected) <= expected.ulp || result == expected)
          #expect(result.sign == expected.sign)
        }
      }
    }
  }
}

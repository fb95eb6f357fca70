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

  /// Functions that keep below two units, over all of their range, near zero, and where their cases join.
  static let functionsOfTwoUnits: [(String, ck_operation, @Sendable (Wide) -> Wide, [ClosedRange<Double>])] =
    [
      ("erf", CK_OP_ERF, { Foundation.erf($0) }, [-6.2...6.2, -1...1, -1e-3...1e-3, 3...4.2]),
      ("expm1", CK_OP_EXPM1, { Foundation.expm1($0) }, [-45...88.7, -1.5...1.5, -1e-3...1e-3, 0.3...0.4]),
      ("log1p", CK_OP_LOG1P, { Foundation.log1p($0) }, [-1...1e6, -0.999...3, -1e-3...1e-3, 0.39...0.45]),
      ("sinh", CK_OP_SINH, { Foundation.sinh($0) }, [-89.3...89.3, -2...2, -1e-3...1e-3, 0.9...1.4]),
      ("cosh", CK_OP_COSH, { Foundation.cosh($0) }, [-89.3...89.3, -2...2, -1e-3...1e-3]),
      ("atan", CK_OP_ATAN, { Foundation.atan($0) }, [-1e3...1e3, -3...3, -1e-3...1e-3, 0.41...0.47]),
    ]

  static let casesOfTwoUnits: [Case] = functionsOfTwoUnits.flatMap { name, op, reference, ranges in
    ranges.map {
      Case(name: "\(name) in \($0)", op: op, reference: reference, bound: 2, range: $0, singleRange: $0)
    }
  }

  /// Where only double precision does not overflow.
  static let wideCases: [Case] = [
    Case(
      name: "expm1 far out", op: CK_OP_EXPM1, reference: { Foundation.expm1($0) }, bound: 2,
      range: 600...709.78, singleRange: 80...88.72),
    Case(
      name: "sinh far out", op: CK_OP_SINH, reference: { Foundation.sinh($0) }, bound: 2,
      range: 600...710.47, singleRange: 80...89.41),
    Case(
      name: "cosh far out", op: CK_OP_COSH, reference: { Foundation.cosh($0) }, bound: 2,
      range: -710.47 ... -600, singleRange: -89.41 ... -80),
    Case(
      name: "log1p far out", op: CK_OP_LOG1P, reference: { Foundation.log1p($0) }, bound: 2,
      range: 1e10...1e308, singleRange: 1e5...3e38),
    Case(
      name: "atan far out", op: CK_OP_ATAN, reference: { Foundation.atan($0) }, bound: 2,
      range: -1e300 ... -1e4, singleRange: -1e30 ... -1e4),
  ]

  @Test(
    "errors stay below the documented units in the last place", arguments: cases + casesOfTwoUnits + wideCases
  )
  func accuracy(test: Case) {
    let count = 40_000
    let stream = RandomStream(seed: 11)
    var x = (0..<count).map { i in
      test.range.lowerBound + (test.range.upperBound - test.range.lowerBound) * stream.uniform(at: UInt64(i))
    }
    if [CK_OP_SIN, CK_OP_COS].contains(test.op), test.name.hasSuffix("far out") {
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

  @Test("arguments of every magnitude, down to the denormals")
  func magnitudes() {
    let stream = RandomStream(seed: 12)
    let x = (0..<40_000).map { i -> Double in
      let exponent = -1074 + 2 * (i % 541)
      return (i % 2 == 0 ? 1 : -1) * (1 + stream.uniform(at: UInt64(i))) * Foundation.pow(2, Double(exponent))
    }
    for (name, op, reference, _) in Self.functionsOfTwoUnits {
      let y = runProgram([instruction(op, 1, 0)], [x, x], count: x.count)[1]
      for (value, result) in zip(x, y) {
        let exact = reference(Wide(value))
        if exact.isNaN || Double(exact).isInfinite {
          #expect(result == Double(exact) || result.isNaN && exact.isNaN, "\(name) of \(value)")
        } else {
          let unit = max(Double(exact).ulp, .leastNonzeroMagnitude)
          #expect(abs(Wide(result) - exact) / Wide(unit) < 2, "\(name) of \(value)")
        }
      }
      let single = x.map { Float($0) }
      let z = runProgram([instruction(op, 1, 0)], [single, single], count: x.count)[1]
      for (value, result) in zip(single, z) {
        let exact = Double(reference(Wide(value)))
        if exact.isNaN || Float(exact).isInfinite {
          #expect(result == Float(exact) || result.isNaN && exact.isNaN, "\(name) of \(value)")
        } else {
          let unit = max(Float(exact).ulp, .leastNonzeroMagnitude)
          #expect(abs(Double(result) - exact) / Double(unit) < 2, "\(name) of \(value)")
        }
      }
    }
  }

  @Test("zeros keep their sign; infinities, denormals and NaN come out as in the C library")
  func specialValues() {
    let x: [Double] = [
      0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 1e-310, 1e300,
      -1e300,
      710, -746, -740, 1e22, -1, -2, 710.4, -710.4, 89.3, 90, 5.9, 6.1,
    ]
    let functions: [(ck_operation, @Sendable (Double) -> Double)] = [
      (CK_OP_EXP, { Foundation.exp($0) }), (CK_OP_LOG, { Foundation.log($0) }),
      (CK_OP_SIN, { Foundation.sin($0) }), (CK_OP_COS, { Foundation.cos($0) }),
      (CK_OP_TANH, { Foundation.tanh($0) }), (CK_OP_ERF, { Foundation.erf($0) }),
      (CK_OP_EXPM1, { Foundation.expm1($0) }), (CK_OP_LOG1P, { Foundation.log1p($0) }),
      (CK_OP_SINH, { Foundation.sinh($0) }), (CK_OP_COSH, { Foundation.cosh($0) }),
      (CK_OP_ATAN, { Foundation.atan($0) }),
    ]
    for (op, reference) in functions {
      let y = runProgram([instruction(op, 1, 0)], [x, x], count: x.count)[1]
      for (value, result) in zip(x, y) {
        let expected = reference(value)
        if expected.isNaN {
          #expect(result.isNaN)
        } else {
          #expect(abs(result - expected) <= 2 * expected.ulp || result == expected)
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
          #expect(abs(result - expected) <= 2 * expected.ulp || result == expected)
          #expect(result.sign == expected.sign)
        }
      }
    }
  }
}

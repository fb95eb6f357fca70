import CKernels
import Foundation
import Tensors
import Testing

/// Runs a program over slots given as arrays (stride 1) or as nothing (a scratch register); returns the slots.
func runProgram<Scalar: Real>(_ program: [ck_instruction], _ slots: [[Scalar]?], count: Int) -> [[Scalar]] {
  let buffers = slots.map { slot -> Buffer<Scalar> in
    let buffer = Buffer<Scalar>(count: slot == nil ? Int(CK_BLOCK) : count)
    if let slot { for i in 0..<count { buffer.pointer[i] = slot[i] } }
    return buffer
  }
  let pointers: [UnsafeMutablePointer<Scalar>?] = buffers.map(\.pointer)
  let strides = slots.map { Int64($0 == nil ? 0 : 1) }
  Scalar.runPointwise(
    program, instructions: program.count, slots: pointers, strides: strides, slotCount: slots.count,
    count: count)
  return buffers.map { Array($0.elements) }
}

func instruction(
  _ op: ck_operation, _ dst: Int, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0, constant: Double = 0
) -> ck_instruction {
  ck_instruction(
    op: UInt16(op.rawValue), dst: UInt16(dst), a: UInt16(a), b: UInt16(b), c: UInt16(c), constant: constant)
}

@Suite("Pointwise programs")
struct PointwiseTests {
  struct Case: Sendable {
    let op: ck_operation
    let reference: @Sendable (Double, Double, Double) -> Double
    let constant: Double
  }

  // One statement per case: as one literal the list would take the type checker seconds.
  static let cases: [Case] = {
    var cases: [Case] = []
    func add(
      _ op: ck_operation, constant: Double = 1.75,
      _ reference: @escaping @Sendable (Double, Double, Double) -> Double
    ) {
      cases.append(Case(op: op, reference: reference, constant: constant))
    }
    add(CK_OP_COPY) { a, _, _ in a }
    add(CK_OP_CONST) { _, _, _ in 1.75 }
    add(CK_OP_ADD) { a, b, _ in a + b }
    add(CK_OP_SUB) { a, b, _ in a - b }
    add(CK_OP_MUL) { a, b, _ in a * b }
    add(CK_OP_DIV) { a, b, _ in a / b }
    add(CK_OP_FMA) { a, b, c in a * b + c }
    add(CK_OP_FMS) { a, b, c in a * b - c }
    add(CK_OP_FNMA) { a, b, c in c - a * b }
    add(CK_OP_ADDC) { a, _, _ in a + 1.75 }
    add(CK_OP_MULC) { a, _, _ in a * 1.75 }
    add(CK_OP_DIVC) { a, _, _ in a / 1.75 }
    add(CK_OP_RSUBC) { a, _, _ in 1.75 - a }
    add(CK_OP_RDIVC) { a, _, _ in 1.75 / a }
    add(CK_OP_FMAC) { a, b, _ in a * 1.75 + b }
    add(CK_OP_MINC, constant: 0.5) { a, _, _ in min(a, 0.5) }
    add(CK_OP_MAXC, constant: 0.5) { a, _, _ in max(a, 0.5) }
    add(CK_OP_NEG) { a, _, _ in -a }
    add(CK_OP_SQUARE) { a, _, _ in a * a }
    add(CK_OP_CUBE) { a, _, _ in a * a * a }
    add(CK_OP_POWI, constant: 0) { _, _, _ in 1 }
    add(CK_OP_POWI, constant: 1) { a, _, _ in a }
    add(CK_OP_POWI, constant: 7) { a, _, _ in pow(a, 7) }
    add(CK_OP_POWI, constant: -3) { a, _, _ in pow(a, -3) }
    add(CK_OP_POWC) { a, _, _ in pow(a, 1.75) }
    add(CK_OP_POW) { a, b, _ in pow(a, b) }
    add(CK_OP_SQRT) { a, _, _ in a.squareRoot() }
    add(CK_OP_EXP) { a, _, _ in exp(a) }
    add(CK_OP_EXPM1) { a, _, _ in expm1(a) }
    add(CK_OP_LOG) { a, _, _ in log(a) }
    add(CK_OP_LOG1P) { a, _, _ in log1p(a) }
    add(CK_OP_SIN) { a, _, _ in sin(a) }
    add(CK_OP_COS) { a, _, _ in cos(a) }
    add(CK_OP_TAN) { a, _, _ in tan(a) }
    add(CK_OP_ASIN) { a, _, _ in asin(a) }
    add(CK_OP_ACOS) { a, _, _ in acos(a) }
    add(CK_OP_ATAN) { a, _, _ in atan(a) }
    add(CK_OP_SINH) { a, _, _ in sinh(a) }
    add(CK_OP_COSH) { a, _, _ in cosh(a) }
    add(CK_OP_TANH) { a, _, _ in tanh(a) }
    add(CK_OP_ERF) { a, _, _ in erf(a) }
    add(CK_OP_ABS) { a, _, _ in abs(a) }
    add(CK_OP_SIGN) { a, _, _ in a > 0 ? 1 : a < 0 ? -1 : 0 }
    add(CK_OP_STEP) { a, _, _ in a > 0 ? 1 : a == 0 ? 0.5 : 0 }
    add(CK_OP_MIN) { a, b, _ in min(a, b) }
    add(CK_OP_MAX) { a, b, _ in max(a, b) }
    add(CK_OP_LESS) { a, b, _ in a < b ? 1 : 0 }
    add(CK_OP_SELECT) { a, b, c in a != 0 ? b : c }
    return cases
  }()

  /// Operands of either sign, with zeros; outside its domain a function gives NaN.
  static func operands(_ count: Int) -> [[Double]] {
    (0..<3).map { (slot: Int) -> [Double] in
      (0..<count).map { (i: Int) -> Double in
        let residue = (i * 37 + slot * 101) % 1009
        return i % 11 == slot ? 0 : Double(residue) / 505 - 1
      }
    }
  }

  @Test(
    "every operation agrees with its definition in both precisions, out of place and in place",
    arguments: cases.indices)
  func operation(index: Int) {
    let test = Self.cases[index]
    // Longer than two blocks, and no multiple of a vector.
    let count = 2 * Int(CK_BLOCK) + 77
    let x = Self.operands(count)
    let expected = (0..<count).map { test.reference(x[0][$0], x[1][$0], x[2][$0]) }
    func agree(_ result: [Double], _ expected: [Double], tolerance: Double) -> Bool {
      zip(result, expected).allSatisfy { r, e in
        r == e || r.isNaN && e.isNaN || abs(r - e) <= tolerance * max(abs(e), e == 0 ? 1 : 0)
      }
    }
    // The remainder of a fused product and sum may cancel: the error is relative to the operands, all below 4.
    let cancels = [CK_OP_FMA, CK_OP_FMS, CK_OP_FNMA, CK_OP_FMAC].contains(test.op)
    func close(_ result: [Double], _ expected: [Double], _ unit: Double) -> Bool {
      cancels
        ? zip(result, expected).allSatisfy { abs($0 - $1) <= 4 * unit }
        : agree(result, expected, tolerance: 4 * unit)
    }
    let apart = runProgram(
      [instruction(test.op, 3, 0, 1, 2, constant: test.constant)], x + [x[0]], count: count)
    #expect(close(apart[3], expected, .ulpOfOne))
    for slot in 0..<3 { #expect(apart[slot] == x[slot]) }
    let inPlace = runProgram([instruction(test.op, 0, 0, 1, 2, constant: test.constant)], x, count: count)
    #expect(zip(inPlace[0], apart[3]).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN })

    let single = x.map { $0.map(Float.init) }
    let fromSingle = (0..<count).map {
      test.reference(Double(single[0][$0]), Double(single[1][$0]), Double(single[2][$0]))
    }
    let rounded = runProgram(
      [instruction(test.op, 3, 0, 1, 2, constant: test.constant)], single + [single[0]], count: count)
    #expect(close(rounded[3].map(Double.init), fromSingle, Double(Float.ulpOfOne)))
  }

  @Test(
    "scratch registers carry values from instruction to instruction within every block",
    arguments: [1, 255, 256, 257, 3000])
  func registers(count: Int) {
    let x = (0..<count).map { Double($0) / 100 }
    // (x² + 1) sin x - x, with two registers that are reused.
    let program = [
      instruction(CK_OP_SQUARE, 2, 0), instruction(CK_OP_ADDC, 2, 2, constant: 1),
      instruction(CK_OP_SIN, 3, 0), instruction(CK_OP_FMS, 1, 2, 3, 0),
    ]
    let result = runProgram(program, [x, x, nil, nil], count: count)[1]
    for i in 0..<count {
      let expected = (x[i] * x[i] + 1) * sin(x[i]) - x[i]
      #expect(abs(result[i] - expected) <= 1e-15 * (x[i] * x[i] + x[i] + 1))
    }
  }

  @Test("the result of an element does not depend on where it stands")
  func positionIndependence() {
    let count = 900
    let x = (0..<count).map { 40 * sin(Double($0)) }
    for op in [CK_OP_EXP, CK_OP_LOG, CK_OP_SIN, CK_OP_COS, CK_OP_TANH, CK_OP_CUBE] {
      let all = runProgram([instruction(op, 1, 0)], [x, x], count: count)[1]
      for i in stride(from: 0, to: count, by: 13) {
        let alone = runProgram([instruction(op, 1, 0)], [[x[i]], [0]], count: 1)[1][0]
        #expect(alone == all[i] || alone.isNaN && all[i].isNaN)
      }
    }
  }
}

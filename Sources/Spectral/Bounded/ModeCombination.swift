import CKernels
import Tensors

/// A linear combination of a step over real or complex modes, with its operands' addresses as plain data.
final class ModeCombination: @unchecked Sendable {
  // Unchecked: `resolve` runs between regions; tiles write disjoint modes.

  private let row: StepCoefficients.Row
  private let isComplex: Bool
  /// The terms of all variables one after another; those of variable v end before `ends[v]`.
  private let ends: [Int]
  private let operands: Buffer<UnsafePointer<Double>?>
  private let values: [Buffer<Double>]
  private let valuePointers: Buffer<UnsafePointer<Double>?>
  private let ones: Buffer<Double>?

  /// - Parameter isComplex: Whether the modes are; real modes take the real parts of coefficients.
  init(_ row: StepCoefficients.Row, isComplex: Bool) {
    (self.row, self.isComplex) = (row, isComplex)
    var ends: [Int] = []
    var values: [Buffer<Double>] = []
    for terms in row.terms {
      for term in terms {
        if isComplex || row.isReal {
          values.append(term.values)
        } else {
          let real = Buffer<Double>(count: term.values.count / 2)
          for m in 0..<real.count { real.pointer[m] = term.values.pointer[2 * m] }
          values.append(real)
        }
      }
      ends.append(values.count)
    }
    self.ends = ends
    self.values = values
    operands = Buffer(count: max(1, values.count))
    valuePointers = Buffer(count: max(1, values.count))
    for (i, value) in values.enumerated() { valuePointers.pointer[i] = UnsafePointer(value.pointer) }
    // A combination longer than the kernel takes goes on from its own partial sum.
    let longest = zip(ends, [0] + ends).map { $0 - $1 }.max() ?? 0
    if isComplex && longest > Int(CK_TERMS) {
      let count = values[0].count
      let ones = Buffer<Double>(count: count)
      for i in 0..<count where row.isReal || i % 2 == 0 { ones.pointer[i] = 1 }
      self.ones = ones
    } else {
      ones = nil
    }
  }

  /// Takes the operands' current addresses.
  func resolve(_ vectors: ModeVectors) {
    var i = 0
    for terms in row.terms {
      for term in terms {
        operands.pointer[i] = UnsafePointer(vectors.pointer(term.operand, variable: term.variable))
        i += 1
      }
    }
  }

  /// Writes the combination for some modes.
  func apply(to output: UnsafeMutablePointer<Double>, stride: Int, _ modes: Range<Int>) {
    var start = 0
    for (v, end) in ends.enumerated() {
      let out = output + v * stride + (isComplex ? 2 : 1) * modes.lowerBound
      if isComplex {
        applyComplex(start..<end, to: out, modes)
      } else {
        applyReal(start..<end, to: out, modes)
      }
      start = end
    }
  }

  private func applyReal(_ terms: Range<Int>, to out: UnsafeMutablePointer<Double>, _ modes: Range<Int>) {
    let (first, n) = (modes.lowerBound, modes.count)
    var i = terms.lowerBound
    if terms.isEmpty { out.update(repeating: 0, count: n) }
    while i < terms.upperBound {
      let (a, x) = (valuePointers.pointer[i]! + first, operands.pointer[i]! + first)
      let isFirst = i == terms.lowerBound
      if i + 1 < terms.upperBound {
        let (b, y) = (valuePointers.pointer[i + 1]! + first, operands.pointer[i + 1]! + first)
        if isFirst {
          for m in 0..<n { out[m] = a[m] * x[m] + b[m] * y[m] }
        } else {
          for m in 0..<n { out[m] += a[m] * x[m] + b[m] * y[m] }
        }
        i += 2
      } else {
        if isFirst {
          for m in 0..<n { out[m] = a[m] * x[m] }
        } else {
          for m in 0..<n { out[m] += a[m] * x[m] }
        }
        i += 1
      }
    }
  }

  private func applyComplex(_ terms: Range<Int>, to out: UnsafeMutablePointer<Double>, _ modes: Range<Int>) {
    let (first, n) = (modes.lowerBound, modes.count)
    if terms.isEmpty { out.update(repeating: 0, count: 2 * n) }
    let scale = row.isReal ? 1 : 2
    // Room for one call of the kernel.
    withUnsafeTemporaryAllocation(of: UnsafePointer<Double>?.self, capacity: 2 * Int(CK_TERMS)) { memory in
      let (vectors, factors) = (memory.baseAddress!, memory.baseAddress! + Int(CK_TERMS))
      var i = terms.lowerBound
      while i < terms.upperBound {
        var count = 0
        if i > terms.lowerBound {
          vectors[0] = UnsafePointer(out)
          factors[0] = UnsafePointer(ones!.pointer)
          count = 1
        }
        while count < Int(CK_TERMS), i < terms.upperBound {
          vectors[count] = operands.pointer[i]! + 2 * first
          factors[count] = valuePointers.pointer[i]! + scale * first
          count += 1
          i += 1
        }
        if row.isReal {
          ck_combine_real_d(out, Int64(n), Int64(count), vectors, factors)
        } else {
          ck_combine_complex_d(out, Int64(n), Int64(count), vectors, factors)
        }
      }
    }
  }
}

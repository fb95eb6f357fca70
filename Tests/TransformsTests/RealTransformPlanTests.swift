import Foundation
import Tensors
import Testing
import Transforms

@Suite("Cosine and sine transform plans")
struct RealTransformPlanTests {
  /// The transform of one line by its definition.
  func definition(_ kind: RealTransformKind, _ x: [Double]) -> [Double] {
    let n = x.count
    return (0..<n).map { k in
      let K = Double(k)
      func sum(_ range: Range<Int>, _ term: (Double) -> Double) -> Double {
        range.reduce(0) { $0 + 2 * x[$1] * term(Double($1)) }
      }
      let sign = k % 2 == 0 ? 1.0 : -1.0
      let N = Double(n)
      switch kind {
      case .dct1: return x[0] + sign * x[n - 1] + sum(1..<n - 1) { cos(.pi * $0 * K / (N - 1)) }
      case .dct2: return sum(0..<n) { cos(.pi * ($0 + 0.5) * K / N) }
      case .dct3: return x[0] + sum(1..<n) { cos(.pi * $0 * (K + 0.5) / N) }
      case .dct4: return sum(0..<n) { cos(.pi * ($0 + 0.5) * (K + 0.5) / N) }
      case .dst1: return sum(0..<n) { sin(.pi * ($0 + 1) * (K + 1) / (N + 1)) }
      case .dst2: return sum(0..<n) { sin(.pi * ($0 + 0.5) * (K + 1) / N) }
      case .dst3: return sign * x[n - 1] + sum(0..<n - 1) { sin(.pi * ($0 + 1) * (K + 0.5) / N) }
      case .dst4: return sum(0..<n) { sin(.pi * ($0 + 0.5) * (K + 0.5) / N) }
      }
    }
  }

  func run<Scalar: FFTScalar>(_ plan: RealTransformPlan<Scalar>, _ x: [Double]) -> [Double] {
    let source = Buffer<Scalar>(count: x.count)
    for i in x.indices { source.pointer[i] = Scalar(x[i]) }
    let target = plan.inPlace ? source : Buffer<Scalar>(count: x.count)
    plan.execute(source.pointer, target.pointer)
    return target.elements.map(Double.init)
  }

  @Test(
    "every kind agrees with its definition and is undone by its inverse",
    arguments: RealTransformKind.allCases, [2, 3, 8, 13])
  func oneAxis(kind: RealTransformKind, n: Int) {
    let x = randomArray(n, seed: 1)
    let expected = definition(kind, x)
    for inPlace in [false, true] {
      let plan = RealTransformPlan<Double>(kinds: [kind], shape: [n], inPlace: inPlace)
      let y = run(plan, x)
      #expect(zip(y, expected).allSatisfy { abs($0 - $1) < 1e-13 })
      let inverse = RealTransformPlan<Double>(kinds: plan.inverseKinds, shape: [n])
      #expect(zip(run(inverse, y), x).allSatisfy { abs($0 / plan.normalization - $1) < 1e-14 })
    }
    let single = run(RealTransformPlan<Float>(kinds: [kind], shape: [n]), x)
    #expect(zip(single, expected).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test("several axes take a kind each, and batches follow one another")
  func severalAxes() {
    let (rows, columns, batch) = (4, 5, 3)
    let x = randomArray(rows * columns * batch, seed: 2)
    let plan = RealTransformPlan<Double>(kinds: [.dct2, .dst1], shape: [rows, columns], batch: batch)
    let y = run(plan, x)
    for b in 0..<batch {
      let block = Array(x[b * rows * columns..<(b + 1) * rows * columns])
      let alongRows = (0..<rows).map { r in definition(.dst1, Array(block[r * columns..<(r + 1) * columns])) }
      for c in 0..<columns {
        let line = definition(.dct2, (0..<rows).map { alongRows[$0][c] })
        for r in 0..<rows { #expect(abs(y[(b * rows + r) * columns + c] - line[r]) < 1e-13) }
      }
    }
    let inverse = RealTransformPlan<Double>(kinds: plan.inverseKinds, shape: [rows, columns], batch: batch)
    #expect(plan.normalization == Double(2 * rows * 2 * (columns + 1)))
    #expect(zip(run(inverse, y), x).allSatisfy { abs($0 / plan.normalization - $1) < 1e-14 })
  }
}

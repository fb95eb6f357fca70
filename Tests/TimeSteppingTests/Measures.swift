import Algebra
import Foundation
import Tensors
import TimeStepping

func factorial(_ k: Int) -> Double { k < 2 ? 1 : (2...k).reduce(1.0) { $0 * Double($1) } }

func sinPi(_ x: Double) -> Double { sin(.pi * x) }

extension SmallComplexMatrix {
  var largestEntry: Double { elements.map(\.magnitude).max()! }
}

/// The largest difference of the entries.
func difference(_ a: DenseSymbol, _ b: SmallComplexMatrix) -> Double {
  zip(a.elements, b.elements).map { (Complex($0) - $1).magnitude }.max()!
}

/// The least-squares slope of log(error) over log(h).
func slope(steps: [Int], errors: [Double]) -> Double {
  let x = steps.map { -log(Double($0)) }
  let y = errors.map { log($0) }
  let meanX = x.reduce(0, +) / Double(x.count)
  let meanY = y.reduce(0, +) / Double(y.count)
  let covariance = zip(x, y).reduce(0) { $0 + ($1.0 - meanX) * ($1.1 - meanY) }
  return covariance / x.reduce(0) { $0 + ($1 - meanX) * ($1 - meanX) }
}

/// The second derivative on the inner Chebyshev points cos(jπ/n), for functions that vanish at ±1 (Trefethen 2000).
func chebyshevSecondDerivative(_ n: Int) -> (DenseSymbol, points: [Double]) {
  let x = (0...n).map { cos(.pi * Double($0) / Double(n)) }
  var d = DenseSymbol(size: n + 1, elements: [Double](repeating: 0, count: (n + 1) * (n + 1)))
  for i in 0...n {
    for j in 0...n where i != j {
      let ci = (i == 0 || i == n ? 2.0 : 1.0) * (i % 2 == 0 ? 1 : -1)
      let cj = (j == 0 || j == n ? 2.0 : 1.0) * (j % 2 == 0 ? 1 : -1)
      d[i, j] = ci / cj / (x[i] - x[j])
      d[i, i] -= d[i, j]
    }
  }
  let square = d * d
  let inner = (1..<n).flatMap { i in (1..<n).map { j in square[i, j] } }
  return (DenseSymbol(size: n - 1, elements: inner), Array(x[1..<n]))
}

import Foundation

/// The slope of log(error) over log(step) by least squares: the observed order of convergence.
public func observedOrder(_ steps: [Double], _ errors: [Double]) -> Double {
  precondition(
    steps.count == errors.count && steps.count > 1, "\(steps.count) steps and \(errors.count) errors")
  let (x, y) = (steps.map { log($0) }, errors.map { log($0) })
  let (mx, my): (Double, Double) = (x.reduce(0, +) / Double(x.count), y.reduce(0, +) / Double(y.count))
  let covariance: Double = zip(x, y).reduce(0) { $0 + ($1.0 - mx) * ($1.1 - my) }
  let variance: Double = x.reduce(0) { $0 + ($1 - mx) * ($1 - mx) }
  return covariance / variance
}

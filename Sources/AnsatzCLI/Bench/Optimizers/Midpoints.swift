import Ansatz

/// Centres of the cells of a grid: [cells, coordinates], the first coordinate slowest.
func midpoints(_ ranges: [ClosedRange<Double>], _ counts: [Int]) -> Tensor<Double> {
  var points: [[Double]] = [[]]
  for (range, count) in zip(ranges, counts) {
    let axis = (0..<count).map {
      range.lowerBound + (Double($0) + 0.5) / Double(count) * (range.upperBound - range.lowerBound)
    }
    points = points.flatMap { point in axis.map { point + [$0] } }
  }
  return Tensor(shape: [points.count, ranges.count], points.flatMap { $0 })
}

import Formats

/// The course of a training: named numbers at steps.
public struct TrainingMetrics: Codable, Hashable, Sendable {
  /// Names of the numbers, after the step.
  public private(set) var names: [String] = []
  /// The steps, and one row of numbers for each.
  public private(set) var steps: [Int] = []
  public private(set) var rows: [[Double]] = []

  public init() {}

  /// Adds the numbers of a step; their names are those of the first. What is missing, such as the loss of a condition that a
  /// later stage meets by construction, is 0.
  mutating func append(step: Int, _ numbers: [(name: String, value: Double)]) {
    if names.isEmpty { names = numbers.map(\.name) }
    steps.append(step)
    if zip(names, numbers).allSatisfy({ $0 == $1.name }), names.count == numbers.count {
      rows.append(numbers.map(\.value))
    } else {
      rows.append(names.map { name in numbers.first { $0.name == name }?.value ?? 0 })
    }
  }

  /// The numbers of a name over the steps.
  public func series(_ name: String) -> [Double]? {
    names.firstIndex(of: name).map { i in rows.map { $0[i] } }
  }

  var table: CSVTable {
    var table = CSVTable(header: ["step"] + names)
    for (step, row) in zip(steps, rows) { table.append([Double(step)] + row) }
    return table
  }

  /// Losses and errors, on a logarithmic axis.
  func plot(title: String) -> LinePlot {
    let curves = names.enumerated().compactMap { i, name -> LinePlot.Curve? in
      guard !["seconds", "rate", "points", "window", "stage"].contains(name), !name.hasPrefix("weight(")
      else { return nil }
      let points = zip(steps, rows).filter { $1[i] > 0 && $1[i].isFinite }
      guard !points.isEmpty else { return nil }
      return LinePlot.Curve(
        name: name, x: points.map { Double($0.0) }, y: points.map { $0.1[i] },
        isDashed: name != "loss" && !name.hasPrefix("error"))
    }
    return LinePlot(
      title: title, xLabel: "step", yLabel: "", yScale: .logarithmic, curves: curves)
  }
}

import Ansatz

/// How coefficients that are to be found are represented and regularised, as a command line gives it.
struct FieldOptions: Sendable {
  static let options = [
    Option("find-field", "NAME[,NAME…]", "Parameters of the problem to find from the data as functions"),
    Option("modes", "N[,N…]", "Find functions as sums of N cosines per coordinate (networks)"),
    Option(
      "prior", "S[:P]",
      "Coefficients of modes k have deviations S(1 + |k|²)^(-P/2), 1:0 for all alike (none)"),
    Option("field-widths", "N[,N…]", "Widths of the hidden layers of functions that are networks (20,20)"),
    Option("slope", "W", "What the mean square of the slopes of functions weighs (0)"),
    Option("of-time", nil, "Functions that are networks depend on time too"),
  ]

  let search: FieldSearch

  /// - Parameters:
  ///   - isSearch: Whether anything is to be found as a function.
  ///   - dimension: The number of coordinates of space, all of which have as many modes where one number is given.
  /// - Throws: `UsageError` for what does not fit.
  init(_ arguments: ParsedArguments, isSearch: Bool, dimension: Int) throws {
    if !isSearch {
      for option in Self.options where arguments.has(option.name) {
        throw UsageError(
          "--\(option.name) is for functions that are to be found: name one by --find or --find-field")
      }
    }
    let modes = try arguments.integers("modes", atLeast: 1, what: "modes").map {
      $0.count == 1 ? Array(repeating: $0[0], count: dimension) : $0
    }
    let widths = try arguments.integers("field-widths", atLeast: 1, what: "units of a layer")
    if modes != nil, let option = widths != nil ? "field-widths" : arguments.has("of-time") ? "of-time" : nil
    {
      throw UsageError(
        "--\(option) is for networks, and --modes asks for sums of cosines: leave out one of the two")
    }
    let prior = try arguments["prior"].map { text in
      let numbers = text.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
      guard (1...2).contains(numbers.count), let deviation = numbers[0], deviation > 0, deviation.isFinite,
        let smoothness = numbers.count == 2 ? numbers[1] : 0, smoothness >= 0, smoothness.isFinite
      else {
        throw UsageError(
          "--prior is '\(text)': write a deviation, and a smoothness if there is one, such as 1:2")
      }
      return ModePrior(deviation: deviation, smoothness: smoothness)
    }
    if prior != nil, modes == nil {
      throw UsageError(
        "--prior is one of the coefficients of modes: add --modes, or regularise a network by --slope")
    }
    search = FieldSearch(
      modes.map { .modes($0) } ?? .network(widths ?? [20, 20], ofTime: arguments.has("of-time")),
      prior: prior,
      slopeWeight: try arguments.positiveNumber("slope") ?? 0)
  }
}

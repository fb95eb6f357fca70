import Ansatz

/// Coefficients of a problem as options: `--log_a "cos(pi*x)*cos(2*pi*y)"`.
enum CoefficientOptions {
  /// One option for every coefficient.
  static func options(of problem: any Problem) -> [Option] {
    problem.coefficients.map { Option($0.name, "FORMULA", "") }
  }

  /// The problem with the formulas that are given.
  /// - Throws: `EquationError` with the place of a mistake in a formula.
  static func apply(_ arguments: ParsedArguments, to problem: any Problem) throws -> any Problem {
    var formulas: [String: ScalarField] = [:]
    for (name, _) in problem.coefficients {
      if let text = arguments[name] { formulas[name] = try FormulaText.formula(text) }
    }
    return formulas.isEmpty ? problem : try problem.setting(coefficients: formulas)
  }
}

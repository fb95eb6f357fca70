/// How long the steps of a method are.
public enum StepSize: Hashable, Codable, Sendable {
  /// Every step has this length, in the time unit of the problem.
  case fixed(Double)
  /// The steps are chosen from estimates of the error; for embedded methods only.
  case adaptive(StepControl)
}

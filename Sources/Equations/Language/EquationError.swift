/// An equation, condition or domain that is wrong or that the method asked for cannot take.
///
/// The text is one sentence that names the term and says what to do instead.
public struct EquationError: Error, Equatable, CustomStringConvertible, Sendable {
  public var description: String

  public init(_ description: String) { self.description = description }
}

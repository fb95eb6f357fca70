/// Why a run folder cannot be used; one sentence with the remedy.
public struct RunFolderError: Error, Equatable, CustomStringConvertible, Sendable {
  /// The sentence.
  public var description: String

  /// An error with the given sentence.
  public init(_ description: String) { self.description = description }

  static func damaged(_ file: String, _ problem: String) -> RunFolderError {
    RunFolderError("\(file): \(problem); the run folder is damaged, so solve again into another folder")
  }
}

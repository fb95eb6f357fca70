/// What one step did.
public struct StepReport: Sendable {
  /// The loss before the step for methods with one evaluation per step, after it for those that search along a line.
  public var loss: Double
  /// ‖∇loss‖₂ where `loss` was taken.
  public var gradientNorm: Double
  /// The rate, or the part of the full step that a search accepted.
  public var stepLength: Double
  /// How often the loss was evaluated, with or without its gradient.
  public var evaluations: Int
  /// Whether to go on, or why not.
  public var status: StepStatus
  /// Further numbers of the method.
  public var diagnostics: StepDiagnostics

  public init(
    loss: Double, gradientNorm: Double, stepLength: Double, evaluations: Int, status: StepStatus = .continued,
    diagnostics: StepDiagnostics = StepDiagnostics()
  ) {
    self.loss = loss
    self.gradientNorm = gradientNorm
    self.stepLength = stepLength
    self.evaluations = evaluations
    self.status = status
    self.diagnostics = diagnostics
  }
}

/// Whether a method goes on after a step.
public enum StepStatus: Sendable, Equatable, CustomStringConvertible {
  /// There is more to do.
  case continued
  /// The parameters are a minimum as far as numbers can tell; the reason in words.
  case converged(String)
  /// No progress can be made; the reason in words.
  case stalled(String)
  /// A condition that was asked for is met.
  case finished(String)

  /// Whether the method is at its end.
  public var isEnd: Bool { self != .continued }

  /// Whether the method is at its end with these samples, and other ones of the same loss may let it go on.
  public var mayGoOnElsewhere: Bool {
    switch self {
    case .converged, .stalled: true
    case .continued, .finished: false
    }
  }

  public var description: String {
    switch self {
    case .continued: "continued"
    case .converged(let reason): "converged: \(reason)"
    case .stalled(let reason): "stalled: \(reason)"
    case .finished(let reason): "finished: \(reason)"
    }
  }
}

/// A few named numbers, without memory of their own on the heap, so that reports cost nothing.
public struct StepDiagnostics: Sendable, Sequence {
  /// A name and its number.
  public typealias Element = (name: String, value: Double)

  private var entries: (Element, Element, Element, Element, Element, Element)
  /// How many there are, at most ``capacity``.
  public private(set) var count = 0

  /// The largest number of entries.
  public static let capacity = 6

  public init() {
    let empty: Element = ("", 0)
    entries = (empty, empty, empty, empty, empty, empty)
  }

  private subscript(index: Int) -> Element {
    get {
      switch index {
      case 0: entries.0
      case 1: entries.1
      case 2: entries.2
      case 3: entries.3
      case 4: entries.4
      default: entries.5
      }
    }
    set {
      switch index {
      case 0: entries.0 = newValue
      case 1: entries.1 = newValue
      case 2: entries.2 = newValue
      case 3: entries.3 = newValue
      case 4: entries.4 = newValue
      default: entries.5 = newValue
      }
    }
  }

  /// The number of a name; nil if the method does not report it. Beyond `capacity` names, new ones are left out.
  public subscript(name: String) -> Double? {
    get { (0..<count).first { self[$0].name == name }.map { self[$0].value } }
    set {
      guard let newValue else { return }
      if let index = (0..<count).first(where: { self[$0].name == name }) {
        self[index].value = newValue
      } else if count < Self.capacity {
        self[count] = (name, newValue)
        count += 1
      }
    }
  }

  public func makeIterator() -> AnyIterator<Element> {
    var index = 0
    return AnyIterator {
      guard index < count else { return nil }
      defer { index += 1 }
      return self[index]
    }
  }
}

/// A PDE with its domain and conditions, written once; solvers, generators and models all read it.
///
/// ```swift
/// struct Burgers: Problem {
///   var viscosity = ScalarField.parameter("viscosity", 0.01, in: 1e-3...1)
///   let u = ScalarField.unknown("u")
///
///   var domain: Domain { .interval(-1, 1, periodic: true) }
///   var equations: [Equation] { [dt(u) + u * dx(u) == viscosity * dx(dx(u))] }
///   var conditions: [Condition] { [.initial(u == -sin(.pi * x))] }
/// }
/// ```
public protocol Problem: Sendable {
  /// The name for run folders and the command line; by default the type's name in kebab case.
  var name: String { get }
  /// One sentence on what is solved.
  var summary: String { get }
  var domain: Domain { get }
  var equations: [Equation] { get }
  /// Initial and boundary conditions.
  var conditions: [Condition] { get }
  /// Named quantities to write and follow beside the unknowns.
  var derived: [Derived] { get }
  /// Equations `u == f(x, t)` for unknowns whose exact solution is known.
  var exact: [Equation] { get }
  /// Resolution, step and final time that suit the default parameters.
  var suggested: SuggestedRun { get }
}

extension Problem {
  public var name: String { kebabCase(String(describing: Self.self)) }
  public var summary: String { "" }
  public var conditions: [Condition] { [] }
  public var derived: [Derived] { [] }
  public var exact: [Equation] { [] }
  public var suggested: SuggestedRun { SuggestedRun() }

  /// The coordinates and time.
  public var x: ScalarField { .x }
  public var y: ScalarField { .y }
  public var z: ScalarField { .z }
  public var t: ScalarField { .t }
}

/// A named quantity computed from the unknowns.
public struct Derived: Sendable {
  /// A field, or one number per time.
  public enum Quantity: Sendable {
    case scalar(Node)
    case vector(VectorNode)
    /// The integral over the domain.
    case integral(Node)
    /// The integral over the domain, divided by its volume.
    case mean(Node)
  }

  public var name: String
  public var quantity: Quantity

  /// A scalar field.
  public static func field(_ name: String, _ value: ScalarField) -> Derived {
    Derived(name: name, quantity: .scalar(value.node))
  }
  /// A vector field.
  public static func field(_ name: String, _ value: VectorField) -> Derived {
    Derived(name: name, quantity: .vector(value.node))
  }
  /// ∫ value dx over the domain.
  public static func integral(_ name: String, _ value: ScalarField) -> Derived {
    Derived(name: name, quantity: .integral(value.node))
  }
  /// The mean of `value` over the domain.
  public static func mean(_ name: String, _ value: ScalarField) -> Derived {
    Derived(name: name, quantity: .mean(value.node))
  }
}

/// Resolution, step, final time and number of frames that suit a problem at its default parameters.
public struct SuggestedRun: Sendable {
  /// Grid points per axis.
  public var points: [Int]
  /// The time step.
  public var step: Double
  /// The final time.
  public var until: Double
  /// How many fields to keep, counting the initial one.
  public var frames: Int
  /// The time stepper's name, or nil for the default.
  public var stepper: String?

  public init(
    points: [Int] = [], step: Double = 1e-3, until: Double = 1, frames: Int = 41, stepper: String? = nil
  ) {
    (self.points, self.step, self.until, self.frames, self.stepper) = (points, step, until, frames, stepper)
  }
}

/// "KortewegDeVries" → "korteweg-de-vries", "NavierStokes2D" → "navier-stokes-2d".
func kebabCase(_ name: String) -> String {
  let letters = Array(name.prefix { $0 != "<" && $0 != "(" })
  var result = ""
  for (i, letter) in letters.enumerated() {
    let startsWord =
      i > 0
      && (letter.isUppercase
        && (letters[i - 1].isLowercase || (i + 1 < letters.count && letters[i + 1].isLowercase))
        || letter.isNumber && !letters[i - 1].isNumber)
    // The digit of "2D" stays with its letter.
    if startsWord, !(letter.isUppercase && letters[i - 1].isNumber) { result += "-" }
    result += letter.lowercased()
  }
  return result
}

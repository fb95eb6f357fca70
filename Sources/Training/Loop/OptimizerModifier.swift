import Foundation
import Optimizers

/// What can be added to a rule by name: a schedule of its rate, or a modification of its updates.
struct OptimizerModifier<Scalar: OptimizerScalar> {
  typealias Rule = any UpdateRule<Scalar>

  /// A number behind a name.
  struct Number {
    let what: String
    /// Nil where it must be given.
    var fallback: Double?
    let allowed: ClosedRange<Double>
    var isWhole = false

    static var steps: Number { Number(what: "steps", allowed: 1...1e12, isWhole: true) }
    static var factor: Number { Number(what: "factor", allowed: 1e-12...1) }
    static func part(_ what: String, _ fallback: Double) -> Number {
      Number(what: what, fallback: fallback, allowed: 0...(1 - 1e-12))
    }
  }

  enum Kind {
    /// A schedule for a rate and numbers.
    case schedule((_ rate: Double, _ numbers: [Double]) -> Schedule)
    /// Steps that come before the schedule.
    case warmUp
    case rule((Rule, _ numbers: [Double]) -> Rule)
    /// What every optimizer can be given.
    case any((any LeastSquaresOptimizer<Scalar>, _ numbers: [Double]) -> any LeastSquaresOptimizer<Scalar>)
  }

  let name: String
  let summary: String
  let numbers: [Number]
  /// Whether the number of steps is that of the stage where it is left out.
  var takesSteps = false
  let kind: Kind

  static var all: [OptimizerModifier] {
    [
      OptimizerModifier(
        name: "cosine", summary: "the rate falls to 0 by half a cosine in N steps", numbers: [.steps],
        takesSteps: true, kind: .schedule { .cosine(from: $0, steps: Int($1[0])) }),
      OptimizerModifier(
        name: "linear", summary: "the rate falls to 0 on a line in N steps", numbers: [.steps],
        takesSteps: true, kind: .schedule { .linear(from: $0, to: 0, steps: Int($1[0])) }),
      OptimizerModifier(
        name: "onecycle", summary: "the rate rises from a 25th of itself and falls to nearly 0 in N steps",
        numbers: [.steps], takesSteps: true, kind: .schedule { .oneCycle(peak: $0, steps: Int($1[0])) }),
      OptimizerModifier(
        name: "step", summary: "the rate times F after every N steps", numbers: [.factor, .steps],
        kind: .schedule { .staircase(from: $0, factor: $1[0], every: Int($1[1])) }),
      OptimizerModifier(
        name: "exponential", summary: "the rate times F within every N steps", numbers: [.factor, .steps],
        kind: .schedule { .exponential(from: $0, factor: $1[0], every: Int($1[1])) }),
      OptimizerModifier(
        name: "restarts",
        summary: "half a cosine in N steps, again and again, longer by the factor M each time",
        numbers: [.steps, Number(what: "multiple", fallback: 2, allowed: 1...1000, isWhole: true)],
        kind: .schedule { .restarts(from: $0, period: Int($1[0]), multiplier: Int($1[1])) }),
      OptimizerModifier(
        name: "warmup", summary: "the rate rises on a line in N steps, before its schedule",
        numbers: [.steps], kind: .warmUp),
      OptimizerModifier(
        name: "plateau", summary: "the rate times F after N steps without a lower loss",
        numbers: [
          .part("factor", 0.5), Number(what: "steps", fallback: 1000, allowed: 1...1e12, isWhole: true),
        ],
        kind: .rule { rule, n in
          func modified<R: UpdateRule<Scalar>>(_ rule: R) -> Rule {
            rule.reducedOnPlateau(factor: n[0], patience: Int(n[1]))
          }
          return modified(rule)
        }),
      OptimizerModifier(
        name: "clip", summary: "gradients are shortened to the norm B",
        numbers: [Number(what: "norm", fallback: 1, allowed: 1e-300...1e300)],
        kind: .rule { rule, n in
          func modified<R: UpdateRule<Scalar>>(_ rule: R) -> Rule { rule.clipped(norm: n[0]) }
          return modified(rule)
        }),
      OptimizerModifier(
        name: "decay", summary: "weights lose the part L times the rate in each step",
        numbers: [Number(what: "decay", fallback: 0.01, allowed: 0...1e6)],
        kind: .rule { rule, n in
          func modified<R: UpdateRule<Scalar>>(_ rule: R) -> Rule { rule.decayed(n[0]) }
          return modified(rule)
        }),
      OptimizerModifier(
        name: "ema",
        summary: "what is evaluated and kept is an exponential mean that keeps the part D of itself",
        numbers: [.part("part", 0.999)],
        kind: .rule { rule, n in
          func modified<R: UpdateRule<Scalar>>(_ rule: R) -> Rule { rule.averaged(decay: n[0]) }
          return modified(rule)
        }),
      OptimizerModifier(
        name: "skip",
        summary: "steps on losses that are not finite are left out, N in a row at most; for every optimizer",
        numbers: [Number(what: "steps", fallback: 10, allowed: 1...1e12, isWhole: true)],
        kind: .any { optimizer, n in
          func modified<O: LeastSquaresOptimizer<Scalar>>(_ optimizer: O) -> any LeastSquaresOptimizer<Scalar>
          {
            optimizer.skippingNotFinite(atMost: Int(n[0]))
          }
          return modified(optimizer)
        }),
    ]
  }

  /// The modifier that a text such as `step=0.5:100` begins with, if there is one.
  static func named(_ text: String) -> OptimizerModifier? {
    let name = text.prefix { $0 != "=" }.trimmingCharacters(in: .whitespaces).lowercased()
    return all.first { $0.name == name }
  }

  /// How the modifier is written: `step=F:N`.
  var form: String {
    let letters = numbers.map { number in
      switch number.what {
      case "steps": "N"
      case "factor": "F"
      case "multiple": "M"
      case "norm": "B"
      case "decay": "L"
      default: "D"
      }
    }
    return letters.isEmpty ? name : "\(name)=\(letters.joined(separator: ":"))"
  }
}

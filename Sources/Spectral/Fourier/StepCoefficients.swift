import Foundation
import Tensors

/// What a step's linear combinations combine.
public enum StepOperand: Hashable, Sendable {
  /// The state at the beginning of the step.
  case state
  /// The state q + 1 steps earlier.
  case previousState(Int)
  /// N at stage j of this step; stage 0 is the beginning.
  case nonlinear(Int)
  /// N at the beginning of the step q + 1 steps earlier.
  case previousNonlinear(Int)
}

/// A time step over modes as linear combinations with one coefficient per mode, whatever the method.
///
/// Stage j + 1 is `stages[j]` of the state and of the N evaluated so far; the new state is `solution`.
public struct StepCoefficients: Sendable {
  /// One combination: for every variable the operands it takes and their coefficients.
  public struct Row: Sendable {
    /// A vector's variable and its coefficients.
    struct Term: Sendable {
      var operand: StepOperand
      var variable: Int
      /// Real, or interleaved complex, one per mode.
      var values: Buffer<Double>
    }
    let isReal: Bool
    private(set) var terms: [[Term]]

    /// Collects coefficients.
    ///
    /// - Parameters:
    ///   - modes: The number of modes.
    ///   - variables: The number of variables.
    ///   - coefficients: For each operand, the coefficient (variable, other variable, mode); `coupled` false asks for
    ///     equal variables only.
    public init(
      modes: Int, variables: Int, coupled: Bool,
      coefficients: [(
        operand: StepOperand, value: (_ variable: Int, _ other: Int, _ mode: Int) -> Complex<Double>
      )]
    ) {
      var parts: [[(StepOperand, Int, [Complex<Double>])]] = Array(repeating: [], count: variables)
      var isReal = true
      for (operand, value) in coefficients {
        for f in 0..<variables {
          for g in 0..<variables where coupled || f == g {
            let values = (0..<modes).map { value(f, g, $0) }
            guard values.contains(where: { $0 != .zero }) else { continue }
            if values.contains(where: { $0.imaginary != 0 }) { isReal = false }
            parts[f].append((operand, g, values))
          }
        }
      }
      self.isReal = isReal
      let real = isReal
      terms = parts.map { list in
        list.map { operand, variable, values in
          let buffer = Buffer<Double>(count: real ? modes : 2 * modes)
          for (m, value) in values.enumerated() {
            if real {
              buffer.pointer[m] = value.real
            } else {
              buffer.pointer[2 * m] = value.real
              buffer.pointer[2 * m + 1] = value.imaginary
            }
          }
          return Term(operand: operand, variable: variable, values: buffer)
        }
      }
    }

    /// Whether both rows combine the same operands with the same coefficients, which then share their memory.
    fileprivate func equals(_ other: Row) -> Bool {
      isReal == other.isReal && terms.count == other.terms.count
        && zip(terms, other.terms).allSatisfy { mine, theirs in
          mine.count == theirs.count
            && zip(mine, theirs).allSatisfy {
              $0.operand == $1.operand && $0.variable == $1.variable && $0.values.pointer == $1.values.pointer
            }
        }
    }

    /// Lets equal coefficients of all rows, such as the exponential of a half step that several stages use, share their
    /// memory: a step reads them from cache the second time.
    fileprivate mutating func shareEqualValues(_ known: inout [Buffer<Double>]) {
      for v in terms.indices {
        for i in terms[v].indices {
          let values = terms[v][i].values
          let bytes = values.count * MemoryLayout<Double>.size
          if let equal = known.first(where: {
            $0.count == values.count && memcmp($0.pointer, values.pointer, bytes) == 0
          }) {
            terms[v][i].values = equal
          } else {
            known.append(values)
          }
        }
      }
    }
  }

  /// The step size.
  public var step: Double
  /// Times of the evaluations of N from the step's beginning, in units of the step; the first is 0.
  public var nodes: [Double]
  public var stages: [Row]
  public var solution: Row
  /// The difference to the embedded solution, for methods that have one.
  public var error: Row?
  /// How many earlier steps the combinations reach back to.
  public var history: Int
  /// Whether N is evaluated last at the new state itself, so that it serves the next step as its first evaluation ("first
  /// same as last", Dormand & Prince 1980).
  public let reusesLast: Bool

  public init(
    step: Double, nodes: [Double], stages: [Row], solution: Row, error: Row? = nil, history: Int = 0
  ) {
    precondition(nodes.count == stages.count + 1, "\(nodes.count) nodes for \(stages.count + 1) evaluations")
    self.step = step
    self.nodes = nodes
    self.stages = stages
    self.solution = solution
    self.error = error
    self.history = history
    var known: [Buffer<Double>] = []
    for i in self.stages.indices { self.stages[i].shareEqualValues(&known) }
    self.solution.shareEqualValues(&known)
    self.error?.shareEqualValues(&known)
    reusesLast = history == 0 && nodes.last == 1 && self.stages.last?.equals(self.solution) == true
  }
}

import Equations
import Foundation
import Optimizers
import Tensors

/// Changes the weights of a physics-informed loss by a rule. All that it depends on are the loss's own weights, the
/// parameters and the step.
struct LossBalancer<Scalar: OptimizerScalar> {
  let balancing: LossBalancing

  /// λ of points that are new: 1, and for residual attention the bound η / (1 − γ), so that points which have shown nothing
  /// yet count in full, and the equation keeps its weight beside the conditions.
  var initialFactor: Scalar {
    balancing.rule == .residualAttention ? Scalar(balancing.rate / (1 - balancing.decay)) : 1
  }

  /// Whether weights change before a step.
  func changes(before step: Int) -> Bool { balancing.rule != .none && step % balancing.every == 0 }

  /// The places whose points have λ of their own: all but those of measurements, where attention would go to outliers.
  private func places(_ objective: PhysicsObjective<Scalar>) -> [PointwiseSystem.Place] {
    balancing.rule.isPointwise ? objective.places.filter { $0 != .measured } : []
  }

  /// Gives the points of a place, from the one with a number on, the λ of new points.
  func reset(
    _ objective: PhysicsObjective<Scalar>, at place: PointwiseSystem.Place, keeping old: Tensor<Scalar>?
  ) {
    guard places(objective).contains(place) else { return }
    let shape = objective.pointFactors(at: place).shape
    let kept = old?.shape[0] ?? 0
    var factors = Tensor<Scalar>.full([shape[0] - kept, shape[1]], initialFactor)
    if let old { factors = shape[0] == kept ? old : .concatenated([old, factors]) }
    objective.setPointFactors(factors, at: place)
  }

  /// Gives all points the λ of new ones.
  func begin(_ objective: PhysicsObjective<Scalar>) {
    for place in places(objective) { reset(objective, at: place, keeping: nil) }
  }

  /// Changes the weights at parameters x.
  func update(_ objective: PhysicsObjective<Scalar>, at x: Tensor<Scalar>) throws {
    let sizes: [Double]
    switch balancing.rule {
    case .none: return
    case .gradientNorm: sizes = try objective.gradientNorms(at: x)
    case .ntk: sizes = try objective.kernelTraces(at: x)
    case .residualAttention, .selfAdaptive: return try attend(objective, at: x)
    case .selfAdaptiveTerms: return try ascend(objective, at: x)
    }
    // In the precision of the checkpoint, so that a resumed training has the same.
    let weights = balancing.weights(objective.terms.map(\.weight), sizes: sizes)
    objective.setWeights(weights.map { Double(Scalar($0)) })
  }

  private func attend(_ objective: PhysicsObjective<Scalar>, at x: Tensor<Scalar>) throws {
    let (decay, rate) = (Scalar(balancing.decay), Scalar(balancing.rate))
    try objective.withResiduals(at: x) { residuals in
      for place in places(objective) {
        var factors = objective.factors[place]!
        let width = factors.shape[1]
        let terms = objective.terms.indices.filter { objective.terms[$0].place == place }
        factors.withUnsafeMutableBufferPointer { factors in
          for (column, term) in terms.enumerated() {
            let r = residuals(term)
            var largest: Scalar = 0
            for value in r { largest = max(largest, abs(value)) }
            if balancing.rule == .selfAdaptive {
              var steepest: Scalar = 0
              for i in r.indices { steepest = max(steepest, factors[i * width + column] * r[i] * r[i]) }
              guard steepest > 0, steepest.isFinite else { continue }
              for i in r.indices {
                factors[i * width + column] *= 1 + rate * r[i] * r[i] / steepest
              }
              continue
            }
            // A residual that is met everywhere, or not finite, changes nothing but the memory of the past.
            let scale = largest > 0 && largest.isFinite ? rate / largest : 0
            for i in r.indices {
              let old = factors[i * width + column]
              factors[i * width + column] = decay * old + (scale > 0 ? scale * abs(r[i]) : 0)
            }
          }
        }
        objective.setPointFactors(factors, at: place)
      }
    }
  }

  /// λ of terms: the slope of the loss in λ is twice the loss of the term divided by λ.
  private func ascend(_ objective: PhysicsObjective<Scalar>, at x: Tensor<Scalar>) throws {
    _ = try objective.value(at: x)
    let roots = objective.terms.map { $0.weight.squareRoot() }
    let slopes = zip(objective.termLosses, roots).map { $1 > 0 ? $0 / $1 : 0 }
    guard let steepest = slopes.max(), steepest > 0, steepest.isFinite else { return }
    // In the precision of the checkpoint, so that a resumed training has the same.
    objective.setWeights(
      zip(roots, slopes).map { root, slope in
        let new = root + balancing.rate * slope / steepest
        return Double(Scalar(new * new))
      })
  }

  // MARK: - Checkpoints and metrics

  /// The weights of terms and points, by name.
  func state(_ objective: PhysicsObjective<Scalar>) -> [String: Tensor<Scalar>] {
    guard balancing.rule != .none else { return [:] }
    var state = ["balance/terms": Tensor(objective.terms.map { Scalar($0.weight) })]
    for place in places(objective) { state["balance/\(place.name)"] = objective.pointFactors(at: place) }
    return state
  }

  /// Takes up weights, for points that are set already.
  func restore(_ state: [String: Tensor<Scalar>], into objective: PhysicsObjective<Scalar>) throws {
    guard balancing.rule != .none else { return }
    func tensor(_ name: String, _ shape: [Int]) throws -> Tensor<Scalar> {
      guard let tensor = state[name], tensor.shape == shape else {
        throw TrainingError(
          "the checkpoint lacks the weights '\(name)' of shape \(shape): give the settings of the training that was begun"
        )
      }
      return tensor
    }
    objective.setWeights(try tensor("balance/terms", [objective.terms.count]).elements.map { Double($0) })
    for place in places(objective) {
      objective.setPointFactors(
        try tensor("balance/\(place.name)", objective.pointFactors(at: place).shape), at: place)
    }
  }

  /// What each term is weighed with: its weight, times the mean of λ² of its points.
  func weights(_ objective: PhysicsObjective<Scalar>) -> [(name: String, value: Double)] {
    guard balancing.rule != .none else { return [] }
    let attended = places(objective)
    var columns: [PointwiseSystem.Place: Int] = [:]
    return objective.terms.map { term in
      let column = columns[term.place, default: 0]
      columns[term.place] = column + 1
      var weight = term.weight
      if attended.contains(term.place) {
        let own = objective.pointFactors(at: term.place).slice(axis: 1, column..<column + 1)
        weight *= Double(own.squared.mean(axes: nil).elements[0])
      }
      return ("weight(\(term.name))", weight)
    }
  }
}

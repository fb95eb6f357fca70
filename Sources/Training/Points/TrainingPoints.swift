import Equations
import Geometry
import Tensors

/// How points are drawn and renewed, and how the parts of the loss are weighed.
public struct TrainingPoints: Sendable, Codable, Hashable {
  public var sampler: CollocationSampler
  /// Steps between two draws of points; nil keeps the first.
  public var renewsEvery: Int?
  /// The final time of evolutions.
  public var until: Double
  /// What conditions weigh.
  public var conditionWeight: Double
  /// What the equations weigh: 1, but for inverse problems whose data and priors weigh as in a posterior law.
  public var equationWeight: Double
  /// How weights change.
  public var balancing: LossBalancing

  public init(
    sampler: CollocationSampler, renewsEvery: Int? = nil, until: Double = 1, conditionWeight: Double = 1,
    equationWeight: Double = 1, balancing: LossBalancing = LossBalancing()
  ) {
    self.equationWeight = equationWeight
    (self.sampler, self.renewsEvery) = (sampler, renewsEvery)
    (self.until, self.conditionWeight, self.balancing) = (until, conditionWeight, balancing)
  }

  /// The first step, from `step` on, before which points are drawn anew.
  func nextRenewal(from step: Int) -> Int? {
    renewsEvery.map { max((step + $0 - 1) / $0, 1) * $0 }
  }
}

extension CollocationSampler {
  /// The inside, and where conditions hold.
  static func places(_ conditions: [PointwiseSystem.Residual]) -> [PointwiseSystem.Place] {
    conditions.reduce(into: [.inside]) { if !$0.contains($1.place) { $0.append($1.place) } }
  }

  /// Points of every place.
  func spread<Scalar: Real>(
    at places: [PointwiseSystem.Place], of system: PointwiseSystem, until: Double, round: Int = 0
  ) -> PointSet<Scalar> {
    PointSet(
      Dictionary(
        uniqueKeysWithValues: places.map { place in
          let count = place == .inside ? inside : boundary
          return (place, points(place, of: system, until: until, round: round, count: count))
        }))
  }

  /// As many other points of every place; inside by residuals, where the pattern is one of those.
  ///
  /// - Parameter sizes: The sizes of residuals inside at candidates.
  /// - Throws: `SamplingError` for residuals that are not finite, and what `sizes` throws.
  func redrawn<Scalar: Real>(
    _ old: PointSet<Scalar>, at places: [PointwiseSystem.Place], of system: PointwiseSystem, until: Double,
    round: Int, sizes: (Tensor<Scalar>) throws -> [Double]
  ) throws -> PointSet<Scalar> {
    var result = old
    for place in places {
      let count = old.count(place)
      guard pattern == .residual, place == .inside else {
        result.tables[place] = points(place, of: system, until: until, round: round, count: count)
        continue
      }
      let candidates: Tensor<Scalar> = points(
        place, of: system, until: until, round: round, count: count * self.candidates)
      let chosen = try ResidualSampling().select(
        count, residuals: try sizes(candidates), seed: seed, round: round)
      result.tables[place] = candidates.gathering(chosen)
    }
    return result
  }

  /// One that spreads more points than are trained on, elsewhere: those that decide which parameters are the best.
  var heldOut: CollocationSampler {
    CollocationSampler(
      pattern: .halton, inside: min(max(2 * inside, 1000), 20_000), boundary: boundary, seed: seed &+ 1)
  }
}

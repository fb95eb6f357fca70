import Equations
import Foundation
import Geometry
import Tensors

/// Frequencies that a problem's own data have along its axes: initial values, values on sides, and sources.
///
/// A network of coordinates learns low frequencies first, and high ones hardly (spectral bias, Rahaman et al., Int. Conf. Mach.
/// Learn., 2019); features of the right scales, axis by axis, undo that (Wang, Wang and Perdikaris, Comput. Methods Appl. Mech.
/// Eng. 384, 2021, there drawn by scales that a user has to know). What the data contain, linear terms of the equations
/// keep.
public struct DataFrequencies: Hashable, Sendable, Codable {
  /// For each spatial axis, n of cos πns and sin πns with s from 0 to 1 along it, in increasing order; none along periodic
  /// axes, whose features are waves anyway.
  public var multiples: [[Int]]

  public init(multiples: [[Int]]) { self.multiples = multiples }

  /// No further frequencies.
  static func none(_ system: PointwiseSystem) -> DataFrequencies {
    DataFrequencies(multiples: system.box.intervals.map { _ in [] })
  }

  /// The frequencies that carry at least a part of the squares of some datum along an axis, the strongest first chosen.
  ///
  /// - Parameters:
  ///   - part: That part.
  ///   - limit: The most frequencies of an axis.
  /// - Throws: ``EquationError`` where data cannot be evaluated.
  public init(of system: PointwiseSystem, part: Double = 0.01, limit: Int = 8) throws {
    let data = Self.data(of: system)
    multiples = try system.box.intervals.indices.map { axis in
      guard !system.box.intervals[axis].isPeriodic else { return [] }
      var strengths: [Int: Double] = [:]
      for datum in data {
        let spectrum = try Self.spectrum(of: datum, along: axis, system)
        let total = spectrum.reduce(0, +)
        guard total > 0 else { continue }
        for (n, energy) in spectrum.enumerated() where n > 1 && energy >= part * total {
          strengths[n] = max(strengths[n] ?? 0, energy / total)
        }
      }
      let strongest = strengths.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(limit)
      return strongest.map(\.key).sorted()
    }
  }

  /// Formulas of coordinates and time that the problem is given by.
  private static func data(of system: PointwiseSystem) -> [Node] {
    let values = system.conditions.compactMap { $0.assignment?.value }
    // What is left of an equation where all unknowns vanish.
    let sources = system.equations.map { equation in
      equation.node.replacingTerminals { if case .jet = $0 { .zero } else { nil } }
    }
    return (values + sources).filter { node in
      !node.contains { if case .jet = $0 { true } else { false } }
        && node.contains { if case .coordinate = $0 { true } else { false } }
    }
  }

  /// Points along an axis: waves up to half as many are told apart.
  private static let samples = 512

  /// For each n, the mean over lines of the squares of coefficients of sines or of cosines of πns, whichever are fewer.
  private static func spectrum(of datum: Node, along axis: Int, _ system: PointwiseSystem) throws -> [Double]
  {
    let (lines, count) = (8, samples)
    let dimension = system.dimension
    // Lines lie at places that no symmetry singles out.
    let offsets = PointSampler(.halton, seed: 7).unitPoints(lines, dimension: dimension, round: 0, part: 0)
      .elements
    let table = Tensor<Double>(shape: [lines * count, dimension]) { out in
      for line in 0..<lines {
        for i in 0..<count {
          for other in 0..<dimension {
            let interval = system.box.intervals[other]
            let place = other == axis ? (Double(i) + 0.5) / Double(count) : offsets[line * dimension + other]
            out[(line * count + i) * dimension + other] = interval.lower + place * interval.length
          }
        }
      }
    }
    let times = Tensor<Double>.zeros([lines * count, 1])
    let formula = PointFormula(
      coordinates: (0..<dimension).map { table.slice(axis: 1, $0..<$0 + 1) }, time: times
    ) { _ in Tensor(0) }
    let values = try formula(datum).broadcast(to: [lines * count, 1]).reshaped([lines, count])
    let waves = count / 4
    func energies(_ wave: (Double) -> Double) -> [Double] {
      let basis = Tensor<Double>(shape: [count, waves + 1]) { out in
        for i in 0..<count {
          for n in 0...waves {
            // Whole turns are taken off exactly.
            let turns = Double(n * (2 * i + 1) % (4 * count)) / Double(4 * count)
            out[i * (waves + 1) + n] = wave(2 * .pi * turns)
          }
        }
      }
      return matmul(values, basis).squared.sum(axis: 0).elements
    }
    let sines = energies(Foundation.sin)
    var cosines = energies(Foundation.cos)
    cosines[0] /= 2
    func peak(_ energies: [Double]) -> Double {
      let total = energies.reduce(0, +)
      return total > 0 ? energies.max()! / total : 0
    }
    return peak(sines) > peak(cosines) ? sines : cosines
  }
}

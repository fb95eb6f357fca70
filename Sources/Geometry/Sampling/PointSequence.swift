/// How points are spread over a cube.
public enum PointSequence: String, Hashable, Sendable, Codable, CaseIterable {
  /// Independent and uniform.
  case uniform
  /// One point in each of n slices of equal width along every axis, at random within it (McKay, Beckman and Conover
  /// 1979).
  case latinHypercube = "latin-hypercube"
  /// Sobol's sequence with Owen's scrambling; see ``SobolSequence``. Best with a power of two.
  case sobol
  /// Halton's sequence with random permutations of digits; see ``HaltonSequence``.
  case halton
  /// The centres of the cells of a grid. The same in every round.
  case grid
}

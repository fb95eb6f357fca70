/// Why an elliptic problem has no (unique) solution, or cannot be solved by the method asked for.
public enum EllipticError: Error, Equatable, CustomStringConvertible, Sendable {
  /// With only periodic and Neumann sides and no term in u, the source and the fluxes must balance; they do not.
  ///
  /// `defect` is the mean of the source plus the flux through the sides, over the domain; `scale` the size of the data.
  case incompatible(defect: Double, scale: Double)
  /// A mode of a coupled periodic system has a source outside the range of its matrix.
  case incompatibleMode(mode: [Int], defect: Double, scale: Double)
  /// The factor of u is minus an eigenvalue: the mode's amplitude is not determined.
  case resonant(mode: String, eigenvalue: Double, shift: Double)
  /// The source or a side's data contain a number that is not finite.
  case notFinite(what: String)
  /// The method cannot take the problem; the text names the cause and the remedy.
  case unsupported(String)

  /// One sentence that names the cause and the remedy.
  public var description: String {
    switch self {
    case .incompatible(let defect, let scale):
      "the source and the boundary data do not balance: the mean of the source plus the inflow through the sides is "
        + "\(defect) (against data of size \(scale)), but without a term in u and with only periodic and Neumann sides "
        + "it must be 0: subtract it from the source, correct a flux, or add a term in u"
    case .incompatibleMode(let mode, let defect, let scale):
      "the sources have a part of size \(defect) (of \(scale)) in mode \(mode) that no solution can produce, because the "
        + "equations are singular there: remove that part from the sources, or add a term that determines it"
    case .resonant(let mode, let eigenvalue, let shift):
      "the problem is resonant: the factor \(shift) of u is minus the eigenvalue \(eigenvalue) of \(mode), whose "
        + "amplitude is therefore not determined: change the factor, the size of the domain or a boundary condition"
    case .notFinite(let what):
      "\(what) has a value that is infinite or not a number: correct the formula or the data"
    case .unsupported(let text): text
    }
  }
}

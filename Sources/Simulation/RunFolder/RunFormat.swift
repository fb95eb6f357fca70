/// What a run folder holds besides its manifest, its checkpoint and `numbers.csv`.
public enum RunFormat: String, CaseIterable, Codable, Sendable {
  /// VTK XML files, one per frame, and `fields.pvd`, which lists them with their times.
  case vtk
  /// NumPy arrays, one per field and frame, and one per axis.
  case npy
  /// Tables of the fields, on one axis.
  case csv
  /// `preview.png` and `animation.png`.
  case png

  /// The formats that together hold what `asked` holds, with one from which fields can be read back bit by bit.
  static func complete(_ asked: [RunFormat]) -> [RunFormat] {
    let keepsFields = asked.contains(.vtk) || asked.contains(.npy)
    return allCases.filter { asked.contains($0) || (!keepsFields && $0 == .npy) }
  }
}

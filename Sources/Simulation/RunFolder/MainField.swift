import Equations
import Formats

/// The scalar that pictures of a solution show.
public struct MainField: Codable, Equatable, Sendable {
  /// What it is called.
  public var name: String
  /// One component, or several whose magnitude is shown.
  public var components: [String]

  /// The first unknown; for a vector or complex one the first derived scalar field, if there is any, or its magnitude.
  init(_ frame: Solution.Frame) {
    let definitions = frame.definitions
    let system = frame.state.system
    let source = system.unknowns[0].source
    let own = definitions.filter { definition in
      definition.formulas.contains {
        if case .jet(let jet) = $0 {
          return jet.unknown < system.unknowns.count && jet.orders == .zero
            && system.unknowns[jet.unknown].source == source
        }
        return false
      }
    }
    let derived = system.derived.first { $0.kind == .field && $0.components.count == 1 }
    if source.kind != .scalar, let derived {
      self.init(name: derived.name, components: [derived.name])
    } else {
      let components = own.flatMap(\.componentNames)
      self.init(name: components.count == 1 ? components[0] : "|\(source.name)|", components: components)
    }
  }

  init(name: String, components: [String]) { (self.name, self.components) = (name, components) }

  /// The scalar's values, from a frame's fields and the names of their components.
  func values(_ fields: [FieldArray], _ entries: [RunManifest.FieldEntry]) -> [Double]? {
    let named = zip(fields, entries).flatMap { zip($1.components, $0.components) }
    let parts = components.compactMap { name in named.first { $0.0 == name }?.1 }
    guard parts.count == components.count, let first = parts.first else { return nil }
    if parts.count == 1 { return first }
    return first.indices.map { i in parts.reduce(0) { $0 + $1[i] * $1[i] }.squareRoot() }
  }

  /// The scalar's values in a frame of a solution.
  public static func values(of frame: Solution.Frame) throws -> (name: String, values: [Double]) {
    let main = MainField(frame)
    let fields = try frame.fields
    let arrays = fields.map { FieldArray(name: $0.name, components: $0.gridValues) }
    let entries = fields.map { RunManifest.FieldEntry(name: $0.name, components: $0.componentNames) }
    return (main.name, main.values(arrays, entries)!)
  }
}

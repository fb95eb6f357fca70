import Geometry

/// VTK's order of points, x fastest, against the grid's, x slowest.
enum VTKOrder {
  /// The number of components VTK stores for `count` of ours: vectors are always padded to three.
  static func componentCount(_ count: Int) -> Int { count == 2 ? 3 : count }

  /// The field's values with points in VTK's order and the components of a point side by side, zero-padded.
  static func interleaved(_ field: FieldArray, shape: [Int]) -> [Double] {
    let (nx, ny, nz) = sides(shape)
    let width = componentCount(field.components.count)
    var result = [Double](repeating: 0, count: nx * ny * nz * width)
    for (c, values) in field.components.enumerated() {
      var target = c
      for k in 0..<nz {
        for j in 0..<ny {
          for i in 0..<nx {
            result[target] = values[(i * ny + j) * nz + k]
            target += width
          }
        }
      }
    }
    return result
  }

  /// The field's values in their own order, the components of a point or cell side by side, zero-padded.
  static func interleaved(_ field: FieldArray) -> [Double] {
    let width = componentCount(field.components.count)
    guard width > 1 else { return field.components[0] }
    var result = [Double](repeating: 0, count: field.components[0].count * width)
    for (c, values) in field.components.enumerated() {
      for (i, value) in values.enumerated() { result[i * width + c] = value }
    }
    return result
  }

  /// The inverse of ``interleaved(_:)``.
  static func components(_ values: [Double], count: Int) -> [[Double]] {
    guard count > 1 else { return [values] }
    return (0..<count).map { c in stride(from: c, to: values.count, by: count).map { values[$0] } }
  }

  /// The inverse of ``interleaved(_:shape:)``: the components in the grid's order.
  static func components(_ values: [Double], count: Int, shape: [Int]) -> [[Double]] {
    let (nx, ny, nz) = sides(shape)
    return (0..<count).map { c in
      var result = [Double](repeating: 0, count: nx * ny * nz)
      var source = c
      for k in 0..<nz {
        for j in 0..<ny {
          for i in 0..<nx {
            result[(i * ny + j) * nz + k] = values[source]
            source += count
          }
        }
      }
      return result
    }
  }

  /// The points per axis, 1 along axes that the grid does not have.
  static func sides(_ shape: [Int]) -> (Int, Int, Int) {
    (shape[0], shape.count > 1 ? shape[1] : 1, shape.count > 2 ? shape[2] : 1)
  }

  /// Drops trailing axes of a single point: VTK states three axes even for curves and planes.
  static func trimmed(_ coordinates: [[Double]]) -> [[Double]] {
    var result = coordinates
    while result.count > 1, result[result.count - 1].count == 1 { result.removeLast() }
    return result
  }
}

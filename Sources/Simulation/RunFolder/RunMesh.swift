import Foundation
import Formats
import Geometry

extension Mesh {
  /// A hash of all that the mesh holds.
  var checksum: String {
    var hash = WordHash()
    hash.add(UInt64(dimension))
    hash.add(coordinates)
    for block in cells + facets {
      hash.add(block.shape.rawValue)
      hash.add(UInt64(block.order))
      hash.add(block.nodes)
      hash.add(block.tags)
    }
    for names in [regionNames, boundaryNames] {
      for (tag, name) in names.sorted(by: { $0.key < $1.key }) {
        hash.add([tag])
        hash.add(name)
      }
    }
    return hash.text
  }

  /// Arrays for NumPy: the points, and the cells by shape as indices of points.
  var arrays: [(name: String, array: NumericArray)] {
    var result = [("points", NumericArray(shape: [pointCount, dimension], coordinates))]
    var kinds: [Block] = []
    for block in cells where !kinds.contains(where: { $0.shape == block.shape && $0.order == block.order }) {
      kinds.append(block)
    }
    for kind in kinds {
      let nodes = cells.filter { $0.shape == kind.shape && $0.order == kind.order }.flatMap(\.nodes)
      let name =
        kinds.count == 1 ? "cells" : "cells-\(kind.shape.rawValue)\(kind.order == 1 ? "" : "-\(kind.order)")"
      let n = kind.nodesPerElement
      result.append((name, NumericArray(shape: [nodes.count / n, n], elements: .int32(nodes))))
    }
    return result
  }
}

extension RunManifest {
  /// The mesh of the run in a folder; nil for runs on grids.
  ///
  /// - Throws: ``RunFolderError`` when its file is missing, or not as the manifest states, ``FormatError`` when it cannot
  ///   be read.
  func readMesh(in folder: URL) throws -> Mesh? {
    guard let mesh else { return nil }
    let file = folder.appendingPathComponent(mesh.file)
    guard FileManager.default.fileExists(atPath: file.path) else {
      throw RunFolderError.damaged(file.path, "it is missing")
    }
    let read: Mesh
    do { read = try VTKXML.readMesh(file).mesh } catch {
      if case .system = error { throw error }
      throw RunFolderError.damaged(file.path, "it cannot be understood")
    }
    guard read.checksum == mesh.checksum, read.pointCount == mesh.points, read.dimension == points.count
    else {
      throw RunFolderError.damaged(file.path, "its mesh is not that of the run")
    }
    return read
  }
}

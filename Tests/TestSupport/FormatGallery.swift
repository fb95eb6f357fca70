import Ansatz
import Foundation

/// Small files in every format and flavour, whose contents follow from formulas that another program can repeat.
package enum FormatGallery {
  /// The gallery's grids by name; those named `…-stretched` are not evenly spaced.
  package static let grids: [(name: String, grid: RectilinearGrid)] = [
    ("line", RectilinearGrid(origin: [-1], spacing: [0.25], shape: [9])),
    ("plane", RectilinearGrid(origin: [-1, 0.5], spacing: [0.25, 0.125], shape: [5, 4])),
    ("box", RectilinearGrid(origin: [-1, 0.5, 3], spacing: [0.25, 0.125, 2], shape: [4, 3, 5])),
    ("block", RectilinearGrid(origin: [0, 0, 0], spacing: [0.5, 0.5, 0.5], shape: [40, 30, 20])),
    ("line-stretched", RectilinearGrid(coordinates: [stretched(9)])),
    ("plane-stretched", RectilinearGrid(coordinates: [stretched(5), stretched(4)])),
    ("box-stretched", RectilinearGrid(coordinates: [stretched(4), stretched(3), stretched(5)])),
  ]

  private static func stretched(_ count: Int) -> [Double] { (0..<count).map { Double($0 * $0) / 8 - 1 } }

  /// The time of every data set.
  package static let time = 0.1

  /// Name of a scalar that needs escaping in XML and in legacy files.
  package static let awkwardName = "a<b> & \"c\" 100%"

  /// The fields on a grid: at point (i, j, k), with s = 3 i + 5 j − 7 k, a scalar s / 3, a vector (s / 7, s / 9, s / 11) cut
  /// to the grid's dimension (on a line, to one component), and the awkwardly named scalar s / 13.
  package static func dataset(_ grid: RectilinearGrid) -> GridDataset {
    let shape = grid.shape + repeatElement(1, count: 3 - grid.dimension)
    var sums: [Double] = []
    for i in 0..<shape[0] {
      for j in 0..<shape[1] {
        for k in 0..<shape[2] { sums.append(Double(3 * i + 5 * j - 7 * k)) }
      }
    }
    let vector = [7.0, 9, 11].prefix(grid.dimension).map { divisor in sums.map { $0 / divisor } }
    return GridDataset(
      grid: grid,
      fields: [
        FieldArray(name: "pressure", values: sums.map { $0 / 3 }),
        FieldArray(name: "velocity", components: vector),
        FieldArray(name: awkwardName, values: sums.map { $0 / 13 }),
      ], time: time)
  }

  /// All choices of a VTK XML writer that give different files.
  package static var vtkOptions: [(name: String, options: VTKOptions)] {
    var result: [(String, VTKOptions)] = []
    for precision in FloatPrecision.allCases {
      result.append(("ascii-\(precision)", VTKOptions(encoding: .ascii, precision: precision)))
      for encoding in VTKEncoding.allCases where encoding != .ascii {
        for header in VTKHeaderType.allCases {
          for isCompressed in [false, true] {
            let name = "\(encoding.rawValue)-\(header.rawValue)\(isCompressed ? "-zlib" : "")-\(precision)"
            result.append(
              (
                name,
                VTKOptions(
                  encoding: encoding, headerType: header, isCompressed: isCompressed, precision: precision)
              ))
          }
        }
      }
    }
    return result
  }

  /// Arrays of every element type; element n of a real array is n − 2, of a complex one n − 2 + i n / 2.
  package static let arrays: [(name: String, array: NumericArray)] = [
    ("float32", NumericArray(shape: [2, 3], elements: .float32((0..<6).map { Float($0) - 2 }))),
    ("float64", NumericArray(shape: [2, 3, 2], elements: .float64((0..<12).map { Double($0) - 2 }))),
    ("int32", NumericArray(shape: [5], elements: .int32((0..<5).map { Int32($0) - 2 }))),
    ("int64", NumericArray(shape: [], elements: .int64([-2]))),
    (
      "complex64",
      NumericArray(
        shape: [3, 1], elements: .complex64((0..<3).map { Complex(Float($0) - 2, Float($0) / 2) }))
    ),
    (
      "complex128",
      NumericArray(shape: [4], elements: .complex128((0..<4).map { Complex(Double($0) - 2, Double($0) / 2) }))
    ),
    ("empty", NumericArray(shape: [0, 3], elements: .float64([]))),
  ]

  /// Writes the gallery into `folder`: the files, what they should hold as `.npy` under `expected`, and a table
  /// `manifest.csv` of files, formats, grids and precisions.
  package static func write(to folder: URL) throws {
    let expected = folder.appendingPathComponent("expected")
    try FileManager.default.createDirectory(at: expected, withIntermediateDirectories: true)
    var manifest = CSVTable(header: ["file", "format", "content", "precision"])
    for (name, grid) in grids {
      let dataset = dataset(grid)
      for axis in 0..<grid.dimension {
        let values = grid.coordinates[axis]
        try NPY.write(
          NumericArray(shape: [values.count], values),
          to: expected.appendingPathComponent("\(name)-\(["x", "y", "z"][axis]).npy"))
      }
      for (index, field) in dataset.fields.enumerated() {
        for (c, values) in field.components.enumerated() {
          try NPY.write(
            NumericArray(shape: grid.shape, values),
            to: expected.appendingPathComponent("\(name)-field\(index)-component\(c).npy"))
        }
      }
      for kind in VTKXML.Kind.allCases where kind == .rectilinearGrid || grid.isUniform {
        for (flavour, options) in vtkOptions {
          let file = "\(name)-\(flavour).\(kind.fileExtension)"
          try VTKXML.write(dataset, to: folder.appendingPathComponent(file), options: options)
          manifest.append([file, kind.fileExtension, name, "\(options.precision)"])
        }
      }
      for encoding in LegacyVTK.Encoding.allCases {
        for precision in FloatPrecision.allCases {
          let file = "\(name)-\(encoding.rawValue.lowercased())-\(precision).vtk"
          try LegacyVTK.write(
            dataset, to: folder.appendingPathComponent(file), encoding: encoding, precision: precision)
          manifest.append([file, "vtk", name, "\(precision)"])
        }
      }
      let csv = CSVTable(
        columns: dataset.fields.flatMap { field in
          field.components.enumerated().map { ("\(field.name)[\($0.offset)]", $0.element) }
        })
      try csv.write(to: folder.appendingPathComponent("\(name).csv"))
      manifest.append(["\(name).csv", "csv", name, "double"])
    }
    try writeSeries(to: folder, &manifest)
    for (name, array) in arrays {
      try NPY.write(array, to: folder.appendingPathComponent("\(name).npy"))
      manifest.append(["\(name).npy", "npy", name, ""])
    }
    for isCompressed in [false, true] {
      let file = isCompressed ? "deflated.npz" : "stored.npz"
      try NPZ.write(arrays, to: folder.appendingPathComponent(file), isCompressed: isCompressed)
      manifest.append([file, "npz", "all", ""])
    }
    let tensors = arrays.filter { $0.name != "complex128" }
    try Safetensors(tensors: Dictionary(uniqueKeysWithValues: tensors), metadata: ["made by": "Ansatz"])
      .write(to: folder.appendingPathComponent("tensors.safetensors"))
    manifest.append(["tensors.safetensors", "safetensors", "all", ""])
    try manifest.write(to: folder.appendingPathComponent("manifest.csv"))
  }

  private static func writeSeries(to folder: URL, _ manifest: inout CSVTable) throws {
    var series = PVDSeries()
    let url = folder.appendingPathComponent("series.pvd")
    for frame in 0..<3 {
      var dataset = dataset(grids[1].grid)
      dataset.time = Double(frame) / 3
      let file = "frame & \(frame).vti"
      try VTKXML.write(dataset, to: folder.appendingPathComponent(file))
      try series.append(time: Double(frame) / 3, file: file, rewriting: url)
    }
    manifest.append(["series.pvd", "pvd", "plane", ""])
  }
}

import Ansatz
import Foundation

/// Small files in every format and flavour, whose contents follow from formulas that another program can
/// repeat.
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

  /// The fields on a grid: at point (i, j, k), with s = 3 i + 5 j − 7 k, a scalar s / 3, a vector (s / 7, s /
  /// 9, s / 11) cut to the grid's dimension (on a line, to one component), and the awkwardly named scalar s /
  /// 13.
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

  /// Writes the gallery into `folder`: the files, what they should hold as `.npy` under `expected`, and a
  /// table `manifest.csv` of files, formats, grids and precisions.
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
      for kind in [VTKXML.Kind.imageData, .rectilinearGrid]
      where kind == .rectilinearGrid || grid.isUniform {
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
    try MeshGallery.write(to: folder, &manifest)
    try GmshGallery.write(to: folder, &manifest)
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
    try writeImages(to: folder, &manifest)
    try manifest.write(to: folder.appendingPathComponent("manifest.csv"))
  }

  /// Writes images and what their frames show: `.npy` of frames × rows × columns × RGBA.
  private static func writeImages(to folder: URL, _ manifest: inout CSVTable) throws {
    func add(_ name: String, _ file: String, _ frames: [PixelImage]) throws {
      let shape = [frames.count, frames[0].height, frames[0].width, 4]
      let pixels = frames.flatMap { $0.rgba.pixels.map { Int32($0) } }
      try NPY.write(
        NumericArray(shape: shape, elements: .int32(pixels)),
        to: folder.appendingPathComponent("expected/\(name).npy"))
      manifest.append([file, "image", name, ""])
    }
    for (name, image) in figures() + images {
      try PNG.write(
        image, to: folder.appendingPathComponent("\(name).png"), text: ["Title": name, "Software": "Ansatz"])
      try add(name, "\(name).png", [image])
    }
    let plot = convergencePlot((1...6).map { Foundation.pow(0.5, Double($0)) })
    try SVGPlot.write(plot, to: folder.appendingPathComponent("convergence.svg"))
    manifest.append(["convergence.svg", "svg", "", ""])
    var colors = CSVTable(header: ["t", "red", "green", "blue"])
    for i in 0...32 {
      let t = Double(i) / 32
      let color = ColorMap.coolWarm.color(at: t)
      colors.append([t, Double(color.red), Double(color.green), Double(color.blue)])
    }
    try colors.write(to: folder.appendingPathComponent("cool-warm.csv"))
    manifest.append(["cool-warm.csv", "colormap", "", ""])
    try AnimatedPNG.write(animation, to: folder.appendingPathComponent("animation.png"))
    try add("animation", "animation.png", animation.frames)
    for (name, animation) in gifs {
      try GIF.write(animation, to: folder.appendingPathComponent("\(name).gif"))
      try add(name, "\(name).gif", animation.frames)
    }
  }

  /// Animations whose frames have at most 256 colours and no partial opacity, which GIF keeps exactly.
  package static let gifs: [(name: String, animation: PixelAnimation)] = {
    let opaque = (0..<200).map { RGBAColor(UInt8($0), UInt8(255 - $0), 40) }
    let (width, height) = (120, 90)
    // Noise fills the dictionary of codes several times.
    var state: UInt32 = 1
    let noise = (0..<(width * height)).map { _ -> UInt8 in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(state >> 24) % 200
    }
    let noisy = PixelImage(width: width, height: height, layout: .indexed(palette: opaque), pixels: noise)
    let still = PixelImage(
      width: width, height: height, layout: .gray,
      pixels: (0..<(width * height)).map { UInt8($0 % width / 40) })
    let slope = PixelImage(
      width: 37, height: 24, layout: .indexed(palette: opaque), pixels: (0..<888).map { UInt8($0 / 5) })
    return [
      ("noise", PixelAnimation(frames: [noisy], delay: 0)),
      ("still", PixelAnimation(frames: [still], delay: 0)),
      ("square", movingSquare(over: slope.rgba)),
    ]
  }()

  /// Small images of every layout.
  package static let images: [(name: String, image: PixelImage)] = {
    let (width, height) = (37, 24)
    func pixels(_ channels: Int) -> [UInt8] {
      var result: [UInt8] = []
      for y in 0..<height {
        for x in 0..<width {
          for c in 0..<channels {
            result.append(UInt8(truncatingIfNeeded: c == 3 ? 255 - 3 * x : 7 * x + 9 * y * (c + 1)))
          }
        }
      }
      return result
    }
    let palette = (0..<100).map { (n: Int) -> RGBAColor in
      RGBAColor(UInt8(2 * n), UInt8(255 - n), 40, n < 3 ? UInt8(80 * n) : 255)
    }
    let indices = pixels(1).map { $0 % 100 }
    func image(_ layout: PixelImage.Layout, _ pixels: [UInt8]) -> PixelImage {
      PixelImage(width: width, height: height, layout: layout, pixels: pixels)
    }
    return [
      ("gray", image(.gray, pixels(1))), ("gray-alpha", image(.grayAlpha, pixels(2))),
      ("rgb", image(.rgb, pixels(3))), ("rgba", image(.rgba, pixels(4))),
      ("indexed", image(.indexed(palette: palette), indices)),
    ]
  }()

  /// A bright square that moves over a still background, with a repeated frame.
  package static let animation = movingSquare(over: images[2].image)

  private static func movingSquare(over background: PixelImage) -> PixelAnimation {
    let channels = background.layout.channels
    let frames = [0, 1, 1, 2, 3].map { step in
      var image = background
      for y in 5..<12 {
        for x in (4 + 6 * step)..<(10 + 6 * step) {
          for c in 0..<3 { image.pixels[channels * (y * image.width + x) + c] = UInt8(200 + 10 * c) }
        }
      }
      return image
    }
    return PixelAnimation(frames: frames, delay: 0.12)
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

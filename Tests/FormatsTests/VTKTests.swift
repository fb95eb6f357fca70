import Formats
import Foundation
import Geometry
import TestSupport
import Testing

@Suite("VTK files")
struct VTKTests {
  /// Written by VTK 9.1: image data of 3 × 2 points, big-endian, 64-bit headers, zlib, appended raw.
  static let imageData = """
    PFZUS0ZpbGUgdHlwZT0iSW1hZ2VEYXRhIiB2ZXJzaW9uPSIxLjAiIGJ5dGVfb3JkZXI9IkJpZ0VuZGlhbiIgaGVhZGVyX3R5cGU9IlVJbnQ2\
    NCIgY29tcHJlc3Nvcj0idnRrWkxpYkRhdGFDb21wcmVzc29yIj4KICA8SW1hZ2VEYXRhIFdob2xlRXh0ZW50PSIwIDIgMCAxIDAgMCIgT3Jp\
    Z2luPSIxIDIgMyIgU3BhY2luZz0iMC41IDAuMjUgMSIgRGlyZWN0aW9uPSIxIDAgMCAwIDEgMCAwIDAgMSI+CiAgICA8UGllY2UgRXh0ZW50\
    PSIwIDIgMCAxIDAgMCIgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgPgogICAgICA8UG9p\
    bnREYXRhPgogICAgICAgIDxEYXRhQXJyYXkgdHlwZT0iRmxvYXQ2NCIgTmFtZT0idSIgZm9ybWF0PSJhcHBlbmRlZCIgUmFuZ2VNaW49IjAi\
    ICAgICAgICAgICAgICAgICAgICBSYW5nZU1heD0iMTIiICAgICAgICAgICAgICAgICAgIG9mZnNldD0iMCIgICAgICAgICAgICAgICAgICAg\
    Lz4KICAgICAgPC9Qb2ludERhdGE+CiAgICAgIDxDZWxsRGF0YT4KICAgICAgPC9DZWxsRGF0YT4KICAgIDwvUGllY2U+CiAgPC9JbWFnZURh\
    dGE+CiAgPEFwcGVuZGVkRGF0YSBlbmNvZGluZz0icmF3Ij4KICAgXwAAAAAAAAABAAAAAAAAgAAAAAAAAAAAMAAAAAAAAAAbeF5jYIAA+w8Q\
    2gHKd1CB0mpQWgNCAwBJJgKiCiAgPC9BcHBlbmRlZERhdGE+CjwvVlRLRmlsZT4K
    """

  @Test("a file of VTK's is read")
  func foreignFile() throws {
    let data = try VTKXML.decode(Array(#require(Data(base64Encoded: Self.imageData))))
    #expect(
      data.grid == RectilinearGrid(coordinates: [[1, 1.5, 2], [2, 2.25]]) || data.grid.dimension == 2)
    #expect(data.grid.coordinates[0] == [1, 1.5, 2])
    #expect(data.grid.coordinates[1] == [2, 2.25])
    // VTK's 0, 1, 2, 10, 11, 12 have x fastest.
    #expect(data.fields == [FieldArray(name: "u", values: [0, 10, 1, 11, 2, 12])])
    #expect(data.time == nil)
  }

  static let plane = RectilinearGrid(origin: [0, 0], spacing: [1, 2], shape: [3, 2])
  static let scalar = FieldArray(name: "u", values: [0, 10, 1, 11, 2, 12])

  @Test("the text of a small file")
  func text() throws {
    let data = GridDataset(grid: Self.plane, fields: [Self.scalar], time: 0.5)
    let text = String(
      decoding: try VTKXML.encode(
        data, as: .imageData, options: VTKOptions(encoding: .ascii, headerType: .uint32)), as: UTF8.self)
    #expect(text.contains("<VTKFile type=\"ImageData\" version=\"0.1\" byte_order=\"LittleEndian\""))
    #expect(text.contains("WholeExtent=\"0 2 0 1 0 0\" Origin=\"0.0 0.0 0.0\" Spacing=\"1.0 2.0 1.0\""))
    #expect(text.contains("Name=\"TimeValue\" NumberOfTuples=\"1\" format=\"ascii\">0.5<"))
    #expect(text.contains("0.0 1.0 2.0 10.0 11.0 12.0\n"))
    let legacy = String(
      decoding: try LegacyVTK.encode(data, encoding: .ascii, title: "two\nlines"), as: UTF8.self)
    #expect(legacy.hasPrefix("# vtk DataFile Version 3.0\ntwo\nASCII\nDATASET STRUCTURED_POINTS\n"))
    #expect(
      legacy.hasSuffix("POINT_DATA 6\nSCALARS u double 1\nLOOKUP_TABLE default\n0.0 1.0 2.0 10.0 11.0 12.0\n")
    )
  }

  @Test("both layouts of base64 are read: length and data in one run or in two")
  func base64Layouts() throws {
    let data = GridDataset(grid: Self.plane, fields: [Self.scalar])
    let options = VTKOptions(encoding: .base64, headerType: .uint32)
    let text = String(decoding: try VTKXML.encode(data, as: .imageData, options: options), as: UTF8.self)
    let values: [Double] = [0, 1, 2, 10, 11, 12]
    let bytes: [UInt8] = [48, 0, 0, 0] + values.withUnsafeBytes { Array($0) }
    let joined = Data(bytes).base64EncodedString()
    #expect(text.contains(joined))
    let split = Data(bytes[..<4]).base64EncodedString() + "\n " + Data(bytes[4...]).base64EncodedString()
    #expect(try VTKXML.decode(Array(text.replacingOccurrences(of: joined, with: split).utf8)) == data)
  }

  @Test("values that are no numbers survive where VTK can read them")
  func notANumber() throws {
    let field = FieldArray(
      name: "u",
      values: [.nan, .infinity, -.infinity, .leastNonzeroMagnitude, -0.0, .greatestFiniteMagnitude])
    let data = GridDataset(grid: Self.plane, fields: [field])
    for encoding in VTKEncoding.allCases {
      let back = try VTKXML.decode(
        VTKXML.encode(data, as: .imageData, options: VTKOptions(encoding: encoding)))
      let (found, wanted) = (back.fields[0].components[0], field.components[0])
      #expect(found[0].isNaN)
      #expect(found.dropFirst().map(\.bitPattern) == wanted.dropFirst().map(\.bitPattern), "\(encoding)")
    }
    #expect(try LegacyVTK.decode(LegacyVTK.encode(data)).fields[0].components[0][1] == .infinity)
    #expect(refusal { _ = try LegacyVTK.encode(data, encoding: .ascii) }.contains("not finite"))
  }

  @Test("tensors and other numbers of components are kept")
  func components() throws {
    let fields = [1, 3, 4, 6, 9].map { count in
      FieldArray(name: "c\(count)", components: (0..<count).map { c in (0..<6).map { Double(10 * c + $0) } })
    }
    let data = GridDataset(grid: Self.plane, fields: fields)
    #expect(try VTKXML.decode(VTKXML.encode(data, as: .rectilinearGrid)) == data)
    #expect(try LegacyVTK.decode(LegacyVTK.encode(data)) == data)
  }

  @Test("what cannot be written is refused")
  func refusals() throws {
    let uneven = GridDataset(grid: RectilinearGrid(coordinates: [[0, 1, 3]]), fields: [])
    #expect(
      refusal { _ = try VTKXML.encode(uneven, as: .imageData) }.contains("write a rectilinear grid (.vtr)"))
    let twice = GridDataset(grid: Self.plane, fields: [Self.scalar, Self.scalar])
    #expect(
      refusal { _ = try VTKXML.encode(twice, as: .imageData) }.contains("two fields have the name \"u\""))
    #expect(refusal { _ = try LegacyVTK.encode(twice) }.contains("two fields have the name \"u\""))
    let url = URL(fileURLWithPath: "/nonexistent/a.vtp")
    #expect(refusal { try VTKXML.write(uneven, to: url) }.contains(".vtr"))
  }

  @Test("other kinds of file are refused with a remedy")
  func foreignKinds() {
    func vtk(_ text: String) -> String { refusal { _ = try VTKXML.decode(Array(text.utf8)) } }
    #expect(vtk("<html></html>").contains("not <VTKFile>"))
    #expect(
      vtk("<VTKFile type=\"UnstructuredGrid\"/>").contains("ImageData (.vti) and RectilinearGrid (.vtr)"))
    #expect(
      vtk("<VTKFile type=\"ImageData\" compressor=\"vtkLZ4DataCompressor\"/>").contains(
        "vtkZLibDataCompressor"))
    #expect(vtk("<VTKFile type=\"ImageData\"><ImageData/></VTKFile>").contains("0 pieces"))
    #expect(vtk("plain text").contains("not XML"))
    let legacy = refusal {
      _ = try LegacyVTK.decode(Array("# vtk DataFile Version 3.0\nt\nASCII\nDATASET POLYDATA\n".utf8))
    }
    #expect(legacy.contains("STRUCTURED_POINTS and RECTILINEAR_GRID"))
  }

  @Test("an impossible extent does not reserve memory")
  func hugeExtent() {
    let text = """
      <VTKFile type="ImageData"><ImageData WholeExtent="0 1 0 1 0 1"><Piece Extent="0 4000000000 0 0 0 0"><PointData>
      </PointData></Piece></ImageData></VTKFile>
      """
    #expect(refusal { _ = try VTKXML.decode(Array(text.utf8)) }.contains("no point data"))
    let legacy =
      "# vtk DataFile Version 3.0\nt\nBINARY\nDATASET STRUCTURED_POINTS\nDIMENSIONS 4000000000 1 1\n"
    #expect(refusal { _ = try LegacyVTK.decode(Array(legacy.utf8)) }.contains("no point data"))
    let array = legacy + "POINT_DATA 4000000000\nSCALARS u double\nLOOKUP_TABLE default\n1"
    #expect(refusal { _ = try LegacyVTK.decode(Array(array.utf8)) }.contains("ends early"))
  }

  @Test("a series grows frame by frame, and is complete after each")
  func series() throws {
    try withTemporaryFolder { folder in
      let url = folder.appendingPathComponent("run.pvd")
      var series = PVDSeries()
      for frame in 0..<4 {
        try series.append(time: Double(frame) / 10, file: "frames/a<\(frame)> & \"b\".vti", rewriting: url)
        #expect(try PVDSeries.read(url) == series)
      }
      #expect(series.entries.map(\.time) == [0, 0.1, 0.2, 3.0 / 10])
      let text = String(decoding: try AtomicFile.read(url), as: UTF8.self)
      #expect(text.contains("file=\"frames/a&lt;3&gt; &amp; &quot;b&quot;.vti\""))
    }
    #expect(
      refusal { _ = try PVDSeries.decode(Array("<VTKFile type=\"ImageData\"/>".utf8)) }.contains(".pvd"))
  }
}

/// The text of the error that `body` throws, or "accepted".
func refusal(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "accepted"
  } catch let error as FormatError {
    return error.description
  } catch {
    return "another error: \(error)"
  }
}

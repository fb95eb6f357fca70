import Formats
import Foundation
import Tensors
import TestSupport
import Testing

@Suite("Array files")
struct ArrayFileTests {
  @Test("npy: NumPy's bytes, Fortran order and big-endian")
  func numpy() throws {
    // numpy.lib.format.write_array of [[0, 1, 2], [3, 4, 5]], '>f4', version 2.0, by NumPy 1.24.
    let file = """
      k05VTVBZAgB0AAAAeydkZXNjcic6ICc+ZjQnLCAnZm9ydHJhbl9vcmRlcic6IFRydWUsICdzaGFwZSc6ICgyLCAzKSwgfSAgICAgICAgICAg\
      ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAQEAAAD+AAABAgAAAQAAAAECgAAA=
      """
    let array = try NPY.decode(Array(#require(Data(base64Encoded: file))))
    #expect(array == NumericArray(shape: [2, 3], elements: .float32([0, 1, 2, 3, 4, 5])))
  }

  @Test("npy: the header is NumPy's")
  func header() {
    let bytes = NPY.encode(NumericArray(shape: [3], [1, 2, 3]))
    let text = String(decoding: bytes[10..<128], as: UTF8.self)
    #expect(text.hasPrefix("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }"))
    #expect(text.hasSuffix(" \n"))
    #expect(bytes.count == 128 + 24)
  }

  @Test("npy: refusals")
  func numpyRefusals() {
    func npy(_ header: String, data: Int = 0) -> String {
      let bytes = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8)
      return refusal { _ = try NPY.decode(bytes + [UInt8](repeating: 0, count: data)) }
    }
    #expect(npy("{'descr': '<U5', 'fortran_order': False, 'shape': (2,), }").contains(".astype('<f8')"))
    #expect(npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2,), }").contains("structured"))
    #expect(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", data: 15).contains("15 bytes"))
    #expect(
      npy("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }").contains(
        "do not fill"))
    #expect(npy("{'descr': '<f8', 'shape': (2,), }").contains("header is not understood"))
    #expect(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", data: 8) == "accepted")
    #expect(refusal { _ = try NPY.decode(Array("hello world, no array".utf8)) }.contains("numpy.save"))
  }

  @Test("npz: NumPy's archive, whose local headers have zip64 fields")
  func npz() throws {
    // numpy.savez(a=numpy.arange(3.)) by NumPy 1.24.
    let file = """
      UEsDBBQAAAAAAAAAIQAkIeErmAAAAJgAAAAFABQAYS5ucHkBABAAmAAAAAAAAACYAAAAAAAAAJNOVU1QWQEAdgB7J2Rlc2NyJzogJzxmOCcs\
      ICdmb3J0cmFuX29yZGVyJzogRmFsc2UsICdzaGFwZSc6ICgzLCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg\
      ICAgICAgICAgICAgICAgICAgICAKAAAAAAAAAAAAAAAAAADwPwAAAAAAAABAUEsBAhQDFAAAAAAAAAAhACQh4SuYAAAAmAAAAAUAAAAAAAAA\
      AAAAAIABAAAAAGEubnB5UEsFBgAAAAABAAEAMwAAAM8AAAAAAA==
      """
    let bytes = Array(try #require(Data(base64Encoded: file)))
    let arrays = try NPZ.decode(bytes)
    #expect(arrays.map(\.name) == ["a"])
    #expect(arrays.map(\.array) == [NumericArray(shape: [3], [0, 1, 2])])
    // In the directory's record (51 bytes before the end record of 22): flags at 8, sizes at 20 and 24, and
    // the data.
    let record = bytes.count - 22 - 51
    func altered(_ place: Int, _ values: [UInt8]) -> String {
      var copy = bytes
      copy.replaceSubrange(place..<(place + values.count), with: values)
      return refusal { _ = try NPZ.decode(copy) }
    }
    #expect(altered(record + 24, [255, 255, 255, 255]).contains("zip64"))
    #expect(altered(record + 8, [1]).contains("encrypted"))
    #expect(altered(record + 10, [12]).contains("method 12"))
    #expect(altered(190, [1]).contains("checksum"))
    let array = NumericArray(shape: [1], [1])
    #expect(
      refusal { _ = try NPZ.encode([("a", array), ("a", array)]) }.contains("two arrays have the name \"a\""))
  }

  /// A safetensors file with the given header and number of data bytes.
  private func safetensors(_ header: String, data: Int) -> [UInt8] {
    let size = header.utf8.count
    let length = (0..<8).map { UInt8(truncatingIfNeeded: size >> (8 * $0)) }
    return length + Array(header.utf8) + (0..<data).map { UInt8($0) }
  }

  @Test("safetensors: bytes by hand")
  func safetensorsByHand() throws {
    let header = """
      {"b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]},"a:\\"x\\"":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}
      """
    var bytes = safetensors(header, data: 0)
    bytes += [3, 0, 0, 0, 0, 0, 0, 0] + [0, 0, 0x80, 0x3F] + [0, 0, 0, 0xC0]
    let file = try Safetensors.decode(bytes)
    #expect(file.tensors.count == 2)
    #expect(file.tensors["a:\"x\""] == NumericArray(shape: [], elements: .int64([3])))
    #expect(file.tensors["b"] == NumericArray(shape: [2], elements: .float32([1, -2])))
  }

  @Test("safetensors: refusals")
  func safetensorsRefusals() throws {
    func read(_ header: String, data: Int = 8) -> String {
      refusal { _ = try Safetensors.decode(safetensors(header, data: data)) }
    }
    func entry(_ name: String, _ start: Int, _ end: Int, shape: String = "[2]", type: String = "F32")
      -> String
    {
      "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":[\(start),\(end)]}"
    }
    #expect(read("{\(entry("a", 0, 8))}") == "accepted")
    #expect(read("{\(entry("a", 0, 8)),\(entry("a", 8, 16))}", data: 16).contains("a name twice"))
    #expect(read("{\(entry("a", 0, 8)),\(entry("b", 4, 12))}", data: 12).contains("overlap"))
    #expect(read("{\(entry("a", 0, 8)),\(entry("b", 12, 20))}", data: 20).contains("gap"))
    #expect(read("{\(entry("a", 0, 8))}", data: 9).contains("belong to no tensor"))
    #expect(read("{\(entry("a", 0, 8))}", data: 7).contains("outside the file"))
    #expect(read("{\(entry("a", 0, 8, shape: "[3]"))}").contains("do not fill"))
    #expect(read("{\(entry("a", 0, 8, shape: "[-2]"))}").contains("not understood"))
    #expect(read("{\(entry("a", 0, 8, shape: "[1e300]"))}").contains("not understood"))
    #expect(read("{\(entry("a", 0, 8, type: "BF16"))}").contains("BF16"))
    #expect(read("[1,2]").contains("no JSON object"))
    #expect(read("{\"a\":").contains("no JSON object"))
    #expect(read(String(repeating: "{\"a\":", count: 100_000)).contains("no JSON object"))
    #expect(
      refusal { _ = try Safetensors.decode([255, 255, 255, 255, 255, 255, 255, 127]) }.contains(
        "does not fit"))
    let complex = NumericArray(shape: [1], elements: .complex128([Complex(1, 2)]))
    #expect(refusal { _ = try Safetensors(tensors: ["z": complex]).encode() }.contains("double precision"))
    let real = NumericArray(shape: [1], [1])
    #expect(refusal { _ = try Safetensors(tensors: ["__metadata__": real]).encode() }.contains("reserved"))
  }

  @Test("CSV: RFC 4180's quoting, and lines of any kind")
  func csv() throws {
    let table = CSVTable(
      header: ["plain", "with, comma", "with \"quotes\""], rows: [["a", "b\nc", ""], ["", " d ", "\r"]])
    #expect(try CSVTable.decode(table.encode()) == table)
    let text = "x,y\r\n1,2\r\n\r\n\"3\",\"4\"\"5\"\r\n6,"
    let read = try CSVTable.decode(Array(text.utf8))
    #expect(read == CSVTable(header: ["x", "y"], rows: [["1", "2"], ["3", "4\"5"], ["6", ""]]))
    #expect(try CSVTable.decode(Array("\u{FEFF}a\n\"\"\n".utf8)) == CSVTable(header: ["a"], rows: [[""]]))
    #expect(refusal { _ = try CSVTable.decode(Array("a,b\n1\n".utf8)) }.contains("line 2 has 1 fields"))
    #expect(refusal { _ = try CSVTable.decode(Array("a,b\n\"1,2\n".utf8)) }.contains("does not end"))
    #expect(refusal { _ = try CSVTable.decode(Array("a,b\n1\"2\",3\n".utf8)) }.contains("quote inside"))
    #expect(refusal { _ = try CSVTable.decode([]) }.contains("empty"))
  }

  @Test("CSV: numbers come back bit for bit")
  func csvNumbers() throws {
    var noise = Noise(seed: 11)
    let values =
      [0.1, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .infinity]
      + (0..<1000).map { _ in
        let value = Double(bitPattern: noise.next())
        return value.isNaN ? 1 : value
      }
    let table = CSVTable(columns: [("a", values), ("b", values.map { -$0 })])
    let back = try CSVTable.decode(table.encode()).column("a")
    #expect(back.map(\.bitPattern) == values.map(\.bitPattern))
    #expect(refusal { _ = try table.column("c") }.contains("the columns are a, b"))
    let text = CSVTable(header: ["a"], rows: [["1"], ["x"]])
    #expect(refusal { _ = try text.column("a") }.contains("\"x\" in record 2"))
  }
}

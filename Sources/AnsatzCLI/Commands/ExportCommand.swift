import Ansatz
import Foundation

/// `ansatz export`: the fields of a run folder in another format.
struct ExportCommand: Command {
  let name = "export"
  let summary = "Export the fields of a run folder to another format"
  let usage = "RUN --format FORMAT [options]"
  let discussion = """
    Formats: vtk (XML files and a .pvd series), vtu (the same as unstructured grids, for programs that read no others),
    vtk-legacy, npy (one array per field, the frame as first axis), npz (the same in one archive), csv (a table per
    frame), png (an image of the main field per frame).
    """
  let options = [
    Option("format", "FORMAT", ExportFormat.allCases.map(\.rawValue).joined(separator: ", ")),
    Option("output", "PATH", "The folder, for npz the file, to write (named after the run and the format)"),
    Option("vtk-encoding", "NAME", "Arrays of VTK's files as ascii, base64 or appended (appended)"),
    Option("force", nil, "Replace files that exist"),
    Option("quiet", nil, "Print nothing but errors"),
  ]
  let examples: [(line: String, what: String)] = [
    ("export burgers.run --format npz", "One archive for NumPy, burgers.npz"),
    (
      "export burgers.run --format vtk --vtk-encoding ascii --output text",
      "VTK files that can be read by eye"
    ),
  ]

  func run(_ words: [String]) throws -> ExitCode {
    guard let arguments = try parse(words) else { return .success }
    try expect(arguments, ["run folder"])
    let names = ExportFormat.allCases.map(\.rawValue)
    guard let text = arguments["format"] else {
      throw UsageError("--format is missing: choose one of \(names.joined(separator: ", "))")
    }
    guard let format = ExportFormat(rawValue: text.lowercased()) else {
      throw UsageError.unknown(
        "format", text, among: names, help: "choose one of \(names.joined(separator: ", "))")
    }
    let encodings: [String: VTKEncoding] = ["ascii": .ascii, "base64": .base64, "appended": .appendedRaw]
    let encoding = arguments["vtk-encoding"] ?? "appended"
    guard let chosen = encodings[encoding] else {
      throw UsageError.unknown(
        "encoding", encoding, among: encodings.keys.sorted(), help: "choose ascii, base64 or appended")
    }
    if arguments.has("vtk-encoding"), ![.vtk, .vtu, .vtkLegacy].contains(format) {
      throw UsageError(
        "--vtk-encoding is for the formats vtk, vtu and vtk-legacy: leave it out for \(format.rawValue)")
    }
    let source = URL(fileURLWithPath: arguments.positional[0])
    let archive = try RunArchive(source)
    let stem =
      source.pathExtension == "run"
      ? source.deletingPathExtension().lastPathComponent : source.lastPathComponent
    let target = URL(
      fileURLWithPath: arguments["output"]
        ?? (format.isSingleFile ? "\(stem).\(format.rawValue)" : "\(stem)-\(format.rawValue)"))
    let count = try archive.export(
      as: format, to: target, encoding: chosen, replacing: arguments.has("force"))
    if !arguments.has("quiet") {
      let what = format.isSingleFile ? "" : ", \(count) file\(count == 1 ? "" : "s")"
      Output.print(
        "\(archive.frameCount) frames to \(shortPath(target))\(format.isSingleFile ? "" : "/")\(what)")
    }
    return .success
  }
}

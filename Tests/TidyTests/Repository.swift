internal import Foundation

/// The working tree that the tests were built from.
struct Repository {
  let root: URL

  init() {
    root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  }

  /// The Swift files below a folder that are written by hand, with their text.
  func swiftFiles(below folder: String) -> [SourceFile] {
    var files: [SourceFile] = []
    for path in paths(below: folder, suffix: ".swift") where !path.contains("Generated/") {
      guard let text = try? text(path) else { continue }
      files.append(SourceFile(path: path, text: text))
    }
    return files
  }

  /// The text of a file.
  func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  /// The paths of the files below a folder whose names end so, in order.
  func paths(below folder: String, suffix: String) -> [String] {
    let walker = FileManager.default.enumerator(
      atPath: root.appendingPathComponent(folder).path)
    var paths: [String] = []
    while let path = walker?.nextObject() as? String {
      if path.hasSuffix(suffix) { paths.append(folder + "/" + path) }
    }
    return paths.sorted()
  }
}

/// One file and its lines.
struct SourceFile {
  let path: String
  let lines: [Substring]

  init(path: String, text: String) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// The module that the file belongs to.
  var module: String {
    let folders = path.split(separator: "/").dropFirst().drop { $0 == "Tools" || $0 == "Fuzz" }
    return String(folders.first ?? "")
  }

  /// The lines that hold code: without comments, and without what stands between quotes.
  var code: [(number: Int, text: String)] {
    lines.enumerated().compactMap { index, line in
      let trimmed = line.drop { $0 == " " }
      guard !trimmed.hasPrefix("//") else { return nil }
      var text = ""
      var isQuoted = false
      var previous: Character = " "
      for character in trimmed {
        if character == "\"", previous != "\\" {
          isQuoted.toggle()
        } else if !isQuoted {
          text.append(character)
        }
        previous = character
      }
      return (index + 1, text)
    }
  }
}

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
    let base = root.appendingPathComponent(folder)
    let walker = FileManager.default.enumerator(atPath: base.path)
    var files: [SourceFile] = []
    while let path = walker?.nextObject() as? String {
      guard path.hasSuffix(".swift"), !path.contains("Generated/") else { continue }
      guard let text = try? String(contentsOf: base.appendingPathComponent(path), encoding: .utf8)
      else { continue }
      files.append(SourceFile(path: folder + "/" + path, text: text))
    }
    return files.sorted { $0.path < $1.path }
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

internal import Platform
internal import Tokens

/// Counts of what a scan has searched and found.
struct ScanCounts {
  var files = 0
  var bytes: UInt64 = 0
  var tokens = 0
  var revoked = 0
  var links = 0
  var specials = 0
  /// Files and folders that could not be read completely.
  var unreadable = 0

  /// Such as `2 tokens in 14 files (1.2 MiB), 1 symbolic link not followed`.
  var line: String {
    var parts = [
      "\(CountText.of(tokens, "token")) in \(CountText.of(files, "file"))"
        + " (\(StatusCommand.byteCount(bytes)))"
    ]
    if revoked > 0 { parts.append("\(revoked) revoked") }
    if links > 0 { parts.append("\(CountText.of(links, "symbolic link")) not followed") }
    if specials > 0 { parts.append("\(CountText.of(specials, "special file")) not read") }
    if unreadable > 0 { parts.append("\(unreadable) could not be read") }
    return parts.joined(separator: ", ")
  }
}

/// A path and its printable form.
struct ScanPath {
  let path: FilePath
  /// The path as text, with `*` for the secret of every token in it. Invalid UTF-8 is replaced.
  let text: String

  init(_ path: FilePath) {
    self.path = path
    var bytes = path.bytes
    var scanner = TokenScanner()
    var secrets: [Range<Int>] = []
    _ = scanner.scan(bytes.span) { (token, _) in
      secrets.append(TokenSecret.secretRange(at: Int(token.offsetBytes)))
    }
    for index in secrets.joined() { bytes[index] = UInt8(ascii: "*") }
    text = String(decoding: bytes, as: UTF8.self)
  }

  /// Standard input.
  static let input = ScanPath(FilePath([UInt8(ascii: "-")]))

  /// Its name in a sentence. A file named `-` is given as `./-`.
  var name: String { text == "-" ? "standard input" : "`\(DisplayText(text))`" }

  /// The bytes after the last slash.
  var lastName: [UInt8] {
    let bytes = path.bytes
    return Array(bytes.suffix(from: bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0))
  }
}

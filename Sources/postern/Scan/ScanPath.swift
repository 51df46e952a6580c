internal import Platform
internal import Tokens

/// A path, and how it is shown.
struct ScanPath {
  let path: FilePath
  /// The path as text, in which `*` stands for the secret of every token in it. What is no UTF-8 is
  /// replaced.
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

  /// What it is called in a sentence. A file that is called `-` is asked for as `./-`.
  var name: String { text == "-" ? "standard input" : "`\(DisplayText(text))`" }

  /// The bytes behind the last slash.
  var lastName: [UInt8] {
    let bytes = path.bytes
    return Array(bytes.suffix(from: bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0))
  }
}

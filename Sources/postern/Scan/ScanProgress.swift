internal import Platform
internal import Tokens

/// How far a scan is: a line at the bottom of the terminal, drawn over again and again once a
/// second has passed.
struct ScanProgress {
  private static let firstNanoseconds: Int64 = 1_000_000_000
  private static let nextNanoseconds: Int64 = 200_000_000

  private let context: any ProcessContext
  /// Nil where there is no terminal.
  private var dueNanoseconds: Int64?
  private var isShown = false

  init(_ context: any ProcessContext) {
    self.context = context
    if context.isErrorTerminal {
      dueNanoseconds = context.monotonicNanoseconds + Self.firstNanoseconds
    }
  }

  /// Shows the line if it is time to.
  mutating func show(_ counts: ScanCounts) {
    guard let due = dueNanoseconds else { return }
    let now = context.monotonicNanoseconds
    guard now >= due else { return }
    context.writeError("\r\u{1b}[K" + counts.line)
    isShown = true
    dueNanoseconds = now + Self.nextNanoseconds
  }

  /// Takes the line away, before something else is written.
  mutating func clear() {
    guard isShown else { return }
    context.writeError("\r\u{1b}[K")
    isShown = false
  }
}

/// What a scan has been through.
struct ScanCounts {
  var files = 0
  var bytes: UInt64 = 0
  var tokens = 0
  var revoked = 0
  var links = 0
  var specials = 0
  /// Files and folders that could not be read, or not to their end.
  var unreadable = 0

  /// As `2 tokens in 14 files (1.2 MiB), 1 symbolic link not followed`.
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

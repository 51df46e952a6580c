internal import Messages

/// Prints events as they arrive: a line each, or a JSON document each.
///
/// A stream may not end for a long time, so a table can't wait for its end. Lines are collected
/// until they are written, and a column is as wide as its widest cell so far.
struct EventPrinter {
  private let invocation: Invocation
  private let showsChanges: Bool
  /// The most lines to keep; the older ones are dropped.
  private let last: Int
  /// The lines that are not written yet: the cells of an event, and the lines below it.
  private var waiting: [(cells: [String], below: [String])] = []
  private var widths: [Int]
  private var hasHeader: Bool
  /// The number of events so far.
  private(set) var count = 0

  private static let header = ["TIME", "REVISION", "BY", "TOKEN", "PROCESS", "KIND", "CHANGE"]
  private static let maximumWaiting = 500

  init(_ invocation: Invocation, last: UInt64? = nil) {
    self.invocation = invocation
    self.last = last.map { Int(clamping: $0) } ?? Int.max
    showsChanges = invocation.has(.changes)
    widths = Self.header.map(\.count)
    hasHeader = invocation.output == .json
  }

  mutating func add(_ event: PosternV1.Event) {
    count += 1
    if invocation.output == .json {
      waiting.append(([event.jsonText], []))
    } else {
      let cells = Self.cells(event)
      waiting.append((cells, showsChanges ? Self.changes(event) + Self.denials(event) : []))
    }
    // Not after every event: removing from the front of an array is expensive.
    if waiting.count / 2 > last { waiting.removeFirst(waiting.count - last) }
  }

  /// Whether the waiting lines should be written now.
  var isFull: Bool { last == Int.max && waiting.count >= Self.maximumWaiting }

  /// Writes the waiting lines.
  mutating func flush() throws(Failure) {
    if waiting.count > last { waiting.removeFirst(waiting.count - last) }
    guard !waiting.isEmpty else { return }
    if !hasHeader { waiting.insert((Self.header, []), at: 0) }
    hasHeader = true
    for row in waiting where row.cells.count == widths.count {
      for (column, cell) in row.cells.enumerated() {
        widths[column] = max(widths[column], cell.count)
      }
    }
    let text = waiting.map { row in
      ([TextTable.line(row.cells, widths: widths)] + row.below).map { $0 + "\n" }.joined()
    }.joined()
    waiting = []
    try invocation.context.write(text)
  }

  private static func cells(_ event: PosternV1.Event) -> [String] {
    var cells = ["", "", "", "-", "-"]
    if let change = event.attribution {
      let user = DisplayText(change.userID).description
      let token = DisplayText(change.tokenID).description
      cells = [
        (change.time?.seconds).map(HumanTime.exact) ?? "", String(change.revision),
        user.isEmpty ? "uid \(change.uid)" : user, token.isEmpty ? "-" : token,
        process(change),
      ]
    }
    return cells + [EventKindText.text(event.kind), DisplayText(event.message).description]
  }

  /// Such as `postern[4711]`, or in a fleet `postern[4711]@host`.
  private static func process(_ change: PosternV1.Attribution) -> String {
    let path = DisplayText(change.executable).description
    let name = path.split(separator: "/").last.map(String.init) ?? ""
    let host = change.host.isEmpty ? "" : "@\(DisplayText(change.host))"
    if change.pid == 0 { return name.isEmpty ? (host.isEmpty ? "-" : host) : name + host }
    return "\(name)[\(change.pid)]\(host)"
  }

  private static func changes(_ event: PosternV1.Event) -> [String] {
    var lines: [String] = []
    for index in 0..<event.changesCount {
      let change = event.changes(at: index)
      let (before, after) = (value(change.before), value(change.after))
      lines.append("    \(DisplayText(change.field)): \(before) → \(after)")
    }
    return lines
  }

  private static func value(_ bytes: Span<UInt8>) -> String {
    if bytes.isEmpty { return "none" }
    let text = DisplayText(bytes).description
    // The contract writes states in capitals.
    let isState = text.hasPrefix("TOKEN_STATE_")
    return isState ? text.dropFirst(12).lowercased() : text
  }

  private static func denials(_ event: PosternV1.Event) -> [String] {
    var lines: [String] = []
    for index in 0..<event.denialsCount {
      let denial = event.denials(at: index)
      let user = denial.userID.isEmpty ? "" : "\(DisplayText(denial.userID)), "
      let token = denial.tokenID.isEmpty ? "" : "token \(DisplayText(denial.tokenID)), "
      let method = DisplayText(denial.method).description.split(separator: ".").last ?? ""
      let times = denial.count == 1 ? "once" : "\(denial.count) times"
      lines.append(
        "    \(user)\(token)uid \(denial.uid): \(method) \(DisplayText(denial.status)) \(times)")
    }
    if event.furtherDenialCount > 0 { lines.append("    \(event.furtherDenialCount) further ones") }
    return lines
  }
}

internal import Messages

/// A column of a table of messages, or a line of the description of one.
struct Column: Sendable {
  let title: String
  let cell: @Sendable (AnyMessage, DisplayStyle) -> String

  /// The field at `path`; `absent` if it has no value.
  init(_ title: String, _ path: String, absent: String = "") {
    self.title = title
    cell = { message, style in
      let text = style.text(message[path])
      return text.isEmpty ? absent : text
    }
  }

  /// What `cell` makes of a message.
  init(_ title: String, cell: @escaping @Sendable (AnyMessage, DisplayStyle) -> String) {
    self.title = title
    self.cell = cell
  }

  /// The author of a change, such as `alice (token ..., uid 1000, pid 4711)`.
  static func author(_ title: String, _ path: String) -> Column {
    Column(title) { message, style in
      guard let change = message.message(path) else { return "" }
      let user = style.text(change["user_id"])
      let token = style.text(change["token_id"])
      let process = "uid \(style.text(change["uid"])), pid \(style.text(change["pid"]))"
      return (user.isEmpty ? "a process" : user)
        + (token.isEmpty ? " (\(process))" : " (token \(token), \(process))")
    }
  }

  /// Adds a row for each element of the repeated field `items`.
  static func add(
    _ columns: [Column], ofEach items: String, in message: AnyMessage, to table: inout TextTable,
    _ style: DisplayStyle
  ) {
    for index in 0..<message.count(of: items) {
      let item = message.element(index, of: items)
      table.add(columns.map { $0.cell(item, style) })
    }
  }

  /// A line for each column that has a value.
  static func lines(_ columns: [Column], of message: AnyMessage, _ style: DisplayStyle) -> String {
    var table = TextTable()
    for column in columns { table.add(column.title, column.cell(message, style)) }
    return table.text
  }
}

/// How values are shown to people.
struct DisplayStyle {
  let nowSeconds: Int64
  /// Whether times are short, as in a table.
  let isShort: Bool

  init(_ invocation: Invocation, isShort: Bool = false) {
    nowSeconds = invocation.context.nowSeconds
    self.isShort = isShort
  }

  func text(_ value: FieldValue) -> String {
    switch value {
    case .absent: ""
    case .text(let text), .word(let text): DisplayText(text).description
    case .bytes(let bytes): HexText.text(bytes)
    case .unsigned(let number): "\(number)"
    case .signed(let number): "\(number)"
    case .boolean(let flag): flag ? "yes" : "no"
    case .time(let seconds, _):
      isShort
        ? HumanTime.distance(seconds, from: nowSeconds)
        : HumanTime.long(seconds, nowSeconds: nowSeconds)
    case .duration(let seconds): HumanTime.length(seconds.magnitude)
    case .list(let elements): elements.map(text).joined(separator: ", ")
    }
  }
}

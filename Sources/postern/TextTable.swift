/// Lines of aligned columns.
package struct TextTable {
  private var rows: [[String]] = []
  private var hasHeader = false

  /// Starts a table; without a header it is a list of names and values.
  package init(_ header: [String] = []) {
    if !header.isEmpty {
      rows.append(header)
      hasHeader = true
    }
  }

  /// Whether it has no row but the header.
  var isEmpty: Bool { rows.count == (hasHeader ? 1 : 0) }

  package mutating func add(_ row: [String]) {
    rows.append(row.map { DisplayText($0).description })
  }

  /// Adds a name and its value, unless the value is empty.
  mutating func add(_ name: String, _ value: String) {
    if !value.isEmpty { add([name, value]) }
  }

  /// The lines, without a newline at the end.
  package var text: String {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    return rows.map { row in
      var line = Self.line(row, widths: widths)
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }

  /// Cells side by side, each but the last as wide as its column.
  static func line(_ row: [String], widths: [Int]) -> String {
    var line = ""
    for (column, cell) in row.enumerated() {
      line += cell
      if column < row.count - 1 {
        line += String(repeating: " ", count: widths[column] - cell.count + 2)
      }
    }
    return line
  }
}

/// Text from outside, made safe for a terminal: characters that could control it, or fake another
/// line of output, are escaped.
struct DisplayText: CustomStringConvertible {
  let description: String

  init(_ text: String) {
    let isSteering = { (scalar: Unicode.Scalar) in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: true
      default: false
      }
    }
    guard text.unicodeScalars.contains(where: isSteering) else {
      description = text
      return
    }
    var escaped = ""
    for scalar in text.unicodeScalars {
      escaped += isSteering(scalar) ? scalar.escaped(asASCII: true) : String(scalar)
    }
    description = escaped
  }

  init(_ bytes: Span<UInt8>) {
    guard let text = try? UTF8Span(validating: bytes) else {
      self.init("?")
      return
    }
    self.init(String(copying: text))
  }
}

/// Bytes as hexadecimal digits, as hash tools show them.
enum HexText {
  static func text(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }

  /// The bytes of an even number of digits; nil for anything else.
  static func bytes(_ text: String) -> [UInt8]? {
    let digits = text.utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = digits[index], let low = digits[index + 1] else { return nil }
      bytes.append(UInt8(high << 4 | low))
    }
    return bytes
  }
}

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

  /// Whether it has no row beside the header.
  var isEmpty: Bool { rows.count == (hasHeader ? 1 : 0) }

  package mutating func add(_ row: [String]) {
    rows.append(row.map { DisplayText($0).description })
  }

  /// Adds a name and its value, unless there is none.
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
      var line = ""
      for (column, cell) in row.enumerated() {
        line += cell
        if column < row.count - 1 {
          line += String(repeating: " ", count: widths[column] - cell.count + 2)
        }
      }
      while line.last == " " { line.removeLast() }
      return line
    }.joined(separator: "\n")
  }
}

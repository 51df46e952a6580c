/// Reads lists to their end, page by page.
enum Pages {
  /// The most items in a page.
  static let size: Int32 = 500

  /// Calls `read` with the token of each page, from the first on, until it gives no next one; then
  /// prints the table that the pages were added to, or remarks `nothing`. In JSON, `read` prints
  /// each page itself.
  static func read(
    _ invocation: Invocation, table: inout TextTable, nothing: String,
    _ read: (String, inout TextTable) throws(Failure) -> String
  ) throws(Failure) {
    var token = ""
    repeat { token = try read(token, &table) } while !token.isEmpty
    guard invocation.output == .text else { return }
    if table.isEmpty { invocation.remark(nothing) } else { try invocation.print(table.text) }
  }
}

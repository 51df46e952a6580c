/// A resource as it is typed: `TYPE/ID`.
struct ResourceName: CustomStringConvertible {
  let type: String
  let id: String

  var description: String { "\(type)/\(id)" }

  static let operand = Operand(
    name: "TYPE/ID", summary: "The resource: its type and id, such as dashboard/latency.")

  init(_ text: String) throws(Failure) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
      throw .misuse("`\(text)` is no resource: write TYPE/ID, such as dashboard/latency")
    }
    type = String(parts[0])
    id = String(parts[1])
  }
}

extension Policy {
  static func table(_ rules: [RouteRule], actions: Set<String>) throws(PolicyError) -> RouteTable {
    let table: RouteTable
    do throws(RouteError) { table = try RouteTable(rules) } catch { throw .badRoutes(error) }
    for action in table.actions {
      guard actions.contains(action) else { throw .unknownAction(action) }
    }
    return table
  }

  /// A name as HTTP/2 wants it, that nothing else is read from.
  static func checked(tokenHeader name: String) throws(PolicyError) -> String {
    let allowed = { (byte: UInt8) in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard name.utf8.count <= 64, name.utf8.allSatisfy(allowed), name != "authorization",
      name != "host", !name.hasPrefix("x-postern-")
    else { throw .badTokenHeader(name) }
    return name
  }
}

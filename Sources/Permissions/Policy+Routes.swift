extension Policy {
  static func table(_ rules: [RouteRule], actions: Set<String>) throws(PolicyError) -> RouteTable {
    let table: RouteTable
    do throws(RouteError) { table = try RouteTable(rules) } catch { throw .badRoutes(error) }
    for action in table.actions {
      guard actions.contains(action) else { throw .unknownAction(action) }
    }
    return table
  }

  /// Whether a CORS preflight gets through that asks for this method on this target: where the
  /// policy opens preflights, and has a route for what is asked for that isn't closed.
  package func opensPreflight(for method: Span<UInt8>, target: Span<UInt8>) -> Bool {
    guard opensPreflights,
      case .found(let match) = routes.lookup(method: method, target: target)
    else { return false }
    return match.access != .denied
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

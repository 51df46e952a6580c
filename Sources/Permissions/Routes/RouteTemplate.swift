/// A template's segments, checked.
struct RouteTemplate {
  enum Segment {
    case literal([UInt8])
    case variable
  }

  private(set) var segments: [Segment] = []
  /// The names of the variables, in their order.
  private(set) var variables: [String] = []

  /// Reads the template of a rule; `route` names it in errors.
  init(_ template: String, route: String) throws(RouteError) {
    guard template.utf8.first == UInt8(ascii: "/"), template.utf8.count <= RequestPath.maximumBytes
    else { throw .badTemplate(route) }
    if template == "/" { return }
    for part in template.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard !part.isEmpty else { throw .badTemplate(route) }
      if part.hasPrefix("{") || part.hasSuffix("}") {
        try addVariable(part, route)
      } else {
        guard part.utf8.allSatisfy(RequestPath.isUnreserved),
          !part.utf8.allSatisfy({ $0 == UInt8(ascii: ".") })
        else { throw .badLiteral(String(part), route: route) }
        segments.append(.literal(Array(part.utf8)))
      }
    }
  }

  private mutating func addVariable(_ part: Substring, _ route: String) throws(RouteError) {
    let name = String(part.dropFirst().dropLast())
    guard part.hasPrefix("{"), part.hasSuffix("}"), Policy.isName(name), !variables.contains(name)
    else { throw .badVariable(name, route: route) }
    guard variables.count < RouteMatch.maximumVariables else {
      throw .tooManyVariables(route: route, maximum: RouteMatch.maximumVariables)
    }
    segments.append(.variable)
    variables.append(name)
  }

  /// The position of a variable that the rule names; nil for none.
  func position(_ name: String?, _ rule: RouteRule, route: String) throws(RouteError) -> Int? {
    guard let name else { return nil }
    guard case .action = rule.access else { throw .needlessVariable(name, route: route) }
    guard let position = variables.firstIndex(of: name) else {
      throw .unknownVariable(name, route: route)
    }
    return position
  }
}

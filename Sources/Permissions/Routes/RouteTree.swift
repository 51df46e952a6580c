/// The tree from which a route table is made; the first branch is its root.
struct RouteTree {
  struct Branch {
    /// The branches by their literals, ignoring case: no two of one branch differ only in case.
    fileprivate var literals: [[UInt8]: (name: [UInt8], branch: Int)] = [:]
    var variable: Int?
    /// The routes by their methods.
    var methods: [[UInt8]: Int] = [:]

    /// The literals in ascending order, ignoring case, with their branches.
    var sortedLiterals: [(name: [UInt8], branch: Int)] {
      literals.values.sorted { RouteTable.order($0.name.span, $1.name.span) < 0 }
    }
  }

  private(set) var branches = [Branch()]

  /// Adds a route; `name` names it in errors.
  mutating func add(
    _ template: RouteTemplate, method: [UInt8], route: Int, name: String
  ) throws(RouteError) {
    var branch = 0
    for segment in template.segments {
      switch segment {
      case .literal(let literal): branch = try step(from: branch, literal)
      case .variable: branch = stepOverVariable(from: branch)
      }
    }
    guard branches[branch].methods[method] == nil else { throw .duplicate(route: name) }
    branches[branch].methods[method] = route
  }

  private mutating func step(from branch: Int, _ literal: [UInt8]) throws(RouteError) -> Int {
    let key = literal.map(RouteTable.lowercased)
    if let known = branches[branch].literals[key] {
      if known.name == literal { return known.branch }
      throw .ambiguousCase(
        String(decoding: known.name, as: UTF8.self), String(decoding: literal, as: UTF8.self))
    }
    branches.append(Branch())
    branches[branch].literals[key] = (literal, branches.count - 1)
    return branches.count - 1
  }

  private mutating func stepOverVariable(from branch: Int) -> Int {
    if let known = branches[branch].variable { return known }
    branches.append(Branch())
    branches[branch].variable = branches.count - 1
    return branches.count - 1
  }
}

/// The checked segments of a template.
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

  /// The position of a variable that the rule names; nil if it names none.
  func position(_ name: String?, _ rule: RouteRule, route: String) throws(RouteError) -> Int? {
    guard let name else { return nil }
    guard case .action = rule.access else { throw .needlessVariable(name, route: route) }
    guard let position = variables.firstIndex(of: name) else {
      throw .unknownVariable(name, route: route)
    }
    return position
  }
}

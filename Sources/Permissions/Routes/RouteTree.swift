/// The tree of a route table while it is being made; the first branch is its root.
struct RouteTree {
  struct Branch {
    /// By the literals without regard to case: no two of one branch differ in that alone.
    fileprivate var literals: [[UInt8]: (name: [UInt8], branch: Int)] = [:]
    var variable: Int?
    /// The routes by their methods.
    var methods: [[UInt8]: Int] = [:]

    /// The literals, ascending without regard to case, and where each leads.
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

/// The tree of a route table while it is being made; the first branch is its root.
struct RouteTree {
  struct Branch {
    var literals: [(name: [UInt8], branch: Int)] = []
    var variable: Int?
    var methods: [(name: [UInt8], route: Int)] = []
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
    guard !branches[branch].methods.contains(where: { $0.name == method }) else {
      throw .duplicate(route: name)
    }
    branches[branch].methods.append((method, route))
  }

  private mutating func step(from branch: Int, _ literal: [UInt8]) throws(RouteError) -> Int {
    for known in branches[branch].literals
    where RouteTable.order(known.name.span, literal.span) == 0 {
      if known.name == literal { return known.branch }
      throw .ambiguousCase(
        String(decoding: known.name, as: UTF8.self), String(decoding: literal, as: UTF8.self))
    }
    branches.append(Branch())
    branches[branch].literals.append((literal, branches.count - 1))
    return branches.count - 1
  }

  private mutating func stepOverVariable(from branch: Int) -> Int {
    if let known = branches[branch].variable { return known }
    branches.append(Branch())
    branches[branch].variable = branches.count - 1
    return branches.count - 1
  }
}

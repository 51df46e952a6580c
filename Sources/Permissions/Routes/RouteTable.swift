// Finds the route of a request in a tree over the segments of paths, stored in dense arrays. A
// lookup takes a few comparisons for each segment, even with many routes, and allocates nothing.
//
// A literal takes precedence over a variable, without backtracking: if a segment matches a literal,
// the variable at its place is not tried, even if nothing matches further on. A segment that
// differs from a literal only in case matches nothing, since the server behind the proxy may ignore
// case. Requests without a match are denied, so both rules are on the safe side.

/// The routes of a policy, compiled.
package struct RouteTable: Sendable {
  private struct Node: Sendable {
    var edges = 0..<0
    /// The node after a variable; zero, the root, if there is none.
    var variable = 0
    var methods = 0..<0
  }

  /// A name and its target: a literal and a node, or a method and a route.
  private struct Edge: Sendable {
    let name: [UInt8]
    let index: Int
  }

  private let nodes: [Node]
  /// The edges of one node are adjacent, in ascending order, ignoring case.
  private let edges: [Edge]
  private let methods: [Edge]
  private let routes: [Route]
  /// The rules that the table was made of, in their order.
  package let rules: [RouteRule]

  /// The most routes of a table.
  package static let maximumCount = 4096

  /// The number of routes.
  package var count: Int { routes.count }

  /// Compiles rules, in time linear in their number. Their order doesn't matter.
  package init(_ rules: [RouteRule]) throws(RouteError) {
    guard rules.count <= Self.maximumCount else { throw .tooMany(maximum: Self.maximumCount) }
    var tree = RouteTree()
    var routes: [Route] = []
    for rule in rules {
      let name = "\(rule.method) \(rule.template)"
      guard Self.isMethod(rule.method) else { throw .badMethod(rule.method) }
      let template = try RouteTemplate(rule.template, route: name)
      try tree.add(template, method: Array(rule.method.utf8), route: routes.count, name: name)
      routes.append(try Route(rule, template, name: name))
    }
    var nodes: [Node] = []
    var edges: [Edge] = []
    var methods: [Edge] = []
    for branch in tree.branches {
      var node = Node()
      node.variable = branch.variable ?? 0
      let sorted = branch.sortedLiterals
      node.edges = edges.count..<(edges.count + sorted.count)
      edges += sorted.map { Edge(name: $0.name, index: $0.branch) }
      node.methods = methods.count..<(methods.count + branch.methods.count)
      methods += branch.methods.sorted { $0.value < $1.value }
        .map { Edge(name: $0.key, index: $0.value) }
      nodes.append(node)
    }
    self.nodes = nodes
    self.edges = edges
    self.methods = methods
    self.routes = routes
    self.rules = rules
  }

  /// The actions that routes require.
  var actions: [String] {
    routes.compactMap { route in
      if case .action(let name) = route.access { name } else { nil }
    }
  }

  /// Finds the route of a request; `target` may have a query.
  package func lookup(method: Span<UInt8>, target: Span<UInt8>) -> RouteLookup {
    do throws(PathProblem) {
      return lookup(method: method, path: try RequestPath(target))
    } catch {
      return .refused(error)
    }
  }

  private func lookup(method: Span<UInt8>, path: RequestPath) -> RouteLookup {
    let path = path.bytes
    var variables = InlineArray<8, Range<Int>>(repeating: 0..<0)
    var variableCount = 0
    var node = 0
    var start = 1
    while start < path.count {
      var end = start
      while end < path.count, path[end] != UInt8(ascii: "/") { end += 1 }
      switch literal(path.extracting(start..<end), of: node) {
      case .found(let next): node = next
      case .otherCase: return .none
      case .none:
        guard nodes[node].variable != 0 else { return .none }
        node = nodes[node].variable
        variables[variableCount] = start..<end
        variableCount += 1
      }
      start = end + 1
    }
    for index in nodes[node].methods {
      let known = methods[index]
      if Self.isEqual(known.name.span, method) {
        return .found(RouteMatch(routes[known.index], variables))
      }
    }
    return .none
  }

  private enum Step {
    case found(Int)
    /// There is a literal that differs only in case.
    case otherCase
    case none
  }

  private func literal(_ segment: Span<UInt8>, of node: Int) -> Step {
    var range = nodes[node].edges
    while !range.isEmpty {
      let middle = range.lowerBound + range.count / 2
      let edge = edges[middle]
      let order = Self.order(segment, edge.name.span)
      if order == 0 {
        return Self.isEqual(segment, edge.name.span) ? .found(edge.index) : .otherCase
      }
      range = order < 0 ? range.lowerBound..<middle : (middle + 1)..<range.upperBound
    }
    return .none
  }

  /// Negative, zero or positive if the first is before, equal to or after the second, ignoring
  /// case.
  static func order(_ first: Span<UInt8>, _ second: Span<UInt8>) -> Int {
    for index in 0..<min(first.count, second.count) {
      let (left, right) = (lowercased(first[index]), lowercased(second[index]))
      if left != right { return left < right ? -1 : 1 }
    }
    return first.count - second.count
  }

  static func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }

  private static func isEqual(_ first: Span<UInt8>, _ second: Span<UInt8>) -> Bool {
    guard first.count == second.count else { return false }
    for index in first.indices where first[index] != second[index] { return false }
    return true
  }

  private static func isMethod(_ method: String) -> Bool {
    let letters = UInt8(ascii: "A")...UInt8(ascii: "Z")
    return (1...32).contains(method.utf8.count)
      && method.utf8.allSatisfy { letters.contains($0) || $0 == UInt8(ascii: "-") }
  }
}

/// Who may do what, compiled: every action an index, every rule a set of relations.
///
/// It never changes: a reload makes another, and a query holds one from its first look to its
/// answer. An action is looked up by name once; the rest are loads from dense arrays.
package final class Policy: Sendable {
  let actionNames: [String]
  let actionTable: NameTable
  let rules: [Relations]
  let typeOfAction: [UInt16]
  let typeNames: [String]
  let typeTable: NameTable
  let typeStorage: [ResourceTypeStorage]
  /// Where each type's actions begin, and the end of the last's.
  let actionStarts: [Int]
  /// What requests over HTTP stand for.
  package let routes: RouteTable
  /// The header that may carry a token in place of `authorization`, in lower case; empty for none.
  package let tokenHeader: String

  /// The most types, and the most actions, that a policy has.
  package static let maximumCount = 4096

  /// Compiles a policy.
  ///
  /// Operators may do everything, so each action is for them too, except those for an org token
  /// alone: data always has an organization's token to it.
  package init(
    resourceTypes: [ResourceTypeRule], actions: [ActionRule], routes: [RouteRule] = [],
    tokenHeader: String = ""
  ) throws(PolicyError) {
    let types = try Self.indexed(resourceTypes)
    guard actions.count <= Self.maximumCount else { throw .tooMany(maximum: Self.maximumCount) }
    var byType = [[ActionRule]](repeating: [], count: resourceTypes.count)
    var seen: Set<String> = []
    for action in actions {
      let type = try Self.check(action, types: types, resourceTypes: resourceTypes)
      let name = Self.name(of: action)
      guard seen.insert(name).inserted else { throw .duplicateAction(name) }
      byType[type].append(action)
    }
    let sorted = byType.flatMap { $0 }
    actionNames = sorted.map(Self.name(of:))
    actionTable = NameTable(actionNames)
    rules = sorted.map { rule in
      rule.allowedFor == .ingestScope ? rule.allowedFor : rule.allowedFor.union(.operatorPeer)
    }
    typeOfAction = byType.enumerated().flatMap { index, rules in rules.map { _ in UInt16(index) } }
    typeNames = resourceTypes.map(\.name)
    typeTable = NameTable(typeNames)
    typeStorage = resourceTypes.map(\.storage)
    actionStarts = byType.reduce(into: [0]) { starts, rules in
      starts.append((starts.last ?? 0) + rules.count)
    }
    self.routes = try Self.table(routes, actions: seen)
    self.tokenHeader = try Self.checked(tokenHeader: tokenHeader)
  }

  private static func name(of rule: ActionRule) -> String { "\(rule.resourceType).\(rule.verb)" }

  private static func indexed(
    _ resourceTypes: [ResourceTypeRule]
  ) throws(PolicyError) -> [String: Int] {
    guard resourceTypes.count <= maximumCount else { throw .tooMany(maximum: maximumCount) }
    var types: [String: Int] = [:]
    for (index, type) in resourceTypes.enumerated() {
      guard isName(type.name) else { throw .badName(type.name) }
      guard types.updateValue(index, forKey: type.name) == nil else {
        throw .duplicateResourceType(type.name)
      }
    }
    return types
  }

  private static func check(
    _ action: ActionRule, types: [String: Int], resourceTypes: [ResourceTypeRule]
  ) throws(PolicyError) -> Int {
    guard isName(action.verb) else { throw .badName(action.verb) }
    guard let type = types[action.resourceType] else {
      throw .unknownResourceType(action.resourceType)
    }
    let known = Relation.allCases.reduce(into: Relations()) { $0.insert(Relations($1)) }
    guard !action.allowedFor.isEmpty, known.isSuperset(of: action.allowedFor) else {
      throw .badRelations(action: name(of: action))
    }
    if action.allowedFor.contains(.writer), resourceTypes[type].storage != .writable {
      throw .noWriters(action: name(of: action))
    }
    return type
  }

  /// Whether this may be the name of a type, a verb or a variable.
  static func isName(_ name: String) -> Bool {
    let bytes = name.utf8
    guard let first = bytes.first, bytes.count <= 64 else { return false }
    let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    return letters.contains(first)
      && bytes.allSatisfy { letters.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "_") }
  }
}

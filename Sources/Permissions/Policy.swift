/// A compiled policy: every action is an index, every rule a few sets of relations.
///
/// It is immutable: a reload makes a new one, and a query uses the same one from start to end. An
/// action is looked up by name once; everything else is read from dense arrays. If any organization
/// has its own rules, the organization's id is looked up too.
package final class Policy: Sendable {
  let actionNames: [String]
  let actionTable: NameTable
  /// The rule of each action, followed by the organizations' own rules.
  let rules: [Rule]
  /// The sets of two or more relations; the sets of one rule are adjacent.
  let sets: [Relations]
  /// The roles and teams that rules name; those of one rule are adjacent.
  let named: [Relation]
  let names: [[UInt8]]
  let typeOfAction: [UInt16]
  let typeNames: [String]
  let typeTable: NameTable
  let typeStorage: [ResourceTypeStorage]
  /// Where the actions of each type begin, then the end of the last type's.
  let actionStarts: [Int]
  /// The routes of HTTP requests.
  package let routes: RouteTable
  /// The header that may carry a token in place of `authorization`, in lower case; empty if none.
  package let tokenHeader: String
  /// Whether browsers may send CORS preflight requests without a token.
  package let opensPreflights: Bool
  /// Whether a token that was issued with another token ends no later than that one.
  package let tokensEndWithIssuer: Bool
  /// The roles that users may have, besides administrator.
  package let roles: [String]
  let roleTable: NameTable
  /// The organizations with their own rules.
  package let organizationIDs: [String]
  let organizationTable: NameTable
  /// The rule of each action, for each of those organizations.
  let ownRules: [UInt32]

  /// The most types, and the most actions, that a policy has.
  package static let maximumCount = 4096
  /// The most organizations with their own rules: each takes a row of the table.
  package static let maximumOrganizationCount = 1024

  /// Compiles a policy.
  ///
  /// Operators are added to every action, except to those that only org tokens may do: data always
  /// comes with an organization's token.
  package init(
    resourceTypes: [ResourceTypeRule], actions: [ActionRule], roles: [String] = [],
    organizations: [OrganizationRules] = [], routes: [RouteRule] = [], tokenHeader: String = "",
    opensPreflights: Bool = false, tokensEndWithIssuer: Bool = false
  ) throws(PolicyError) {
    let types = try Self.indexed(resourceTypes)
    guard actions.count <= Self.maximumCount else { throw .tooMany(maximum: Self.maximumCount) }
    guard organizations.count <= Self.maximumOrganizationCount else {
      throw .tooManyOrganizations(maximum: Self.maximumOrganizationCount)
    }
    self.roles = try Self.checked(roles)
    var byType = [[ActionRule]](repeating: [], count: resourceTypes.count)
    var seen: Set<String> = []
    for action in actions {
      let type = try Self.type(of: action, among: types)
      guard seen.insert(action.name).inserted else { throw .duplicateAction(action.name) }
      byType[type].append(action)
    }
    let sorted = byType.flatMap { $0 }
    var tables = RuleTables(roles: Set(self.roles))
    for (type, rules) in zip(resourceTypes, byType) {
      for rule in rules { _ = try tables.add(rule, type) }
    }
    actionNames = sorted.map(\.name)
    actionTable = NameTable(actionNames)
    typeOfAction = byType.enumerated().flatMap { index, rules in rules.map { _ in UInt16(index) } }
    typeNames = resourceTypes.map(\.name)
    typeTable = NameTable(typeNames)
    typeStorage = resourceTypes.map(\.storage)
    actionStarts = byType.reduce(into: [0]) { starts, rules in
      starts.append((starts.last ?? 0) + rules.count)
    }
    self.routes = try Self.table(routes, actions: seen)
    self.tokensEndWithIssuer = tokensEndWithIssuer
    self.tokenHeader = try Self.checked(tokenHeader: tokenHeader)
    self.opensPreflights = opensPreflights
    ownRules = try tables.add(organizations, actionNames) { name in
      resourceTypes[types[name] ?? 0]
    }
    organizationIDs = organizations.map(\.organizationID)
    organizationTable = NameTable(organizationIDs)
    roleTable = NameTable(self.roles)
    rules = tables.rules
    sets = tables.sets
    named = tables.named
    names = tables.names.map { Array($0.utf8) }
  }

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

  private static func checked(_ roles: [String]) throws(PolicyError) -> [String] {
    guard roles.count <= maximumCount else { throw .tooMany(maximum: maximumCount) }
    var seen: Set = [Relation.administrator.baseName]
    for role in builtInRoles + roles {
      guard isName(role) else { throw .badName(role) }
      guard seen.insert(role).inserted else { throw .duplicateRole(role) }
    }
    return builtInRoles + roles
  }

  private static func type(
    of action: ActionRule, among types: [String: Int]
  ) throws(PolicyError) -> Int {
    guard isName(action.verb) else { throw .badName(action.verb) }
    guard let type = types[action.resourceType] else {
      throw .unknownResourceType(action.resourceType)
    }
    return type
  }

  /// Whether `name` is valid for a type, a verb, a role or a variable.
  static func isName(_ name: String) -> Bool {
    let bytes = name.utf8
    guard let first = bytes.first, bytes.count <= 64 else { return false }
    let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    return letters.contains(first)
      && bytes.allSatisfy { letters.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "_") }
  }
}

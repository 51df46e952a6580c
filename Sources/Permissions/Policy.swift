/// Who may do what, compiled: every action an index, every rule a few sets of relations.
///
/// It never changes: a reload makes another, and a query holds one from its first look to its
/// answer. An action is looked up by name once; the rest are loads from dense arrays. Only where an
/// organization has rules of its own is its id looked up too.
package final class Policy: Sendable {
  let actionNames: [String]
  let actionTable: NameTable
  /// The rule of each action, and behind them those that organizations have of their own.
  let rules: [Rule]
  /// The sets of several relations, those of a rule side by side.
  let sets: [Relations]
  /// The roles and teams that rules name, those of a rule side by side.
  let named: [Relation]
  let names: [[UInt8]]
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
  /// Whether browsers may ask ahead, without a token, what they may send (CORS preflight).
  package let opensPreflights: Bool
  /// Whether what is issued with a token ends with that token at the latest.
  package let tokensEndWithIssuer: Bool
  /// The roles that users may have, besides that of an administrator.
  package let roles: [String]
  let roleTable: NameTable
  /// The organizations with rules of their own.
  package let organizationIDs: [String]
  let organizationTable: NameTable
  /// The rule of each action, for each of those organizations.
  let ownRules: [UInt32]

  /// The most types, and the most actions, that a policy has.
  package static let maximumCount = 4096
  /// The most organizations with rules of their own: each costs a row of the table.
  package static let maximumOrganizationCount = 1024

  /// Compiles a policy.
  ///
  /// Operators may do everything, so each action is for them too, except those for org tokens
  /// alone: data always has an organization's token to it.
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

  /// Whether this may be the name of a type, a verb, a role or a variable.
  static func isName(_ name: String) -> Bool {
    let bytes = name.utf8
    guard let first = bytes.first, bytes.count <= 64 else { return false }
    let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    return letters.contains(first)
      && bytes.allSatisfy { letters.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "_") }
  }
}

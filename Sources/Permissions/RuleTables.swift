/// Builds the arrays of a policy's rules.
struct RuleTables {
  let roles: Set<String>
  private(set) var rules: [Rule] = []
  private(set) var sets: [Relations] = []
  private(set) var named: [Relation] = []
  private(set) var names: [String] = []
  private var indices: [String: UInt16] = [:]

  init(roles: Set<String>) { self.roles = roles }

  /// Adds the rule of an action on a type, and returns its index.
  mutating func add(
    _ action: ActionRule, _ type: ResourceTypeRule
  ) throws(PolicyError) -> UInt32 {
    let parsed: ParsedRule
    do { parsed = try ParsedRule(action.anyOf, on: type, roles: roles) } catch {
      throw .badRule(action: action.name, error)
    }
    var rule = Rule(setsStart: UInt32(sets.count), namedStart: UInt32(named.count))
    for alternative in parsed.alternatives {
      if alternative.rawValue.nonzeroBitCount == 1 {
        rule.singles.formUnion(alternative)
      } else {
        sets.append(alternative)
        rule.setCount += 1
      }
    }
    if !parsed.isForOrgTokensOnly { rule.singles.insert(.operatorPeer) }
    for name in parsed.named {
      switch name {
      case .role(let name): named.append(.role(try index(of: name)))
      case .team(let name): named.append(.teamMember(try index(of: name)))
      }
    }
    rules.append(rule)
    return UInt32(rules.count - 1)
  }

  /// Adds the rules of organizations. Returns a row for each: the rule of each action.
  mutating func add(
    _ organizations: [OrganizationRules], _ actionNames: [String],
    type: (String) -> ResourceTypeRule
  ) throws(PolicyError) -> [UInt32] {
    var rows: [UInt32] = []
    var seen: Set<String> = []
    let positions = Dictionary(
      uniqueKeysWithValues: actionNames.enumerated().map { ($0.element, $0.offset) })
    for organization in organizations {
      guard seen.insert(organization.organizationID).inserted else {
        throw .duplicateOrganization(organization.organizationID)
      }
      var row = actionNames.indices.map { UInt32($0) }
      for action in organization.actions {
        guard let position = positions[action.name] else { throw .unknownAction(action.name) }
        guard row[position] == position else { throw .duplicateAction(action.name) }
        row[position] = try add(action, type(action.resourceType))
      }
      rows += row
    }
    return rows
  }

  private mutating func index(of name: String) throws(PolicyError) -> PolicyName {
    if let index = indices[name] { return PolicyName(index: index) }
    guard names.count < Int(UInt16.max) else { throw .tooMany(maximum: Int(UInt16.max)) }
    let index = UInt16(names.count)
    indices[name] = index
    names.append(name)
    return PolicyName(index: index)
  }
}

extension Policy {
  /// The rule of an action in an organization: its own, where it has one.
  func ruleIndex(of action: Action, in organization: Span<UInt8>) -> UInt32 {
    guard !ownRules.isEmpty, let row = organizationTable.index(of: organization) else {
      return UInt32(action.index)
    }
    return ownRules[row * actionCount + Int(action.index)]
  }

  /// The relation at a bit of a rule.
  func relation(at bit: Int, of rule: Rule) -> Relation {
    Relation.fixed(at: bit)
      ?? named[Int(rule.namedStart) + bit - Relations.namedBits.lowerBound]
  }

  /// Whether one of the rule's sets lies within `relations`.
  func hasSet(of rule: Rule, within relations: Relations) -> Bool {
    rule.setCount > 0 && rule.sets.contains { sets[$0].isSubset(of: relations) }
  }

  /// The sets of relations of which each allows the action in an organization: first those of one,
  /// the cheapest to learn first, as they are asked for.
  package func alternatives(
    of action: Action, in organization: Span<UInt8> = Span()
  ) -> [[Relation]] {
    let index = ruleIndex(of: action, in: organization)
    return alternatives(of: rules[Int(index)]).map { relations(in: $0, of: rules[Int(index)]) }
  }

  /// Whether the organization has a rule of its own for the action.
  package func hasOwnRule(for action: Action, in organization: Span<UInt8>) -> Bool {
    ruleIndex(of: action, in: organization) != UInt32(action.index)
  }

  /// Whether a rule of the action looks at which resource it is done to; an organization that is
  /// named is itself the one that is acted in.
  package func looksAtResource(_ action: Action) -> Bool {
    resourceTypeName(of: action) == "organization" || asks(for: [.creator, .writer], action)
  }

  /// Whether a rule of the action looks at which user it is about.
  package func looksAtTargetUser(_ action: Action) -> Bool { asks(for: .oneself, action) }

  /// Whether a rule of the action, the policy's or an organization's own, has one of the relations.
  private func asks(for relations: Relations, _ action: Action) -> Bool {
    func asks(_ index: UInt32) -> Bool {
      alternatives(of: rules[Int(index)]).contains { !$0.isDisjoint(with: relations) }
    }
    return asks(UInt32(action.index))
      || stride(from: Int(action.index), to: ownRules.count, by: actionCount)
        .contains { asks(ownRules[$0]) }
  }

  /// What allowed, as `writer`, or `role:power and team:ops`.
  package func name(of grounds: Grounds) -> String {
    name(of: grounds.relations, rules[Int(grounds.rule)])
  }

  /// What would allow, as `administrator, writer`.
  package func names(of requirement: Requirement) -> String {
    let rule = rules[Int(requirement.rule)]
    return names(of: rule, among: requirement.subject?.possible ?? Relations(rawValue: .max))
  }

  /// The same without what processes may by their role.
  func namesBesidePeers(of requirement: Requirement) -> String {
    names(of: rules[Int(requirement.rule)], among: Relations.users.union(.orgTokens))
  }

  /// The name of a relation in messages and in policy files.
  package func name(of relation: Relation) -> String {
    switch relation {
    case .role(let name), .teamMember(let name):
      relation.baseName + String(decoding: names[Int(name.index)], as: UTF8.self)
    default: relation.baseName
    }
  }

  /// The bytes of a role's name or a team's id.
  package func bytes(of name: PolicyName) -> [UInt8] { names[Int(name.index)] }

  /// Whether a user may have the role of this name, which isn't that of an administrator.
  package func isRole(_ name: Span<UInt8>) -> Bool { roleTable.index(of: name) != nil }

  private func alternatives(of rule: Rule) -> [Relations] {
    rule.singles.bits.map { Relations(bit: $0) } + sets[rule.sets]
  }

  private func names(of rule: Rule, among relations: Relations) -> String {
    Self.list(
      alternatives(of: rule).filter { $0.isSubset(of: relations) }.map { name(of: $0, rule) },
      separator: ", ", maximumBytes: 1024)
  }

  private func name(of set: Relations, _ rule: Rule) -> String {
    Self.list(relations(in: set, of: rule).map(name(of:)), separator: " and ", maximumBytes: 512)
  }

  /// Names in one text, which is cut where it would be too long: a rule may be long, and an answer
  /// to a thousand questions holds as many of these texts.
  private static func list(_ names: [String], separator: String, maximumBytes: Int) -> String {
    var text = ""
    for (index, name) in names.enumerated() {
      if index > 0, text.utf8.count + name.utf8.count > maximumBytes {
        return text + " and \(names.count - index) more"
      }
      text += index == 0 ? name : separator + name
    }
    return text
  }

  private func relations(in set: Relations, of rule: Rule) -> [Relation] {
    set.bits.map { relation(at: $0, of: rule) }
  }
}

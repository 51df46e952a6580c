internal import JSON5

/// Reads the sections of a policy file, and continues after a problem to find the others.
struct PolicyFileReader {
  private var problems: [JSON5Error] = []
  private(set) var warnings: [JSON5Error] = []
  private var types = Policy.builtInResourceTypes
  private var typeIndices: [String: Int] = [:]
  /// Where the file's own types are declared.
  private var typePlaces: [(index: Int, place: JSON5Place)] = []
  private var roles: [(name: String, place: JSON5Place)] = []
  private var roleNames = Set(Policy.builtInRoles)
  private var actions = Policy.builtInActions
  private var positions: [String: Int] = [:]
  private var organizations: [OrganizationRules] = []
  private var usedRoles: Set<String> = []
  var routes = Policy.builtInRoutes
  var tokenHeader = Policy.builtInTokenHeader
  var opensPreflights = false
  private var tokensEndWithIssuer = false

  /// The action that no file may change.
  static let fixedAction = "datapoint.ingest"

  /// The most problems that are kept: people read no more, and the answer stays small.
  private static let maximumProblems = 100

  /// The sections in the order of reading: a later one may use names that an earlier one declares,
  /// independently of their order in the file.
  private static let sections:
    [(key: String, read: @Sendable (inout PolicyFileReader, JSON5Value) -> Void)] = [
      ("resource_types", { $0.readTypes($1) }), ("roles", { $0.readRoles($1) }),
      ("actions", { $0.readActions($1) }), ("organizations", { $0.readOrganizations($1) }),
      ("routes", { $0.readRoutes($1) }), ("token_header", { $0.readTokenHeader($1) }),
      ("cors_preflight", { $0.readPreflight($1) }),
      ("issued_tokens", { $0.readIssuedTokens($1) }),
    ]

  init() {
    for (position, action) in actions.enumerated() { positions[action.name] = position }
    for (index, type) in types.enumerated() { typeIndices[type.name] = index }
  }

  /// Reads the built-in policy of the version that put a policy into force, in place of this
  /// version's: its routes are all that there are. Of an action that it lacks the other version
  /// knows nothing, and this one's rule holds.
  mutating func read(base: JSON5Value) throws(PolicyFileError) {
    routes = []
    _ = try read(base)
    warnings = []
  }

  mutating func read(_ root: JSON5Value) throws(PolicyFileError) -> Policy {
    let members = members(of: root, "the policy", keys: Self.sections.map(\.key))
    for section in Self.sections {
      if let member = members.first(where: { $0.key == section.key }) {
        section.read(&self, member.value)
      }
    }
    if problems.isEmpty {
      do throws(PolicyError) {
        let policy = try Policy(
          resourceTypes: types, actions: actions, roles: roles.map(\.name),
          organizations: organizations, routes: routes, tokenHeader: tokenHeader,
          opensPreflights: opensPreflights, tokensEndWithIssuer: tokensEndWithIssuer)
        warnAboutTypes()
        warnAboutRoles()
        warnings.sort { $0.place < $1.place }
        return policy
      } catch {
        report(root.place, error.message)
      }
    }
    throw PolicyFileError(problems.sorted { $0.place < $1.place })
  }

  /// Whether there is an action of that name.
  func isAction(_ name: String) -> Bool { positions[name] != nil }

  mutating func report(_ place: JSON5Place, _ problem: String) {
    report(JSON5Error(place, problem))
  }

  private mutating func report(_ problem: JSON5Error) {
    if problems.count < Self.maximumProblems { problems.append(problem) }
  }

  private mutating func warn(_ place: JSON5Place, _ warning: String) {
    if warnings.count < Self.maximumProblems { warnings.append(JSON5Error(place, warning)) }
  }

  /// The members of an object; other keys than `keys` are reported. Nil allows any key.
  mutating func members(
    of value: JSON5Value, _ what: String, keys: [String]? = nil
  ) -> [JSON5Member] {
    guard case .object(let members) = value.content else {
      report(value.place, "\(what) must be an object, not \(value.kind)")
      return []
    }
    guard let keys else { return members }
    for member in members where !keys.contains(member.key) {
      let known = keys.map { "`\($0)`" }.joined(separator: ", ")
      report(member.place, "unknown key `\(member.key)` in \(what): it may have \(known)")
    }
    return members.filter { keys.contains($0.key) }
  }

  private mutating func readTypes(_ value: JSON5Value) {
    for member in members(of: value, "`resource_types`") {
      guard Policy.isName(member.key) else {
        report(member.place, PolicyError.badName(member.key).message)
        continue
      }
      guard typeIndices[member.key] == nil else {
        report(member.place, "the resource type `\(member.key)` is built in")
        continue
      }
      let fields = members(of: member.value, "a resource type", keys: ["writers", "stored"])
      var flags: [String: Bool] = [:]
      for field in fields {
        guard case .boolean(let flag) = field.value.content else {
          report(field.value.place, "`\(field.key)` must be true or false")
          continue
        }
        flags[field.key] = flag
      }
      let (hasWriters, isStored) = (flags["writers"] ?? false, flags["stored"] ?? true)
      if hasWriters, !isStored {
        report(member.value.place, "only what is stored can have writers")
      }
      let storage: ResourceTypeStorage = hasWriters ? .writable : isStored ? .plain : .intrinsic
      types.append(ResourceTypeRule(member.key, storage))
      typeIndices[member.key] = types.count - 1
      typePlaces.append((types.count - 1, member.place))
    }
  }

  private mutating func readIssuedTokens(_ value: JSON5Value) {
    for member in members(of: value, "`issued_tokens`", keys: ["end_with_issuer"]) {
      guard case .boolean(let flag) = member.value.content else {
        report(member.value.place, "`\(member.key)` must be true or false")
        continue
      }
      tokensEndWithIssuer = flag
    }
  }

  private mutating func readRoles(_ value: JSON5Value) {
    guard case .list(let elements) = value.content else {
      return report(value.place, "`roles` must be a list of names, not \(value.kind)")
    }
    for element in elements {
      guard case .string(let name) = element.content else {
        report(element.place, "expected the name of a role, not \(element.kind)")
        continue
      }
      guard Policy.isName(name) else {
        report(element.place, PolicyError.badName(name).message)
        continue
      }
      guard name != Relation.administrator.baseName, roleNames.insert(name).inserted else {
        report(element.place, PolicyError.duplicateRole(name).message)
        continue
      }
      roles.append((name, element.place))
    }
  }

  private mutating func readActions(_ value: JSON5Value) {
    for member in members(of: value, "`actions`") {
      guard let rule = rule(member) else { continue }
      if let position = positions[rule.name] {
        actions[position] = rule
      } else {
        positions[rule.name] = actions.count
        actions.append(rule)
      }
    }
  }

  private mutating func readOrganizations(_ value: JSON5Value) {
    for member in members(of: value, "`organizations`") {
      guard ParsedRule.isIdentifier(member.key) else {
        report(member.place, "`\(member.key)` is not a valid id of an organization")
        continue
      }
      var own: [ActionRule] = []
      for section in members(of: member.value, "an organization", keys: ["actions"]) {
        for action in members(of: section.value, "`actions`") {
          guard positions[action.key] != nil else {
            report(action.place, PolicyError.unknownAction(action.key).message)
            continue
          }
          guard let rule = rule(action) else { continue }
          if let position = positions[rule.name],
            Set(actions[position].anyOf.map(Set.init)) == Set(rule.anyOf.map(Set.init))
          {
            warn(action.place, "`\(rule.name)` is the same as for all organizations")
          }
          own.append(rule)
        }
      }
      organizations.append(OrganizationRules(member.key, own))
    }
  }

  /// The rule of one action; nil if something is wrong with it.
  private mutating func rule(_ member: JSON5Member) -> ActionRule? {
    let parts = member.key.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, Policy.isName(parts[1]) else {
      report(member.place, "`\(member.key)` is not an action: it must be `TYPE.VERB`")
      return nil
    }
    guard let index = typeIndices[parts[0]] else {
      report(member.place, PolicyError.unknownResourceType(parts[0]).message)
      return nil
    }
    let type = types[index]
    guard member.key != Self.fixedAction else {
      report(member.place, "`datapoint.ingest` is only for org tokens with the scope `ingest`")
      return nil
    }
    do throws(JSON5Error) {
      let source = try RuleSource(member.value)
      try check(source, on: type)
      return ActionRule(parts[0], parts[1], anyOf: source.anyOf)
    } catch {
      report(error)
      return nil
    }
  }

  private mutating func check(
    _ source: RuleSource, on type: ResourceTypeRule
  ) throws(JSON5Error) {
    if let relation = source.relations.first(where: { $0.name == "operator" }) {
      throw JSON5Error(relation.place, "operators may do everything: a rule doesn't name them")
    }
    do throws(RuleProblem) {
      let parsed = try ParsedRule(source.anyOf, on: type, roles: roleNames)
      if let problem = parsed.unreachable(source.anyOf) { throw problem }
      for case .role(let name) in parsed.named { usedRoles.insert(name) }
    } catch {
      throw JSON5Error(source.place(of: error), error.message)
    }
  }

  private mutating func warnAboutRoles() {
    for role in roles where !usedRoles.contains(role.name) {
      warn(role.place, "no rule asks for the role `\(role.name)`")
    }
  }

  /// Warns about stored types for which an action of the directory is missing.
  private mutating func warnAboutTypes() {
    for (index, place) in typePlaces where types[index].storage != .intrinsic {
      var verbs = ["create", "update", "delete"]
      if types[index].storage == .writable { verbs += ["set_writer", "remove_writer"] }
      let missing = verbs.map { "\(types[index].name).\($0)" }.filter { positions[$0] == nil }
      guard !missing.isEmpty else { continue }
      warn(
        place,
        "some changes are never allowed: there is no action "
          + missing.map { "`\($0)`" }.joined(separator: ", ")
      )
    }
  }
}

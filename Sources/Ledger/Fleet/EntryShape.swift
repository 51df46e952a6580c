internal import Identifiers
internal import Messages
internal import Tokens

/// Whether an entry that another machine has written is one that a command of this version could
/// have decided. The fold relies on that: an id that is too long would end the process, and a bit
/// that it does not know would be half understood.
enum EntryShape {
  enum Verdict {
    case good
    /// A newer version may have written it: what is not known, as one sentence.
    case unknown(String)
    /// No version writes such an entry: why, as one sentence.
    case wrong(String)
  }

  static func check(
    _ entry: PosternStorageV1.Entry, in format: UInt32,
    readsPolicy: (Span<UInt8>, Span<UInt8>) -> Bool
  ) -> Verdict {
    guard let change = entry.changeValue else { return .wrong("the entry holds no change") }
    guard change.traits.format <= format else {
      return .wrong("the entry is of format \(change.traits.format), which is not in force")
    }
    guard let actor = entry.actor, actor.userID.count <= 128 else {
      return .wrong("the entry does not say who made the change")
    }
    do throws(InvalidField) {
      if let verdict = try check(directory: change) { return verdict }
      if case .formatRaised(let raised) = change { return check(raised, in: format) }
      return try check(rest: change, readsPolicy: readsPolicy)
    } catch {
      return .wrong("the entry holds a wrong field: \(error)")
    }
  }

  /// Changes of organizations, users, teams and resources; nil for others.
  private static func check(
    directory change: PosternStorageV1.Entry.Change
  ) throws(InvalidField) -> Verdict? {
    switch change {
    case .organizationCreated(let change):
      try text(change.displayName, in: organization(change.organizationID))
    case .organizationUpdated(let change):
      try text(change.displayName, in: organization(change.organizationID))
    case .organizationDeleted(let change): try organization(change.organizationID)
    case .userInvited(let change):
      try text(change.displayName, in: user(change.userID, change.organizationID))
    case .userUpdated(let change):
      try text(change.displayName, in: user(change.userID, change.organizationID))
    case .administratorSet(let change): try user(change.userID, change.organizationID)
    case .userDeleted(let change): try user(change.userID, change.organizationID)
    case .userRolesSet(let change):
      try user(change.userID, change.organizationID)
      guard change.rolesCount <= maximumRoles else {
        return .wrong("the entry holds more than \(maximumRoles) roles")
      }
      for index in 0..<change.rolesCount {
        _ = try ResourceTypeName(change.roles(at: index), field: "roles")
      }
    case .teamCreated(let change):
      try text(change.displayName, in: team(change.teamID, change.organizationID))
    case .teamUpdated(let change):
      try text(change.displayName, in: team(change.teamID, change.organizationID))
    case .teamDeleted(let change): try team(change.teamID, change.organizationID)
    case .teamMemberAdded(let change):
      try user(change.userID, change.organizationID)
      try team(change.teamID, change.organizationID)
    case .teamMemberRemoved(let change):
      try user(change.userID, change.organizationID)
      try team(change.teamID, change.organizationID)
    case .resourcePut(let change):
      try text(
        change.displayName,
        in: resource(change.resourceID, ofType: change.resourceType, in: change.organizationID))
    case .resourceDeleted(let change):
      try resource(change.resourceID, ofType: change.resourceType, in: change.organizationID)
    case .writerSet(let change):
      try resource(change.resourceID, ofType: change.resourceType, in: change.organizationID)
      try principal(user: change.userID, team: change.teamID)
    case .writerRemoved(let change):
      try resource(change.resourceID, ofType: change.resourceType, in: change.organizationID)
      try principal(user: change.userID, team: change.teamID)
    default: return nil
    }
    return .good
  }

  /// Changes of tokens, and those of no object.
  private static func check(
    rest change: PosternStorageV1.Entry.Change, readsPolicy: (Span<UInt8>, Span<UInt8>) -> Bool
  ) throws(InvalidField) -> Verdict {
    switch change {
    case .tokenIssued(let change): return try check(change)
    case .tokenUpdated(let change): return try check(change)
    case .tokenRotated(let change):
      return verdict(isID(change.tokenID) && change.secretHash.count == 32)
    case .tokenRevoked(let change): return verdict(isID(change.tokenID))
    case .tokensRevoked(let change): return verdict(areIDs(change.tokenIDs))
    case .tokensSwept(let change): return verdict(areIDs(change.tokenIDs))
    case .policyReloaded(let change):
      if change.text.isEmpty, change.builtIn.isEmpty { return .good }
      let hash = SHA256.hash(change.text)
      guard hash.isEqual(to: change.textHash) else {
        return .wrong("the policy doesn't have the hash that the entry holds")
      }
      return readsPolicy(change.text, change.builtIn)
        ? .good : .unknown("the policy is not one that this version can read")
    case .denialsRecorded, .clockAccepted, .revisionsLost, .formatRaised: return .good
    // Checked above. No `default`: a change of a new kind has to say what is checked of it.
    case .organizationCreated, .organizationUpdated, .organizationDeleted, .userInvited,
      .userUpdated, .administratorSet, .userRolesSet, .userDeleted, .teamCreated, .teamUpdated,
      .teamDeleted, .teamMemberAdded, .teamMemberRemoved, .resourcePut, .resourceDeleted,
      .writerSet, .writerRemoved:
      return .good
    }
  }

  private static func check(
    _ change: PosternStorageV1.TokenIssued
  ) throws(InvalidField) -> Verdict {
    guard let number = UInt8(exactly: change.kind), TokenKind(rawValue: number) != nil else {
      return .unknown("the entry holds the kind \(change.kind) of tokens")
    }
    guard areKnown(scopes: change.scopes) else { return unknownScopes }
    try organization(change.organizationID)
    if !change.userID.isEmpty { try user(change.userID, change.organizationID) }
    if !change.name.isEmpty {
      _ = try FreeText(change.name, field: "name", bounds: .tokenName)
    }
    _ = try FreeText(change.description, field: "description", bounds: .description)
    return verdict(isID(change.tokenID) && change.secretHash.count == 32)
  }

  private static func check(
    _ change: PosternStorageV1.TokenUpdated
  ) throws(InvalidField) -> Verdict {
    guard let bits = UInt8(exactly: change.changed), TokenChanges.all.rawValue & bits == bits else {
      return .unknown("the entry changes fields of a token that are not known")
    }
    let changes = TokenChanges(rawValue: bits)
    guard !changes.contains(.scopes) || areKnown(scopes: change.scopes) else {
      return unknownScopes
    }
    if changes.contains(.name) {
      _ = try FreeText(change.name, field: "name", bounds: .tokenName)
    }
    _ = try FreeText(change.description, field: "description", bounds: .description)
    return verdict(isID(change.tokenID))
  }

  private static func check(
    _ change: PosternStorageV1.FormatRaised, in format: UInt32
  ) -> Verdict {
    guard change.format > format else { return .wrong("the entry raises no format") }
    return change.format <= EntryFormat.newest
      ? .good : .unknown("entries of format \(change.format) follow")
  }

  private static let unknownScopes = Verdict.unknown("the entry holds scopes that are not known")

  private static func areKnown(scopes: UInt32) -> Bool {
    guard let bits = UInt8(exactly: scopes) else { return false }
    return !TokenScopes(rawValue: bits).hasUnknown
  }

  private static func verdict(_ isLegal: Bool) -> Verdict {
    isLegal ? .good : .wrong("the entry holds an id or a hash of no legal size")
  }

  private static func isID(_ bytes: Span<UInt8>) -> Bool { bytes.count == TokenID.byteCount }

  private static func areIDs(_ bytes: Span<UInt8>) -> Bool {
    bytes.count.isMultiple(of: TokenID.byteCount)
  }
}

// The parts of a change, each by the grammar that requests are held to.
extension EntryShape {
  /// The roles that a user's row has room for, each of 65 bytes at most.
  private static var maximumRoles: Int { 1000 }

  private static func organization(_ id: Span<UInt8>) throws(InvalidField) {
    _ = try OrganizationID(id, field: "organization_id")
  }

  private static func user(
    _ id: Span<UInt8>, _ organizationID: Span<UInt8>
  ) throws(InvalidField) {
    try organization(organizationID)
    _ = try UserID(id, field: "user_id")
  }

  private static func team(
    _ id: Span<UInt8>, _ organizationID: Span<UInt8>
  ) throws(InvalidField) {
    try organization(organizationID)
    _ = try TeamID(id, field: "team_id")
  }

  private static func resource(
    _ id: Span<UInt8>, ofType type: Span<UInt8>, in organizationID: Span<UInt8>
  ) throws(InvalidField) {
    try organization(organizationID)
    _ = try ResourceTypeName(type, field: "resource_type")
    _ = try ResourceID(id, field: "resource_id")
  }

  private static func principal(
    user: Span<UInt8>?, team: Span<UInt8>?
  ) throws(InvalidField) {
    if let user {
      _ = try UserID(user, field: "user_id")
    } else if let team {
      _ = try TeamID(team, field: "team_id")
    } else {
      throw InvalidField(field: "team_id", problem: .empty)
    }
  }

  /// A name for people, beside an id that was checked.
  private static func text(_ name: Span<UInt8>, in _: Void) throws(InvalidField) {
    _ = try FreeText(name, field: "display_name", bounds: .displayName)
  }
}

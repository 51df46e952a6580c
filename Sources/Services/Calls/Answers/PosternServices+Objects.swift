internal import Identifiers
internal import Ledger
internal import Messages
internal import Tokens

extension PosternServices {
  /// Writes an organization that exists.
  func writeOrganization<State: LedgerState & ~Copyable>(
    _ id: OrganizationID, from state: borrowing State,
    into organization: PosternV1.Organization.Builder
  ) {
    guard let record = state.organization(id) else { return }
    organization.setID(id.bytes)
    organization.setDisplayName(record.displayName)
    organization.makeCreatedAt().set(nanoseconds: record.createdAtNanoseconds)
  }

  /// Writes a user.
  func writeUser(
    _ id: UserID, of organization: OrganizationID, _ record: UserRecord,
    into user: PosternV1.User.Builder
  ) {
    user.setOrganizationID(organization.bytes)
    user.setID(id.bytes)
    user.setDisplayName(record.displayName)
    user.setAdministrator(record.isAdministrator)
    record.forEachRole { user.addRoles($0) }
    user.makeCreatedAt().set(nanoseconds: record.createdAtNanoseconds)
  }

  /// Writes a team that exists.
  func writeTeam<State: LedgerState & ~Copyable>(
    _ id: TeamID, of organization: OrganizationID, from state: borrowing State,
    into team: PosternV1.Team.Builder
  ) {
    guard let record = state.team(organization, id) else { return }
    team.setOrganizationID(organization.bytes)
    team.setID(id.bytes)
    team.setDisplayName(record.displayName)
    team.setMemberCount(UInt32(state.memberCount(of: id, in: organization)))
    team.makeCreatedAt().set(nanoseconds: record.createdAtNanoseconds)
  }

  /// Writes a resource that exists, and with `showsAttribution` who created and changed it.
  func writeResource<State: LedgerState & ~Copyable>(
    _ reference: ResourceReference, showsAttribution: Bool, from state: borrowing State,
    into resource: PosternV1.Resource.Builder
  ) {
    guard let record = state.resource(reference) else { return }
    resource.setOrganizationID(reference.organizationID.bytes)
    resource.setType(reference.type.bytes)
    resource.setID(reference.id.bytes)
    resource.setDisplayName(record.displayName)
    resource.setWriterCount(UInt32(state.writerCount(of: reference)))
    guard showsAttribution else { return }
    writeAttribution(of: record.createdRevision, from: state, into: resource.makeCreated())
    writeAttribution(of: record.updatedRevision, from: state, into: resource.makeUpdated())
  }
}

extension PosternServices {
  /// Writes a token as the contract shows it.
  func writeToken<State: LedgerState & ~Copyable>(
    _ record: TokenRecord, from state: borrowing State,
    into token: PosternV1.Token.Builder
  ) {
    let text = record.id.text
    token.setID(text.span)
    token.setKind(PosternV1.TokenKind(rawValue: record.kind.map { Int32($0.rawValue) } ?? 0))
    token.setOrganizationID(record.organizationID.bytes)
    token.setUserID(UserID.bytes(of: record.userID))
    token.setName(record.name)
    for scope in Self.scopes where record.scopes.contains(scope.bit) {
      token.addScopes(scope.value)
    }
    token.setDescription(record.description)
    token.makeIssuedAt().set(nanoseconds: record.issuedAtNanoseconds)
    if record.expiresAtNanoseconds != 0 {
      token.makeExpiresAt().set(nanoseconds: record.expiresAtNanoseconds)
    }
    if record.revokedAtNanoseconds != 0 {
      token.makeRevokedAt().set(nanoseconds: record.revokedAtNanoseconds)
    }
    let current = record.state(at: state.time)
    token.setState(PosternV1.TokenState(rawValue: Int32(current.rawValue)))
    let previousEnd = record.previousSecretExpiresAtNanoseconds
    if previousEnd > state.nowNanoseconds, current == .active || current == .disabled {
      token.makePreviousSecretExpiresAt().set(nanoseconds: previousEnd)
    }
    if let usage = state.usage(of: record) {
      token.makeLastUsedAt().set(nanoseconds: usage.lastNanoseconds)
      token.setUseCount(usage.useCount)
      token.setPreviousSecretUseCount(usage.previousSecretCount)
      if usage.previousSecretLastNanoseconds != 0 {
        token.makePreviousSecretLastUsedAt().set(nanoseconds: usage.previousSecretLastNanoseconds)
      }
    }
    writeAttribution(of: record.issuedRevision, from: state, into: token.makeIssuedBy())
  }

  /// The scopes of the contract beside the bits that are stored.
  static var scopes: [(value: PosternV1.TokenScope, bit: TokenScopes)] {
    [(.ingest, .ingest), (.api, .api), (.rum, .rum)]
  }
}

extension PosternServices {
  /// Writes the actor of a revision's change, as the log has it.
  func writeAttribution<State: LedgerState & ~Copyable>(
    of revision: UInt64, from state: borrowing State,
    into attribution: PosternV1.Attribution.Builder
  ) {
    let arena = Arena(initialBytes: 2 << 10, limits: DecodeLimits(bytes: 1 << 20))
    guard let encoded = state.entryIfWhole(at: revision),
      let entry = try? PosternStorageV1.Entry(decoding: encoded, in: arena)
    else { return }
    writeAttribution(of: entry, into: attribution)
  }
}

extension GoogleProtobuf.Duration.Builder {
  /// Sets a duration in nanoseconds.
  func set(nanoseconds: Int64) {
    let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    setSeconds(seconds)
    setNanos(Int32(rest))
  }
}

extension GoogleProtobuf.Timestamp.Builder {
  /// Sets a time in nanoseconds since 1970.
  func set(nanoseconds: Int64) {
    var (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    if rest < 0 {
      seconds -= 1
      rest += 1_000_000_000
    }
    setSeconds(seconds)
    setNanos(Int32(rest))
  }
}

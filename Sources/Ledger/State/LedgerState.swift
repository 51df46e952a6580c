package import Identifiers
internal import Messages
package import Permissions
internal import Platform
package import Tokens

/// The state at one revision, as a query's snapshot or a command's transaction shows it.
///
/// Hazard: a read that fails (a damaged page, an I/O error) must not look like an absent row, which
/// could turn a deny into an allow or undo a revoke. So such a read ends the process. A single row
/// that lacks its checksum is noted in `damage` and counts as absent; an answer is given only while
/// `damage` is empty.
package protocol LedgerState: Transaction, DirectoryReader, ~Copyable {
  var tables: Tables { get }
  /// Where the log ends; every read here belongs to its revision.
  var head: Head { get }
  /// The epoch of the ledger.
  var ledgerEpoch: UInt64 { get }
  /// The time: never before the last entry of the log.
  var time: LedgerTime { get }
  /// Whether a write has failed: LMDB then refuses to read too, everything looks absent, and no
  /// answer may be given.
  var isDropped: Bool { get }
  /// The damaged rows that were come upon.
  var damage: DamageNote { get }
  /// Where the thread that reads counts the uses of tokens.
  var tokenUses: TokenUses { get }
  /// What the present answer has compared the time with; nil where no answer is kept.
  var comparisons: TimeComparisons? { get }
  /// The token with this id, whatever its state.
  @_lifetime(borrow self)
  func token(_ id: TokenID) -> TokenRecord?
}

extension LedgerState where Self: ~Copyable {
  /// The revision that every read here belongs to.
  package var revision: UInt64 { head.revision }

  /// The revision of the entry that brought the policy in force; zero for the built-in one.
  package var policyRevision: UInt64 { head.policyRevision }

  /// The time that stamps entries, in nanoseconds since 1970.
  package var nowNanoseconds: Int64 { time.nanoseconds }
}

// SAFETY: rows lie in the map, whatever key they were found by: their lifetime is that of the
// transaction, not of the key.
extension LedgerState where Self: ~Copyable {
  @_lifetime(borrow self)
  package func token(_ id: TokenID) -> TokenRecord? { storedToken(id) }

  /// The token with this id, as its table has it.
  @_lifetime(borrow self)
  func storedToken(_ id: TokenID) -> TokenRecord? {
    let key = id.bytes
    guard let row = row(tables.tokens, key.span) else { return nil }
    return unsafe _overrideLifetime(TokenRecord(id, row), borrowing: self)
  }

  @_lifetime(borrow self)
  package func organization(_ id: OrganizationID) -> OrganizationRecord? {
    guard let row = row(tables.organizations, id.bytes) else { return nil }
    return OrganizationRecord(row)
  }

  @_lifetime(borrow self)
  package func user(_ organization: OrganizationID, _ id: UserID) -> UserRecord? {
    let key = Key(organization, id)
    guard let row = row(tables.users, key.bytes) else { return nil }
    return unsafe _overrideLifetime(UserRecord(row), borrowing: self)
  }

  @_lifetime(borrow self)
  package func team(_ organization: OrganizationID, _ id: TeamID) -> TeamRecord? {
    let key = Key(organization, id)
    guard let row = row(tables.teams, key.bytes) else { return nil }
    return unsafe _overrideLifetime(TeamRecord(row), borrowing: self)
  }

  @_lifetime(borrow self)
  package func resource(_ resource: ResourceReference) -> ResourceRecord? {
    let key = Key(resource)
    guard let row = row(tables.resources, key.bytes) else { return nil }
    return unsafe _overrideLifetime(ResourceRecord(row), borrowing: self)
  }

  package func isTeamMember(
    _ user: UserID, of team: TeamID, in organization: OrganizationID
  ) -> Bool {
    row(tables.teamMembers, Key(member: user, of: team, in: organization).bytes) != nil
  }

  package func isWriter(_ principal: Principal, of resource: ResourceReference) -> Bool {
    row(tables.writers, Key(writer: principal, of: resource).bytes) != nil
  }

  package func creationRevision(of resource: ResourceReference, by user: UserID) -> UInt64? {
    guard let record = self.resource(resource), let creator = record.creatorUserID,
      creator == user
    else { return nil }
    return record.createdRevision
  }

  package func invitationRevision(_ organization: OrganizationID, _ user: UserID) -> UInt64? {
    self.user(organization, user)?.invitedRevision
  }

  package func forEachTeam(
    of user: UserID, in organization: OrganizationID, _ body: (TeamID) -> Bool
  ) {
    forEachTeam(in: organization, member: user, after: Span(), body)
  }

  package func forEachWritingTeam(of resource: ResourceReference, _ body: (TeamID) -> Bool) {
    var prefix = Key(writersOf: resource)
    prefix.append(Principal.teamTag)
    forEachRow(tables.writers, prefix: prefix, after: Span()) { id, _ in
      body(TeamID(stored: id))
    }
  }

  package func isWriterByJoin(_ user: UserID, of resource: ResourceReference) -> Bool {
    if isDropped { return false }
    let teams = Key(within: resource.organizationID, user)
    var writers = Key(writersOf: resource)
    writers.append(Principal.teamTag)
    do {
      return try haveCommonKey(
        KeyRange(tables.userTeams, prefix: teams.bytes),
        KeyRange(tables.writers, prefix: writers.bytes))
    } catch {
      noteFailure(error, in: tables.writers, key: writers.bytes)
      return false
    }
  }

  /// The resources that a user or a team itself may write, until `body` returns false.
  package func forEachResource(
    in organization: OrganizationID, writtenBy principal: Principal,
    _ body: (ResourceReference) -> Bool
  ) {
    let prefix = Key(resourcesOf: principal, in: organization)
    forEachRow(tables.principalResources, prefix: prefix, after: Span()) { rest, _ in
      body(ResourceReference(in: organization, typeAndID: rest))
    }
  }

  /// The organizations behind `after` (empty: from the first), in the order of their ids, until
  /// `body` returns false.
  package func forEachOrganization(after: Span<UInt8>, _ body: (OrganizationID) -> Bool) {
    forEachRow(tables.organizations, prefix: Key(), after: after) { id, _ in
      body(OrganizationID(stored: id))
    }
  }

  /// The users of an organization behind `after` (empty: from the first), in the order of their
  /// ids, until `body` returns false.
  package func forEachUser(
    in organization: OrganizationID, after: Span<UInt8>, _ body: (UserID, UserRecord) -> Bool
  ) {
    forEachRow(tables.users, prefix: Key(within: organization), after: after) { id, row in
      body(UserID(stored: id), UserRecord(row))
    }
  }

  /// The teams of an organization, or with `member` only those of that user, behind `after` (empty:
  /// from the first), in the order of their ids, until `body` returns false.
  package func forEachTeam(
    in organization: OrganizationID, member: UserID? = nil, after: Span<UInt8>,
    _ body: (TeamID) -> Bool
  ) {
    if let member {
      let prefix = Key(within: organization, member)
      forEachRow(tables.userTeams, prefix: prefix, after: after) { id, _ in
        body(TeamID(stored: id))
      }
    } else {
      forEachRow(tables.teams, prefix: Key(within: organization), after: after) { id, _ in
        body(TeamID(stored: id))
      }
    }
  }

  /// The members of a team behind `after` (empty: from the first), in the order of their ids, until
  /// `body` returns false.
  package func forEachMember(
    of team: TeamID, in organization: OrganizationID, after: Span<UInt8>,
    _ body: (UserID) -> Bool
  ) {
    forEachRow(tables.teamMembers, prefix: Key(within: organization, team), after: after) {
      id, _ in body(UserID(stored: id))
    }
  }

  /// The users, or the teams, that are writers of a resource, behind the id `after` (empty: from
  /// the first), in the order of their ids, until `body` returns false.
  package func forEachWriter(
    of resource: ResourceReference, teams: Bool, after: Span<UInt8>,
    _ body: (Principal) -> Bool
  ) {
    var prefix = Key(writersOf: resource)
    prefix.append(teams ? Principal.teamTag : Principal.userTag)
    forEachRow(tables.writers, prefix: prefix, after: after) { id, _ in
      body(teams ? .team(TeamID(stored: id)) : .user(UserID(stored: id)))
    }
  }

  /// How many rows of a table belong to an organization; at most `limit` are counted.
  package func countRows(
    _ table: Table, of organization: OrganizationID, limit: Int
  ) -> Int {
    guard limit > 0 else { return 0 }
    var count = 0
    forEachRow(table, prefix: Key(within: organization), after: Span()) { _, _ in
      count += 1
      return count < limit
    }
    return count
  }

  /// The resources of an organization, or with `type` only those of that type, behind the position
  /// `after` (empty: from the first), until `body`, which gets each one's position, returns false.
  /// A position is `type NUL id`, or with `type` the id alone.
  package func forEachResource(
    in organization: OrganizationID, type: ResourceTypeName? = nil, after: Span<UInt8>,
    _ body: (Span<UInt8>, ResourceReference) -> Bool
  ) {
    if let type {
      let prefix = Key(within: organization, type)
      return forEachRow(tables.resources, prefix: prefix, after: after) { id, _ in
        body(id, ResourceReference(in: organization, type: type, id: ResourceID(stored: id)))
      }
    }
    forEachRow(tables.resources, prefix: Key(within: organization), after: after) { rest, _ in
      body(rest, ResourceReference(in: organization, typeAndID: rest))
    }
  }

  /// The rows behind `after` whose keys begin with `prefix`; `body` gets what follows the prefix.
  private func forEachRow(
    _ table: Table, prefix: borrowing Key, after: Span<UInt8>,
    _ body: (Span<UInt8>, Span<UInt8>) -> Bool
  ) {
    var start = Key(prefix.bytes)
    start.append(after)
    let count = prefix.count
    forEachRow(table, from: start.bytes, prefix: prefix.bytes) { key, row in
      let rest = key.extracting(count..<key.count)
      return (!after.isEmpty && rest.isEqual(to: after)) || body(rest, row)
    }
  }

  /// The tokens of an organization, or with `user` only that user's, behind the position `after`
  /// (empty: from the first), until `body`, which gets each one's position, returns false. Org
  /// tokens, whose user is empty, come first.
  package func forEachToken(
    in organization: OrganizationID, user: UserID?, after: Span<UInt8>,
    _ body: (Span<UInt8>, TokenID) -> Bool
  ) {
    var prefix = Key(within: organization)
    if let user {
      prefix.append(user.bytes)
      prefix.separate()
    }
    forEachRow(tables.ownerTokens, prefix: prefix, after: after) { position, _ in
      let idStart = position.count - TokenID.byteCount
      guard let id = TokenID(bytes: position.extracting(idStart..<position.count)) else {
        return false
      }
      return body(position, id)
    }
  }

  /// When the tokens of a user end, or without one the org tokens of an organization, in
  /// nanoseconds since 1970 (`Int64.max`: never): from the token `first` on (nil: from the first),
  /// in the order of their ids, until `body` returns false. No token is read.
  package func forEachTokenEnd(
    of user: UserID?, in organization: OrganizationID, from first: TokenID? = nil,
    _ body: (Int64) -> Bool
  ) {
    let prefix = Key(tokensOf: user, in: organization)
    var start = Key(prefix.bytes)
    if let first { start.append(first) }
    forEachRow(tables.ownerTokens, from: start.bytes, prefix: prefix.bytes) { _, row in
      body(row.integer(at: 0))
    }
  }

  /// The tokens behind the position `after` (empty: from the first), in the order of their ids,
  /// until `body`, which gets each one's position, returns false.
  package func forEachToken(
    after: Span<UInt8>, _ body: (Span<UInt8>, TokenRecord) -> Bool
  ) {
    forEachRow(tables.tokens, prefix: Key(), after: after) { position, row in
      guard let id = TokenID(bytes: position) else { return true }
      return body(position, TokenRecord(id, row))
    }
  }

  /// The id of the org token of that name.
  package func orgTokenID(named name: Span<UInt8>, in organization: OrganizationID) -> TokenID? {
    let key = Key(orgTokenNamed: name, in: organization)
    guard let row = row(tables.orgTokenNames, key.bytes) else { return nil }
    return TokenID(bytes: row)
  }

  /// The tokens that expired or were revoked before a time, in the order of these ends, until
  /// `body` returns false.
  package func forEachToken(endedBefore endNanoseconds: Int64, _ body: (TokenID) -> Bool) {
    forEachRow(tables.tokenEnds, prefix: Span()) { key, _ in
      var end: UInt64 = 0
      for index in 0..<8 { end = end << 8 | UInt64(key[index]) }
      guard Int64(bitPattern: end) < endNanoseconds,
        let id = TokenID(bytes: key.extracting(8..<key.count))
      else { return false }
      return body(id)
    }
  }

  /// How many rows a table has.
  package func rowCount(_ table: Table) -> Int {
    if isDropped { return 0 }
    do { return try entryCount(table) } catch {
      noteFailure(error, in: table, key: Span())
      return 0
    }
  }

  /// One row of a table.
  @_lifetime(borrow self)
  package func row(_ table: Table, _ key: Span<UInt8>) -> Span<UInt8>? {
    if isDropped { return nil }
    do { return try get(table, key) } catch {
      noteFailure(error, in: table, key: key)
      return nil
    }
  }

  /// The rows whose keys begin with `prefix`, in the order of the keys, until `body` returns false.
  package func forEachRow(
    _ table: Table, prefix: Span<UInt8>, _ body: (Span<UInt8>, Span<UInt8>) -> Bool
  ) {
    if isDropped { return }
    do {
      try forEach(table, prefix: prefix) { (key, value) throws(StoreError) in body(key, value) }
    } catch { noteFailure(error, in: table, key: prefix) }
  }

  /// The rows from `start` on whose keys begin with `prefix`, until `body` returns false.
  package func forEachRow(
    _ table: Table, from start: Span<UInt8>, prefix: Span<UInt8>,
    _ body: (Span<UInt8>, Span<UInt8>) -> Bool
  ) {
    if isDropped { return }
    do {
      try forEach(table, from: start) { (key, value) throws(StoreError) in
        guard key.count >= prefix.count, key.extracting(first: prefix.count).isEqual(to: prefix)
        else { return false }
        return body(key, value)
      }
    } catch { noteFailure(error, in: table, key: prefix) }
  }

  /// Goes on after a damaged row, or page, as if it was not there; ends the process for anything
  /// else.
  private func noteFailure(_ error: StoreError, in table: Table, key: Span<UInt8>) {
    switch error {
    case .damagedRow(let row): return damage.note(row)
    case .corrupted, .unusable:
      return damage.note(DamagedRow(table: table.index, key: Array(copying: key), .unreadable))
    default:
      StandardError.offer("posternd: the ledger can't be read: \(error)\n")
      ProcessControl.abort()
    }
  }
}
